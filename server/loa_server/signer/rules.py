"""(evidence, keys) -> which key signs, or why none does. Pure.

The signer does not take the console's word: from the rows it has read itself it decides anew
whether two people, of whom the second had the right to, agreed on exactly these bytes. A row
that was forged in the database must fail here. An emergency needs a third look: the duty key's
signature, which nobody here can make. A stop or an all-clear is one person's order; nothing in it
is theirs to choose, so the signer makes it again and compares.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from loa_server.areas import totp
from loa_server.areas.scope import Standing, covers, ids_of
from loa_server.bulletins import notices
from loa_wire.bulletin import KNOWN_CRIT, Bulletin, contradiction
from loa_wire.fields import level_rank
from loa_wire.limits import LIFE_MS
from loa_wire.parse import UnreadableError, decode
from loa_wire.trusted import MAY_SIGN, RegisterKey


@dataclass(frozen=True, slots=True)
class Second:
    """The duty officer's word. `holder`: of the registered key that really signed these bytes."""

    sha256: str
    officer: Standing
    approver: int
    holder: str | None


@dataclass(frozen=True, slots=True)
class Order:
    """One person's order to end what runs. `whole`: the ending as it has to be, None if it may
    not be. `proved`: their code was good at that moment, and is used for nothing else."""

    sha256: str
    person: Standing
    whole: bytes | None
    proved: bool
    step: int = 0  # of the code


@dataclass(frozen=True, slots=True)
class Typed:
    """A code of the second factor that stands beside somebody's word, and what it is checked by.

    `secret` is that person's, None where none opens; `at` is when the word was given, in seconds;
    `uses` counts the words that name this person and this step.
    """

    code: str
    step: int
    at: float
    secret: str | None = field(repr=False)
    uses: int = 1


@dataclass(frozen=True, slots=True)
class First:
    """The word of the first of two approvers, where the genre needs two."""

    sha256: str
    author: int
    approver: Standing
    typed: Typed


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the database says of one revision, read by the signer itself.

    `written` is (level, areas) of the working copy while it still is what was submitted, None
    once an edit has re-opened it. `paths` holds the areas that exist, by id.
    """

    bulletin: str
    rev: int
    state: str
    newest_approved: int
    payload: bytes
    revision_sha256: str
    revision_author: int
    bulletin_author: int
    approval_sha256: str | None  # None: nobody approved it
    approval_author: int | None
    approver: Standing | None
    home: str
    paths: Mapping[str, str]
    written: tuple[str, frozenset[str]] | None
    typed: Typed | None
    second: Second | None = None
    order: Order | None = None
    first: First | None = None
    two_for: Collection[str] = ()  # genres, from the signer's own configuration


@dataclass(frozen=True, slots=True)
class Sign:
    keyid: str


@dataclass(frozen=True, slots=True)
class Refuse:
    code: str
    detail: str


Decision = Sign | Refuse
AHEAD_MS: Final = 60_000
"""Console and signer may be on two machines."""
Check = Callable[[Evidence], Refuse | None]


def judge(evidence: Evidence, keys: Sequence[RegisterKey], now: int) -> Decision:
    """`now` in ms UTC. The tests leave checks out to see the forgery succeed."""
    for check in CHECKS if evidence.order is None else ENDING_CHECKS:
        refused = check(evidence)
        if refused is not None:
            return refused
    bulletin = decode(evidence.payload, Bulletin)
    return ahead(evidence, now) or _lives(bulletin, now) or choose(bulletin, evidence, keys)


def approved_bytes(e: Evidence) -> Refuse | None:
    if e.approval_sha256 is None or e.approver is None:
        return Refuse("not_approved", "no approval of this revision")
    computed = hashlib.sha256(e.payload).hexdigest()
    if not computed == e.revision_sha256 == e.approval_sha256:
        return Refuse("hash", "the bytes are not those that were submitted and approved")
    return None


def two_people(e: Evidence) -> Refuse | None:
    writers = {e.revision_author, e.bulletin_author, e.approval_author}
    if len(writers) != 1:
        return Refuse("author", "the rows do not agree on who wrote it")
    if e.approver is None or e.approver.person in writers:
        return Refuse("own", "approved by its own author")
    return None


def readable(e: Evidence) -> Refuse | None:
    try:
        bulletin = decode(e.payload, Bulletin)
    except UnreadableError as error:
        return Refuse(error.code, error.detail)
    wrong = contradiction(bulletin)
    if wrong is not None or set(bulletin.crit) - KNOWN_CRIT:
        return Refuse("schema", wrong or "crit names what nobody knows")
    return None


def says_what_the_rows_say(e: Evidence) -> Refuse | None:
    bulletin = decode(e.payload, Bulletin)
    if (bulletin.id, bulletin.rev) != (e.bulletin, e.rev):
        return Refuse("mismatch", f"the bytes say {bulletin.id} rev {bulletin.rev}")
    if e.written is not None and e.written != (bulletin.level, frozenset(bulletin.areas)):
        return Refuse("mismatch", "level or areas differ from the bulletin's")
    missing = sorted(set(bulletin.areas) - set(e.paths))
    return Refuse("area", f"no such area: {missing[0]}") if missing else None


def written_by_people(e: Evidence) -> Refuse | None:
    kind = decode(e.payload, Bulletin).kind
    return None if kind in ("play", "drill") else Refuse("kind", f"nobody ordered this {kind}")


def countersigned(e: Evidence) -> Refuse | None:
    """The row may be forged, the signature in it cannot be."""
    bulletin, second = decode(e.payload, Bulletin), e.second
    if (bulletin.kind, bulletin.level) != ("play", "emergency"):
        return None
    if second is None or second.holder is None:
        return Refuse("countersign", "no registered duty key has signed these bytes")
    if second.sha256 != hashlib.sha256(e.payload).hexdigest():
        return Refuse("hash", "the duty officer was shown other bytes")
    approver = e.approver.person if e.approver else None
    if second.officer.person == approver or second.approver != approver:
        return Refuse("same_hand", "approved and countersigned by one person")
    aimed = [e.paths[area] for area in bulletin.areas]
    if not second.officer.may_all("duty", [e.home, *aimed]):
        return Refuse("officer", "no duty officer's role over every area it names")
    return None


def right_to_approve(e: Evidence) -> Refuse | None:
    aimed = [e.paths[area] for area in decode(e.payload, Bulletin).areas]
    if e.approver is None or not e.approver.active:
        return Refuse("approver", "the approver's account is closed")
    if not e.approver.may_all("approver", [e.home, *aimed]):
        return Refuse("approver", "no approver's role over every area it names")
    return None


def own_code(e: Evidence) -> Refuse | None:
    """Whoever writes rows knows no codes: the approver's app was there at the approval."""
    if e.typed is None:
        return Refuse("totp", "approved without a code")
    return right_code(e.typed, decode(e.payload, Bulletin))


