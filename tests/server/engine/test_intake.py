from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import pytest

from fakes.broker import FakeBroker
from fakes.reports import EPOCH, NODE, District, a_fact, journal
from loa_server.engine.intake import MOST, Intake
from loa_server.ingest.reports import Arrival
from loa_server.ingest.writer import Taken


class PowerCutError(BaseException):
    """Nothing catches it, as nothing catches kill -9."""


class FakeBook:
    """Commits into dictionaries; `fails` are raised before a commit, `dies` after it."""

    def __init__(self) -> None:
        self.district = District()
        self.batches: list[int] = []
        self.fails: list[Exception] = []
        self.poison = b""
        self.dies = False

    def take(self, arrivals: Sequence[Arrival], now: int) -> Taken:
        self.batches.append(len(arrivals))
        if self.fails:
            raise self.fails.pop()
        if self.poison and any(a.payload == self.poison for a in arrivals):
            raise ValueError(f"at {now} nobody had thought of this")
        changes = self.district.take(*arrivals)
        if self.dies:
            raise PowerCutError
        return Taken(changes.acks, len(changes.facts), dict(changes.ignored))


class Room:
    def __init__(self) -> None:
        self.broker = FakeBroker()
        self.book = FakeBook()
        self.acks: dict[str, tuple[str, int]] = {}
        self.broker.start()
        self.intake = self.a_new_intake()

    def a_new_intake(self) -> Intake:
        return Intake(self.broker, self.book, self.acks.update, lambda: 0)

    def says(self, *facts: int) -> None:
        for seq in facts:
            said = journal([a_fact(seq, "rebooted")])
            self.broker.says(said.topic, said.payload)

    def left_at_broker(self) -> int:
        self.broker.restart()
        count = 0
        while self.broker.receive(0):
            count += 1
        return count


def test_what_came_together_is_committed_together_and_then_let_go() -> None:
    room = Room()
    room.says(1, 2, 3)

    assert room.intake.work_once()

    assert room.book.batches == [3]
    assert room.acks == {NODE: (EPOCH, 3)}
    assert room.left_at_broker() == 0


def test_without_messages_there_is_nothing_to_commit() -> None:
    room = Room()

    assert not room.intake.work_once()
    assert room.book.batches == []


def test_a_flood_is_taken_in_pieces_that_the_broker_can_follow() -> None:
    room = Room()
    room.says(*range(1, MOST + 11))

    room.intake.work_once()
    room.intake.work_once()

    assert room.book.batches == [MOST, 10]


def test_a_death_between_commit_and_acknowledgement_loses_and_doubles_nothing() -> None:
    room = Room()
    room.says(1, 2)
    room.book.dies = True
    with pytest.raises(PowerCutError):
        room.intake.work_once()
    assert len(room.book.district.facts) == 2
    assert room.acks == {}
    room.book.dies = False
    room.broker.restart()

    room.a_new_intake().work_once()

    assert len(room.book.district.facts) == 2
    assert room.book.district.alarms == {}
    assert room.acks == {NODE: (EPOCH, 2)}
    assert room.left_at_broker() == 0


def test_a_full_disk_lets_nothing_go_and_the_same_batch_is_tried_again() -> None:
    room = Room()
    room.says(1, 2)
    room.book.fails = [sqlite3.OperationalError("database or disk is full")]

    room.intake.work_once()
    assert room.acks == {}
    room.intake.work_once()

    assert room.book.batches == [2, 2]
    assert room.acks == {NODE: (EPOCH, 2)}


def test_a_message_that_breaks_the_ingest_is_set_aside_and_the_others_are_kept() -> None:
    room = Room()
    room.book.poison = b"poison"
    room.says(1)
    room.broker.says(journal([]).topic, b"poison")
    room.says(2)

    room.intake.work_once()

    assert room.acks == {NODE: (EPOCH, 2)}
    assert len(room.book.district.facts) == 2
    assert room.left_at_broker() == 0
