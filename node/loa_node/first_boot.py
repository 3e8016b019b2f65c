"""The agent before it is a node: composition and loop of a card that asks to be taken in."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from loa_node import clock, sounds, supervision
from loa_node.adapters import identity
from loa_node.adapters.board import Board
from loa_node.adapters.enrolment_https import EnrolmentHttps
from loa_node.adapters.identity import Card
from loa_node.adapters.papers import Papers
from loa_node.adapters.player_socket import PlayerSocket
from loa_node.adapters.screen_socket import ScreenSocket
from loa_node.adapters.tls import client_context
from loa_node.adapters.waker import Waker
from loa_node.config import ConfigError, NodeConfig
from loa_node.newcomer import Newcomer, Speech
from loa_node.pulse import Pulses

TICK_MS: Final = 500
AFTER_AN_ERROR_S: Final = 1.0


def needed(config: NodeConfig) -> Card | None:
    """The card, if it has to ask first. A node whose key or certificate is spoilt asks again."""
    folder = config.identity_dir
    card = identity.card(folder)
    if card is None:
        return None
    try:
        papers = Papers(folder)
        papers.settle()
        is_a_node = identity.names_a_node(folder) and papers.complete()
    except (OSError, ValueError) as e:
        raise ConfigError(f"{folder}: cannot be used: {e}") from e
    return None if is_a_node else card


@dataclass(slots=True)
class Parts:
    waker: Waker
    player: PlayerSocket
    screen: ScreenSocket
    board: Board
    speech: Speech
    newcomer: Newcomer
    pulses: Pulses

    def wait(self) -> None:
        ends = [fd for fd in (self.player.fileno(), self.screen.fileno()) if fd is not None]
        self.waker.wait(ends, TICK_MS)

    def close(self) -> None:
        self.speech.end()
        for part in (self.player, self.screen, self.waker):
            part.close()


def build(config: NodeConfig, card: Card) -> Parts:
    waker = Waker()
    player, screen = PlayerSocket(config.player_socket), ScreenSocket(config.screen_socket)
    board = Board(
        Path(config.agent.sysfs), config.state_dir, believed=config.agent.simulate_proved_clock
    )
    pulses = Pulses()
    context = client_context(card.ca, lambda: clock.BUILT_MS)
    desk = EnrolmentHttps(card.https, context, waker.wake, pulses)
    speech = Speech(player, sounds.folder(config))
    papers = Papers(config.identity_dir)
    log, serial = supervision.log, board.serial()
    newcomer = Newcomer(papers, desk, screen, speech, log=log, token=card.token, serial=serial)
    return Parts(waker, player, screen, board, speech, newcomer, pulses)


def run(config: NodeConfig, card: Card) -> bool:
    """True when the card has become a node, False when it was told to stop."""
    parts = build(config, card)
    supervision.ready()
    supervision.log("agent: this card has no papers yet and asks to be taken in")
    with _told_to_stop(parts.waker.wake) as stopping:
        done = _work(parts, stopping)
    parts.close()
    return done


def _work(parts: Parts, stopping: Callable[[], bool]) -> bool:
    watchdog = supervision.Watchdog(parts.pulses)
    while not stopping():
        reading = parts.board.clock()
        watchdog.work(time.monotonic())
        try:
            if parts.newcomer.work(reading):
                return True
        except Exception as e:  # noqa: BLE001 - the loop at the top: nobody is there to restart it
            supervision.log(f"agent: {type(e).__name__}: {e}", supervision.ERROR)
            time.sleep(AFTER_AN_ERROR_S)
        parts.wait()
    return False


@contextlib.contextmanager
def _told_to_stop(wake: Callable[[], None]) -> Iterator[Callable[[], bool]]:
    told: list[int] = []

    def stop(number: int, _frame: object) -> None:
        told.append(number)
        wake()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    yield lambda: bool(told)
    for number, handler in before.items():
        signal.signal(number, handler)
