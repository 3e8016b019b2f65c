"""What a person brings on a stick: the same judgement, less noise, and sticks that mean harm."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import msgspec
import pytest

from fakes.downloads import FakeDownloads
from fakes.journal import FakeJournal
from fakes.shelf import FakeShelf
from fakes.wire import (
    AUDIO,
    COMMUNE,
    DAY,
    HAMLET,
    HOUR,
    NODE,
    NOW,
    UNIT,
    People,
    a_bulletin,
    a_manifest,
    a_media,
    an_ack,
    an_assignment,
    an_item,
    some_settings,
    ulid,
)
from loa_node import brought
from loa_node.adapters.media_folder import Folder
from loa_node.adapters.spool import Spool
from loa_node.adapters.stick import Stick
from loa_node.brought import Brought, Said
from loa_node.clock import Clock
from loa_node.diary import Diary
from loa_node.errands import Errands
from loa_node.intake import Intake
from loa_node.standing import Standing
from loa_wire import stick
from loa_wire.fields import Document
from loa_wire.place import PlacedArea

PEOPLE = People()
FLOOR = Clock("floor", NOW - DAY, NOW - DAY, mono_ms=1_000, boot="b1")


class Bundle:
    """A stick as the district writes it, on a real folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / stick.BUNDLE
        self.folder.mkdir(parents=True)

    def put(self, path: str, data: bytes) -> Bundle:
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        return self

    def signed(self, path: str, document: Document, duty: str) -> Bundle:
        return self.put(path, PEOPLE.sealed(document, duty))

    def trusted(self) -> Bundle:
        self.put(f"authority/{UNIT}/1", PEOPLE.sealed_register())
        self.signed(f"nodes/{NODE}/assignment", an_assignment(), "place")
        return self.signed(f"nodes/{NODE}/settings", some_settings(), "settings")

    def say(self, envelope: bytes) -> Bundle:
        return self.put(f"envelopes/{hashlib.sha256(envelope).hexdigest()}", envelope)


class Kiosk:
    """The agent's end, on a real spool and a real media folder."""

    def __init__(self, folder: Path) -> None:
        self.shelf, self.journal = FakeShelf(), FakeJournal()
        self.folder = Folder(folder / "media")
        self.spool = Spool(folder / "brought", self.folder.accept)
        self.standing = Standing(NODE, UNIT, PEOPLE.sealed_root(), self.shelf)
        diary = Diary(self.journal, {})
        self.intake = Intake(self.standing, self.shelf, diary, "b1")
        errands = Errands(
            self.standing, self.shelf, diary, self.intake, FakeDownloads(), self.folder
        )
        self.brought = Brought(self.spool, self.standing, self.shelf, self.intake, errands)
        self.clock = FLOOR

    def given(self, bundle: Bundle) -> Said:
        return self.answer(self.spool.documents(brought.documents(Stick(bundle.folder), NODE)))

    def answer(self, parcel: str) -> Said:
        for _ in range(5_000):
            self.brought.work(self.clock)
            if (said := self.spool.answer(parcel)) is not None:
                return msgspec.json.decode(said, type=Said)
        raise AssertionError("the parcel was never answered")

    def told(self) -> list[str | None]:
        return [fact.reason for fact in self.journal.facts if fact.fact == "refused"]


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return Bundle(tmp_path / "stick")


@pytest.fixture
def kiosk(tmp_path: Path) -> Kiosk:
    return Kiosk(tmp_path)


BULLETIN = a_bulletin(exp=NOW + DAY)
ENVELOPE = PEOPLE.sealed(BULLETIN, "publisher")


def test_a_node_that_never_had_a_line_is_told_everything_by_one_stick(
    bundle: Bundle, kiosk: Kiosk
) -> None:
    manifest = a_manifest(an_item(BULLETIN, ENVELOPE), version=4)
    bundle.trusted().say(ENVELOPE).signed(f"areas/{HAMLET}/manifest", manifest, "ops")

    said = kiosk.given(bundle)

    assert said.counts == {"kept": 5}
    assert said.missing == [(a_media().sha256, len(AUDIO))]
    assert kiosk.shelf.revision_of(BULLETIN.id) == 1
    assert kiosk.standing.applied().manifests == {HAMLET: 4}


