"""What the board, its card and its clock say, read from /proc and /sys below a given root."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import platform
import shutil
import time
from pathlib import Path
from typing import Final

from loa_node.clock import Reading
from loa_node.health import Raw, versions

_TEXTS: Final = (
    "proc/uptime",
    "proc/loadavg",
    "proc/meminfo",
    "proc/net/route",
    "proc/net/wireless",
    "sys/class/thermal/thermal_zone0/temp",
)
_SERIALS: Final = (
    "proc/device-tree/serial-number",  # a Raspberry Pi's
    "sys/class/dmi/id/product_serial",
)
_STA_UNSYNC: Final = 0x40
_MAX_ERROR_US: Final = 1_000_000


class Board:
    """`believed`: take the host's clock as synced (laptops, demos).

    `runtime` remembers what a boot must remember: a card that fails is no place to write it.
    """

    def __init__(
        self, root: Path, state: Path, *, believed: bool, runtime: Path | None = None
    ) -> None:
        self._memory = (runtime or state) / "ailing.json"
        self._root = root
        self._state = state
        self._believed = believed
        self._boot = _text(root / "proc/sys/kernel/random/boot_id").strip() or "no-boot-id"
        self._writable: bool | None = None
        self._chip = _text(root / "sys/class/rtc/rtc0/hctosys").strip() == "1"

    def clock(self) -> Reading:
        return Reading(
            wall_ms=time.time_ns() // 1_000_000,
            mono_ms=time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000,
            boot=self._boot,
            synced=self._believed or _kernel_synced(),
            chip=self._chip,
        )

    def serial(self) -> str:
        """The board's own, not the card's: a copied card is found out by it. "" if it has none."""
        told = [_text(self._root / name) for name in _SERIALS]
        told += [_text(path) for path in sorted((self._root / "sys/class/net").glob("e*/address"))]
        clean = (text.replace("\0", "").strip() for text in told)
        return next((text[:64] for text in clean if text), "")

    def readings(self, *, probe: bool) -> Raw:
        """`probe` writes the canary; in between its last answer is given."""
        texts = {name: _text(self._root / name) for name in _TEXTS}
        texts.update(self._hwmon())
        texts.update(self._card())
        usage = shutil.disk_usage(self._state)
        read_only = bool(os.statvfs(self._state).f_flag & os.ST_RDONLY)
        if probe:
            self._writable = self._canary()
        kept = {name: text for name, text in texts.items() if text}
        return Raw(kept, usage.free, usage.total, self._writable, read_only)

    def versions(self) -> dict[str, str]:
        release = _text(self._root / "etc/os-release")
        return versions(release, platform.release(), platform.python_version())

    def recall(self) -> frozenset[str]:
        try:
            told = json.loads(self._memory.read_text(encoding="utf-8"))
            return frozenset(map(str, told["codes"])) if told["boot"] == self._boot else frozenset()
        except (OSError, ValueError, KeyError, TypeError):
            return frozenset()

    def remember(self, codes: frozenset[str]) -> None:
        with contextlib.suppress(OSError):
            told = {"boot": self._boot, "codes": sorted(codes)}
            self._memory.write_text(json.dumps(told), encoding="utf-8")

    def _canary(self) -> bool:
        """4 KiB written and read back: a worn card often fails here first."""
        path = self._state / ".canary"
        data = os.urandom(4096)
        try:
            with path.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            return path.read_bytes() == data
        except OSError:
            return False

    def _hwmon(self) -> dict[str, str]:
        for name in (self._root / "sys/class/hwmon").glob("*/name"):
            if _text(name).strip() == "rpi_volt":
                return {"rpi_volt/in0_lcrit_alarm": _text(name.parent / "in0_lcrit_alarm")}
        return {}

    def _card(self) -> dict[str, str]:
        with contextlib.suppress(OSError):
            device = self._state.stat().st_dev
            link = self._root / f"sys/dev/block/{os.major(device)}:{os.minor(device)}"
            name = link.resolve().name
            return {"ext4/errors_count": _text(self._root / f"sys/fs/ext4/{name}/errors_count")}
        return {}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


class _Timex(ctypes.Structure):
    """The head of struct timex; adjtimex(2)."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_char * 256),
    )


def _kernel_synced() -> bool:
    timex = _Timex()  # modes 0: only asks
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).adjtimex(ctypes.byref(timex))
        return not timex.status & _STA_UNSYNC and timex.maxerror < _MAX_ERROR_US
    return False
