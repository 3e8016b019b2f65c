"""Everything that comes down: to the register, the shelf, or the journal's `refused`."""

from __future__ import annotations

import json
from dataclasses import replace

from fakes.journal import FakeJournal
from fakes.shelf import FakeShelf
from fakes.wire import (
    COMMUNE,
    DAY,
    HAMLET,
    HOUR,
    NODE,
    NONCE,
    NOW,
    UNIT,
    People,
    a_beacon,
    a_bulletin,
    a_command,
    a_manifest,
    an_ack,
    an_assignment,
    sealed,
    some_emergencies,
    some_settings,
    ulid,
)
from loa_node import questions
from loa_node.clock import Clock, Proof
from loa_node.diary import Diary
from loa_node.facts import a_fact
from loa_node.intake import MOST_REMEMBERED, MOST_TOLD, Intake, News
from loa_node.standing import Standing
from loa_wire import topics
from loa_wire.bulletin import Stops
from loa_wire.down import Known
from loa_wire.place import PlacedArea

PEOPLE = People()
CLOCK = Clock("synced", NOW + HOUR, NOW - DAY, mono_ms=1_000, boot="b1")
PROVED = replace(CLOCK, state="proved", proof=Proof(NOW + HOUR, 1_000))


def later(ms: int, clock: Clock = CLOCK) -> Clock:
    return replace(clock, now_ms=clock.now_ms + ms, mono_ms=clock.mono_ms + ms)


class Desk:
    """A node's intake with a shelf and a journal in memory."""

    def __init__(self, *, enrolled: bool = True) -> None:
        self.shelf, self.journal = FakeShelf(), FakeJournal()
        self.standing = Standing(NODE, UNIT, PEOPLE.sealed_root(), self.shelf)
        self.diary = Diary(self.journal, {})
        self.intake = Intake(self.standing, self.shelf, self.diary, "b1")
        self.intake.ticket = "t1"
        if enrolled:
            self.intake.authority(PEOPLE.sealed_register(), CLOCK)
            self.give("assignment", PEOPLE.sealed(an_assignment(), "place"))
            self.journal.facts.clear()

    def give(self, what: str, payload: bytes, clock: Clock = CLOCK) -> News:
        topic = topics.area(HAMLET, what) if what in AREA else topics.down(NODE, what)
        return self.intake.message(topic, payload, clock)

    def told(self) -> list[tuple[str, str | None]]:
        return [(f.fact, f.reason or f.doc or f.bulletin) for f in self.journal.facts]


AREA = ("bulletin", "manifest", "emergency")


def test_a_bulletin_is_received_and_there_may_be_something_to_fetch() -> None:
    desk = Desk()

    news = desk.give("bulletin", PEOPLE.sealed(a_bulletin(), "publisher"))

    assert (news.bulletins, news.missing) == (True, True)
    assert desk.told() == [("received", ulid(1))]


def test_the_first_start_takes_everything_in_whatever_order_it_comes() -> None:
    desk = Desk(enrolled=False)
    desk.give("bulletin", PEOPLE.sealed(a_bulletin(), "publisher"))
    desk.give("settings", PEOPLE.sealed(some_settings(), "settings"))
    desk.give("assignment", PEOPLE.sealed(an_assignment(), "place"))
    assert desk.told() == []

    news = desk.intake.authority(PEOPLE.sealed_register(), CLOCK)

    assert news.place
    assert [one.bulletin.id for one in desk.shelf.bulletins()] == [ulid(1)]
    assert ("refused", "no_register") not in desk.told()
    assert desk.standing.applied().settings == 1


def test_a_refusal_is_told_once_with_its_reason_and_what_it_was_about() -> None:
    desk = Desk()
    forged = sealed(a_bulletin(rev=5), PEOPLE.stranger)

    for _ in range(3):
        desk.give("bulletin", forged)

    (fact,) = desk.journal.facts
    assert (fact.fact, fact.reason, fact.bulletin, fact.rev) == (
        "refused",
        "unknown_key",
        ulid(1),
        5,
    )


