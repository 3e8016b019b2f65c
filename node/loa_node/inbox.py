"""Step 4 of 10. Bytes from the district become Kept, Known or Refused.

"Applied" moves only after the shelf has the document on disk: a power cut before that makes the
node fetch it again, and the second time it comes out as Known.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from loa_node import trust
from loa_node.clock import Clock
from loa_node.register import Refused
from loa_wire.bulletin import Bulletin, Stops
from loa_wire.down import Ack, Beacon, Command
from loa_wire.dsse import open_envelope
from loa_wire.fields import level_rank
from loa_wire.limits import BULLETIN_ENVELOPE
from loa_wire.parse import UnreadableError, decode

State = Literal["held", "stopped", "dropped", "over", "set_aside"]


@dataclass(frozen=True, slots=True)
class Shelved:
    """One bulletin on the shelf. `silent`: shown, and never heard before its time is proved."""

    bulletin: Bulletin
    sha256: str  # of the envelope's bytes
    envelope: bytes
    state: State = "held"
    silent: bool = False


class Shelf(Protocol):
    """What must survive a power cut. Every change returns only once it is on disk."""

    def revision_of(self, bulletin_id: str) -> int | None:
        """The highest rev ever kept, also of one stopped, dropped or over."""

    def envelope_known(self, sha256: str) -> bool: ...

    def bulletins(self) -> list[Shelved]:
        """Those in state `held`."""

    def keep(self, shelved: Shelved, ended: Sequence[str]) -> None:
        """Stores one bulletin and marks those it ends as stopped, in one transaction."""

    def mark(self, ids: Sequence[str], state: State) -> None: ...

    def forget(self, before_ms: int) -> None:
        """Removes every trace of bulletins whose exp is before the time floor."""

    def version_of(self, name: str) -> int | None: ...
    def document(self, name: str) -> bytes | None: ...
    def put(self, name: str, version: int, data: bytes) -> None: ...
    def remove(self, name: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Kept:
    """`ended` are the ids of held bulletins that this one stops."""

    document: trust.Document
    ended: tuple[str, ...] = ()
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """The very same was kept before."""


Outcome = Kept | Known | Refused
WAITING: frozenset[str] = frozenset(
    {"no_register", "no_assignment", "unknown_key", "scope", "not_here"}
)
"""Refusals that a newer register or assignment may turn round: worth keeping the bytes for."""

IN_DOUBT: frozenset[str] = frozenset({"no_proof", "newer_register"})
"""Refusals that the district's answer may turn round within seconds: held back, and asked about."""
KEYLESS: frozenset[str] = frozenset({"unknown_key", "signature", "may", "scope", "key_life"})
"""What is said of a document whose key was revoked, replaced or narrowed since it was held."""
KEPT_AFTER_EXP_MS = 86_400_000
FORGOTTEN = 0
"""Below every version: any that a good key signs comes after it."""


def receive(data: bytes, typ: str, held: trust.Held, shelf: Shelf) -> Outcome:
    sha256 = hashlib.sha256(data).hexdigest()
    if typ == "bulletin" and shelf.envelope_known(sha256):
        return Known()
    judged = trust.judge(data, typ, held)
    if isinstance(judged, Refused):
        return Known() if judged.code == "known" and typ != "bulletin" else judged
    document = judged.document
    if isinstance(document, Bulletin):
        return _keep(Shelved(document, sha256, data, "held", judged.silent is not None), shelf)
    if isinstance(document, Ack):
        shelf.put("ack", document.iat, data)
    elif not isinstance(document, Command | Beacon):
        shelf.put(trust.name_of(document), document.version, data)
    return Kept(document, silent=judged.silent is not None)


def _keep(shelved: Shelved, shelf: Shelf) -> Kept | Refused:
    held = [other.bulletin for other in shelf.bulletins()]
    bulletin = shelved.bulletin
    if any(silences(stop, bulletin) for stop in held):
        return Refused("stopped", "a stop held here covers it")
    ended = tuple(b.id for b in held if b.id != bulletin.id and silences(bulletin, b))
    shelf.keep(shelved, ended)
    return Kept(bulletin, ended, shelved.silent)


