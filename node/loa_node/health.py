"""What the board tells, from the texts of /sys and /proc. Pure.

A reading that does not exist on this board is left out, never invented.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from loa_wire.up import Readings

MB = 1024 * 1024
LONGEST = 60


@dataclass(frozen=True, slots=True)
class Raw:
    """File texts by path below /, and the figures that come from calls instead of files."""

    texts: Mapping[str, str]
    free_bytes: int | None = None
    total_bytes: int | None = None
    writable: bool | None = None
    read_only: bool | None = None


def readings(raw: Raw) -> Readings:
    """NODE.md §3: under-voltage by the kernel's hwmon, temperature by thermal zone 0."""
    return Readings(
        uptime_s=_whole(_word(raw.texts.get("proc/uptime"))),
        temperature_dc=_temperature(raw.texts.get("sys/class/thermal/thermal_zone0/temp")),
        card_free_mb=None if raw.free_bytes is None else raw.free_bytes // MB,
        card_total_mb=None if raw.total_bytes is None else raw.total_bytes // MB,
        card_errors=_whole(_word(raw.texts.get("ext4/errors_count"))),
        card_read_only=raw.read_only,
        card_writable=raw.writable,
        memory_free_mb=_memory_mb(raw.texts.get("proc/meminfo", "")),
        load_c=_hundredths(_word(raw.texts.get("proc/loadavg"))),
        under_voltage=_flag(raw.texts.get("rpi_volt/in0_lcrit_alarm")),
        network=(network := _default_interface(raw.texts.get("proc/net/route", ""))),
        wifi_dbm=_signal(raw.texts.get("proc/net/wireless", ""), network),
    )


def _word(text: str | None) -> str:
    return (text or "").split(" ")[0].strip()


def _whole(word: str) -> int | None:
    whole = word.partition(".")[0]
    return int(whole) if whole.isdecimal() else None


def _hundredths(word: str) -> int | None:
    whole, _, part = word.partition(".")
    return int(whole) * 100 + int(part[:2].ljust(2, "0")) if (whole + part).isdecimal() else None


def _temperature(text: str | None) -> int | None:
    word = _word(text)
    return int(word) // 100 if word.lstrip("-").isdecimal() else None


def _flag(text: str | None) -> bool | None:
    return None if text is None else text.strip() == "1"


def _memory_mb(text: str) -> int | None:
    for line in text.splitlines():
        if line.startswith("MemAvailable:"):
            return (_whole(line.split()[1]) or 0) // 1024
    return None


def _signal(text: str, network: str | None) -> int | None:
    """Of the interface that leads out, if it is a radio; proc(5) has the level in dBm."""
    for line in text.splitlines():
        name, _, rest = line.strip().partition(":")
        fields = rest.split()
        if network and name == network and len(fields) > 2:
            return _dbm(fields[2].rstrip("."))
    return None


def _dbm(word: str) -> int | None:
    return int(word) if word.lstrip("-").isdecimal() else None


def versions(os_release: str, kernel: str, python: str) -> dict[str, str]:
    named = (line.partition("=") for line in os_release.splitlines())
    told = {key: value.strip('"') for key, _, value in named}
    found = {"os": told.get("PRETTY_NAME", ""), "kernel": kernel, "python": python}
    return {name: text[:LONGEST] for name, text in found.items() if text}


def _default_interface(text: str) -> str | None:
    for line in text.splitlines()[1:]:
        fields = line.split()
        if len(fields) > 1 and fields[1] == "00000000":
            return fields[0][:40]
    return None