def test_what_a_new_register_allows_is_taken_up_without_being_sent_again() -> None:
    desk = Desk()
    desk.give("bulletin", sealed(a_bulletin(), PEOPLE.stranger))
    stranger = PEOPLE.register_key(
        "publisher", keyid=PEOPLE.stranger.keyid, public=PEOPLE.stranger.public.hex()
    )
    keys = [*PEOPLE.register().keys, stranger]

    desk.intake.authority(PEOPLE.sealed_register(PEOPLE.register(version=2, keys=keys)), CLOCK)

    assert [one.bulletin.id for one in desk.shelf.bulletins()] == [ulid(1)]


def test_a_new_register_without_the_key_silences_what_it_had_signed() -> None:
    desk = Desk()
    desk.give("bulletin", PEOPLE.sealed(a_bulletin(), "publisher"))
    without = [k for k in PEOPLE.register().keys if k.holder != "publisher"]

    news = desk.intake.authority(
        PEOPLE.sealed_register(PEOPLE.register(version=2, keys=without)), CLOCK
    )

    assert news.silenced == {ulid(1): "dropped_unknown_key"}
    assert desk.shelf.bulletins() == []
    assert ("stopped", "dropped_unknown_key") in desk.told()


def test_an_old_register_is_refused_and_changes_nothing() -> None:
    desk = Desk()

    desk.intake.authority(PEOPLE.sealed_register(), CLOCK)

    assert desk.told() == [("refused", "rollback")]


def test_a_pointer_only_says_what_exists() -> None:
    desk = Desk()
    pointer = json.dumps({"version": 9, "sha256": "a" * 64}).encode()

    news = desk.intake.message(topics.unit_authority(UNIT), pointer, CLOCK)

    assert news.missing
    assert desk.standing.register_to_fetch == 9
    assert desk.standing.register is not None
    assert desk.standing.register.version == 1
    desk.give("bulletin", PEOPLE.sealed(a_bulletin(level="priority"), "publisher"), PROVED)
    assert desk.told() == [("received", ulid(1))]


def test_a_stop_names_whom_to_silence() -> None:
    desk = Desk()
    desk.give("bulletin", PEOPLE.sealed(a_bulletin(), "publisher"))
    stop = a_bulletin(kind="stop", id=ulid(9), schedule=None, stops=Stops(ids=[ulid(1)]))

    news = desk.give("bulletin", PEOPLE.sealed(stop, "publisher"))

    assert news.silenced == {ulid(1): "stop"}
    assert desk.told()[-1] == ("stopped", "stop")


def test_running_emergencies_are_judged_one_by_one() -> None:
    desk = Desk()
    alarm = a_bulletin(level="emergency", alert="flood", exp=NOW + 2 * HOUR)
    envelope = PEOPLE.sealed(alarm, "province", "duty")

    desk.give("emergency", PEOPLE.sealed(some_emergencies(envelope), "ops"))

    assert desk.told() == []
    assert desk.intake.in_doubt
    desk.intake.work(later(30_000))
    assert desk.told() == [("refused", "no_proof")]


def test_an_ack_moves_the_journal_and_one_of_another_epoch_does_not() -> None:
    desk = Desk()
    desk.diary.write(CLOCK, [a_fact("rebooted")])

    other = desk.give("ack", PEOPLE.sealed(an_ack(epoch="e9", upto=1, iat=NOW), "ops"))
    ours = desk.give("ack", PEOPLE.sealed(an_ack(upto=1, iat=NOW + 1), "ops"))

    assert (other.acked, ours.acked, desk.diary.acked) == (False, True, 1)


def test_a_command_with_the_right_ticket_is_handed_on() -> None:
    desk = Desk()
    command = a_command(exp=NOW + DAY)

    assert desk.give("command", PEOPLE.sealed(command, "ops")).commands == [command]

    desk.intake.ticket = "t2"
    assert desk.give("command", PEOPLE.sealed(command, "ops")).commands == []


def test_a_manifest_is_an_index_and_is_held_for_its_area() -> None:
    desk = Desk()

    news = desk.give("manifest", PEOPLE.sealed(a_manifest(version=4), "ops"))

    assert news.missing
    assert desk.standing.applied().manifests == {HAMLET: 4}