def silences(stop: Bulletin, other: Bulletin) -> bool:
    """Two signed integers, no clock: an old stop cannot silence what was issued after it.

    A stop reaches what is at or below its own level, which its key had to reach.
    """
    if other.kind == "stop" or level_rank(other.level) > level_rank(stop.level):
        return False
    if stop.kind == "all_clear":
        return other.id == stop.ends and other.iat <= stop.iat
    if stop.kind != "stop" or stop.stops is None:
        return False
    return _covers(stop, stop.stops, other)


def _covers(stop: Bulletin, stops: Stops, other: Bulletin) -> bool:
    if stops.area is None:
        named = other.id in stops.ids or (other.origin is not None and other.origin.id in stops.ids)
        return named and other.iat <= stop.iat
    # Whoever holds this stop stands in its area, so does all that is held with it: also what was
    # meant for the whole district falls silent here.
    return stop.areas == [stops.area] and other.iat <= (stops.issued_upto or 0)


def no_longer_believed(held: trust.Held, shelved: Iterable[Shelved]) -> list[tuple[str, Refused]]:
    """Judges the shelf again after a new register or assignment: (id, why it is to be dropped)."""
    found: list[tuple[str, Refused]] = []
    for one in shelved:
        judged = trust.judge(one.envelope, "bulletin", held, trust.REJUDGED)
        if isinstance(judged, Refused):
            found.append((one.bulletin.id, judged))
    return found


def numbers_to_forget(held: trust.Held, shelf: Shelf) -> list[str]:
    """Of the held documents that are one of a kind, those whose key no longer counts.

    Else a stolen key that ran a version forward would shut the district out after its revocation.
    What they say stays until the next one comes: a node must not lose its place with a key.
    """
    areas = held.assignment.area_ids() if held.assignment else []
    names = ["assignment", "settings", "ack"]
    names += [f"{what}/{area}" for what in ("manifest", "emergencies") for area in areas]
    return [name for name in names if _no_longer_signed(name, held, shelf)]


def _no_longer_signed(name: str, held: trust.Held, shelf: Shelf) -> bool:
    data = shelf.document(name)
    if not data or not shelf.version_of(name):
        return False
    judged = trust.judge(data, name.partition("/")[0], held, trust.REJUDGED)
    return isinstance(judged, Refused) and judged.code in KEYLESS


def long_over(shelved: Iterable[Shelved], clock: Clock) -> list[str]:
    """Ids of what may leave the card, as it cannot come back. Only a proof or the floor says so:
    a time server that lies for an hour must not empty the shelf."""
    surely = max(clock.floor_ms, clock.proved_now_ms or 0)
    return [b.id for b in (one.bulletin for one in shelved) if b.exp + KEPT_AFTER_EXP_MS < surely]


def surely_over(shelved: Iterable[Shelved], clock: Clock) -> list[Bulletin]:
    """Whose sounds may make room for others: the oldest first. Same word of time as `long_over`."""
    surely = max(clock.floor_ms, clock.proved_now_ms or 0)
    over = [one.bulletin for one in shelved if one.bulletin.exp < surely]
    return sorted(over, key=lambda b: (b.exp, b.id))


def show_only(data: bytes, held: trust.Held, shelf: Shelf) -> Outcome:
    """An emergency whose time nobody proved: on the screen, where the register allows that.

    Everything but its freshness has to hold.
    """
    steps = [step for step in trust.STEPS if step is not trust.freshness]
    judged = trust.judge(data, "bulletin", held, steps)
    if isinstance(judged, Refused):
        return judged
    assert isinstance(judged.document, Bulletin)  # noqa: S101 - a bulletin's topic
    sha256 = hashlib.sha256(data).hexdigest()
    return _keep(Shelved(judged.document, sha256, data, "held", silent=True), shelf)


def give_voice(held: trust.Held, shelf: Shelf) -> list[str]:
    """Ids of what was only shown and may be heard now, because a proof has come."""
    heard = []
    for one in shelf.bulletins():
        if one.silent and one.bulletin.kind == "play":
            steps = [step for step in trust.STEPS if step is not trust.not_seen_before]
            if not isinstance(trust.judge(one.envelope, "bulletin", held, steps), Refused):
                shelf.keep(replace(one, silent=False), ())
                heard.append(one.bulletin.id)
    return heard


def about(data: bytes) -> Bulletin | None:
    """What a refused envelope says it is, for the journal; not to be acted on."""
    try:
        return decode(open_envelope(data, BULLETIN_ENVELOPE).payload, Bulletin)
    except UnreadableError:
        return None
