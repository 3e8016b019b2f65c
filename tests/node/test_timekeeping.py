"""Asking by the broker first, by HTTPS where that is not enough."""

from __future__ import annotations

from dataclasses import replace

from fakes.downloads import FakeDownloads, FakeMedia
from fakes.journal import FakeJournal
from fakes.link import FakeLink
from fakes.shelf import FakeShelf
from fakes.wire import DAY, HOUR, NODE, NOW, UNIT, Key, People, a_beacon
from loa_node.clock import Clock, Reading
from loa_node.diary import Diary
from loa_node.errands import Errands
from loa_node.intake import Intake
from loa_node.line import Line
from loa_node.report import Presence
from loa_node.standing import Standing
from loa_node.timekeeping import Timekeeping
from loa_wire import topics

PEOPLE = People()
CLOCK = Clock("synced", NOW + HOUR, NOW - DAY, mono_ms=0, boot="b1")


class Node:
    def __init__(self, *, connected: bool = True) -> None:
        self.shelf = shelf = FakeShelf()
        self.standing = Standing(NODE, UNIT, PEOPLE.sealed_root(), shelf)
        diary = Diary(FakeJournal(), {})
        intake = Intake(self.standing, shelf, diary, "b1")
        self.link, self.downloads = FakeLink(), FakeDownloads()
        presence = Presence(NODE, 1, 0, "b1", "none", "0")
        self.line = Line(self.link, self.standing, shelf, presence)
        media = FakeMedia()
        self.errands = Errands(self.standing, shelf, diary, intake, self.downloads, media)
        nonces = iter(f"{n:032x}" for n in range(100))
        self.time = Timekeeping(self.standing, self.line, self.errands, lambda: next(nonces))
        if connected:
            self.link.succeed()
            self.line.work(CLOCK)

    def ask(self, *seconds: int, urgent: bool = False, hangs: bool = False) -> tuple[int, int]:
        """How often the broker and the HTTPS listener were asked; the latter fails, or hangs."""
        posted = 0
        for second in seconds:
            now = replace(CLOCK, mono_ms=1_000 * second)
            before = len(self.downloads.begun)
            self.time.work(now, urgent=urgent)
            posted += len(self.downloads.begun) - before
            if self.downloads.begun and not hangs:
                self.downloads.fail()
                self.errands.work(now)
        by_broker = [one for one in self.link.said if one[0] == topics.up(NODE, "ask")]
        return len(by_broker), posted


def test_a_broker_that_answers_is_asked_alone() -> None:
    assert Node().ask(0, 1, 2) == (2, 0)


def test_a_broker_that_keeps_silent_is_not_the_only_one_asked() -> None:
    assert Node().ask(0, 2, 5, 10, 18) == (5, 3)


def test_without_a_line_https_is_asked() -> None:
    assert Node(connected=False).ask(0, 2) == (0, 2)


def test_questions_do_not_pile_up_behind_one_that_hangs() -> None:
    assert Node(connected=False).ask(0, 2, 5, 10, 18, hangs=True) == (0, 1)


def test_what_cannot_wait_is_asked_everywhere_at_once() -> None:
    assert Node().ask(0, urgent=True) == (1, 1)


def test_the_question_is_posted_with_the_nonce_that_is_waited_for() -> None:
    node = Node(connected=False)

    node.ask(0, hangs=True)

    (want,) = node.downloads.begun
    assert (want.path, want.name) == ("/beacon", "0" * 32)
    assert want.name.encode() in want.body
    assert list(node.standing.asking.open) == [want.name]


def test_the_clock_is_the_beacons_once_there_is_a_proof() -> None:
    node = Node()
    reading = Reading(wall_ms=0, mono_ms=5_000, boot="b1", synced=False, chip=False)
    assert node.time.clock(reading).state == "unknown"

    node.standing.prove(a_beacon(time=NOW + HOUR), 4_000)

    now = node.time.clock(reading)
    assert (now.state, now.now_ms) == ("proved", NOW + HOUR + 1_000)


def test_an_agent_that_starts_again_in_the_same_boot_knows_the_time_with_no_line() -> None:
    node = Node()
    node.standing.prove(a_beacon(time=NOW + HOUR), 4_000)
    node.time.clock(Reading(wall_ms=0, mono_ms=5_000, boot="b1", synced=False, chip=False))

    again = Standing(NODE, UNIT, PEOPLE.sealed_root(), node.shelf)
    time = Timekeeping(again, node.line, node.errands)
    same_boot = Reading(wall_ms=0, mono_ms=9_000, boot="b1", synced=False, chip=False)

    now = time.clock(same_boot)
    assert (now.state, now.now_ms, now.proof_age_ms) == ("held", NOW + HOUR + 5_000, None)
    assert time.clock(replace(same_boot, boot="b2")).state == "floor"


def test_a_count_that_began_at_a_revoked_keys_proof_ends_with_the_key() -> None:
    node = Node()
    node.standing.accept_authority(PEOPLE.sealed_register(), CLOCK)
    node.standing.prove(a_beacon(time=NOW + 9 * HOUR), 4_000)
    reading = Reading(wall_ms=0, mono_ms=5_000, boot="b1", synced=False, chip=False)
    node.time.clock(reading)

    PEOPLE.keys["ops"], stolen = Key(), PEOPLE.keys["ops"]
    node.standing.accept_authority(PEOPLE.sealed_register(PEOPLE.register(version=2)), CLOCK)
    PEOPLE.keys["ops"] = stolen

    assert not node.time.clock(reading).calendar
    assert Standing(NODE, UNIT, PEOPLE.sealed_root(), node.shelf).anchor is None