def test_a_move_drops_what_belongs_to_the_old_place() -> None:
    desk = Desk()
    desk.give("manifest", PEOPLE.sealed(a_manifest(), "ops"))
    desk.give("bulletin", PEOPLE.sealed(a_bulletin(), "publisher"))
    moved = an_assignment(version=2, areas=[PlacedArea(id="ap-4", above=[COMMUNE])])

    news = desk.give("assignment", PEOPLE.sealed(moved, "place"))

    assert news.place
    assert news.silenced == {ulid(1): "dropped_not_here"}
    assert desk.standing.manifests == {}


def test_empty_oversize_and_foreign_topics_are_ignored() -> None:
    desk = Desk()

    desk.give("bulletin", b"")
    desk.give("bulletin", b"x" * 70_000)
    desk.intake.message("somebody/else", b"x", CLOCK)
    desk.intake.message(topics.area(HAMLET, "bulletin") + "/more", b"x", CLOCK)

    assert desk.told() == []


def test_a_flood_of_garbage_does_not_grow_the_memory() -> None:
    desk = Desk()

    for n in range(MOST_REMEMBERED + 50):
        desk.give("bulletin", sealed(a_bulletin(rev=n + 1), PEOPLE.stranger))

    assert len(desk.told()) == MOST_TOLD
    assert len(desk.intake._judged) == MOST_REMEMBERED
    assert len(desk.intake._waiting) <= 64


def test_after_an_hour_refusals_are_told_again() -> None:
    desk = Desk()
    for n in range(MOST_TOLD + 5):
        desk.give("bulletin", sealed(a_bulletin(rev=n + 1), PEOPLE.stranger))

    later = replace(CLOCK, mono_ms=CLOCK.mono_ms + HOUR)
    desk.give("bulletin", sealed(a_bulletin(rev=999), PEOPLE.stranger), later)

    assert len(desk.told()) == MOST_TOLD + 1


def test_everything_is_there_again_after_a_restart() -> None:
    desk = Desk()
    desk.give("settings", PEOPLE.sealed(some_settings(lead_in_ms=700), "settings"))
    desk.give("manifest", PEOPLE.sealed(a_manifest(version=4), "ops"))

    again = Standing(NODE, UNIT, PEOPLE.sealed_root(), desk.shelf)

    assert again.applied() == desk.standing.applied()
    assert again.settings.lead_in_ms == 700
    assert again.areas == [HAMLET, COMMUNE, "dong-nai"]


def test_a_clock_that_only_knows_a_floor_lets_normal_speech_through() -> None:
    desk = Desk()
    floor = replace(CLOCK, state="floor", now_ms=NOW - DAY)

    desk.give("bulletin", PEOPLE.sealed(a_bulletin(), "publisher"), floor)

    assert desk.told() == [("received", ulid(1))]


# what only a proof of time can let through


ALARM = a_bulletin(level="emergency", alert="flood", exp=NOW + 2 * HOUR)
ENVELOPE = PEOPLE.sealed(ALARM, "province", "duty")


def answer(desk: Desk, clock: Clock = CLOCK, **changes: object) -> News:
    """The district answers the question that has just been asked."""
    desk.standing.asking = questions.asked(desk.standing.asking, NONCE, clock.mono_ms)
    news = desk.give("beacon", PEOPLE.sealed(a_beacon(**changes), "ops"), clock)
    if news.proved:
        news.add(desk.intake.proved(replace(clock, state="proved", proof=desk.standing.proof)))
    return news


def test_an_emergency_is_held_back_and_heard_as_soon_as_its_time_is_proved() -> None:
    desk = Desk()
    desk.give("bulletin", ENVELOPE)
    assert (desk.intake.in_doubt, desk.told(), desk.shelf.bulletins()) == (True, [], [])

    news = answer(desk)

    assert news.bulletins
    assert desk.told() == [("received", ulid(1))]
    assert not desk.intake.in_doubt


