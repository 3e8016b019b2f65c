"""Everything is looked at, in the order in which it is mended."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import sys
from pathlib import Path
from typing import Final

from loa_node import __version__, clock
from loa_node.adapters.board import Board
from loa_node.clock import BUILT_MS, Clock
from loa_node.config import ConfigError, NodeConfig, read
from loa_node.doctor import board as on_board
from loa_node.doctor import line, papers, programs
from loa_node.doctor import tone as by_ear
from loa_node.doctor.finding import Finding, Two, bad, exit_code, page
from loa_node.player.output import choose
from loa_node.standing import kept_anchor

WRONG_CONFIG: Final = 2


def run(settings: Path, *, tone: bool) -> int:
    """0: nothing is broken. 1: something is. 2: the settings cannot be read."""
    sys.stdout.write(f"Loa Ấp {__version__}: khám điểm phát / node check\n\n")
    try:
        config = read(settings)
    except ConfigError as e:
        mend = Two(f"Sửa tệp {settings}.", f"Mend the file {settings}.")
        sys.stdout.write(page([bad("Tệp cài đặt sai hoặc thiếu", str(e), mend)]))
        return WRONG_CONFIG
    try:
        found = examine(config, settings)
    except PermissionError as e:
        found = [
            bad(f"Không được đọc {e.filename}", f"May not read {e.filename}", on_board.AS_ROOT)
        ]
    if tone:
        found.append(by_ear.examine(config, settings))
    sys.stdout.write(page(found))
    return exit_code(found)


def examine(config: NodeConfig, settings: Path) -> list[Finding]:
    root = Path(config.agent.sysfs)
    board = Board(root, config.state_dir, believed=config.agent.simulate_proved_clock)
    now = _clock(board, config)
    found, me = papers.examine(config.identity_dir, now)
    found += _power(board, config)
    found.append(on_board.clock(now))
    if me is not None:
        found += line.examine(me, now.floor_ms)
    found += programs.examine(root, settings)
    found += [programs.sound(config, choose(config, os.environ)), programs.display(config)]
    return found + on_board.files(config) + on_board.contact(config)


def _power(board: Board, config: NodeConfig) -> list[Finding]:
    try:
        return on_board.gauges(board.readings(probe=False), config.state_dir)
    except OSError as e:
        place = config.state_dir
        mend = Two("Xem state_dir trong node.toml, thẻ nhớ.", "Check state_dir and the card.")
        return [bad(f"Không có thư mục {place}", f"{place}: {e.strerror}", mend)]


def _clock(board: Board, config: NodeConfig) -> Clock:
    """As the agent judges it, from what it keeps on its shelf."""
    reading, floor_ms, anchor = board.clock(), BUILT_MS, None
    with contextlib.suppress(sqlite3.Error):
        with contextlib.closing(on_board.read_only(config.state_dir / "shelf.sqlite")) as db:
            rows = db.execute(
                "SELECT name, version, data FROM document WHERE name IN (?, ?)", ("floor", "anchor")
            )
            kept = {name: (version, bytes(data)) for name, version, data in rows}
        floor_ms = max(floor_ms, kept.get("floor", (0, b""))[0])
        anchor = kept_anchor(*kept["anchor"]) if "anchor" in kept else None
    return clock.judge(reading, floor_ms, None, anchor)
