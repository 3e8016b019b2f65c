"""Waiting at sockets: one that is closed already is news too."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from loa_node.adapters.waker import Waker

FOREVER_MS = 600_000  # a wait that does not end fails by the time that a test may take


@pytest.fixture
def waker() -> Iterator[Waker]:
    made = Waker()
    yield made
    made.close()


def test_a_line_that_closed_while_it_was_spoken_to_is_not_waited_for(waker: Waker) -> None:
    near, far = socket.socketpair()
    with near, far:
        gone = socket.socket()
        gone.close()

        waker.wait([gone.fileno(), near.fileno()], FOREVER_MS)


def test_a_message_or_a_call_ends_the_wait(waker: Waker) -> None:
    near, far = socket.socketpair()
    with near, far:
        far.send(b"x")
        waker.wait([near.fileno()], FOREVER_MS)
        near.recv(1)

        threading.Timer(0.05, waker.wake).start()
        waker.wait([near.fileno()], FOREVER_MS)
