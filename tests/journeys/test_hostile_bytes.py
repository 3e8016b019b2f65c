"""Bytes that somebody else put on the broker, while a bulletin plays.

Each is refused for the reason that it should be, the district hears of it, and the hamlet hears
nothing: the tone in the loudspeaker's WAV has no hole, and what is published next is played.
"""

from __future__ import annotations

import base64
import json
import os
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from fakes.wire import Key, changed, sealed, ulid
from loa_node.intake import MOST_TOLD
from loa_server.signer import keystore
from loa_wire import dsse, topics
from loa_wire.bulletin import Bulletin, Schedule
from loa_wire.down import Ack
from loa_wire.limits import BULLETIN_ENVELOPE, PACKET
from loa_wire.parse import decode
from loa_wire.place import Assignment, PlacedArea
from parts.installation import AREA, Installation
from parts.sound import a_tone, heard

pytestmark = [pytest.mark.parts, pytest.mark.journey]

FOREIGN: Final = "vn-25357"
LONG_S: Final = 12


@dataclass(frozen=True, slots=True)
class Thrown:
    """One message, and the reason in the `refused` fact it should come to; "" for no fact."""

    topic: str
    payload: bytes
    reason: str
    retain: bool = False


class Stranger:
    """Whoever has got hold of the engine's place at the broker, and of one commune's key."""

    def __init__(self, here: Installation) -> None:
        self.here = here
        self.keys = {
            held.key.scope[0]: Key(held.private)
            for held in keystore.load(here.state / "keys")
            if "bulletin" in held.key.may
        }
        self.ops = self._register_key("ops")
        self.nobody = Key()

    def throw(self, *thrown: Thrown) -> None:
        """Through the outbox, which sends whatever stands in it; returns when all has gone."""
        self.lay_out(*thrown)
        self.here.until("all was sent", lambda: not self.unsent())

    def lay_out(self, *thrown: Thrown) -> None:
        rows = [(t.topic, t.payload, t.retain) for t in thrown]
        with closing(sqlite3.connect(self.here.state / "db.sqlite3", timeout=20)) as db, db:
            db.executemany(
                "INSERT INTO dispatch_message (topic, payload, retain, made_at)"
                " VALUES (?, ?, ?, datetime('now'))",
                rows,
            )

    def unsent(self) -> int:
        ((count,),) = self.here.rows("SELECT count(*) FROM dispatch_message WHERE sent_at IS NULL")
        return int(count)

    def sent(self, what: str) -> list[bytes]:
        """What the district itself sent on topics that end so, oldest first."""
        query = "SELECT payload FROM dispatch_message WHERE topic LIKE ? ORDER BY id"
        return [payload for (payload,) in self.here.rows(query, f"%{what}")]

    def bulletin(self) -> Bulletin:
        """The one that plays, as it was signed."""
        return decode(dsse.open_envelope(self.sent("/bulletin")[-1], PACKET).payload, Bulletin)

    def another(self, n: int, **changes: Any) -> Bulletin:
        return changed(self.bulletin(), id=ulid(n), **changes)

    def _register_key(self, may: str) -> Key:
        held = keystore.load(self.here.state / "keys")
        return next(Key(one.private) for one in held if may in one.key.may)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path)
    made.make()
    made.start()
    yield made
    made.close()


@pytest.fixture(scope="session")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Mapping[int, Path]:
    folder = tmp_path_factory.mktemp("tones")
    return {
        600: a_tone(folder / "600.wav", 600, seconds=4),
        1000: a_tone(folder / "1000.wav", 1000, seconds=LONG_S),
    }


def unbroken(here: Installation, hertz: int, seconds: int) -> bool:
    """Whether the loudspeaker gave this tone in one piece, and for as long as it lasts."""
    windows = heard(here.node.wav)
    first = windows.index(hertz)
    last = len(windows) - windows[::-1].index(hertz)
    return all(w == hertz for w in windows[first + 1 : last - 1]) and (
        abs(last - first - 10 * seconds) <= 3
    )


