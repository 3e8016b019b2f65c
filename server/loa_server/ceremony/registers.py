"""The next register, from what stood before, what the server asks for, and the registrar's word.

A request is a wish: the server's machine may be in foreign hands, so the registrar reads every
key of it before signing, and what was revoked once is not asked for again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from loa_server.ceremony.keyfile import Card
from loa_server.ceremony.refusal import CeremonyError
from loa_server.ceremony.roots import clock_behind, pick
from loa_wire.fields import AreaId, Level, Name, UnitId
from loa_wire.limits import DAY_MS, HTTPS_DOCUMENT
from loa_wire.trusted import Authority, HardLimits, May, RegisterKey

DAYS: Final = 90
KEY_LIFE_MS: Final = 2 * 365 * DAY_MS
EARLIER_MS: Final = 7 * DAY_MS
"""A new key also signs what was submitted a week before it was made."""
MAYS: Final[tuple[May, ...]] = ("bulletin", "countersign", "place", "settings", "ops")


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the server asks the registrar for; a person may edit it. `areas` names the ids."""

    request: int = 1
    installation: Name
    unit: UnitId
    unit_name: str
    root: int
    register: int
    areas: dict[AreaId, str]
    limits: HardLimits
    keys: list[RegisterKey]


@dataclass(frozen=True, slots=True)
class Duty:
    """A key by its card, and what the registrar lets it do."""

    card: Card
    scope: Sequence[str]
    max_level: Level = "normal"


@dataclass(frozen=True, slots=True)
class Change:
    add: Sequence[Duty] = ()
    revoke: Sequence[str] = ()  # what it signed counts no more
    retire: Sequence[str] = ()  # what it signed so far stays good
    max_level: Mapping[str, Level] = field(default_factory=dict)
    nbf: int | None = None  # for the keys that are new
    exp: int | None = None
    days: int = DAYS
    limits: HardLimits | None = None


def read_request(path: Path) -> Request:
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(HTTPS_DOCUMENT), type=Request)
    except OSError as e:
        raise CeremonyError(
            "file", f"{path}: không đọc được ({e.strerror})", f"{path}: cannot be read"
        ) from e
    except (msgspec.MsgspecError, UnicodeDecodeError) as e:
        raise CeremonyError(
            "request",
            f"{path.name}: không phải yêu cầu của máy chủ ({e})",
            f"{path.name}: not a request of the server ({e})",
        ) from e


def following(
    before: Authority | None, request: Request | None, unit: str, change: Change, now: int
) -> Authority:
    """Version n+1; 1 where there was none."""
    if before is not None and now <= before.iat:
        raise clock_behind(now, before.iat)
    if request is not None and request.unit != unit:
        raise CeremonyError(
            "unit",
            f"yêu cầu là của đơn vị {request.unit}, không phải {unit}",
            f"the request is of unit {request.unit}, not {unit}",
        )
    keys = _named(before, request, change, now)
    return _checked(
        Authority(
            unit=unit,
            version=before.version + 1 if before else 1,
            iat=now,
            exp=now + change.days * DAY_MS,
            keys=sorted(keys.values(), key=lambda key: key.keyid),
            limits=_limits(before, request, change),
            relays=before.relays if before else [],
            no_proof=before.no_proof if before else "refuse",
        )
    )


def _named(
    before: Authority | None, request: Request | None, change: Change, now: int
) -> dict[str, RegisterKey]:
    old = {key.keyid: key for key in before.keys} if before else {}
    keys = {keyid: key for keyid, key in old.items() if key.exp > now}
    for key in request.keys if request else ():
        keys.setdefault(key.keyid, _timed(key, change, now))
    for duty in change.add:
        keys[duty.card.keyid] = _entered(duty, change, now)
    # `old` too: a key that has run out may still be named by whoever wants it gone
    known = {keyid: key.holder for keyid, key in {**old, **keys}.items()}
    for name in change.revoke:
        keys.pop(pick(name, known), None)
    for name in change.retire:
        keyid = pick(name, known)
        keys[keyid] = msgspec.structs.replace(keys[keyid], exp=min(now, keys[keyid].exp))
    for name, level in change.max_level.items():
        keyid = pick(name, known)
        keys[keyid] = msgspec.structs.replace(keys[keyid], max_level=level)
    return keys


def _timed(key: RegisterKey, change: Change, now: int) -> RegisterKey:
    return msgspec.structs.replace(
        key,
        nbf=change.nbf if change.nbf is not None else min(key.nbf, now),
        exp=change.exp if change.exp is not None else key.exp,
    )


def _entered(duty: Duty, change: Change, now: int) -> RegisterKey:
    card = duty.card
    may = next((may for may in MAYS if may == card.role), None)
    if may is None:
        raise CeremonyError(
            "role",
            f"thẻ của {card.holder} là thẻ “{card.role}”, không thuộc sổ khóa",
            f'the card of {card.holder} is for "{card.role}", which no register names',
        )
    if not duty.scope:
        raise CeremonyError(
            "scope",
            f"khóa của {card.holder} dùng cho khu vực nào? (--scope)",
            f"for which areas is the key of {card.holder}? (--scope)",
        )
    return RegisterKey(
        keyid=card.keyid,
        public=card.public,
        holder=card.holder,
        may=[may],
        scope=list(duty.scope),
        nbf=change.nbf if change.nbf is not None else now - EARLIER_MS,
        exp=change.exp if change.exp is not None else now + KEY_LIFE_MS,
        max_level=duty.max_level,
    )


def _limits(before: Authority | None, request: Request | None, change: Change) -> HardLimits:
    if change.limits is not None:
        return change.limits
    if request is not None:
        return request.limits
    return before.limits if before else HardLimits()


def _checked(register: Authority) -> Authority:
    try:
        return msgspec.convert(msgspec.to_builtins(register), Authority, strict=True)
    except msgspec.ValidationError as e:
        raise CeremonyError("schema", f"không thành sổ khóa: {e}", f"not a register: {e}") from e
