"""(evidence, keys) -> which key signs, or why none does. Pure.

The signer does not take the console's word: from the rows it has read itself it decides anew
whether two people, of whom the second had the right to, agreed on exactly these bytes. A row
that was forged in the database must fail here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from loa_server.areas.scope import Standing, covers, ids_of
from loa_wire.bulletin import KNOWN_CRIT, Bulletin, contradiction
from loa_wire.fields import level_rank
from loa_wire.limits import LIFE_MS
from loa_wire.parse import UnreadableError, decode
from loa_wire.trusted import MAY_SIGN, RegisterKey


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


@dataclass(frozen=True, slots=True)
class Sign:
    keyid: str


@dataclass(frozen=True, slots=True)
class Refuse:
    code: str
    detail: str


Decision = Sign | Refuse
Check = Callable[[Evidence], Refuse | None]


def judge(evidence: Evidence, keys: Sequence[RegisterKey], now: int) -> Decision:
    """`now` in ms UTC. The tests leave checks out to see the forgery succeed."""
    for check in CHECKS:
        refused = check(evidence)
        if refused is not None:
            return refused
    bulletin = decode(evidence.payload, Bulletin)
    return _lives(bulletin, now) or choose(bulletin, evidence, keys)


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


def right_to_approve(e: Evidence) -> Refuse | None:
    aimed = [e.paths[area] for area in decode(e.payload, Bulletin).areas]
    if e.approver is None or not e.approver.active:
        return Refuse("approver", "the approver's account is closed")
    if not e.approver.may_all("approver", [e.home, *aimed]):
        return Refuse("approver", "no approver's role over every area it names")
    return None


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
    says_what_the_rows_say,
    right_to_approve,
    current,
)


def _lives(bulletin: Bulletin, now: int) -> Refuse | None:
    if bulletin.exp <= now:
        return Refuse("expired", "its time is over")
    if bulletin.exp - bulletin.iat > LIFE_MS[bulletin.level]:
        return Refuse("life", f"lives longer than {bulletin.level} may")
    return None


def choose(bulletin: Bulletin, e: Evidence, keys: Sequence[RegisterKey]) -> Decision:
    """The key of the smallest place that holds the bulletin's home and all that it names."""
    if bulletin.level == "emergency" and bulletin.kind == "play":
        return Refuse("countersign", "no duty key on another machine has been set up")
    paths = [e.home, *(e.paths[area] for area in bulletin.areas)]
    fit = [
        (reach, key.keyid)
        for key in keys
        if "bulletin" in key.may
        and level_rank(bulletin.level) <= level_rank(key.max_level)
        and key.nbf <= bulletin.iat < key.exp
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
