"""(bytes, now) -> the emergency they are, or why the duty key never signs them. Pure.

What the server says of the bytes counts for nothing here: they are read again, by the parser and
the limits of the nodes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from loa_wire.bulletin import KNOWN_CRIT, Bulletin, contradiction
from loa_wire.limits import BULLETIN_ENVELOPE, LIFE_MS
from loa_wire.parse import UnreadableError, decode
from loa_wire.trusted import RegisterKey

AGE_MS: Final = 10 * 60_000
"""From its submission to here: what lay about for longer is somebody's old alarm."""
AHEAD_MS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Refuse:
    code: str
    detail: str


def judge(payload: bytes, now: int) -> Bulletin | Refuse:
    """`now` in ms UTC."""
    if len(payload) > BULLETIN_ENVELOPE:
        return Refuse("size", f"{len(payload)} bytes")
    try:
        bulletin = decode(payload, Bulletin)
    except UnreadableError as e:
        return Refuse(e.code, e.detail)
    wrong = contradiction(bulletin)
    if wrong is not None or set(bulletin.crit) - KNOWN_CRIT:
        return Refuse("schema", wrong or "crit names what nobody knows")
    return _emergency(bulletin, now) or bulletin


def _emergency(bulletin: Bulletin, now: int) -> Refuse | None:
    if (bulletin.kind, bulletin.level) != ("play", "emergency"):
        return Refuse("not_emergency", f"{bulletin.kind} {bulletin.level}")
    if bulletin.exp - bulletin.iat > LIFE_MS["emergency"]:
        return Refuse("life", "lives longer than an emergency may")
    if not now - AGE_MS <= bulletin.iat <= now + AHEAD_MS:
        return Refuse("too_old", "not of the last ten minutes, by the clock here")
    return Refuse("expired", "its time is over") if bulletin.exp <= now else None


def key_for(bulletin: Bulletin, keys: Sequence[RegisterKey]) -> RegisterKey | Refuse:
    """The one that lasts longest. Whether its scope covers the areas, every node decides."""
    fit = [
        key
        for key in keys
        if key.may == ["countersign"]
        and key.max_level == "emergency"
        and key.nbf <= bulletin.iat < key.exp
    ]
    return max(fit, key=lambda key: key.exp) if fit else Refuse("no_key", "no duty key is valid")
