"""Root and register as signed documents. Pure but for the clock they are given.

One root per installation, 2 of 3; one register per unit, at most 90 days, renewed well before.
"""

from __future__ import annotations

from collections.abc import Sequence

from loa_server.signer.keystore import OfflineKey, seal
from loa_wire import dsse
from loa_wire.limits import DAY_MS, HTTPS_DOCUMENT, REGISTER_LIFE_MS
from loa_wire.parse import decode
from loa_wire.trusted import Authority, HardLimits, RegisterKey, Role, Root, RootKey

ROOT_LIFE_MS = 5 * 365 * DAY_MS
RENEW_MS = 45 * DAY_MS
"""Half of a register's life is left: a node that sleeps for weeks still finds a valid one."""


def make_root(
    installation: str, unit: str, holders: Sequence[OfflineKey], authority: OfflineKey, now: int
) -> bytes:
    """Version 1, in its envelope: two of the holders can replace it, one cannot."""
    root = Root(
        installation=installation,
        version=1,
        iat=now,
        exp=now + ROOT_LIFE_MS,
        keys={
            key.keyid: RootKey(public=key.public.hex(), holder=key.holder)
            for key in (*holders, authority)
        },
        root=Role(keyids=[key.keyid for key in holders], threshold=2),
        authorities={unit: Role(keyids=[authority.keyid], threshold=1)},
    )
    return seal("root", root.encode(), holders[:2])


def make_register(
    unit: str,
    version: int,
    keys: Sequence[RegisterKey],
    limits: HardLimits,
    signed_by: OfflineKey,
    now: int,
) -> bytes:
    register = Authority(
        unit=unit,
        version=version,
        iat=now,
        exp=now + REGISTER_LIFE_MS,
        keys=sorted(keys, key=lambda key: key.keyid),
        limits=limits,
    )
    return seal("authority", register.encode(), [signed_by])


def open_register(document: bytes) -> Authority:
    """Our own, read back; nodes judge the signatures."""
    return decode(dsse.open_envelope(document, HTTPS_DOCUMENT).payload, Authority)


def still_good(held: Authority, keys: Sequence[RegisterKey], limits: HardLimits, now: int) -> bool:
    """Whether a new version would say the same, and this one lives long enough."""
    same = held.keys == sorted(keys, key=lambda key: key.keyid) and held.limits == limits
    return same and held.exp - now > RENEW_MS
