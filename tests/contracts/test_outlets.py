"""The agent's ends of the local sockets: what they say is understood, what comes is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from loa_node.adapters.player_socket import PlayerSocket
from loa_node.adapters.screen_socket import ScreenSocket
from loa_node.lines import Listener, Message
from loa_node.outlets import (
    Alive,
    Gone,
    Outcome,
    Pictured,
    PlayerHello,
    ScreenHello,
    Shown,
    Sounding,
)
from loa_node.player.orders import Confirm, Play, Stop, read


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[Listener]:
    made = Listener(tmp_path / "run" / "end.sock")
    yield made
    made.close()


@pytest.fixture
def player(tmp_path: Path, listener: Listener) -> PlayerSocket:
    made = PlayerSocket(tmp_path / "run" / "end.sock")
    made.dial()
    listener.poll(1)
    return made


@pytest.fixture
def screen(tmp_path: Path, listener: Listener) -> ScreenSocket:
    made = ScreenSocket(tmp_path / "run" / "end.sock")
    made.dial()
    listener.poll(1)
    return made


def orders(listener: Listener) -> list[Message]:
    return listener.poll(1)


def until(events: Callable[[], list[object]]) -> list[object]:
    for _ in range(10_000):
        if found := events():
            return found
    raise AssertionError("nothing came")


def test_a_program_that_is_not_there_yet_is_not_an_error(tmp_path: Path) -> None:
    player = PlayerSocket(tmp_path / "nobody.sock")

    player.dial()
    player.stop("*")

    assert (player.present, player.events(), player.fileno()) == (False, [], None)


def test_orders_are_what_the_player_reads(player: PlayerSocket, listener: Listener) -> None:
    player.play("b/0:vi", Path("/media/x"), 2000, 80, 300)
    player.stop("*")
    player.confirm("b/0:vi")

    assert [read(message) for message in orders(listener)] == [
        Play("b/0:vi", Path("/media/x"), 2000, 80, 300),
        Stop("*"),
        Confirm("b/0:vi"),
    ]


def test_what_the_player_says_is_read(player: PlayerSocket, listener: Listener) -> None:
    outcome = {"play": "p", "result": "played", "evidence": "device", "reason": "", "played_ms": 9}
    listener.send({"is": "hello", "playing": None, "outcomes": [outcome], "output": "alsa"})
    listener.send({"is": "sounding", "play": "p", "latency_ms": 7})
    listener.send({"is": "outcome", **outcome})
    listener.send({"is": "alive", "playing": None})
    listener.send({"is": "something newer"})

    ended = Outcome("p", "played", "device", "", 9)
    assert until(lambda: list(player.events())) == [
        PlayerHello("", [ended], "alsa"),
        Sounding("p", 7),
        ended,
        Alive(),
    ]


def test_what_the_screen_says_is_read(screen: ScreenSocket, listener: Listener) -> None:
    listener.send({"is": "hello", "size": [1, 1], "driver": "dummy"})
    listener.send({"is": "shown", "scene": "b/0"})
    listener.send({"is": "pictured", "path": "/x.png"})

    assert until(lambda: list(screen.events())) == [
        ScreenHello("dummy"),
        Shown("b/0"),
        Pictured("/x.png"),
    ]


def test_a_scene_and_a_picture_are_ordered(screen: ScreenSocket, listener: Listener) -> None:
    screen.show({"id": "b/0", "title": {"vi": "Ấp Sóc"}})
    screen.picture(Path("/x.png"), 480)

    assert orders(listener) == [
        {"do": "show", "scene": {"id": "b/0", "title": {"vi": "Ấp Sóc"}}},
        {"do": "picture", "path": "/x.png", "width": 480},
    ]


def test_a_program_that_ends_is_gone_and_can_be_dialled_again(
    tmp_path: Path, player: PlayerSocket, listener: Listener
) -> None:
    listener.close()

    assert until(lambda: list(player.events())) == [Gone()]
    while_gone = player.present
    again = Listener(tmp_path / "run" / "end.sock")
    player.dial()

    assert (while_gone, player.present) == (False, True)
    again.close()
