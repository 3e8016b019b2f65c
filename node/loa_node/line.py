"""Keeping the line to the broker: when to dial, what to listen to, what to say first, and whether
it still hears."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable
from typing import Final

from loa_node import echo, reconnect, report
from loa_node.clock import Clock
from loa_node.echo import Hearing, Measure
from loa_node.inbox import Shelf
from loa_node.link import Arrived, Connected, Link, Lost, Subscribed, Will
from loa_node.report import Presence
from loa_node.standing import Standing
from loa_wire import topics

KEEPALIVE_S: Final = {"wired": 60, "metered": 240}
HEARTBEAT_S: Final = {"wired": 60, "metered": 900}
GOODBYE_S: Final = 2.0


class Line:
    """`online` once the broker has granted every subscription."""

    def __init__(
        self,
        link: Link,
        standing: Standing,
        shelf: Shelf,
        presence: Presence,
        heartbeat_s: int = 0,
        *,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`heartbeat_s` 0: as the link profile says."""
        self._link = link
        self._standing = standing
        self._shelf = shelf
        self._heartbeat_s = heartbeat_s
        self._chance = chance
        self._echo = topics.echo(presence.node)
        self._hearing = Hearing()
        self._listen_at: int | None = None  # again, after a refusal
        self.presence = presence
        self.measures: list[Measure] = []  # taken against deafness, for the agent to tell
        self.connected = False
        self._connected_at = 0
        self._failures = 0
        self._dial_at: int | None = None
        self._dialling = False
        self.reason = "not tried yet"

    @property
    def heartbeat_s(self) -> int:
        return self._heartbeat_s or HEARTBEAT_S[self._standing.link.profile]

    @property
    def hears(self) -> bool:
        """Whether a word to itself has come back, and none is missed since."""
        return self.connected and self._hearing.ever and not self._hearing.in_vain

    def start(self, clock: Clock) -> None:
        """A node that holds manifests starts with its neighbours after a power cut: it waits its
        turn. A node that has never been given any comes alone."""
        wait = self._delay(0) if self._standing.manifests else 0
        self._dial_at = clock.mono_ms + wait

    def work(self, clock: Clock) -> tuple[list[Arrived], bool]:
        """What arrived, and whether a connection has just begun."""
        arrived: list[Arrived] = []
        begun = False
        for event in self._link.events():
            if isinstance(event, Arrived):
                if not self._is_echo(event, clock):
                    arrived.append(event)
            else:
                begun |= self._on_line(event, clock)
        self._listen_to_ourselves(clock)
        if self._dial_at is not None and clock.mono_ms >= self._dial_at and not self._dialling:
            self._dial()
        return arrived, begun

    def listen(self) -> None:
        """Subscribes again: after a connect, and when the node has been given other areas."""
        self._listen_at = None
        if self.connected:
            place = self._standing
            self._link.subscribe(topics.node_subscriptions(place.node, place.unit, place.areas))

    def take_measures(self) -> list[Measure]:
        taken, self.measures = self.measures, []
        return taken

    def say(self, what: str, payload: bytes, *, retain: bool = False) -> bool:
        if not self.connected:
            return False
        self._link.publish(topics.up(self.presence.node, what), payload, retain=retain)
        return True

    def say_status(self) -> None:
        self.say("status", report.status(self.presence, online=True), retain=True)

    def new_ticket(self) -> str:
        """A command may be given once: the next one must name this."""
        self.presence = _with(self.presence, ticket=secrets.token_hex(8))
        return self.presence.ticket

    def redial(self, clock: Clock) -> None:
        """We have new papers: come again with them, at once where nothing stands."""
        self._failures = 0
        if self.connected:
            self._link.close()  # the Lost that follows plans the next dial
        elif not self._dialling:
            self._dial_at = clock.mono_ms

    def goodbye(self) -> None:
        if self.connected:
            self.say("status", report.status(self.presence, online=False), retain=True)
        self._dial_at = None
        self._link.close(patience_s=GOODBYE_S)

    def _is_echo(self, message: Arrived, clock: Clock) -> bool:
        every_ms = self.heartbeat_s * 1000
        if message.topic == self._echo:
            self._hearing = echo.came(self._hearing, message.payload, clock.mono_ms, every_ms)
            return True
        name = topics.read(message.topic)
        if name is not None and name.family == "down":
            self._hearing = echo.ordered(self._hearing, clock.mono_ms, every_ms)
        else:
            self._hearing = echo.overheard(self._hearing)
        return False

    def _listen_to_ourselves(self, clock: Clock) -> None:
        if not self.connected:
            return
        if self._listen_at is not None and clock.mono_ms >= self._listen_at:
            self.listen()
        self._hearing, measure = echo.judged(self._hearing, clock.mono_ms, self.heartbeat_s * 1000)
        if measure:
            self.measures.append(measure)
        if measure == "listen":
            self.listen()
        elif measure == "reconnect":
            self.redial(clock)
        elif not measure and echo.is_time_to_say(self._hearing, clock.mono_ms):
            self._hearing = echo.said(self._hearing, str(self.presence.connects), clock.mono_ms)
            self._link.publish(self._echo, self._hearing.word)

    def _dial(self) -> None:
        connects = self.presence.connects + 1
        self._shelf.put("connects", connects, b"")
        self.presence = _with(self.presence, connects=connects)
        will = Will(
            topics.up(self.presence.node, "status"), report.status(self.presence, online=False)
        )
        self._dialling = True
        self._link.connect(will, KEEPALIVE_S[self._standing.link.profile])

    def _on_line(self, event: Connected | Lost | Subscribed, clock: Clock) -> bool:
        """True where a connection has begun."""
        match event:
            case Connected():
                self._on_connected(clock)
                return True
            case Lost(reason):
                self._on_lost(reason, clock)
            case Subscribed(refused=refused) if refused:
                self.reason = f"the broker refused {', '.join(refused)}"
                self._listen_at = clock.mono_ms + self.heartbeat_s * 1000
            case Subscribed():
                self.reason = ""
        return False

    def _on_connected(self, clock: Clock) -> None:
        self.connected = True
        self._connected_at = clock.mono_ms
        self._hearing = echo.begun(self._hearing, clock.mono_ms)
        self.say_status()
        self.listen()

    def _on_lost(self, reason: str, clock: Clock) -> None:
        lasted = clock.mono_ms - self._connected_at if self.connected else None
        attempt = reconnect.counted(self._failures, lasted)
        self._failures = attempt + 1
        self.connected, self._dialling, self.reason = False, False, reason
        self._dial_at = clock.mono_ms + self._delay(attempt)

    def _delay(self, attempt: int) -> int:
        w = reconnect.spread_s(one.w for one in self._standing.manifests.values())
        return reconnect.delay_ms(attempt, w, self._chance())


def _with(presence: Presence, *, connects: int | None = None, ticket: str = "") -> Presence:
    return Presence(
        presence.node,
        presence.boots,
        presence.connects if connects is None else connects,
        presence.boot,
        ticket or presence.ticket,
        presence.software,
    )