def refused(here: Installation) -> Counter[tuple[str, str]]:
    """(document, reason) of every refusal that the district knows of."""
    facts = here.rows("SELECT raw FROM ingest_storedfact WHERE fact = 'refused'")
    return Counter((said["doc"], said["reason"]) for said in (json.loads(raw) for (raw,) in facts))


def alarms(here: Installation) -> list[tuple[Any, ...]]:
    """Defects that the node's programs noticed in themselves, and those of its journal."""
    own = here.journal("SELECT data FROM fact WHERE CAST(data AS TEXT) LIKE '%internal_error%'")
    theirs = here.rows("SELECT code, detail FROM ingest_alarm WHERE code != 'forgeries'")
    return [*own, *theirs]


def warned(here: Installation) -> bool:
    """The district was told that somebody tries to be it."""
    return bool(here.rows("SELECT code FROM ingest_alarm WHERE code = 'forgeries'"))


def altered(envelope: bytes, field: str) -> bytes:
    """One letter of the title, or one byte of the signature, is another one."""
    tree = json.loads(envelope)
    place = tree if field == "payload" else tree["signatures"][0]
    raw = bytearray(base64.b64decode(place[field]))
    title = b'"title":{"vi":"'
    at = raw.index(title) + len(title) if field == "payload" else len(raw) // 2
    raw[at] ^= 1
    place[field] = base64.b64encode(raw).decode()
    return json.dumps(tree).encode()


def renamed(envelope: bytes, keyid: str) -> bytes:
    """Signed by somebody, said to be signed by somebody else."""
    tree = json.loads(envelope)
    tree["signatures"][0]["keyid"] = keyid
    return json.dumps(tree).encode()


def forged_bulletins(by: Stranger) -> list[Thrown]:
    ours, foreign = by.keys[AREA], by.keys[FOREIGN]
    there = topics.area(AREA, "bulletin")
    genuine = by.sent("/bulletin")[-1]
    louder = by.another(5, level="emergency", alert="flood")
    louder = changed(louder, exp=louder.iat + 3_600_000)
    return [
        Thrown(there, os.urandom(400), "json"),
        Thrown(there, b'{"payload":"","payload":""}', "json"),
        Thrown(there, altered(genuine, "sig"), "signature"),
        Thrown(there, altered(genuine, "payload"), "signature"),
        Thrown(there, renamed(sealed(by.another(1), by.nobody), ours.keyid), "signature"),
        Thrown(there, sealed(by.another(2), by.nobody), "unknown_key"),
        Thrown(there, sealed(by.another(3, areas=[FOREIGN]), foreign), "not_here"),
        Thrown(there, sealed(by.another(4), foreign), "scope"),
        Thrown(there, sealed(louder, ours), "level"),
        Thrown(there, sealed(by.another(6), by.ops), "may"),
        Thrown(there, b"x" * (BULLETIN_ENVELOPE + 1), "size"),
        Thrown(there, by.sent("/settings")[-1], "type"),
    ]


def forged_documents(by: Stranger) -> list[Thrown]:
    node, ours = by.here.node_id, by.keys[AREA]
    now = time.time_ns() // 1_000_000
    ((epoch, last),) = by.here.rows("SELECT epoch, acked + 1000 FROM fleet_node")
    ack = Ack(node=node, epoch=epoch, upto=last, iat=now)
    stolen = Assignment(
        node=node, version=999, iat=now, unit="loa", areas=[PlacedArea(id=FOREIGN, above=[])]
    )
    manifest = topics.area(AREA, "manifest")
    return [
        Thrown(manifest, by.sent(manifest)[0], "rollback", retain=True),
        Thrown(manifest, b"", "", retain=True),
        Thrown(topics.down(node, "assignment"), b"", "", retain=True),
        Thrown(topics.down(node, "ack"), sealed(ack, by.nobody), "unknown_key"),
        Thrown(topics.down(node, "ack"), sealed(ack, ours), "may"),
        Thrown(topics.down(node, "assignment"), sealed(stolen, ours), "may"),
        Thrown(topics.down(node, "assignment"), sealed(stolen, by.nobody), "unknown_key"),
        Thrown(topics.down(node, "settings"), by.sent("/assignment")[-1], "type"),
        Thrown(topics.down(node, "command"), os.urandom(64), "json"),
        Thrown(topics.area(AREA, "emergency"), by.sent("/manifest")[-1], "type"),
    ]


