from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from loa_server.engine.wake import Wake

LONG_S = 20.0


@pytest.fixture
def wake(tmp_path: Path) -> Iterator[Wake]:
    made = Wake(tmp_path / "engine.sock")
    made.open()
    yield made
    made.close()


def a_hint(path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
        link.sendto(b"!", str(path))


def test_a_hint_of_a_page_ends_the_sleep_and_is_told_from_others(
    wake: Wake, tmp_path: Path
) -> None:
    a_hint(tmp_path / "engine.sock")
    a_hint(tmp_path / "engine.sock")

    assert wake.wait(LONG_S)
    assert not wake.wait(0)


def test_any_thread_may_wake_it(wake: Wake) -> None:
    threading.Timer(0.01, wake.now).start()

    assert not wake.wait(LONG_S)


def test_a_thousand_wakes_while_it_works_are_one(wake: Wake) -> None:
    for _ in range(100_000):
        wake.now()

    wake.wait(LONG_S)

    assert not wake.wait(0)


def test_a_socket_that_a_killed_engine_left_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "run" / "engine.sock"
    first, second = Wake(path), Wake(path)
    first.open()

    second.open()
    a_hint(path)

    assert second.wait(LONG_S)
    second.close()
    assert not path.exists()