def test_its_media_come_once_they_are_known_to_be_wanted(bundle: Bundle, kiosk: Kiosk) -> None:
    bundle.trusted().say(ENVELOPE).put(f"media/{a_media().sha256}", AUDIO)
    missing = kiosk.given(bundle).missing

    said = kiosk.answer(kiosk.spool.media(missing, Stick(bundle.folder)))

    assert (said.media, said.missing) == (1, [])
    assert kiosk.folder.intact(a_media().sha256)


def test_the_same_stick_twice_and_an_older_one_change_nothing_and_alarm_nobody(
    bundle: Bundle, kiosk: Kiosk
) -> None:
    newer = PEOPLE.sealed(replace_rev(2), "publisher")
    bundle.trusted().say(ENVELOPE)
    bundle.signed(f"areas/{HAMLET}/manifest", a_manifest(version=4), "ops")
    kiosk.given(bundle)
    kiosk.intake.document(newer, "bulletin", FLOOR)
    later = PEOPLE.sealed(a_manifest(version=9), "ops")
    kiosk.intake.document(later, "manifest", FLOOR)

    said = kiosk.given(bundle)

    assert said.counts == {"known": 5}
    assert kiosk.told() == []
    assert kiosk.standing.applied().manifests == {HAMLET: 9}


def replace_rev(rev: int) -> Document:
    return a_bulletin(exp=NOW + DAY, rev=rev)


def test_a_stick_for_a_whole_commune_brings_each_hamlet_its_own(
    bundle: Bundle, kiosk: Kiosk
) -> None:
    other = PEOPLE.sealed(a_bulletin(id=ulid(2), areas=["ap-9"], exp=NOW + DAY), "publisher")
    over = PEOPLE.sealed(a_bulletin(id=ulid(3), exp=NOW - 2 * DAY, iat=NOW - 3 * DAY), "publisher")
    bundle.trusted().say(ENVELOPE).say(other).say(over)
    bundle.signed("areas/ap-9/manifest", a_manifest(area="ap-9"), "ops")
    bundle.signed("nodes/tq-02/assignment", an_assignment(node="tq-02", version=9), "place")

    said = kiosk.given(bundle)

    assert said.counts == {"kept": 4, "elsewhere": 2, "over": 1}
    assert kiosk.told() == []
    assert kiosk.standing.applied().assignment == 1


