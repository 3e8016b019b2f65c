"""Everything that comes down goes through here: to the register, the inbox, or the journal's
`refused`. What it changes is handed back as News; nothing is played or published here."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from loa_node import inbox, questions
from loa_node.clock import Clock
from loa_node.diary import Diary
from loa_node.doubts import Doubts
from loa_node.facts import a_fact
from loa_node.inbox import Kept, Shelf
from loa_node.journal import acknowledged
from loa_node.register import Refused
from loa_node.standing import Standing
from loa_node.trust import Document
from loa_wire import topics
from loa_wire.bulletin import Bulletin
from loa_wire.down import Ack, Beacon, Command, Emergencies
from loa_wire.limits import PACKET
from loa_wire.parse import UnreadableError, parse
from loa_wire.place import Assignment, Settings
from loa_wire.trusted import Pointer
from loa_wire.up import Fact

T = TypeVar("T")
MOST_WAITING = 64
MOST_REMEMBERED = 512
MOST_TOLD = 60
HOUR_MS = 3_600_000
UNREMARKABLE = frozenset({"no_register", "no_assignment"})
"""Not worth a fact: at the first start everything waits for these two."""


@dataclass(slots=True)
class News:
    """What a message changed."""

    bulletins: bool = False  # something else is due now
    place: bool = False  # other areas to listen to
    missing: bool = False  # there may be something to fetch
    behind: bool = False  # the district has said more in an area than has come down here
    acked: bool = False
    proved: bool = False  # the clock has just been proved
    said: str = ""  # of the one document: kept, known, or the code of its refusal
    silenced: dict[str, str] = field(default_factory=dict)  # bulletin id -> why it must stop
    commands: list[Command] = field(default_factory=list)

    def saying(self, said: str) -> News:
        self.said = said
        return self

    def add(self, other: News) -> None:
        self.bulletins |= other.bulletins
        self.place |= other.place
        self.missing |= other.missing
        self.behind |= other.behind
        self.acked |= other.acked
        self.proved |= other.proved
        self.silenced.update(other.silenced)
        self.commands += other.commands


class Intake:
    def __init__(self, standing: Standing, shelf: Shelf, diary: Diary, boot: str) -> None:
        self._standing = standing
        self._shelf = shelf
        self._diary = diary
        self._boot = boot
        self.ticket = ""
        # newest last; both bounded: what a stranger sends must not fill the memory
        self._waiting: OrderedDict[str, tuple[bytes, str]] = OrderedDict()
        self._judged: OrderedDict[str, None] = OrderedDict()
        self._doubts = Doubts()
        self._told = 0
        self._told_since = 0

    @property
    def in_doubt(self) -> bool:
        """Whether something waits for a proof of time or for a newer register."""
        return bool(self._doubts)

    def work(self, clock: Clock) -> News:
        """What nobody could prove within 30 s is refused, and goes on waiting for its end."""
        news = News()
        for data in self._doubts.overdue(clock):
            news.add(self._overdue(data, clock))
        return news

    def message(self, topic: str, payload: bytes, clock: Clock) -> News:
        """One raw message as the broker gave it."""
        name = topics.read(topic)
        if name is None or not payload or len(payload) > PACKET:
            return News()
        if name.what in ("authority", "root"):
            return self._pointer(name.what, payload)
        typ = topics.PAYLOAD.get(name.what)
        return self.document(payload, typ, clock) if typ else News()

    def document(self, data: bytes, typ: str, clock: Clock) -> News:
        held = self._standing.held(clock, self._boot, self.ticket)
        outcome = inbox.receive(data, typ, held, self._shelf)
        if isinstance(outcome, Refused):
            return self._refused(outcome, data, typ, clock).saying(outcome.code)
        self._doubts.settled(data)
        if isinstance(outcome, Kept):
            return self._kept(outcome, clock).saying("kept")
        return News(said="known")

    def refused_before(self, sha256: str) -> bool:
        return sha256 in self._judged or sha256 in self._doubts

    def root(self, data: bytes, clock: Clock) -> News:
        refused = self._standing.accept_root(data, clock)
        if refused is not None:
            return self._refused(refused, data, "root", clock).saying(refused.code)
        changed = self._trust_changed("root", self._standing.root.version, clock)
        return changed.saying("kept")

    def authority(self, data: bytes, clock: Clock) -> News:
        refused = self._standing.accept_authority(data, clock)
        if refused is not None:
            return self._refused(refused, data, "authority", clock).saying(refused.code)
        version = self._standing.register.version if self._standing.register else 0
        return self._trust_changed("authority", version, clock).saying("kept")

    def judge_again(self, clock: Clock) -> News:
        """The whole shelf, and what waited, before a register or an assignment that is new.

        With no register there is no judge: after a root that replaced the authority the shelf
        waits for the next register, or its honest half would be lost with the thief's.
        """
        news = News(bulletins=True)
        held = self._standing.held(clock, self._boot, self.ticket)
        if held.register is None:
            return news
        for name in inbox.numbers_to_forget(held, self._shelf):
            self._shelf.put(name, inbox.FORGOTTEN, self._shelf.document(name) or b"")
        shelved = self._shelf.bulletins()
        dropped = inbox.no_longer_believed(held, shelved)
        self._shelf.mark([bulletin_id for bulletin_id, _ in dropped], "dropped")
        revs = {one.bulletin.id: one.bulletin.rev for one in shelved}
        for bulletin_id, why in dropped:
            news.silenced[bulletin_id] = f"dropped_{why.code}"
        self._diary.write(
            clock, [_stopped(i, revs[i], f"dropped_{why.code}") for i, why in dropped]
        )
        waiting, self._waiting = self._waiting, OrderedDict()
        for data, typ in waiting.values():
            news.add(self.document(data, typ, clock))
        news.add(self._judge_doubts(clock))
        return news

    def _judge_doubts(self, clock: Clock) -> News:
        news = News()
        for data in self._doubts.all():
            news.add(self.document(data, "bulletin", clock))
        return news

    def _pointer(self, what: str, payload: bytes) -> News:
        """Says only what exists; what is fetched for it must be signed."""
        try:
            pointer = msgspec.convert(parse(payload), Pointer, strict=True)
        except (UnreadableError, msgspec.ValidationError):
            return News()
        self._standing.hinted[what] = pointer.version
        return News(missing=True)

    def _kept(self, kept: Kept, clock: Clock) -> News:
        document = kept.document
        self._standing.take(document)
        match document:
            case Bulletin():
                return self._bulletin(kept, document, clock)
            case Beacon():
                return self._beacon(document, clock, proves=not kept.silent)
            case Ack():
                return self._ack(document)
            case Emergencies():
                return self._emergencies(document, clock)
            case Assignment():
                return self._trust_changed("assignment", document.version, clock, place=True)
            case _:
                return self._other(document, clock)

    def _other(self, document: Document, clock: Clock) -> News:
        if isinstance(document, Command):
            return News(commands=[document])
        if isinstance(document, Settings):
            self._diary.write(clock, [_applied("settings", document.version)])
            return News(bulletins=True, missing=True)
        return News(missing=True)

    def _emergencies(self, running: Emergencies, clock: Clock) -> News:
        """Each is a whole envelope, judged as if it had come alone."""
        news = News()
        for text in running.items:
            news.add(self.document(text.encode(), "bulletin", clock))
        return news

    def _bulletin(self, kept: Kept, bulletin: Bulletin, clock: Clock) -> News:
        if bulletin.replay:
            self._diary.start_again(bulletin.id)
        revs = {i: self._shelf.revision_of(i) or 0 for i in kept.ended}
        facts = [a_fact("received", bulletin=bulletin.id, rev=bulletin.rev)]
        facts += [_stopped(i, revs[i], bulletin.kind) for i in kept.ended]
        self._diary.write(clock, facts)
        silenced: dict[str, str] = dict.fromkeys(kept.ended, bulletin.kind)
        return News(bulletins=True, missing=True, silenced=silenced)

    def _beacon(self, beacon: Beacon, clock: Clock, *, proves: bool) -> News:
        """What was in doubt is judged again by the loop, which has the proved clock by then."""
        standing = self._standing
        standing.asking = questions.answered(standing.asking, beacon.nonce, clock.mono_ms)
        standing.learn(beacon)
        if proves:
            standing.prove(beacon, clock.mono_ms)
        return News(missing=True, proved=proves, behind=bool(standing.areas_behind))

    def proved(self, clock: Clock) -> News:
        """A proof has just come: what waited for one is judged again, what was shown is heard."""
        held = self._standing.held(clock, self._boot, self.ticket)
        news = News(bulletins=bool(inbox.give_voice(held, self._shelf)))
        news.add(self._judge_doubts(clock))
        return news

    def _ack(self, ack: Ack) -> News:
        upto = acknowledged(self._diary.epoch, self._diary.last, ack.epoch, ack.upto)
        if upto is None:
            return News()
        if upto != self._diary.acked:
            self._diary.acknowledge(upto)
        return News(acked=True)

    def _trust_changed(self, doc: str, version: int, clock: Clock, *, place: bool = False) -> News:
        self._diary.write(clock, [_applied(doc, version)])
        self._judged.clear()
        news = self.judge_again(clock)
        news.missing = True
        news.place |= place
        return news

    def _refused(self, refused: Refused, data: bytes, typ: str, clock: Clock) -> News:
        sha256 = hashlib.sha256(data).hexdigest()
        if typ == "bulletin" and refused.code in inbox.IN_DOUBT:
            self._doubts.add(sha256, data, clock)
            return News()
        if typ == "bulletin":
            self._doubts.settled(data)
        unknown = typ == "beacon" and refused.code == "unknown_key"
        if unknown:
            self._standing.suspect_newer()
        if refused.code in inbox.WAITING:
            _remember(self._waiting, sha256, (data, typ), MOST_WAITING)
        if refused.code in UNREMARKABLE or sha256 in self._judged:
            return News(missing=unknown)
        _remember(self._judged, sha256, None, MOST_REMEMBERED)
        if self._worth_telling(clock):
            self._tell(refused, data, typ, clock)
        return News(missing=unknown)

    def _overdue(self, data: bytes, clock: Clock) -> News:
        held = self._standing.held(clock, self._boot, self.ticket)
        outcome = inbox.receive(data, "bulletin", held, self._shelf)
        if isinstance(outcome, Refused) and self._may_be_shown(outcome, data):
            outcome = inbox.show_only(data, held, self._shelf)
        if not isinstance(outcome, Refused):
            self._doubts.settled(data)
            return self._kept(outcome, clock) if isinstance(outcome, Kept) else News()
        if self._worth_telling(clock):
            self._tell(outcome, data, "bulletin", clock)
        return News()

    def _may_be_shown(self, refused: Refused, data: bytes) -> bool:
        """What the register says is to be done with an emergency that nobody proved."""
        register, about = self._standing.register, inbox.about(data)
        if refused.code != "no_proof" or register is None or about is None:
            return False
        return about.level == "emergency" and register.no_proof == "screen_only"

    def _tell(self, refused: Refused, data: bytes, typ: str, clock: Clock) -> None:
        bulletin = inbox.about(data) if typ == "bulletin" else None
        fact = a_fact(
            "refused",
            bulletin=bulletin.id if bulletin else None,
            rev=bulletin.rev if bulletin else None,
            doc=typ,
            reason=refused.code,
            detail=refused.detail[:200],
        )
        self._diary.write(clock, [fact])

    def _worth_telling(self, clock: Clock) -> bool:
        """So many an hour: a stranger's flood must not wear out the card nor bury the rest."""
        if clock.mono_ms - self._told_since >= HOUR_MS:
            self._told, self._told_since = 0, clock.mono_ms
        self._told += 1
        return self._told <= MOST_TOLD


def _remember(kept: OrderedDict[str, T], key: str, value: T, most: int) -> None:
    kept[key] = value
    while len(kept) > most:
        kept.popitem(last=False)


def _stopped(bulletin_id: str, rev: int, reason: str) -> Fact:
    return a_fact("stopped", bulletin=bulletin_id, rev=rev, reason=reason)


def _applied(doc: str, version: int) -> Fact:
    return a_fact("config_applied", doc=doc, version=version)
