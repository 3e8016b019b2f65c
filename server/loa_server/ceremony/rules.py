"""Whether a root or a register would do: the nodes' own rules, and what people must not get wrong.

Pure. `content` says what is wrong with what a document says, before anybody signs it;
`complete` says what a node would still refuse.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from loa_server.ceremony.keyfile import verifies
from loa_server.ceremony.paper import Paper
from loa_server.ceremony.refusal import Finding
from loa_wire import chain
from loa_wire.limits import SIGNATURES
from loa_wire.trusted import Authority, Role, Root, RootKey

LEAST_HOLDERS: Final = 2


@dataclass(frozen=True, slots=True)
class Before:
    """What stands already: for a root the root before it; for a register also the root it obeys."""

    root: Root | None = None
    register: Authority | None = None


@dataclass(frozen=True, slots=True)
class Demand:
    """One threshold that signatures have to reach."""

    vi: str
    en: str
    role: Role
    keys: Mapping[str, RootKey]


def demands(paper: Paper, before: Before) -> list[Demand]:
    document = paper.document
    if isinstance(document, Root):
        own = Demand("người giữ khóa gốc mới", "holders of this root", document.root, document.keys)
        if before.root is None:
            return [own]
        held = before.root
        return [
            Demand("người giữ khóa gốc cũ", "holders of the root before", held.root, held.keys),
            own,
        ]
    root = before.root
    if root is None or document.unit not in root.authorities:
        return []
    return [Demand("người ký sổ khóa", "authority", root.authorities[document.unit], root.keys)]


def may_sign(keyid: str, paper: Paper, before: Before) -> bool:
    return any(keyid in demand.role.keyids for demand in demands(paper, before))


def content(paper: Paper, before: Before, now: int) -> list[Finding]:
    """What no signature can mend."""
    document = paper.document
    if isinstance(document, Root):
        return [*_root(document), *_after_root(document, before.root), *_dates(document, now)]
    return [*_register(document, before), *_dates(document, now)]


def complete(paper: Paper, before: Before, now: int) -> list[Finding]:
    """Nothing: a node that holds what stood before accepts it."""
    wrong = content(paper, before, now)
    if not paper.envelope.signatures:
        return wrong or [_unsigned(paper, before)]
    refused = _as_a_node(paper, before)
    if refused is None:
        return wrong
    if refused.code == "signatures":
        return [*wrong, _unsigned(paper, before)]
    return wrong or [_said_by_a_node(refused)]


def good(paper: Paper, before: Before) -> frozenset[str]:
    """Whose signatures are right and count for some threshold."""
    return frozenset[str]().union(
        *(
            chain.good_keys(demand.role, demand.keys, paper.envelope, verifies)
            for demand in demands(paper, before)
        )
    )


def missing(paper: Paper, before: Before) -> list[tuple[Demand, int, list[str]]]:
    """For each threshold not reached: it, how many are missing, and who may still sign."""
    found = []
    for demand in demands(paper, before):
        signed = chain.good_keys(demand.role, demand.keys, paper.envelope, verifies)
        lacking = demand.role.threshold - len(signed)
        if lacking > 0:
            found.append((demand, lacking, [k for k in demand.role.keyids if k not in signed]))
    return found


def _as_a_node(paper: Paper, before: Before) -> chain.Refused | None:
    document = paper.document
    verdict: Root | Authority | chain.Refused
    if isinstance(document, Root):
        if before.root is None:
            verdict = chain.pin_root(paper.data, verifies)
        else:
            verdict = chain.next_root(paper.data, before.root, verifies)
    elif before.root is None:
        return chain.Refused("unit", "no root")
    else:
        root, held = before.root, before.register
        verdict = chain.next_authority(paper.data, root, document.unit, held, verifies)
    return verdict if isinstance(verdict, chain.Refused) else None


def _said_by_a_node(refused: chain.Refused) -> Finding:
    return Finding(
        refused.code,
        f"điểm phát sẽ từ chối: {refused.detail}",
        f"a node would refuse it: {refused.detail}",
    )


def _unsigned(paper: Paper, before: Before) -> Finding:
    lacking = missing(paper, before)
    vi = "; ".join(f"còn thiếu {n} chữ ký của {demand.vi}" for demand, n, _ in lacking)
    en = "; ".join(f"{n} signature(s) of the {demand.en} missing" for demand, n, _ in lacking)
    return Finding("signatures", vi or "không có ai được ký", en or "nobody may sign it")


def _root(root: Root) -> list[Finding]:
    found = []
    if not LEAST_HOLDERS <= root.root.threshold <= len(root.root.keyids):
        found.append(
            Finding(
                "threshold",
                f"cần {root.root.threshold} trong {len(root.root.keyids)} người giữ khóa gốc: phải "
                "ít nhất 2 và không quá số người",
                f"{root.root.threshold} of {len(root.root.keyids)} holders: it must be 2 or more, "
                "and no more than there are",
            )
        )
    for unit, role in root.authorities.items():
        if role.threshold > len(role.keyids):
            found.append(
                Finding(
                    "threshold",
                    f"{unit}: cần {role.threshold} chữ ký mà chỉ có {len(role.keyids)} khóa",
                    f"{unit}: {role.threshold} signatures of {len(role.keyids)} keys",
                )
            )
    return [*found, *_keys(root)]


def _keys(root: Root) -> list[Finding]:
    roles = [root.root, *root.authorities.values(), *([root.release] if root.release else [])]
    named = [keyid for role in roles for keyid in role.keyids]
    found = []
    if any(len(set(role.keyids)) != len(role.keyids) for role in roles):
        found.append(Finding("distinct", "một khóa được kể hai lần", "one key is named twice"))
    if len(set(root.root.keyids) & set(named[len(root.root.keyids) :])):
        found.append(
            Finding(
                "distinct",
                "khóa gốc không được kiêm khóa khác: mất một là mất hai",
                "a root key must not be another key as well: whoever takes one has both",
            )
        )
    unknown = sorted(set(named) - set(root.keys))
    wrong = [k for k, key in root.keys.items() if chain.keyid_of(key.public) != k]
    for keyid in [*unknown, *wrong]:
        said = f"{keyid[:8]}…"
        found.append(
            Finding("key", f"{said}: không phải mã của khóa ấy", f"{said}: is not that key's id")
        )
    return found


def _after_root(root: Root, before: Root | None) -> list[Finding]:
    if before is None:
        if root.version == 1:
            return []
        return [
            Finding(
                "previous",
                f"khóa gốc số {root.version} phải xem cùng khóa gốc số {root.version - 1}",
                f"root {root.version} can only be judged beside root {root.version - 1}",
            )
        ]
    if root.version != before.version + 1:
        return [
            Finding(
                "rollback",
                f"sau số {before.version} phải là số {before.version + 1}, không phải số "
                f"{root.version}",
                f"after version {before.version} comes {before.version + 1}, not {root.version}",
            )
        ]
    if root.installation != before.installation:
        return [
            Finding(
                "foreign",
                f"khóa gốc của hệ thống khác: {root.installation}",
                f"the root of another installation: {root.installation}",
            )
        ]
    return _not_too_many(root, before)


def _not_too_many(root: Root, before: Root) -> list[Finding]:
    both = set(root.root.keyids) & set(before.root.keyids)
    shared = min(len(both), root.root.threshold, before.root.threshold)
    needed = root.root.threshold + before.root.threshold - shared
    if needed <= SIGNATURES:
        return []
    return [
        Finding(
            "too_many",
            f"cần {needed} chữ ký mà văn bản chỉ mang được {SIGNATURES}: đổi ít người hơn mỗi lần",
            f"{needed} signatures are needed and a document carries {SIGNATURES}: replace fewer "
            "holders at a time",
        )
    ]


def _register(register: Authority, before: Before) -> list[Finding]:
    if before.root is None:
        return [
            Finding(
                "previous",
                "sổ khóa phải xem cùng khóa gốc (--root)",
                "a register can only be judged beside a root (--root)",
            )
        ]
    if register.unit not in before.root.authorities:
        return [
            Finding(
                "unit",
                f"khóa gốc không giao sổ khóa của “{register.unit}” cho ai",
                f"the root names no authority for {register.unit}",
            )
        ]
    wrong = chain.sound(register, register.unit)
    if wrong is not None:
        return [_said_by_a_node(wrong)]
    held = before.register
    if held is not None and held.unit == register.unit and register.version <= held.version:
        return [
            Finding(
                "rollback",
                f"sổ khóa số {register.version} không thể thay sổ số {held.version}",
                f"register {register.version} cannot follow register {held.version}",
            )
        ]
    return _apart(register, before.root)


def _apart(register: Authority, root: Root) -> list[Finding]:
    both = [key for key in register.keys if key.keyid in root.keys]
    return [
        Finding(
            "distinct",
            f"{key.holder}: khóa này đã có việc trong khóa gốc, không được dùng hằng ngày",
            f"{key.holder}: a key that the root names must not be in daily use",
        )
        for key in both
    ]


def _dates(document: Root | Authority, now: int) -> list[Finding]:
    if document.exp > now:
        return []
    return [Finding("expired", "văn bản đã hết hạn", "it has expired")]
