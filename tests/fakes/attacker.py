"""What an attack story needs: a hamlet with its real rules on a real shelf, and whoever is
against it.

The hamlet is the node's own Intake, Standing, SqliteShelf and SqliteJournal on files of one test;
only the wires and the loudspeaker are missing. Each story says what the attacker does, the code
with which the hamlet refuses, and then, with one check left out, that the attack would have worked.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import msgspec

from fakes.wire import DAY, HAMLET, HOUR, NODE, NONCE, NOW, UNIT, Key, People, an_assignment, sealed
from loa_node import questions, trust
from loa_node.adapters.sqlite_file import open_checked
from loa_node.adapters.sqlite_journal import SqliteJournal
from loa_node.adapters.sqlite_shelf import SqliteShelf
from loa_node.clock import Clock, Proof
from loa_node.diary import Diary
from loa_node.facts import Entry
from loa_node.intake import Intake, News
from loa_node.register import Refused
from loa_node.standing import Standing
from loa_node.trust import Accepted, Case, Step
from loa_wire import dsse, topics
from loa_wire.fields import Document
from loa_wire.limits import HTTPS_DOCUMENT
from loa_wire.up import Fact

BOOT: Final = "b1"
SYNCED: Final = Clock("synced", NOW + HOUR, NOW - DAY, mono_ms=61_000, boot=BOOT)
PROVED: Final = replace(SYNCED, state="proved", proof=Proof(NOW + HOUR, at_mono_ms=61_000))
NO_CLOCK: Final = replace(SYNCED, state="floor", now_ms=NOW - DAY)
_AREA: Final = {"bulletin": "bulletin", "manifest": "manifest", "emergencies": "emergency"}


def later(clock: Clock, ms: int) -> Clock:
    """The same clock after so long, with power all the while."""
    return replace(clock, now_ms=clock.now_ms + ms, mono_ms=clock.mono_ms + ms)


class Hamlet:
    """A node as it stands in its ấp: enrolled, placed, with its register."""

    def __init__(self, folder: Path, people: People, clock: Clock = SYNCED) -> None:
        self.folder, self.people, self.clock = folder, people, clock
        self.boots = 0
        self._open(people.sealed_root())
        self.intake.authority(people.sealed_register(), clock)
        self.hears(people.sealed(an_assignment(), "place"), "assignment")

    # what happens to it

    def hears(self, data: bytes, typ: str = "bulletin") -> News:
        """One message on the topic that carries such documents to this node."""
        topic = topics.area(HAMLET, _AREA[typ]) if typ in _AREA else topics.down(NODE, typ)
        return self.intake.message(topic, data, self.clock)

    def fetches(self, data: bytes, typ: str) -> News:
        """A root or a register, over HTTPS."""
        take = self.intake.root if typ == "root" else self.intake.authority
        return take(data, self.clock)

    def asks(self, nonce: str = NONCE) -> None:
        """The district for the time, as the agent does."""
        asking = questions.asked(self.standing.asking, nonce, self.clock.mono_ms)
        self.standing.asking = asking

    def hears_the_time(self, beacon: bytes) -> News:
        """What answers a question, and what follows from it in the agent's loop."""
        news = self.hears(beacon, "beacon")
        proof = self.standing.proof
        if news.proved and proof is not None:
            self.clock = replace(
                self.clock, state="proved", now_ms=proof.time_ms, proof=proof,
                floor_ms=self.standing.floor_ms,
            )  # fmt: skip
            news.add(self.intake.proved(self.clock))
        return news

    def reboots(self, clock: Clock | None = None) -> None:
        self.close()
        self.boots += 1
        self.clock = replace(clock or self.clock, boot=f"b{self.boots + 1}")
        self._open(self.people.sealed_root())
        self.intake.judge_again(self.clock)

    def forgets_what_is_over(self) -> None:
        """As the agent's housekeeping does, by the floor alone."""
        self.shelf.forget(self.standing.floor_ms)

    # what it then holds

    def holds(self) -> list[str]:
        return [one.bulletin.id for one in self.shelf.bulletins()]

    def facts(self, name: str) -> list[Fact]:
        stored = [msgspec.json.decode(entry.data, type=Fact) for entry in self._all_facts()]
        return [fact for fact in stored if fact.fact == name]

    def memory(self) -> list[tuple[Any, ...]]:
        """Everything on the shelf, as it lies on the card."""
        return [
            *self._shelf_db.execute("SELECT * FROM bulletin ORDER BY id"),
            *self._shelf_db.execute("SELECT * FROM document ORDER BY name"),
        ]

    @property
    def at_rest(self) -> bool:
        """No transaction was left open: later writes would be lost with the power."""
        return not (self._shelf_db.in_transaction or self._journal_db.in_transaction)

    # what the stories ask

    def refuses(self, data: bytes, typ: str = "bulletin") -> str:
        """Gives it the bytes; the reason that the district will read. Nothing else may change."""
        before, told = self.memory(), len(self.facts("refused"))
        news = self.fetches(data, typ) if typ in ("root", "authority") else self.hears(data, typ)
        if self.intake.in_doubt:  # held back while the district is asked, who does not answer
            news.add(self.intake.work(later(self.clock, 30_000)))
        assert _changes_nothing(news), news
        assert self.memory() == before
        assert self.at_rest
        facts = self.facts("refused")[told:]
        assert len(facts) == 1, facts
        assert facts[0].doc == typ
        return str(facts[0].reason)

    def would_believe(
        self, data: bytes, typ: str = "bulletin", *, without: Step, instead: Step | None = None
    ) -> bool:
        """With every check but one; `instead` is what a node lacking it would do there."""
        stand_in = instead or _LEFT_OUT.get(without)
        steps = [
            stand_in if step is without and stand_in else step
            for step in trust.STEPS
            if step is not without or stand_in
        ]
        assert isinstance(trust.judge(data, typ, self.held()), Refused), "it is not even refused"
        return isinstance(trust.judge(data, typ, self.held(), steps), Accepted)

    def held(self) -> trust.Held:
        return self.standing.held(self.clock, self.clock.boot, self.intake.ticket)

    def close(self) -> None:
        self._shelf_db.close()
        self._journal_db.close()

    def _all_facts(self) -> list[Entry]:
        return self.diary.after(0, 10_000)

    def _open(self, root: bytes) -> None:
        self._shelf_db = open_checked(self.folder / "shelf.sqlite").db
        self._journal_db = open_checked(self.folder / "journal.sqlite").db
        self.shelf = SqliteShelf(self._shelf_db)
        self.diary = Diary(SqliteJournal(self._journal_db), {})
        self.standing = Standing(NODE, UNIT, root, self.shelf)
        self.intake = Intake(self.standing, self.shelf, self.diary, self.clock.boot)
        self.intake.ticket = f"t{self.boots + 1}"


