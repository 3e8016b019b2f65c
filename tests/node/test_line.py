"""Keeping the line: whom the node listens to, what it says first, and how it comes back."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import msgspec
import pytest

from fakes.link import FakeLink
from fakes.shelf import FakeShelf
from fakes.wire import (
    DAY,
    NODE,
    NOW,
    UNIT,
    People,
    a_manifest,
    an_assignment,
    some_settings,
)
from loa_node import reconnect
from loa_node.clock import Clock
from loa_node.line import Line
from loa_node.link import Arrived, Subscribed
from loa_node.report import Presence
from loa_node.standing import Standing
from loa_wire import topics
from loa_wire.place import Link
from loa_wire.up import Status

PEOPLE = People()
CLOCK = Clock("synced", NOW, NOW - DAY, mono_ms=1_000_000, boot="b1")


class Bench:
    def __init__(self) -> None:
        self.link, self.shelf = FakeLink(), FakeShelf()
        self.standing = Standing(NODE, UNIT, PEOPLE.sealed_root(), self.shelf)
        presence = Presence(NODE, 3, 7, "b1", "t1", "0.1.0")
        self.line = Line(self.link, self.standing, self.shelf, presence, chance=lambda: 0.5)

    def at(self, seconds: float) -> tuple[list[Arrived], bool]:
        return self.line.work(replace(CLOCK, mono_ms=CLOCK.mono_ms + int(seconds * 1000)))

    def connected(self, seconds: float = 0) -> Bench:
        self.line.start(CLOCK)
        self.at(seconds)
        self.link.succeed()
        self.at(seconds)
        return self


def test_a_node_that_was_never_given_anything_dials_at_once() -> None:
    bench = Bench()
    bench.line.start(CLOCK)

    bench.at(0)

    assert len(bench.link.wills) == 1


def test_a_node_with_neighbours_waits_its_turn_after_a_power_cut() -> None:
    bench = Bench()
    bench.standing.manifests["ap-3"] = a_manifest(w=60)
    bench.line.start(CLOCK)

    bench.at(32)
    assert bench.link.wills == []

    bench.at(33)
    assert len(bench.link.wills) == 1


def test_every_connection_has_a_higher_number_and_the_will_says_the_same() -> None:
    bench = Bench().connected()

    will = msgspec.json.decode(bench.link.wills[0].payload, type=Status)
    topic, payload, retained = bench.link.said[0]
    said = msgspec.json.decode(payload, type=Status)

    assert (will.online, said.online, retained) == (False, True, True)
    assert (will.boots, will.connects) == (said.boots, said.connects) == (3, 8)
    assert topic == bench.link.wills[0].topic == topics.up(NODE, "status")
    assert bench.shelf.version_of("connects") == 8


def test_it_listens_again_after_every_connect_and_when_it_is_moved() -> None:
    bench = Bench().connected()
    assert bench.link.subscribed == [tuple(topics.node_subscriptions(NODE, UNIT, []))]

    bench.standing.assignment = an_assignment()
    bench.line.listen()

    assert topics.area("tan-quan", "+") in bench.link.subscribed[-1]


def test_nothing_is_said_into_a_dead_line() -> None:
    bench = Bench()

    assert not bench.line.say("health", b"x")
    bench.connected()
    assert bench.line.say("health", b"x")


def test_after_a_loss_it_waits_and_dials_again_with_a_longer_wait_each_time() -> None:
    bench = Bench().connected()
    bench.link.fail()
    bench.at(1)

    bench.at(18)
    assert len(bench.link.wills) == 1
    bench.at(19)  # uniform(5, 30) at one half: 17.5 s
    assert len(bench.link.wills) == 2

    bench.link.fail()
    bench.at(20)
    bench.at(27)
    assert len(bench.link.wills) == 2
    bench.at(28)  # half-jitter of 10 s at one half: 7.5 s
    assert len(bench.link.wills) == 3


def test_the_last_word_is_a_goodbye() -> None:
    bench = Bench().connected()

    bench.line.goodbye()

    assert msgspec.json.decode(bench.link.said[-1][1], type=Status).online is False
    assert bench.link.closed


@pytest.mark.parametrize(
    ("attempt", "w", "chance", "expected"),
    [
        (0, 30, 0.0, 5_000),
        (0, 30, 1.0, 30_000),
        (0, 1, 0.3, 1_000),
        (1, 30, 0.0, 5_000),
        (1, 30, 1.0, 10_000),
        (3, 30, 1.0, 40_000),
        (50, 30, 1.0, 300_000),
        (50, 90, 1.0, 300_000),
        (50, 1, 1.0, 10_000),
    ],
)
def test_the_wait_before_each_attempt(attempt: int, w: int, chance: float, expected: int) -> None:
    assert reconnect.delay_ms(attempt, w, chance) == expected


def test_a_connection_that_held_a_minute_starts_the_count_again() -> None:
    assert reconnect.counted(4, 60_000) == 0
    assert reconnect.counted(4, 59_999) == 4
    assert reconnect.counted(4, None) == 4


def test_the_spread_is_the_largest_that_any_manifest_names() -> None:
    assert reconnect.spread_s([30, 90]) == 90
    assert reconnect.spread_s([]) == 30


def test_with_new_papers_it_hangs_up_and_comes_again() -> None:
    bench = Bench().connected()

    bench.line.redial(CLOCK)
    assert bench.link.closed
    bench.link.fail()
    bench.at(1)
    bench.at(31)

    assert len(bench.link.wills) == 2


def test_with_new_papers_a_long_wait_is_cut_short() -> None:
    bench = Bench()
    bench.line.start(CLOCK)
    for seconds in (0, 100, 200):
        bench.at(seconds)
        bench.link.fail()
        bench.at(seconds)
    dialled = len(bench.link.wills)

    bench.line.redial(replace(CLOCK, mono_ms=CLOCK.mono_ms + 201_000))
    bench.at(201)

    assert len(bench.link.wills) == dialled + 1


ECHO = topics.echo(NODE)


def words(bench: Bench) -> list[bytes]:
    return [payload for topic, payload, _ in bench.link.said if topic == ECHO]


def test_its_word_to_itself_is_no_message_for_anybody_else() -> None:
    bench = Bench().connected()

    bench.link.coming.append(Arrived(ECHO, words(bench)[-1]))

    assert bench.at(1) == ([], False)


def test_a_line_that_went_deaf_is_listened_to_again_then_made_anew_then_the_program() -> None:
    bench = Bench().connected()
    bench.link.coming.append(Arrived(ECHO, words(bench)[-1]))
    bench.at(1)
    listened = len(bench.link.subscribed)

    for second in range(2, 125):
        bench.at(second)
    assert bench.line.take_measures() == ["listen"]
    assert len(bench.link.subscribed) == listened + 1

    for second in range(125, 190):
        bench.at(second)
    assert bench.line.take_measures() == ["reconnect"]
    assert bench.link.closed

    bench.link.fail("closed")
    for second in range(190, 230):
        bench.at(second)
    bench.link.succeed()
    for second in range(230, 300):
        bench.at(second)
    assert bench.line.take_measures() == ["restart"]


def test_a_subscription_that_the_broker_refused_is_asked_for_again() -> None:
    bench = Bench().connected()
    bench.link.coming.append(Arrived(ECHO, words(bench)[-1]))
    refused = topics.area("tan-quan", "+")
    bench.link.coming.append(Subscribed((), (refused,)))
    bench.at(2)
    assert refused in bench.line.reason
    listened = len(bench.link.subscribed)

    bench.at(61)
    assert len(bench.link.subscribed) == listened
    bench.at(62)
    bench.at(63)

    assert len(bench.link.subscribed) == listened + 1
    assert bench.line.reason == ""


@pytest.mark.parametrize(
    ("told", "own", "expected"),
    [("wired", "", 60), ("metered", "", 900), ("wired", "metered", 900), ("metered", "wired", 60)],
)
def test_whoever_put_the_sim_card_in_knows_better_what_line_it_is(
    told: Literal["wired", "metered"], own: str, expected: int
) -> None:
    bench = Bench()
    bench.standing = Standing(NODE, UNIT, PEOPLE.sealed_root(), bench.shelf, own)
    bench.standing.settings = some_settings(link=Link(profile=told))
    line = Line(bench.link, bench.standing, bench.shelf, bench.line.presence)

    assert line.heartbeat_s == expected