def test_whatever_strangers_send_is_refused_told_and_not_heard(
    here: Installation, tones: Mapping[int, Path]
) -> None:
    first = here.publish(tones[600])
    here.wait_for(first, "played")
    bulletin = here.publish(tones[1000], "Bản tin đang phát")
    here.wait_for(bulletin, "playing")
    by = Stranger(here)
    thrown = [*forged_bulletins(by), *forged_documents(by)]

    by.throw(*thrown)
    expected = Counter((_document(t.topic), t.reason) for t in thrown if t.reason)
    here.until(
        "the district knows of every refusal",
        lambda: not expected - refused(here),
        lambda: f"missing {expected - refused(here)}, besides {refused(here) - expected}",
    )
    row = here.wait_for(bulletin, "played", "partial", "failed")
    after = here.publish(tones[600], "Bản tin sau")
    here.wait_for(after, "played")

    assert (row.state, row.plays, row.reason) == ("played", 1, "")
    assert unbroken(here, 1000, LONG_S)
    assert refused(here) == expected
    assert Counter(here.facts(bulletin)) == Counter(
        received=1, ready=1, started=1, ended=1, refused=2
    )
    assert alarms(here) == []
    here.until("the district is warned", lambda: warned(here))


def _document(topic: str) -> str:
    """As the node's fact names it."""
    what = topic.rsplit("/", 1)[1]
    return {"emergency": "emergencies"}.get(what, what)


def test_a_message_too_large_for_the_broker_holds_nothing_else_back(
    here: Installation, tones: Mapping[int, Path]
) -> None:
    first = here.publish(tones[600])
    here.wait_for(first, "played")
    by = Stranger(here)
    there = topics.area(AREA, "bulletin")

    by.lay_out(Thrown(there, b"x" * (PACKET + 1), ""), Thrown("loa/1/#", b"{}", ""))
    after = here.publish(tones[600], "Bản tin sau")

    assert here.wait_for(after, "played").plays == 1
    assert by.unsent() == 2
    assert alarms(here) == []


def test_a_flood_of_forgeries_fills_neither_the_journal_nor_the_night(
    here: Installation, tones: Mapping[int, Path]
) -> None:
    first = here.publish(tones[600])
    here.wait_for(first, "played")
    bulletin = here.publish(tones[1000], "Bản tin đang phát")
    here.wait_for(bulletin, "playing")
    by = Stranger(here)
    there = topics.area(AREA, "bulletin")
    before = _size_of(here)
    flood = [
        Thrown(there, sealed(by.another(n, schedule=Schedule(mode="now")), by.nobody), "")
        for n in range(100, 1100)
    ]

    by.throw(*flood)
    row = here.wait_for(bulletin, "played", "partial", "failed")
    after = here.publish(tones[600], "Bản tin sau")
    here.wait_for(after, "played")

    assert (row.state, row.plays) == ("played", 1)
    assert unbroken(here, 1000, LONG_S)
    assert sum(refused(here).values()) == MOST_TOLD
    assert _size_of(here) - before < 500_000
    assert alarms(here) == []
    here.until("the district is warned", lambda: warned(here))


def _size_of(here: Installation) -> int:
    """What shelf and journal take on the card once their logs are folded in."""
    return sum(f.stat().st_size for f in here.node.state.glob("*.sqlite"))