def test_an_emergency_refused_after_thirty_seconds_is_still_heard_when_the_answer_comes() -> None:
    desk = Desk()
    desk.give("bulletin", ENVELOPE)
    for second in range(60):
        desk.intake.work(later(1_000 * second))
    assert desk.told() == [("refused", "no_proof")]

    answer(desk, later(60_000))

    assert desk.told()[-1] == ("received", ulid(1))


def test_a_held_emergency_is_let_go_when_it_is_over() -> None:
    desk = Desk()
    desk.give("bulletin", ENVELOPE)

    desk.intake.work(later(30_000))
    desk.intake.work(later(3 * HOUR))

    assert not desk.intake.in_doubt


def test_without_a_proof_the_register_may_let_an_emergency_be_shown_but_not_heard() -> None:
    desk = Desk()
    desk.intake.authority(
        PEOPLE.sealed_register(PEOPLE.register(version=2, no_proof="screen_only")), CLOCK
    )
    desk.give("bulletin", ENVELOPE)
    assert desk.shelf.bulletins() == []

    desk.intake.work(later(30_000))
    assert [one.silent for one in desk.shelf.bulletins()] == [True]

    answer(desk, later(40_000), authority=Known(version=2, sha256="a" * 64))
    assert [one.silent for one in desk.shelf.bulletins()] == [False]


def test_a_priority_waits_for_the_newer_register_that_a_beacon_names() -> None:
    desk = Desk()
    answer(desk, authority=Known(version=2, sha256="a" * 64))
    clock = replace(CLOCK, state="proved", proof=desk.standing.proof)
    desk.give("bulletin", PEOPLE.sealed(a_bulletin(level="priority"), "publisher"), clock)
    assert (desk.shelf.bulletins(), desk.standing.register_to_fetch) == ([], 2)

    desk.intake.authority(PEOPLE.sealed_register(PEOPLE.register(version=2)), clock)

    assert [one.bulletin.id for one in desk.shelf.bulletins()] == [ulid(1)]


def test_many_priorities_of_an_insider_do_not_push_out_a_held_emergency() -> None:
    desk = Desk()
    desk.give("bulletin", ENVELOPE)
    for n in range(2, 40):
        one = a_bulletin(id=ulid(n), level="priority")
        desk.give("bulletin", PEOPLE.sealed(one, "publisher"))

    answer(desk)

    assert ulid(1) in [one.bulletin.id for one in desk.shelf.bulletins()]


def test_a_proof_raises_the_floor_and_survives_a_restart() -> None:
    desk = Desk()

    answer(desk, time=NOW + 2 * HOUR)

    again = Standing(NODE, UNIT, PEOPLE.sealed_root(), desk.shelf)
    assert (desk.standing.floor_ms, again.floor_ms) == (NOW + 2 * HOUR, NOW + 2 * HOUR)
    assert desk.standing.audit_head == "c" * 64


def test_a_beacon_beyond_the_register_teaches_what_is_new_and_proves_nothing() -> None:
    desk = Desk()
    short = PEOPLE.register(version=2, exp=NOW + 10 * DAY)
    desk.intake.authority(PEOPLE.sealed_register(short), CLOCK)
    floor = desk.standing.floor_ms

    news = answer(desk, time=NOW + 12 * DAY, authority=Known(version=3, sha256="a" * 64))

    assert not news.proved
    assert (desk.standing.proof, desk.standing.floor_ms) == (None, floor)
    assert desk.standing.register_to_fetch == 3


def test_a_beacon_says_which_manifest_was_kept_from_this_node() -> None:
    desk = Desk()
    desk.give("manifest", PEOPLE.sealed(a_manifest(version=3), "ops"))

    answer(desk, manifests={HAMLET: 4, COMMUNE: 1, "elsewhere": 9})

    assert desk.standing.areas_behind == [HAMLET, COMMUNE]


def test_the_same_answer_by_both_ways_is_no_refusal() -> None:
    desk = Desk()
    answer(desk)

    desk.give("beacon", PEOPLE.sealed(a_beacon(), "ops"))

    assert desk.told() == []