def right_code(typed: Typed, bulletin: Bulletin) -> Refuse | None:
    # what somebody typed long ago, for other bytes, is no word on these
    if typed.at * 1000 < bulletin.iat - AHEAD_MS:
        return Refuse("totp", "approved before it was written")
    if typed.secret is None:
        return Refuse("totp", "no second factor that was set up here")
    if abs(typed.step - totp.step_at(typed.at)) > totp.AROUND:
        return Refuse("totp", "the code is of another time than the word it stands beside")
    if not totp.is_code_of(typed.secret, typed.step, typed.code):
        return Refuse("totp", "the code is not one of theirs")
    return None if typed.uses == 1 else Refuse("totp", "one code stands beside several words")


def wants_both(e: Evidence) -> bool:
    """An alarm has the duty officer's signature instead."""
    bulletin = decode(e.payload, Bulletin)
    return bulletin.level != "emergency" and bulletin.genre in e.two_for


def both_approvers(e: Evidence) -> Refuse | None:
    """Two people besides the author over the same bytes, each with their own code."""
    bulletin, first = decode(e.payload, Bulletin), e.first
    if not wants_both(e):
        return None
    if first is None:
        return Refuse("second_approval", f"{bulletin.genre} needs two approvers")
    if first.sha256 != hashlib.sha256(e.payload).hexdigest():
        return Refuse("hash", "the first approver was shown other bytes")
    return _another_person(e, first) or _right_of_first(e, first, bulletin)


def _another_person(e: Evidence, first: First) -> Refuse | None:
    hands = {e.revision_author, e.bulletin_author, first.author}
    if len(hands) != 1:
        return Refuse("author", "the rows do not agree on who wrote it")
    if e.approver is None or first.approver.person in hands | {e.approver.person}:
        return Refuse("same_hand", "the two approvers are not two people besides the author")
    return None


def _right_of_first(e: Evidence, first: First, bulletin: Bulletin) -> Refuse | None:
    if not first.approver.may_all("approver", [e.home, *(e.paths[a] for a in bulletin.areas)]):
        return Refuse("approver", "the first approver has no role over every area it names")
    return right_code(first.typed, bulletin)


def by_form(e: Evidence) -> Refuse | None:
    """Recruitment and charity say what their forms say, whoever wrote the rows."""
    stray = notices.strays(decode(e.payload, Bulletin))
    return Refuse("notice", "words that no form of its genre makes") if stray else None


