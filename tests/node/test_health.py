"""What the board's own files say, and what they do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from loa_node.adapters.board import Board
from loa_node.health import MB, Raw, readings
from loa_wire.up import Readings

MEMINFO = "MemTotal: 948304 kB\nMemFree: 10 kB\nMemAvailable: 524288 kB\n"
WIRELESS = "Inter-| sta-|   Quality\n face | tus |\n wlan1: 0000   43.  -67.  -256\n"
ROUTE = "Iface\tDestination\tGateway\nwlan0\t0001A8C0\t0\nwlan1\t00000000\t0101A8C0\n"


def test_a_board_that_tells_nothing_is_not_given_figures() -> None:
    assert readings(Raw({})) == Readings()


def test_everything_a_pi_tells_is_read() -> None:
    raw = Raw(
        {
            "proc/uptime": "12345.67 45678.9\n",
            "proc/loadavg": "0.42 0.1 0.0 1/90 1234\n",
            "proc/meminfo": MEMINFO,
            "proc/net/route": ROUTE,
            "proc/net/wireless": WIRELESS,
            "sys/class/thermal/thermal_zone0/temp": "48312\n",
            "rpi_volt/in0_lcrit_alarm": "1\n",
            "ext4/errors_count": "2\n",
        },
        free_bytes=3 * MB,
        total_bytes=9 * MB,
        writable=True,
        read_only=False,
    )

    assert readings(raw) == Readings(
        uptime_s=12345,
        temperature_dc=483,
        card_free_mb=3,
        card_total_mb=9,
        card_errors=2,
        card_read_only=False,
        card_writable=True,
        memory_free_mb=512,
        load_c=42,
        under_voltage=True,
        network="wlan1",
        wifi_dbm=-67,
    )


@pytest.mark.parametrize("text", ["", "garbage", "-", "1e5", "\x00"])
def test_a_file_with_nonsense_is_left_out(text: str) -> None:
    names = ["proc/uptime", "proc/loadavg", "proc/meminfo", "ext4/errors_count"]
    raw = Raw(dict.fromkeys([*names, "sys/class/thermal/thermal_zone0/temp"], text))

    assert readings(raw) == Readings()


def test_the_board_is_read_below_the_given_root(tmp_path: Path) -> None:
    root, state = tmp_path / "root", tmp_path / "state"
    for name, text in {
        "proc/uptime": "7.0 1.0",
        "proc/sys/kernel/random/boot_id": "b-17\n",
        "sys/class/rtc/rtc0/hctosys": "1\n",
        "sys/class/hwmon/hwmon0/name": "cpu_thermal\n",
        "sys/class/hwmon/hwmon1/name": "rpi_volt\n",
        "sys/class/hwmon/hwmon1/in0_lcrit_alarm": "0\n",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    state.mkdir()
    board = Board(root, state, believed=False)

    clock, told = board.clock(), readings(board.readings(probe=True))

    assert (clock.boot, clock.chip) == ("b-17", True)
    assert (told.uptime_s, told.under_voltage, told.card_writable) == (7, False, True)
    assert len((state / ".canary").read_bytes()) == 4096


def test_the_card_is_written_to_only_when_asked(tmp_path: Path) -> None:
    board = Board(tmp_path, tmp_path, believed=True)

    assert readings(board.readings(probe=False)).card_writable is None
    assert list(tmp_path.iterdir()) == []
    assert board.clock().synced
