"""What goes up: facts until they are acknowledged, health at each heartbeat, status on connect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from loa_node import report
from loa_node.checkup import Checkup
from loa_node.clock import Clock
from loa_node.diary import Diary
from loa_node.line import Line
from loa_node.standing import Standing
from loa_wire.up import Backlog, Health, LastPlay, Outlet, Playing, Shelf

BATCH: Final = 2_000


@dataclass(frozen=True, slots=True)
class Condition:
    """How the rest of the node is, for the district."""

    shelf: Shelf
    playing: Playing | None
    last_play: LastPlay | None
    player: Outlet
    screen: Outlet


class Postbox:
    def __init__(
        self,
        line: Line,
        diary: Diary,
        standing: Standing,
        checkup: Checkup,
        versions: Mapping[str, str],
    ) -> None:
        self._line = line
        self._diary = diary
        self._standing = standing
        self._checkup = checkup
        self._versions = dict(versions)
        self._sent: report.Sent | None = None
        self._health_at = 0
        self._changed: tuple[object, ...] = ()

    def connected(self) -> None:
        """A connection has begun: whatever was on its way may be lost, so it is sent again."""
        self._sent = None
        self._health_at = 0

    def acknowledged(self, clock: Clock) -> None:
        self._sent = report.after_ack(self._sent, self._diary.acked, clock.mono_ms)

    def work(self, clock: Clock, condition: Condition) -> None:
        if not self._line.connected:
            return
        self._post_facts(clock)
        self._post_health(clock, condition)

    def _post_facts(self, clock: Clock) -> None:
        acked, last = self._diary.acked, self._diary.last
        start = report.to_send(self._sent, acked, last, clock.mono_ms)
        if start is None:
            return
        entries = self._diary.after(start, BATCH)
        for message in report.batches(entries, self._standing.node, self._diary.epoch):
            self._line.say("journal", message)
        upto = entries[-1].seq if entries else last
        self._sent = report.Sent(upto, clock.mono_ms)

    def _post_health(self, clock: Clock, condition: Condition) -> None:
        """At each heartbeat, and at once when what plays or what is applied has changed."""
        applied = self._standing.applied()
        outlets = (condition.player, condition.screen)
        changed = (applied, condition.playing, outlets, clock.state, self._checkup.ailing)
        if clock.mono_ms < self._health_at and changed == self._changed:
            return
        self._changed = changed
        self._health_at = clock.mono_ms + self._line.heartbeat_s * 1000
        message = Health(
            node=self._standing.node,
            at=clock.now_ms,
            clock=clock.state,
            boot=clock.boot,
            software=self._line.presence.software,
            every_s=self._line.heartbeat_s,
            applied=applied,
            shelf=condition.shelf,
            journal=Backlog(
                epoch=self._diary.epoch, last=self._diary.last, acked=self._diary.acked
            ),
            playing=condition.playing,
            last_play=condition.last_play,
            player=condition.player,
            screen=condition.screen,
            readings=self._checkup.readings,
            versions=self._versions,
            audit_head=self._standing.audit_head,
        )
        self._line.say("health", message.encode())
