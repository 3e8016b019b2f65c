"""Fetching what is missing, and saying when something can be heard."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace

from fakes.downloads import FakeDownloads, FakeMedia
from fakes.journal import FakeJournal
from fakes.shelf import FakeShelf
from fakes.wire import (
    AUDIO,
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
    a_manifest,
    a_media,
    an_assignment,
    an_item,
    sealed,
    some_settings,
    ulid,
)
from loa_node import questions
from loa_node.clock import Clock, Proof
from loa_node.diary import Diary
from loa_node.errands import Errands
from loa_node.inbox import Shelved
from loa_node.intake import Intake, News
from loa_node.questions import Asking
from loa_node.standing import Standing
from loa_wire import topics
from loa_wire.bulletin import Bulletin, Schedule
from loa_wire.place import Link
from loa_wire.trusted import Window

PEOPLE = People()
CLOCK = Clock("synced", NOW + HOUR, NOW - DAY, mono_ms=1_000_000, boot="b1")


class Road:
    def __init__(self) -> None:
        self.shelf, self.journal = FakeShelf(), FakeJournal()
        self.downloads, self.media = FakeDownloads(), FakeMedia()
        self.standing = Standing(NODE, UNIT, PEOPLE.sealed_root(), self.shelf)
        diary = Diary(self.journal, {})
        self.intake = Intake(self.standing, self.shelf, diary, "b1")
        self.errands = Errands(
            self.standing,
            self.shelf,
            diary,
            self.intake,
            self.downloads,
            self.media,
            chance=lambda: 0.5,
        )
        self.clock = CLOCK

    def enrolled(self) -> Road:
        self.intake.authority(PEOPLE.sealed_register(), CLOCK)
        self.say(topics.down(NODE, "assignment"), PEOPLE.sealed(an_assignment(), "place"))
        self.journal.facts.clear()
        return self

    def say(self, topic: str, payload: bytes) -> Road:
        self.intake.message(topic, payload, self.clock)
        self.errands.look_again()
        return self

    def work(self, later_ms: int = 10) -> News:
        clock = self.clock
        self.clock = replace(
            clock, mono_ms=clock.mono_ms + later_ms, now_ms=clock.now_ms + later_ms
        )
        return self.errands.work(self.clock)

    def paths(self) -> list[str]:
        return [want.path for want in self.downloads.begun]

    def told(self) -> list[tuple[str, str | None]]:
        return [(f.fact, f.reason or f.bulletin) for f in self.journal.facts]


BULLETIN = a_bulletin(exp=NOW + DAY)
ENVELOPE = PEOPLE.sealed(BULLETIN, "publisher")
LIVE = topics.area(HAMLET, "bulletin")
INDEX = topics.area(HAMLET, "manifest")


def test_a_pointer_has_the_register_fetched_and_its_place_taken() -> None:
    road = Road()
    digest = hashlib.sha256(b"").hexdigest()
    road.say(topics.unit_authority(UNIT), b'{"version":1,"sha256":"%s"}' % digest.encode()).work()
    assert road.paths() == [f"/authority/{UNIT}/1"]

    road.downloads.arrive(PEOPLE.sealed_register())
    road.work()

    assert road.standing.applied().authority == 1
    assert road.paths() == []


def test_a_register_that_is_refused_is_not_asked_for_again_at_once() -> None:
    road = Road()
    road.say(topics.unit_authority(UNIT), b'{"version":1,"sha256":"%s"}' % (b"a" * 64)).work()
    road.downloads.arrive(PEOPLE.sealed_register(None, PEOPLE.stranger))

    road.work()

    assert road.paths() == []
    assert road.told() == [("refused", "signatures")]
    road.work(later_ms=1_000)  # uniform(0, 2 s) at one half, and a little
    road.work(later_ms=200)
    assert road.paths() == [f"/authority/{UNIT}/1"]


def test_a_beacon_by_a_key_that_is_not_held_has_newer_registers_looked_for() -> None:
    road = Road().enrolled()
    road.errands.ask("0" * 32, b"{}")
    road.downloads.arrive(sealed(a_beacon(), PEOPLE.stranger))

    road.work()

    assert road.paths() == ["/root/2"]
    road.downloads.fail("status_404")
    road.work()
    assert road.paths() == [f"/authority/{UNIT}/2"]
    road.downloads.arrive(PEOPLE.sealed_register(PEOPLE.register(version=2)))
    road.work()
    assert road.standing.applied().authority == 2


def test_a_manifest_that_a_beacon_names_is_fetched() -> None:
    road = Road().enrolled()
    road.standing.asking = questions.asked(Asking(), NONCE, road.clock.mono_ms)
    road.errands.ask(NONCE, b"{}")
    road.downloads.arrive(PEOPLE.sealed(a_beacon(manifests={HAMLET: 1}), "ops"))

    road.work()

    assert road.paths() == [f"/areas/{HAMLET}/manifest"]
    road.downloads.arrive(PEOPLE.sealed(a_manifest(), "ops"))
    road.work()
    assert road.standing.areas_behind == []


def test_roots_are_fetched_one_after_another() -> None:
    road = Road()

    road.say(topics.root(), b'{"version":3,"sha256":"%s"}' % (b"a" * 64)).work()

    assert road.paths() == ["/root/2"]


def test_what_was_not_heard_live_is_found_in_the_manifest() -> None:
    road = Road().enrolled()
    manifest = a_manifest(an_item(BULLETIN, ENVELOPE))
    road.say(INDEX, PEOPLE.sealed(manifest, "ops")).work()
    assert road.paths() == [f"/envelopes/{hashlib.sha256(ENVELOPE).hexdigest()}"]

    road.downloads.arrive(ENVELOPE)
    road.work()

    assert road.told() == [("received", ulid(1))]
    assert road.paths() == [f"/media/{a_media().sha256}"]


def test_what_was_heard_live_is_not_fetched_again() -> None:
    road = Road().enrolled()
    road.media.held.add(a_media().sha256)
    road.say(LIVE, ENVELOPE)

    road.say(INDEX, PEOPLE.sealed(a_manifest(an_item(BULLETIN, ENVELOPE)), "ops")).work()

    assert road.paths() == []


def test_an_envelope_that_was_refused_is_not_fetched_for_ever() -> None:
    road = Road().enrolled()
    foreign = PEOPLE.sealed(BULLETIN, "neighbour")
    road.say(INDEX, PEOPLE.sealed(a_manifest(an_item(BULLETIN, foreign)), "ops")).work()

    road.downloads.arrive(foreign)
    road.work()
    road.work(later_ms=120_000)

    assert road.told() == [("refused", "scope")]
    assert road.paths() == []


def test_ready_is_said_once_when_the_sound_has_arrived() -> None:
    road = Road().enrolled().say(LIVE, ENVELOPE)
    road.work()

    road.media.held.add(a_media().sha256)
    road.downloads.arrive()
    news = road.work()
    road.errands.look_again()
    road.work()

    assert news.bulletins
    assert road.told() == [("received", ulid(1)), ("ready", ulid(1))]


def test_ready_is_not_said_again_after_a_restart() -> None:
    road = Road().enrolled().say(LIVE, ENVELOPE)
    road.media.held.add(a_media().sha256)
    road.work()

    again = Errands(
        road.standing, road.shelf, Diary(road.journal, {}), road.intake, road.downloads, road.media
    )
    again.work(road.clock)

    assert road.told().count(("ready", ulid(1))) == 1


def test_a_failure_is_tried_again_and_told_only_when_it_lasts() -> None:
    road = Road().enrolled().say(LIVE, ENVELOPE)
    road.work()

    for _ in range(5):
        road.downloads.fail()
        road.work()
        road.work(later_ms=21_000)

    assert [reason for _, reason in road.told()] == [ulid(1), "unreachable"]


def test_wrong_bytes_at_the_server_are_told_at_once() -> None:
    road = Road().enrolled().say(LIVE, ENVELOPE)
    road.work()

    road.downloads.fail("wrong_bytes")
    road.work()

    assert road.told()[-1] == ("media_failed", "wrong_bytes")


def test_a_connection_that_is_back_has_everything_tried_at_once() -> None:
    road = Road().enrolled().say(LIVE, ENVELOPE)
    road.work()
    road.downloads.fail()
    road.work()
    assert road.paths() == []

    road.errands.start_over()
    road.work()

    assert len(road.paths()) == 1


def test_on_a_metered_line_the_calendar_waits_for_its_hours_and_now_does_not() -> None:
    road = Road().enrolled()
    never = Window(start="00:00", end="00:01")
    road.standing.settings = some_settings(link=Link(profile="metered", download_hours=[never]))
    slots = a_bulletin(
        id=ulid(2), schedule=Schedule(mode="slots"), audio={"vi": a_media(AUDIO + b"2")}
    )

    road.say(LIVE, PEOPLE.sealed(slots, "publisher")).work()
    assert road.paths() == []
    road.say(LIVE, ENVELOPE).work()

    assert road.paths() == [f"/media/{a_media().sha256}"]


def test_on_a_metered_line_the_pictures_of_what_is_urgent_wait_for_no_hour() -> None:
    road = Road().enrolled()
    never = Window(start="00:00", end="00:01")
    road.standing.settings = some_settings(link=Link(profile="metered", download_hours=[never]))
    picture = a_media(b"picture", type="image/jpeg")
    slots = a_bulletin(id=ulid(2), schedule=Schedule(mode="slots"), images=[picture])
    first = a_bulletin(id=ulid(3), level="priority", images=[picture])

    road.say(LIVE, PEOPLE.sealed(slots, "publisher")).work()
    assert road.paths() == []
    road.clock = replace(road.clock, state="proved", proof=Proof(NOW, road.clock.mono_ms))
    road.say(LIVE, PEOPLE.sealed(first, "publisher")).work()

    assert f"/media/{picture.sha256}" in road.paths()


def test_the_hours_are_those_of_a_metered_line_only() -> None:
    road = Road().enrolled()
    never = Window(start="00:00", end="00:01")
    road.standing.settings = some_settings(link=Link(profile="wired", download_hours=[never]))

    road.say(LIVE, PEOPLE.sealed(a_bulletin(schedule=Schedule(mode="slots")), "publisher")).work()

    assert road.paths() == [f"/media/{a_media().sha256}"]


def test_manifests_are_compared_by_https_now_and_then_on_a_wire() -> None:
    road = Road().enrolled()
    road.work()
    assert road.paths() == []

    road.work(later_ms=599_000)
    assert road.paths() == []
    road.work(later_ms=300_000)

    assert road.paths() == [f"/areas/{HAMLET}/manifest"]
    manifest = PEOPLE.sealed(a_manifest(version=7), "ops")
    road.downloads.arrive(manifest, etag='"7"')
    road.work()
    assert road.standing.applied().manifests == {HAMLET: 7}


def test_what_is_in_no_hurry_takes_its_turn() -> None:
    road = Road().enrolled()
    manifest = a_manifest(an_item(BULLETIN, ENVELOPE), fetch_spread=60)

    road.say(INDEX, PEOPLE.sealed(manifest, "ops")).work()
    assert road.paths() == []
    road.work(later_ms=30_000)

    assert len(road.paths()) == 1


def over(n: int, sound: bytes, ago: int) -> Bulletin:
    """A bulletin whose end has surely passed so long ago (ms), with its sound on the card."""
    return a_bulletin(
        id=ulid(n), iat=NOW - 9 * DAY, nbf=NOW - 9 * DAY, exp=CLOCK.floor_ms - ago,
        audio={"vi": a_media(sound)},
    )  # fmt: skip


def a_full_card(*held: Bulletin) -> Road:
    road = Road().enrolled()
    for b in held:
        road.shelf.keep(Shelved(b, b.id, b""), [])
        road.media.held |= {m.sha256 for m in b.media()}
    road.say(LIVE, ENVELOPE).work()
    road.journal.facts.clear()
    return road


def test_on_a_full_card_the_sounds_of_what_is_over_make_room_the_oldest_first() -> None:
    older, newer = (
        over(7, b"older, and as long as what comes", 2 * HOUR),
        over(8, b"newer one", HOUR),
    )
    road = a_full_card(newer, older)
    wanted = road.downloads.begun[-1]

    road.downloads.fail("no_room")
    road.work()

    held = {b.id for b in (older, newer) if road.media.held & {m.sha256 for m in b.media()}}
    assert held == {newer.id}
    assert road.downloads.begun == [wanted]  # at once, without a fact
    assert road.told() == []


def test_what_is_still_needed_never_makes_room_and_the_refusal_is_told() -> None:
    shared = a_bulletin(id=ulid(9), audio={"vi": a_media(b"shared")}, exp=NOW + 2 * DAY)
    gone = over(8, b"shared", HOUR)
    road = a_full_card(shared, gone)

    road.downloads.fail("no_room")
    road.work()

    assert a_media(b"shared").sha256 in road.media.held
    assert road.told() == [("media_failed", "no_room")]


def test_a_file_that_rotted_on_the_card_is_told_and_fetched_again() -> None:
    rotten = a_bulletin(id=ulid(5), audio={"vi": a_media(b"soft")}, exp=NOW + 9 * DAY)
    name = a_media(b"soft").sha256
    road = a_full_card(rotten)
    road.downloads.begun.clear()
    road.media.rotten.add(name)

    road.work(later_ms=1_001)  # the round that was under way
    road.work(later_ms=DAY)
    missing = road.errands.missing_media
    road.media.held -= {name}  # as the folder does
    road.work(later_ms=1_001)

    assert road.told() == [("media_failed", "damaged")]
    assert road.errands.missing_media > missing


def test_all_files_are_read_after_a_start_and_then_once_a_day() -> None:
    road = Road().enrolled()
    read: list[int] = []

    def inspect() -> Iterator[str]:
        read.append(road.clock.mono_ms)
        yield from ("", "")

    road.media.inspect = inspect  # type: ignore[method-assign]
    for _ in range(40):
        road.work(later_ms=HOUR)

    assert read == [CLOCK.mono_ms + HOUR, CLOCK.mono_ms + 27 * HOUR]