def _changes_nothing(news: News) -> bool:
    return not any((news.bulletins, news.silenced, news.commands, news.acked, news.place))


def every_signature_is_good(case: Case) -> Case:
    """Step 5 left out: a node that believes keyids."""
    return replace(case, keys=tuple(key for key, _ in case.named))


_LEFT_OUT: Final[dict[Step, Step]] = {trust.verified_keys: every_signature_is_good}


@dataclass
class Attacker:
    """Has the broker and the line, keys of their own, and those that were stolen."""

    people: People
    own: Key = field(default_factory=Key)
    recorded: list[bytes] = field(default_factory=list)

    def records(self, data: bytes) -> bytes:
        """On its way to the hamlets, which still get it."""
        self.recorded.append(data)
        return data

    def replays(self) -> bytes:
        return self.recorded[-1]

    def signs(self, document: Document) -> bytes:
        """With a key that nobody registered."""
        return sealed(document, self.own)

    def steals(self, *duties: str) -> Callable[[Document], bytes]:
        """Signs with stolen keys from now on."""
        return lambda document: self.people.sealed(document, *duties)

    def forges(self, document: Document, *duties: str) -> bytes:
        """Signed with their own key, said to be signed by others."""
        envelope = dsse.open_envelope(self.signs(document), HTTPS_DOCUMENT)
        keyids = [self.people.keys[duty].keyid for duty in duties]
        names = [dsse.Signature(keyid, envelope.signatures[0].sig) for keyid in keyids]
        return dsse.seal(envelope.payload_type, envelope.payload, names)

    def strips(self, data: bytes, keep: int) -> bytes:
        """Only one of the signatures is left."""
        envelope = dsse.open_envelope(data, HTTPS_DOCUMENT)
        return dsse.seal(envelope.payload_type, envelope.payload, [envelope.signatures[keep]])

    def alters(self, data: bytes, old: str, new: str) -> bytes:
        """One word of the payload; the signatures stay."""
        envelope = dsse.open_envelope(data, HTTPS_DOCUMENT)
        assert old.encode() in envelope.payload
        payload = envelope.payload.replace(old.encode(), new.encode())
        return dsse.seal(envelope.payload_type, payload, envelope.signatures)

    def flips(self, data: bytes, where: str) -> bytes:
        """One bit of the `payload` or of the `sig`."""
        tree = json.loads(data)
        place = tree if where == "payload" else tree["signatures"][0]
        raw = bytearray(base64.b64decode(place[where]))
        raw[len(raw) // 2] ^= 1
        place[where] = base64.b64encode(raw).decode()
        return json.dumps(tree, separators=(",", ":")).encode()

    def relabels(self, data: bytes, typ: str) -> bytes:
        """The same bytes, said to be a document of another type."""
        envelope = dsse.open_envelope(data, HTTPS_DOCUMENT)
        return dsse.seal(dsse.payload_type(typ), envelope.payload, envelope.signatures)

    def knows_nobody_better(self, duty: str) -> Step:
        """Step 4 left out: a node that takes a stranger's key for somebody's."""

        def step(case: Case) -> Case:
            entry = self.people.register_key(
                duty, keyid=self.own.keyid, public=self.own.public.hex()
            )
            return replace(case, named=((entry, case.opened.signatures[0].sig),))

        return step


@contextmanager
def a_hamlet(folder: Path, people: People, clock: Clock = SYNCED) -> Iterator[Hamlet]:
    hamlet = Hamlet(folder, people, clock)
    try:
        yield hamlet
    finally:
        hamlet.close()
