"""What a board says of itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from loa_node.adapters.board import Board

PI = "proc/device-tree/serial-number"
PC = "sys/class/dmi/id/product_serial"
CARD = "sys/class/net/eth0/address"


@pytest.mark.parametrize(
    ("files", "serial"),
    [
        ({PI: "10000000abcd1234\0", PC: "PC-7", CARD: "02:00:00:00:00:01\n"}, "10000000abcd1234"),
        ({PC: "PC-7\n", CARD: "02:00:00:00:00:01\n"}, "PC-7"),
        ({CARD: "02:00:00:00:00:01\n"}, "02:00:00:00:00:01"),
        ({PI: "\0", PC: "x" * 100}, "x" * 64),
        ({}, ""),
    ],
)
def test_the_serial_is_the_boards_and_never_the_cards(
    files: dict[str, str], serial: str, tmp_path: Path
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    assert Board(tmp_path, tmp_path, believed=False).serial() == serial
