"""Which of the documents brought to the server may stand there, in which order. Pure.

Stricter than a node: also a register follows its predecessor without a gap, so that a slip of
the pen never runs the numbers forward.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from loa_server.ceremony import rules
from loa_server.ceremony.keyfile import verifies
from loa_server.ceremony.paper import Paper
from loa_server.ceremony.refusal import CeremonyError, Finding
from loa_server.ceremony.trustfolder import Held
from loa_server.ceremony.words import day
from loa_wire import chain
from loa_wire.limits import DAY_MS
from loa_wire.trusted import Authority, Root


@dataclass(frozen=True, slots=True)
class Plan:
    """`new` in the order they are to be placed; `after` is what stands then."""

    new: tuple[Paper, ...]
    known: tuple[Paper, ...]
    after: Held


def plan(held: Held, papers: Iterable[Paper], unit: str, now: int) -> Plan:
    """All of them or, with CeremonyError, none."""
    new: list[Paper] = []
    known: list[Paper] = []
    for paper in sorted(papers, key=_in_order):
        if paper.data in (held.root_data, held.register_data):
            known.append(paper)
            continue
        held = _next(held, paper, unit, now)
        new.append(paper)
    return Plan(tuple(new), tuple(known), held)


def _in_order(paper: Paper) -> tuple[bool, int]:
    return isinstance(paper.document, Authority), paper.document.version


def _next(held: Held, paper: Paper, unit: str, now: int) -> Held:
    document = paper.document
    if document.iat > now + DAY_MS:
        raise CeremonyError(
            "future",
            f"{paper.name} lập ngày {day(document.iat)}, chưa tới: máy ký sai ngày, hãy làm lại",
            f"{paper.name} is of {day(document.iat)}, which has not come: the laptop's date is "
            "wrong, make it again",
        )
    if isinstance(document, Root):
        _follows("root", "khóa gốc", document.version, held.root.version if held.root else 0)
        _refuse(rules.complete(paper, held.before, now))
        if unit not in document.authorities:
            raise CeremonyError(
                "unit",
                f"khóa gốc này không giao sổ khóa của đơn vị “{unit}” cho ai",
                f"this root names no authority for this server's unit {unit}",
            )
        return _under(document, paper.data, held, unit)
    if held.root is None:
        raise CeremonyError(
            "no_root", "máy chủ chưa có khóa gốc: cài nó trước", "no root yet: install that first"
        )
    if document.unit != unit:
        raise CeremonyError(
            "unit", f"sổ khóa của đơn vị {document.unit}", f"a register of unit {document.unit}"
        )
    if held.register is not None:
        _follows("register", "sổ khóa", document.version, held.register.version)
    _refuse(rules.complete(paper, held.before, now))
    return Held(held.root, held.root_data, document, paper.data)


def _under(root: Root, data: bytes, held: Held, unit: str) -> Held:
    """The register stays if this root still accepts who signed it."""
    if held.register is None:
        return Held(root, data)
    still = chain.read_authority(held.register_data, root, unit, verifies)
    if isinstance(still, chain.Refused):
        return Held(root, data)
    return Held(root, data, held.register, held.register_data)


def _follows(en: str, vi: str, version: int, held: int) -> None:
    if version <= held:
        raise CeremonyError(
            "rollback",
            f"đã có {vi} số {held}; không quay lại số {version}",
            f"{en} {held} stands here already; {version} does not come back",
        )
    if version > held + 1:
        raise CeremonyError(
            "gap",
            f"thiếu {vi} số {held + 1}: cài lần lượt, không bỏ số",
            f"{en} {held + 1} is missing: install them in order, none left out",
        )


def _refuse(findings: list[Finding]) -> None:
    if findings:
        first = findings[0]
        raise CeremonyError(first.code, first.vi, first.en)
