"""Whether every thread moves, and what the watchdog is told."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from loa_node import supervision
from loa_node.pulse import Pulses


class Seconds:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Seconds:
    return Seconds()


@pytest.fixture
def fed(tmp_path: Path) -> Iterator[socket.socket]:
    """What systemd hears."""
    before = dict(os.environ)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(tmp_path / "notify"))
        heard.settimeout(0)
        os.environ |= {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "6000000"}
        yield heard
    os.environ.clear()
    os.environ |= before


def meals(heard: socket.socket) -> int:
    told = 0
    while True:
        try:
            told += heard.recv(100) == b"WATCHDOG=1"
        except BlockingIOError:
            return told


def test_a_thread_that_waits_for_work_owes_nothing(clock: Seconds) -> None:
    pulses = Pulses(clock)
    with pulses.at_work("fetch", 10):
        pass

    clock.now = 1000

    assert pulses.stuck() == []


def test_a_thread_at_work_is_stuck_once_it_has_not_moved_for_so_long(clock: Seconds) -> None:
    pulses = Pulses(clock)
    with pulses.at_work("fetch", 10) as task, pulses.at_work("link", 100):
        clock.now = 9
        task.moved()
        clock.now = 18
        moving = pulses.stuck()
        clock.now = 20

        assert (moving, pulses.stuck()) == ([], ["fetch"])


def test_a_thread_that_died_at_work_never_moves_again(clock: Seconds) -> None:
    pulses = Pulses(clock)
    with pytest.raises(ZeroDivisionError), pulses.at_work("fetch", 10):
        _ = 1 / 0

    clock.now = 11

    assert pulses.stuck() == ["fetch"]


def test_a_thread_that_hangs_on_a_pipe_is_found(tmp_path: Path, clock: Seconds) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    pulses = Pulses(clock)

    def work() -> None:
        with pulses.at_work("fetch", 10):
            pipe.read_bytes()

    thread = threading.Thread(target=work)
    thread.start()
    with pipe.open("wb"):  # opens once the thread stands at the other end
        clock.now = 11
        hanging = pulses.stuck()
    thread.join()

    assert (hanging, pulses.stuck()) == (["fetch"], [])


def test_systemd_is_told_thrice_in_its_patience_and_not_while_a_thread_hangs(
    fed: socket.socket, clock: Seconds
) -> None:
    pulses = Pulses(clock)
    watchdog = supervision.Watchdog(pulses)
    watchdog.work(0.5)
    watchdog.work(1.0)
    healthy = meals(fed)

    with pulses.at_work("link", 5):
        clock.now = 6
        told = [watchdog.work(now) for now in (6.0, 8.1)]
    hungry = meals(fed)
    watchdog.work(10.2)

    assert (healthy, told, hungry, meals(fed)) == (1, [["link"], []], 0, 1)


def test_without_a_watchdog_nothing_is_asked_of_the_environment() -> None:
    assert supervision.beat_s() == supervision.BEAT_S