def current(e: Evidence) -> Refuse | None:
    if e.state == "recalled":
        return Refuse("recalled", "it was recalled")
    if e.rev != e.newest_approved:
        return Refuse("superseded", f"revision {e.newest_approved} was approved after it")
    return None


CHECKS: Sequence[Check] = (
    approved_bytes,
    two_people,
    readable,
    written_by_people,
    says_what_the_rows_say,
    right_to_approve,
    own_code,
    both_approvers,
    by_form,
    countersigned,
    current,
)


def ahead(e: Evidence, now: int) -> Refuse | None:
    """A code of tomorrow could be kept for tomorrow."""
    words = (e.typed, e.first.typed if e.first else None)
    late = any(typed is not None and typed.at * 1000 > now + AHEAD_MS for typed in words)
    return Refuse("totp", "approved at a time that has not come yet") if late else None


def ordered(e: Evidence) -> Refuse | None:
    assert e.order is not None  # noqa: S101 - the checks of an order
    if not hashlib.sha256(e.payload).hexdigest() == e.revision_sha256 == e.order.sha256:
        return Refuse("hash", "the bytes are not those that were ordered")
    if {e.revision_author, e.bulletin_author} != {e.order.person.person}:
        return Refuse("author", "the rows do not agree on who ordered it")
    return None if e.order.proved else Refuse("totp", "no good code stands under this order")


def whole(e: Evidence) -> Refuse | None:
    made = e.order is not None and e.order.whole == e.payload
    return None if made else Refuse("mismatch", "not the ending of anything that was published")


def right_to_end(e: Evidence) -> Refuse | None:
    assert e.order is not None  # noqa: S101 - the checks of an order
    ending = decode(e.payload, Bulletin)
    places = [e.home, *(e.paths.get(area, "?") for area in ending.areas)]
    if any(e.order.person.may_all(role, places) for role in who_may_end(ending)):
        return None
    return Refuse("approver", "neither approver nor duty officer of every area it names")


def who_may_end(ending: Bulletin) -> tuple[str, ...]:
    """An area is silenced together with its alarms by a duty officer alone."""
    blindly = ending.stops is not None and ending.stops.area is not None
    return ("duty",) if blindly and ending.level == "emergency" else ("approver", "duty")


ENDING_CHECKS: Sequence[Check] = (ordered, readable, whole, right_to_end)


def _lives(bulletin: Bulletin, now: int) -> Refuse | None:
    if bulletin.exp <= now:
        return Refuse("expired", "its time is over")
    # a stop of an area outlives all that it silences, as a node allows it to
    longest = LIFE_MS["normal" if bulletin.kind == "stop" else bulletin.level]
    if bulletin.exp - bulletin.iat > longest:
        return Refuse("life", f"lives longer than {bulletin.level} may")
    return None


def choose(bulletin: Bulletin, e: Evidence, keys: Sequence[RegisterKey]) -> Decision:
    """The key of the smallest place that holds the bulletin's home and all that it names."""
    duty = e.second.holder if e.second else None
    paths = [e.home, *(e.paths[area] for area in bulletin.areas)]
    fit = [
        (reach, key.keyid)
        for key in keys
        if "bulletin" in key.may
        and level_rank(bulletin.level) <= level_rank(key.max_level)
        and key.nbf <= bulletin.iat < key.exp
        and key.holder != duty
        and (reach := depth(key, paths)) > 0
    ]
    return Sign(max(fit)[1]) if fit else Refuse("no_key", "no key here speaks for these areas")


def depth(key: RegisterKey, paths: Iterable[str]) -> int:
    """How far down the tree the key's scope begins for all of these places; 0: not for all."""
    scope = set(key.scope)
    deepest = [
        max((n for n, area in enumerate(ids_of(path), 1) if area in scope), default=0)
        for path in paths
    ]
    return min(deepest, default=0)


def key_for(typ: str, keys: Sequence[RegisterKey], path: str, iat: int) -> Decision:
    """For what is not speech: `path` is of the area or node that the document concerns."""
    allowed = set(MAY_SIGN.get(typ, ())) - {"bulletin", "countersign"}
    fit = [
        (depth(key, [path]), key.keyid)
        for key in keys
        if allowed & set(key.may) and key.nbf <= iat < key.exp and depth(key, [path]) > 0
    ]
    return Sign(max(fit)[1]) if fit else Refuse("no_key", f"no key here signs {typ} for {path}")


def in_place(place: Mapping[str, str], node_path: str) -> Refuse | None:
    """An assignment puts a node where the register of nodes has it; `place` is {area: path}."""
    stray = [area for area, path in place.items() if not covers(path, node_path)]
    return Refuse("place", f"the node does not stand in {stray[0]}") if stray else None
