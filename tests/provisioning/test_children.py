from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from provisioning.children import ChildError, Children

SLEEPER = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]


def a_family(folder: Path) -> Children:
    return Children(folder)


def ended(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_children_end_when_the_family_is_stopped(tmp_path: Path) -> None:
    family = a_family(tmp_path)
    first, second = family.start("first", SLEEPER), family.start("second", SLEEPER)
    for child in (first, second):
        family.wait_until(child, lambda child=child: "up" in child.tail())  # type: ignore[misc]

    family.stop()

    assert ended(first.process.pid)
    assert ended(second.process.pid)


def test_the_last_started_is_stopped_first(tmp_path: Path) -> None:
    said = tmp_path / "order"
    program = (
        "import signal, sys, time\n"
        "def bye(*_):\n"
        "    open(sys.argv[1], 'a').write(sys.argv[2])\n"
        "    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, bye)\n"
        "print('up', flush=True)\n"
        "time.sleep(60)\n"
    )
    family = a_family(tmp_path)
    for name in ("a", "b"):
        child = family.start(name, [sys.executable, "-c", program, str(said), name])
        family.wait_until(child, lambda child=child: "up" in child.tail())  # type: ignore[misc]

    family.stop()

    assert said.read_text() == "ba"


def test_a_child_that_ends_before_it_is_ready_says_its_last_words(tmp_path: Path) -> None:
    family = a_family(tmp_path)
    child = family.start("short", [sys.executable, "-c", "raise SystemExit('no licence')"])

    with pytest.raises(ChildError, match=r"(?s)short ended at once.*no licence"):
        family.wait_until(child, lambda: False)


def test_a_child_that_died_is_named(tmp_path: Path) -> None:
    family = a_family(tmp_path)
    gone, stays = family.start("gone", [sys.executable, "-c", ""]), family.start("stays", SLEEPER)
    gone.process.wait()

    assert family.the_dead() == [gone]

    family.stop()
    assert ended(stays.process.pid)
