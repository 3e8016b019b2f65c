"""The first root, and the next one from what is to change. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from loa_server.ceremony.keyfile import Card
from loa_server.ceremony.refusal import CeremonyError
from loa_server.ceremony.words import day
from loa_wire.limits import DAY_MS
from loa_wire.trusted import Role, Root, RootKey

LIFE_MS: Final = 5 * 365 * DAY_MS
DEMO: Final = "DEMO "
"""How the holders of a demo's keys are called, in the signed root itself."""


@dataclass(frozen=True, slots=True)
class Change:
    """What the next root does differently. Empty: it only lives longer."""

    add: Sequence[Card] = ()
    remove: Sequence[str] = ()  # keyids, beginnings of keyids, or holders
    threshold: int = 0  # 0: as before
    authorities: Mapping[str, Sequence[Card]] = field(default_factory=dict)
    authority_thresholds: Mapping[str, int] = field(default_factory=dict)
    release: Sequence[Card] = ()


def first(  # noqa: PLR0913 - a root is these things
    installation: str,
    holders: Sequence[Card],
    authorities: Mapping[str, Sequence[Card]],
    now: int,
    *,
    threshold: int = 2,
    release: Sequence[Card] = (),
    life_ms: int = LIFE_MS,
) -> Root:
    if not authorities:
        raise CeremonyError(
            "authority",
            "khóa gốc phải nói ai ký sổ khóa (--authority ĐƠN-VỊ=THẺ)",
            "a root must say who signs the register (--authority UNIT=CARD)",
        )
    for cards, role in ((holders, "root"), (release, "release")):
        _for(cards, role)
    named = [card for cards in authorities.values() for card in cards]
    _for(named, "authority")
    return _checked(
        Root(
            installation=installation,
            version=1,
            iat=now,
            exp=now + life_ms,
            keys=_keys([*holders, *named, *release]),
            root=_role(holders, threshold),
            authorities={unit: _role(cards, 1) for unit, cards in authorities.items()},
            release=_role(release, 1) if release else None,
        )
    )


def following(before: Root, change: Change, now: int, life_ms: int = LIFE_MS) -> Root:
    if now <= before.iat:
        raise clock_behind(now, before.iat)
    cards = [*change.add, *change.release, *(c for cs in change.authorities.values() for c in cs)]
    _for(change.add, "root")
    _for(change.release, "release")
    _for([c for cs in change.authorities.values() for c in cs], "authority")
    gone = {find(name, before) for name in change.remove}
    holders = [k for k in before.root.keyids if k not in gone]
    holders += [card.keyid for card in change.add if card.keyid not in holders]
    authorities = dict(before.authorities)
    for unit, named in change.authorities.items():
        authorities[unit] = _role(named, 1)
    for unit, threshold in change.authority_thresholds.items():
        if unit not in authorities:
            raise CeremonyError("unit", f"không có đơn vị {unit}", f"no unit {unit}")
        authorities[unit] = msgspec.structs.replace(authorities[unit], threshold=threshold)
    release = _role(change.release, 1) if change.release else before.release
    threshold = change.threshold or before.root.threshold
    role = Role(keyids=holders, threshold=threshold)
    used = {k for r in (role, *authorities.values()) for k in r.keyids}
    used |= set(release.keyids) if release else set()
    keys = {k: key for k, key in {**before.keys, **_keys(cards)}.items() if k in used}
    return _checked(
        Root(
            installation=before.installation,
            version=before.version + 1,
            iat=now,
            exp=now + life_ms,
            keys=keys,
            root=role,
            authorities=authorities,
            release=release,
        )
    )


def find(name: str, root: Root) -> str:
    """A root holder by keyid, by its beginning (8 letters or more), or by name."""
    held = {keyid: root.keys[keyid].holder for keyid in root.root.keyids}
    return pick(name, held)


def pick(name: str, held: Mapping[str, str]) -> str:
    """`held` is {keyid: holder}."""
    said = name.replace(" ", "").lower()
    hits = [k for k, holder in held.items() if holder == name]
    hits += [k for k in held if len(said) >= 8 and k.startswith(said) and k not in hits]
    if len(hits) == 1:
        return hits[0]
    there = ", ".join(f"{keyid[:8]} ({holder})" for keyid, holder in held.items())
    raise CeremonyError(
        "which",
        f"“{name}” chỉ {'nhiều khóa' if hits else 'không khóa nào'}; đang có: {there}",
        f'"{name}" names {"several keys" if hits else "no key"}; there are: {there}',
    )


def is_demo(root: Root) -> bool:
    """Whether any key that a demo keeps on its own machine may still change who speaks."""
    deciding = [*root.root.keyids, *(k for r in root.authorities.values() for k in r.keyids)]
    return any(k in root.keys and root.keys[k].holder.startswith(DEMO) for k in deciding)


def clock_behind(now: int, iat: int) -> CeremonyError:
    return CeremonyError(
        "clock",
        f"máy này nói hôm nay là {day(now)}, nhưng văn bản trước lập ngày {day(iat)}: hãy chỉnh "
        "đồng hồ",
        f"this machine says it is {day(now)}, but the document before is of {day(iat)}: set its "
        "clock",
    )


def _checked(root: Root) -> Root:
    """As strict as its reader: a name of 200 letters is refused here, not by the nodes."""
    try:
        return msgspec.convert(msgspec.to_builtins(root), Root, strict=True)
    except msgspec.ValidationError as e:
        raise CeremonyError("schema", f"không thành khóa gốc: {e}", f"not a root: {e}") from e


def _for(cards: Sequence[Card], role: str) -> None:
    for card in cards:
        if card.role != role:
            raise CeremonyError(
                "role",
                f"thẻ của {card.holder} là thẻ “{card.role}”, ở đây cần thẻ “{role}”",
                f'the card of {card.holder} is for "{card.role}", here one for "{role}" is needed',
            )


def _role(cards: Sequence[Card], threshold: int) -> Role:
    return Role(keyids=[card.keyid for card in cards], threshold=threshold)


def _keys(cards: Sequence[Card]) -> dict[str, RootKey]:
    return {card.keyid: RootKey(public=card.public, holder=card.holder) for card in cards}
