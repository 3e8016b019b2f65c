"""The publisher's order of doing things, on real tables and a broker of lists."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from fakes.broker import FakeBroker
from loa_server.dispatch.models import Intent, Message, Retained
from loa_server.dispatch.public import PublicFile
from loa_server.dispatch.publish import Post
from loa_server.dispatch.services import Outcome, moment, post_all
from loa_server.dispatch.signing import SigningError
from loa_server.engine.acks import PendingAcks
from loa_server.engine.publisher import RETRY_MS, Publisher

NOW = 1_767_600_000_000
pytestmark = pytest.mark.usefixtures("database")


class FakeDesk:
    """Every intent becomes one live message on `topic/<id>`, and one file."""

    def __init__(self) -> None:
        self.refuses: dict[int, SigningError] = {}
        self.done: list[int] = []

    def carry_out(self, intent: Intent, now: int) -> Outcome:
        if intent.pk in self.refuses:
            raise self.refuses[intent.pk]
        self.done.append(intent.pk)
        ids = post_all([Post(f"topic/{intent.pk}", b"live", retain=False)], now)
        Intent.objects.filter(pk=intent.pk).update(done_at=moment(now))
        return Outcome((PublicFile(f"file/{intent.pk}", b"body"),), tuple(ids))


class FakeShelf:
    def __init__(self) -> None:
        self.files: list[str] = []
        self.full = False

    def put(self, files: Iterable[PublicFile]) -> None:
        if self.full:
            raise OSError(28, "No space left on device")
        self.files += [file.path for file in files]


class FakeSigner:
    def __init__(self) -> None:
        self.away = False
        self.unknown: set[str] = set()

    def bulletin(self, revision: int) -> bytes:
        raise AssertionError(f"revision {revision} is the desk's")

    def command(self, order: int) -> bytes:
        raise AssertionError(f"order {order} is the desk's")

    def document(self, typ: str, payload: bytes) -> bytes:
        if self.away:
            raise SigningError("no_signer", "the signer does not answer")
        if any(node.encode() in payload for node in self.unknown):
            raise SigningError("unknown", "no such active node")
        return typ.encode() + b":" + payload


class Room:
    def __init__(self) -> None:
        self.desk, self.shelf, self.signer = FakeDesk(), FakeShelf(), FakeSigner()
        self.broker, self.acks = FakeBroker(), PendingAcks()
        self.publisher = Publisher(self.desk, self.signer, self.broker, self.shelf, self.acks)

    def work(self, now: int = NOW) -> None:
        while self.publisher.work_once(now):
            continue

    def heard(self) -> list[str]:
        return [topic for topic, _ in self.broker.heard]


@pytest.fixture
def room() -> Room:
    made = Room()
    made.broker.start()
    return made


def an_intent() -> int:
    return Intent.objects.create(what="bulletin", made_at=moment(NOW)).pk


def unsent() -> int:
    return Message.objects.filter(sent_at=None).count()


def test_an_intent_becomes_a_file_then_a_message_then_an_answered_row(room: Room) -> None:
    intent = an_intent()

    room.work()

    assert room.shelf.files == [f"file/{intent}"]
    assert room.heard() == [f"topic/{intent}"]
    assert unsent() == 0


def test_no_message_goes_out_before_its_file_lies_there(room: Room) -> None:
    an_intent()
    room.shelf.full = True
    with pytest.raises(OSError, match="space"):
        room.work()
    with pytest.raises(OSError, match="space"):
        room.work()
    assert room.heard() == []

    room.shelf.full = False
    room.work()

    assert (len(room.shelf.files), len(room.heard())) == (1, 1)


def test_messages_wait_for_a_broker_and_keep_their_order() -> None:
    room = Room()
    intents = [an_intent() for _ in range(3)]
    room.work()
    assert unsent() == 3

    room.broker.start()
    room.work()

    assert room.heard() == [f"topic/{intent}" for intent in intents]
    assert unsent() == 0


def test_what_the_last_connection_never_answered_is_sent_again(room: Room) -> None:
    an_intent()
    room.publisher.work_once(NOW)
    room.publisher.work_once(NOW)
    room.broker.acknowledged()  # the answer is lost with the connection

    room.broker.restart()
    room.work()

    assert len(room.heard()) == 2
    assert unsent() == 0


def test_every_connection_is_given_all_that_should_be_kept(room: Room) -> None:
    Retained.objects.bulk_create(Retained(topic=f"t/{n:03}", payload=b"x") for n in range(250))
    room.work()
    assert len(room.broker.kept) == 250
    room.broker.kept.clear()

    room.broker.restart()
    room.work()

    assert len(room.broker.kept) == 250


def test_a_new_bulletin_goes_before_what_is_published_again(room: Room) -> None:
    Retained.objects.bulk_create(Retained(topic=f"t/{n:03}", payload=b"x") for n in range(250))
    room.publisher.work_once(NOW)  # one piece of it
    intent = an_intent()

    room.work()

    assert room.heard().index(f"topic/{intent}") < 150


def test_an_intent_that_fails_waits_its_turn_and_stops_no_other(room: Room) -> None:
    bad = an_intent()
    room.desk.refuses[bad] = SigningError("not_approved", "no approval of this revision")
    room.work()
    assert Intent.objects.get(pk=bad).error.startswith("not_approved")

    good = an_intent()
    room.publisher.hinted()
    room.work()

    assert room.desk.done == [good]
    assert Intent.objects.get(pk=bad).done_at is None


def test_a_signer_that_was_away_is_asked_again_within_seconds(room: Room) -> None:
    intent = an_intent()
    room.desk.refuses[intent] = SigningError("no_signer", "the signer does not answer")
    for seconds in range(8):
        room.work(NOW + seconds * (RETRY_MS + 1))
    assert Intent.objects.get(pk=intent).tries == 8

    room.desk.refuses.clear()
    room.work(NOW + 9 * (RETRY_MS + 1))

    assert room.desk.done == [intent]


def test_an_acknowledgement_is_signed_kept_and_sent(room: Room) -> None:
    room.acks.add({"tq-01": ("e1", 4)})
    room.acks.add({"tq-01": ("e1", 9)})

    room.work()

    topic = "loa/1/node/tq-01/down/ack"
    assert set(room.heard()) == {topic}
    assert b'"upto":9' in room.broker.kept[topic]
    assert bytes(Retained.objects.get(pk=topic).payload) == room.broker.kept[topic]


def test_acknowledgements_wait_for_the_signer(room: Room) -> None:
    room.acks.add({"tq-01": ("e1", 4)})
    room.signer.away = True
    room.work()
    assert room.heard() == []

    room.signer.away = False
    room.work(NOW + RETRY_MS)

    assert room.heard() == ["loa/1/node/tq-01/down/ack"]


def test_a_node_that_is_no_longer_known_does_not_hold_back_the_others(room: Room) -> None:
    room.signer.unknown.add("gone-01")
    room.acks.add({"gone-01": ("e1", 4), "tq-01": ("e1", 9)})

    room.work()

    assert set(room.heard()) == {"loa/1/node/tq-01/down/ack"}
    assert room.acks.take(10) == {}


def test_an_acknowledgement_put_back_does_not_replace_a_newer_one() -> None:
    acks = PendingAcks()
    acks.add({"tq-01": ("e1", 4)})
    taken = acks.take(10)
    acks.add({"tq-01": ("e1", 9)})

    acks.put_back(taken)

    assert acks.take(10) == {"tq-01": ("e1", 9)}


def test_with_nothing_to_do_it_rests(room: Room, database: Path) -> None:
    assert database.exists()
    assert not room.publisher.work_once(NOW)


def test_a_message_that_no_broker_takes_stops_no_other(room: Room) -> None:
    huge, strange = (
        Post("topic/huge", b"x" * 70_000, retain=True),
        Post("topic/#", b"", retain=True),
    )
    post_all([huge, strange, Post("topic/good", b"live", retain=True)], NOW)

    room.work()

    assert room.heard() == ["topic/good", "topic/good"]  # as a message, and once more as retained
    assert unsent() == 2