def test_what_somebody_put_on_the_stick_himself_is_refused_as_on_the_line(
    bundle: Bundle, kiosk: Kiosk
) -> None:
    forged = a_bulletin(id=ulid(7), exp=NOW + DAY)
    bundle.trusted().say(PEOPLE.sealed(forged, "neighbour")).say(ENVELOPE)
    bundle.put(f"envelopes/{'a' * 64}", b"\x00garbage")
    bundle.put(f"envelopes/{'b' * 64}", ENVELOPE[: len(ENVELOPE) // 2])  # pulled out too early

    said = kiosk.given(bundle)

    assert said.counts == {"kept": 4, "scope": 1, "json": 2}
    assert sorted(str(reason) for reason in kiosk.told()) == ["json", "json", "scope"]


def test_an_alarm_on_a_stick_is_not_heard_without_a_proof_of_time(
    bundle: Bundle, kiosk: Kiosk
) -> None:
    """A stick of last month must not warn of last month's flood."""
    alarm = a_bulletin(id=ulid(8), level="emergency", alert="flood", exp=NOW + HOUR)
    bundle.trusted().say(PEOPLE.sealed(alarm, "province", "duty"))

    assert kiosk.given(bundle).counts == {"kept": 3, "no_proof": 1}
    assert kiosk.shelf.revision_of(alarm.id) is None


def test_the_district_confirms_by_stick_what_came_by_stick(bundle: Bundle, kiosk: Kiosk) -> None:
    kiosk.given(bundle.trusted())
    facts = kiosk.journal.last
    assert facts

    said = kiosk.given(
        bundle.signed(f"nodes/{NODE}/ack", an_ack(epoch=kiosk.journal.epoch, upto=facts), "ops")
    )

    assert said.counts["kept"] == 1
    assert kiosk.journal.acked == facts


# sticks that mean harm


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_bytes(ENVELOPE)
    return path


def names_on(bundle: Bundle) -> list[str]:
    return [one.kind for one in brought.documents(Stick(bundle.folder), NODE)]


def test_links_lead_nowhere(bundle: Bundle, secret: Path) -> None:
    bundle.put("envelopes/readme", b"")
    (bundle.folder / "envelopes" / ("a" * 64)).symlink_to(secret)
    (bundle.folder / "nodes").symlink_to(secret.parent)
    (bundle.folder / "areas").symlink_to("/")

    assert names_on(bundle) == []


def test_a_pipe_or_a_folder_in_a_files_place_stops_nothing(bundle: Bundle) -> None:
    bundle.say(ENVELOPE)
    os.mkfifo(bundle.folder / "envelopes" / ("a" * 64))
    (bundle.folder / "envelopes" / ("b" * 64)).mkdir()

    assert names_on(bundle) == ["bulletin"]


@pytest.mark.parametrize(
    "name",
    ["..", "../../state/identity/key", "A" * 64, "a" * 63, "a" * 64 + "\n", "%2e%2e", "con.txt"],
)
def test_names_that_lead_elsewhere_are_not_ours(name: str) -> None:
    assert not stick.SHA256.match(name)
    assert not stick.VERSION.match(name)


def test_what_is_larger_than_it_may_be_is_not_there(bundle: Bundle, tmp_path: Path) -> None:
    bundle.put(f"envelopes/{'a' * 64}", b"x" * 60_000)
    with (bundle.folder / "envelopes" / ("b" * 64)).open("wb") as endless:
        endless.truncate(1 << 40)  # a terabyte that takes no room on the stick
    bundle.put(f"media/{a_media().sha256}", AUDIO + b"and more")

    assert names_on(bundle) == []
    to = tmp_path / "copy"
    assert Stick(bundle.folder).copy(("media", a_media().sha256), to, len(AUDIO)) == ""


def test_media_with_other_bytes_never_reach_the_player(bundle: Bundle, kiosk: Kiosk) -> None:
    swapped = bytes(reversed(AUDIO))
    bundle.trusted().say(ENVELOPE).put(f"media/{a_media().sha256}", swapped)
    missing = kiosk.given(bundle).missing

    assert kiosk.spool.media(missing, Stick(bundle.folder)) == ""


def test_what_is_changed_between_the_stick_and_the_agent_is_not_placed(kiosk: Kiosk) -> None:
    class Liar:
        def copy(self, _parts: object, to: Path, _size: int) -> str:
            to.write_bytes(b"something else")
            return a_media().sha256

    parcel = kiosk.spool.media([(a_media().sha256, len(AUDIO))], Liar())

    assert kiosk.answer(parcel).media == 0
    assert not kiosk.folder.holds(a_media().sha256)


def test_a_thousand_folders_of_nonsense_are_passed_by(bundle: Bundle) -> None:
    bundle.say(ENVELOPE)
    for n in range(300):
        bundle.put(f"areas/x{n}/other", b"")
        bundle.put(f"authority/{'z' * (n % 64 + 1)}/not-a-number", b"")

    assert names_on(bundle) == ["bulletin"]


def test_a_moved_node_learns_its_new_place_before_what_is_said_there(
    bundle: Bundle, kiosk: Kiosk
) -> None:
    kiosk.given(bundle.trusted())
    moved = an_assignment(version=2, areas=[PlacedArea(id="ap-9", above=[COMMUNE])])
    there = PEOPLE.sealed(a_bulletin(id=ulid(2), areas=["ap-9"], exp=NOW + DAY), "publisher")
    bundle.signed(f"nodes/{NODE}/assignment", moved, "place").say(there)

    assert kiosk.given(bundle).counts == {"kept": 2, "known": 2}


def test_a_document_that_ends_the_program_does_not_end_the_next_one(
    bundle: Bundle, kiosk: Kiosk
) -> None:
    parcel = kiosk.spool.documents(
        brought.documents(Stick(bundle.trusted().say(ENVELOPE).folder), NODE)
    )
    (kiosk.spool._folder / parcel / "000009.bulletin.-.nine").write_bytes(b"by hand")
    first = kiosk.spool.next()
    assert first is not None
    assert len(first.documents) == 4  # and here the program ends

    assert kiosk.answer(parcel).counts == {}


def test_the_media_folder_takes_only_what_its_name_says(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "media")
    path = tmp_path / "file"
    path.write_bytes(AUDIO)

    assert not folder.accept(path, "b" * 64)
    assert not folder.accept(path, "../../elsewhere")
    assert folder.accept(path, a_media().sha256)
    assert not path.exists()
