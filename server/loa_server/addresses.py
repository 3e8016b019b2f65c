"""Whose requests count together. Pure.

A household is one customer's: an IPv4 address, or the /64 that an IPv6 customer has whole. A
neighbourhood is what one attacker rents cheaply: a /24, or again the /64.
"""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address


def household(address: str) -> str:
    return _of(address, 32)


def neighbourhood(address: str) -> str:
    return _of(address, 24)


def _of(address: str, bits: int) -> str:
    """What is no address counts as itself."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is None:
        return str(IPv6Address(int(ip) >> 64 << 64))
    four = ip.ipv4_mapped if isinstance(ip, IPv6Address) else ip
    assert four is not None  # noqa: S101 - looked at above
    return str(type(four)(int(four) >> (32 - bits) << (32 - bits)))
