"""What a message from a node says, once read; or that it cannot be read. Pure.

Facts keep their own bytes: a fact this version cannot read is stored as it came and counted, and
the same number with other bytes is recognised as another card with the same name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import Meta

from loa_wire import WIRE, topics
from loa_wire.fields import Document, Name, NodeId
from loa_wire.limits import INTEGER, PACKET
from loa_wire.up import Fact, Health, Status


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message as the broker gave it. A retained one may be old: it says nothing of now; nor
    does one that was carried here by hand."""

    topic: str
    payload: bytes
    retained: bool = False
    carried: bool = False


@dataclass(frozen=True, slots=True)
class NumberedFact:
    """A fact with its number; `fact` is None where only the number could be read."""

    seq: int
    name: str
    raw: bytes
    fact: Fact | None


@dataclass(frozen=True, slots=True)
class StatusReport:
    node: str
    status: Status
    retained: bool


@dataclass(frozen=True, slots=True)
class HealthReport:
    node: str
    health: Health
    raw: bytes


@dataclass(frozen=True, slots=True)
class JournalReport:
    node: str
    epoch: str
    facts: tuple[NumberedFact, ...]
    numberless: int  # facts that cannot even be acknowledged
    carried: bool = False


@dataclass(frozen=True, slots=True)
class SignOfLife:
    """Something whose content is for others (a nonce, a picture): the node was heard of."""

    node: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    node: str
    code: str
    detail: str


Report = StatusReport | HealthReport | JournalReport | SignOfLife | Unreadable


class _RawJournal(Document, frozen=True, tag="journal"):
    node: NodeId
    epoch: Name
    facts: Annotated[list[msgspec.Raw], Meta(max_length=500)]


class _Numbered(msgspec.Struct):
    seq: Annotated[int, Meta(ge=1, lt=INTEGER)]
    fact: msgspec.Raw = msgspec.Raw(b'""')


_JOURNAL = msgspec.json.Decoder(_RawJournal)
_NUMBERED = msgspec.json.Decoder(_Numbered)
_FACT = msgspec.json.Decoder(Fact)
_STATUS = msgspec.json.Decoder(Status)
_HEALTH = msgspec.json.Decoder(Health)


def read_all(arrivals: Iterable[Arrival]) -> list[Report]:
    return [report for arrival in arrivals if (report := read(arrival)) is not None]


def read(arrival: Arrival) -> Report | None:
    """None for what is not a node's message at all, and for the empty payload that clears one."""
    topic = topics.read(arrival.topic)
    if topic is None or topic.family != "up" or not arrival.payload:
        return None
    node = topic.owner
    if len(arrival.payload) > PACKET:
        return Unreadable(node, "size", f"{topic.what}: {len(arrival.payload)} bytes")
    try:
        return _typed(node, topic.what, arrival)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as e:
        return Unreadable(node, "schema", f"{topic.what}: {e}"[:200])


def _typed(node: str, what: str, arrival: Arrival) -> Report:
    data = arrival.payload
    match what:
        case "status":
            status = _STATUS.decode(data)
            return _refused(node, status) or StatusReport(node, status, arrival.retained)
        case "health":
            health = _HEALTH.decode(data)
            return _refused(node, health) or HealthReport(node, health, data)
        case "journal":
            journal = _JOURNAL.decode(data)
            return _refused(node, journal) or _journal(journal, carried=arrival.carried)
        case _:
            return SignOfLife(node)


def _refused(node: str, document: Status | Health | _RawJournal) -> Unreadable | None:
    if document.v > WIRE:
        return Unreadable(node, "version", f"wire {document.v}, this program reads {WIRE}")
    if document.node != node:
        return Unreadable(node, "wrong_node", f"it calls itself {document.node}")
    return None


def _journal(journal: _RawJournal, *, carried: bool) -> JournalReport:
    facts = [_numbered(bytes(raw)) for raw in journal.facts]
    known = tuple(fact for fact in facts if fact is not None)
    numberless = len(facts) - len(known)
    return JournalReport(journal.node, journal.epoch, known, numberless, carried)


def _numbered(raw: bytes) -> NumberedFact | None:
    try:
        numbered = _NUMBERED.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    try:
        fact = _FACT.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return NumberedFact(numbered.seq, _name(numbered.fact), raw, None)
    return NumberedFact(numbered.seq, fact.fact, raw, fact)


def _name(raw: msgspec.Raw) -> str:
    try:
        return msgspec.json.decode(raw, type=str)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "unreadable"
