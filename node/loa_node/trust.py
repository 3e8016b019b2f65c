"""What a node does with bytes before it believes them: the sixteen steps, in their order. Pure.

Nothing later runs if an earlier step fails. Steps 1-14 are STEPS below, one small function each;
step 15 is the shelf's promise (one transaction, on disk before the first sample plays), step 16
the downloads' (by hash only, length checked while streaming, re-hashed before play).

A stop is exempt from 8, 10, 11, 12 and 13, never from 1-7, 9, 14: it must work with a bad clock.
An all_clear ends its emergency on the same terms; only its voice needs the exempted checks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol, assert_never

from loa_node.clock import Clock
from loa_node.register import Refused, verifies
from loa_wire import dsse
from loa_wire.bulletin import KNOWN_CRIT, Bulletin, contradiction
from loa_wire.down import Ack, Beacon, Command, Emergencies, Manifest
from loa_wire.fields import Level, level_rank
from loa_wire.limits import (
    BULLETIN_ENVELOPE,
    CLOCK_SKEW_MS,
    DAY_MS,
    DOWN_ENVELOPE,
    LIFE_MS,
)
from loa_wire.parse import UnreadableError, decode
from loa_wire.place import Assignment, Settings
from loa_wire.trusted import MAY_SIGN, Authority, RegisterKey, Root

Document = Bulletin | Assignment | Settings | Manifest | Emergencies | Beacon | Ack | Command
SHAPES: Final[dict[str, type[Document]]] = {
    "bulletin": Bulletin,
    "assignment": Assignment,
    "settings": Settings,
    "manifest": Manifest,
    "emergencies": Emergencies,
    "beacon": Beacon,
    "ack": Ack,
    "command": Command,
}
FRESH_MS: Final[dict[Level, int]] = {"priority": DAY_MS, "emergency": 15 * 60_000}
"""How old a proof of time may be, per level; normal needs none."""
ANSWER_MS: Final = 30_000
"""A beacon counts so long after its question: held back for longer, its time is old news."""


class Seen(Protocol):
    """What the shelf remembers, so that nothing old comes back."""

    def revision_of(self, bulletin_id: str) -> int | None:
        """The highest rev ever accepted, also of one stopped or ended since."""

    def version_of(self, name: str) -> int | None:
        """The version held of `settings`, `assignment`, `manifest/<area>`, `ack` (its iat)…"""


@dataclass(frozen=True, slots=True)
class Held:
    """Everything a judgement depends on besides the bytes."""

    node: str
    root: Root
    register: Authority | None
    newer_register: bool  # a higher version is known to exist, from a beacon
    assignment: Assignment | None
    clock: Clock
    seen: Seen
    boot: str = ""
    ticket: str = ""  # of the latest status; a command must name it
    questions: Mapping[str, int] = field(default_factory=dict)  # nonce: monotonic ms it was asked
    answered: frozenset[str] = frozenset()  # nonces that a beacon has used up


@dataclass(frozen=True, slots=True)
class Accepted:
    document: Document
    keys: tuple[RegisterKey, ...]
    silent: Refused | None = None  # why an all_clear is not spoken, why a beacon proves no time


@dataclass(frozen=True, slots=True)
class Case:
    """What is known after each step."""

    data: bytes
    typ: str  # what this topic carries
    held: Held
    envelope: dsse.Envelope | None = None
    named: tuple[tuple[RegisterKey, bytes], ...] = ()
    keys: tuple[RegisterKey, ...] = ()
    found: Document | None = None
    silent: Refused | None = None

    @property
    def opened(self) -> dsse.Envelope:
        assert self.envelope is not None  # noqa: S101 - steps 1-3 ran
        return self.envelope

    @property
    def document(self) -> Document:
        assert self.found is not None  # noqa: S101 - step 6 ran
        return self.found


Step = Callable[[Case], Case | Refused]


def judge(
    data: bytes, typ: str, held: Held, steps: Sequence[Step] | None = None
) -> Accepted | Refused:
    """`typ` is what the topic carries. Tests pass fewer steps to see the attack succeed."""
    case = Case(data, typ, held)
    for step in STEPS if steps is None else steps:
        outcome = step(case)
        if isinstance(outcome, Refused):
            return outcome
        case = outcome
    return Accepted(case.document, case.keys, case.silent)


def size_and_json(case: Case) -> Case | Refused:
    """Steps 1 and 2."""
    longest = BULLETIN_ENVELOPE if case.typ == "bulletin" else DOWN_ENVELOPE
    try:
        return replace(case, envelope=dsse.open_envelope(case.data, longest))
    except UnreadableError as e:
        return Refused(e.code, e.detail)


def type_of_topic(case: Case) -> Case | Refused:
    """Step 3."""
    if case.typ in SHAPES and case.opened.payload_type == dsse.payload_type(case.typ):
        return case
    return Refused("type", f"{case.opened.payload_type[:80]} where {case.typ} belongs")


def known_keys(case: Case) -> Case | Refused:
    """Step 4: signatures of unknown keys cost no verification."""
    if case.held.register is None:
        return Refused("no_register", "no register of keys is held yet")
    keys = {key.keyid: key for key in case.held.register.keys}
    named = tuple((keys[s.keyid], s.sig) for s in case.opened.signatures if s.keyid in keys)
    return replace(case, named=named) if named else Refused("unknown_key", _keyids(case))


def verified_keys(case: Case) -> Case | Refused:
    """Step 5."""
    message = case.opened.signed_bytes()
    good = {key.keyid: key for key, sig in case.named if verifies(key.public, sig, message)}
    return replace(case, keys=tuple(good.values())) if good else Refused("signature", _keyids(case))


def typed_document(case: Case) -> Case | Refused:
    """Step 6: the schema comes before any comparison or database write."""
    try:
        document = decode(case.opened.payload, SHAPES[case.typ])
    except UnreadableError as e:
        return Refused(e.code, e.detail)
    if isinstance(document, Bulletin):
        unknown = sorted(set(document.crit) - KNOWN_CRIT)
        if unknown:
            return Refused("crit", f"this version does not know {unknown[0][:40]!r}")
        wrong = contradiction(document)
        if wrong is not None:
            return Refused("schema", wrong)
    return replace(case, found=document)


def keys_that_count(case: Case) -> Case | Refused:
    """Step 7: may, scope, level, life of each key; the keys that fail are dropped."""
    if case.held.assignment is None and not isinstance(case.document, Assignment):
        return Refused("no_assignment", "this node has not been given its place yet")
    failures = [(key, _failing(key, case)) for key in case.keys]
    good = tuple(key for key, failure in failures if failure is None)
    if good:
        return replace(case, keys=good)
    key, code = failures[0]
    return Refused(code or "may", f"key {key.keyid} of {key.holder}")


def _failing(key: RegisterKey, case: Case) -> str | None:
    document = case.document
    if not set(key.may) & set(MAY_SIGN[case.typ]):
        return "may"
    if not _in_scope(key, document, case.held):
        return "scope"
    if isinstance(document, Bulletin) and level_rank(document.level) > level_rank(key.max_level):
        return "level"
    return None if key.nbf <= issued(document) < key.exp else "key_life"


def _in_scope(key: RegisterKey, document: Document, held: Held) -> bool:
    covered = [bool(set(key.scope) & scope) for scope in _scopes(document, held)]
    if isinstance(document, Assignment):
        return all(covered)  # nobody gives a node a place outside their own
    return any(covered) or not covered  # aimed at none of ours: step 9 says so


def _scopes(document: Document, held: Held) -> list[frozenset[str]]:
    """For each area of this node that the document aims at: itself and all that stands above."""
    place = document if isinstance(document, Assignment) else held.assignment
    if place is None:
        return []
    ours = place.area_ids()
    match document:
        case Bulletin(areas=areas):
            aimed = [area for area in areas if area in ours]
        case Manifest(area=area) | Emergencies(area=area):
            aimed = [area]
        case Assignment() | Settings() | Beacon() | Ack() | Command():
            aimed = [placed.id for placed in place.areas]
        case _:
            assert_never(document)
    return [covering(area, place) for area in aimed]


def covering(area: str, place: Assignment) -> frozenset[str]:
    """The area and what the assignment puts above it: a scope that holds one of them counts."""
    chains = [[placed.id, *placed.above] for placed in place.areas]
    return frozenset(
        above for chain in chains if area in chain for above in chain[chain.index(area) :]
    ) | {area}


def enough_signatures(case: Case) -> Case | Refused:
    """Step 8: one `bulletin` key, and for an emergency a `countersign` of another holder."""
    document = case.document
    if not isinstance(document, Bulletin):
        return case
    speakers = {key.holder for key in case.keys if "bulletin" in key.may}
    if not speakers:
        return Refused("signatures", "no bulletin key among the good ones")
    if document.kind == "drill" and document.level == "emergency":
        return Refused("drill_level", "a drill never gains emergency power")
    if document.level != "emergency" or _is_ending(document):
        return case
    seconds = {key.holder for key in case.keys if "countersign" in key.may}
    if any(second != speaker for second in seconds for speaker in speakers):
        return case
    return Refused("countersign", "an emergency needs a second holder's countersignature")


def for_this_node(case: Case) -> Case | Refused:
    """Step 9."""
    document, held = case.document, case.held
    match document:
        case Assignment() | Settings() | Beacon() | Ack() | Command():
            mine = document.node == held.node
        case Manifest() | Emergencies():
            mine = document.area in _our_areas(held)
        case Bulletin():
            mine = bool(set(document.areas) & _our_areas(held))
        case _:
            assert_never(document)
    return case if mine else Refused("not_here", "meant for another place")


def life(case: Case) -> Case | Refused:
    """Step 10."""
    document = case.document
    if not isinstance(document, Bulletin) or document.exp - document.iat <= LIFE_MS[document.level]:
        return case
    return _unless_ending(case, Refused("life", f"lives longer than {document.level} may"))


def freshness(case: Case) -> Case | Refused:
    """Step 11: an old alarm must not sound again, so the higher levels need a proof of time."""
    document, clock = case.document, case.held.clock
    if isinstance(document, Beacon):
        return _answers_a_question(case, document)
    if not isinstance(document, Bulletin) or document.level not in FRESH_MS:
        return case
    age = clock.proof_age_ms
    if age is not None and 0 <= age <= FRESH_MS[document.level]:
        return case
    return _unless_ending(case, Refused("no_proof", f"{document.level} needs a proof of time"))


def _answers_a_question(case: Case, beacon: Beacon) -> Case | Refused:
    """One of ours, still open: a recorded answer, or one held back, is no proof of now."""
    if beacon.nonce in case.held.answered:
        return Refused("known", "this question has its answer")
    asked = case.held.questions.get(beacon.nonce)
    if asked is None:
        return Refused("nonce", "the answer to nothing this node has asked")
    late = case.held.clock.mono_ms - asked
    return case if late <= ANSWER_MS else Refused("late_answer", f"{late} ms after the question")


def register_is_current(case: Case) -> Case | Refused:
    """Step 12: a withheld or expired register still lets everyday speech through."""
    document, register = case.document, case.held.register
    if not isinstance(document, Bulletin) or document.level == "normal" or register is None:
        return case
    if case.held.newer_register:
        return _unless_ending(case, Refused("newer_register", "a newer register exists"))
    if register.exp <= case.held.clock.earliest_ms:
        return _unless_ending(case, Refused("register_expired", "the register held has expired"))
    return case


def time_window(case: Case) -> Case | Refused:
    """Step 13. With no calendar only the floor can say that something is over."""
    document, clock = case.document, case.held.clock
    if isinstance(document, Beacon):
        return _time_it_may_be(case, document)
    if isinstance(document, Bulletin | Command) and document.exp <= clock.earliest_ms:
        return _unless_ending(case, Refused("expired", "its time is over"))
    if clock.calendar and document.iat > clock.now_ms + CLOCK_SKEW_MS:
        return _unless_ending(case, Refused("future", "issued ahead of the time here"))
    return case


def _time_it_may_be(case: Case, beacon: Beacon) -> Case | Refused:
    """Between the floor and the end of the register: a stolen `ops` key cannot throw the clock
    further, and what lies beyond counts once a newer register is held."""
    held = case.held
    if beacon.time + CLOCK_SKEW_MS < held.clock.floor_ms:
        return Refused("before_floor", f"{beacon.time}, and the floor is {held.clock.floor_ms}")
    if held.register is not None and beacon.time > held.register.exp + DAY_MS:
        return replace(case, silent=Refused("beyond_register", "the register held ends before"))
    return case


def not_seen_before(case: Case) -> Case | Refused:
    """Step 14: a replay comes out as `known` (the same) or `rollback` (older)."""
    document, held = case.document, case.held
    if isinstance(document, Command):
        fresh = document.ticket == held.ticket and document.boot == held.boot
        return case if fresh else Refused("ticket", "a command for another boot, or used up")
    if isinstance(document, Beacon):
        return case  # its nonce has said so
    if isinstance(document, Bulletin):
        stored, given = held.seen.revision_of(document.id), document.rev
    elif isinstance(document, Ack):
        stored, given = held.seen.version_of("ack"), document.iat
    else:
        stored, given = held.seen.version_of(name_of(document)), document.version
    if stored is None or given > stored:
        return case
    return Refused("known" if given == stored else "rollback", f"{given}, held {stored}")


STEPS: Final[tuple[Step, ...]] = (
    size_and_json,  # 1, 2
    type_of_topic,  # 3
    known_keys,  # 4
    verified_keys,  # 5
    typed_document,  # 6
    keys_that_count,  # 7
    enough_signatures,  # 8
    for_this_node,  # 9
    life,  # 10
    freshness,  # 11
    register_is_current,  # 12
    time_window,  # 13
    not_seen_before,  # 14
)
REJUDGED: Final[tuple[Step, ...]] = STEPS[: STEPS.index(for_this_node) + 1]
"""What a new register or assignment asks again of everything already held: who spoke, to whom."""


def name_of(document: Assignment | Settings | Manifest | Emergencies) -> str:
    """The one name under which the newest of its kind is held."""
    match document:
        case Manifest(area=area):
            return f"manifest/{area}"
        case Emergencies(area=area):
            return f"emergencies/{area}"
        case Assignment():
            return "assignment"
        case Settings():
            return "settings"
        case _:
            assert_never(document)


def issued(document: Document) -> int:
    return document.time if isinstance(document, Beacon) else document.iat


def _is_ending(document: Document) -> bool:
    return isinstance(document, Bulletin) and document.kind in ("stop", "all_clear")


def _unless_ending(case: Case, refused: Refused) -> Case | Refused:
    if not _is_ending(case.document):
        return refused
    return replace(case, silent=case.silent or refused)


def _our_areas(held: Held) -> frozenset[str]:
    return frozenset(held.assignment.area_ids() if held.assignment else ())


def _keyids(case: Case) -> str:
    return ", ".join(s.keyid[:32] for s in case.opened.signatures)
