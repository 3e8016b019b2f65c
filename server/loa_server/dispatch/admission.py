"""A card becomes a node, a node's identity ends, another card takes its place. People's acts.

Each takes a fresh code of the person's second factor and is one transaction with its line in the
audit log. An identity that was revoked never comes back: its place goes on under a new one.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from django.db import transaction

from loa_server import pki
from loa_server.areas.models import Area, Person
from loa_server.areas.reach import standing_of
from loa_server.areas.secondfactor import Proved, prove
from loa_server.areas.tree import is_open
from loa_server.audit.book import record
from loa_server.config import from_environment
from loa_server.dispatch.hint import hint
from loa_server.dispatch.models import Intent, Manifest
from loa_server.fleet.models import Enrolment, Node
from loa_server.refusal import Refusal
from loa_wire import claim
from loa_wire.localtime import LOCAL

Outcome = TypeVar("Outcome")
ROLES: Final = ("registrar", "technician")
"""Who may take in and revoke, in their area. The signer has its own list."""

NOT_A_CODE = Refusal(
    "claim_form",
    "Mã thẻ gồm 16 chữ và số, như trên màn hình của thẻ: 4 nhóm, mỗi nhóm 4 ký tự.",
    "A card's code is 16 letters and digits, as its screen shows them: 4 groups of 4.",
)
NO_CARD = Refusal(
    "claim_unknown",
    "Không có thẻ nào đang chờ với mã này. Hãy xem lại mã; thẻ phải đang bật và có mạng.",
    "No card waits with this code. Check the code; the card must be on and have a connection.",
)
TAKEN = Refusal(
    "claim_taken",
    "Thẻ này đã được nhận hoặc đã bị từ chối.",
    "This card has been taken in, or refused, already.",
)
ELSEWHERE = Refusal(
    "claim_elsewhere",
    "Thẻ này được chuẩn bị cho xã khác.",
    "This card was prepared for another commune.",
)
NO_PLACE = Refusal("place", "Hãy chọn nơi đặt trong địa bàn của bạn.", "Choose a place of yours.")
NO_NAME = Refusal("name", "Hãy đặt tên cho điểm phát.", "Give it a name.")
NO_REASON = Refusal("reason", "Hãy ghi lý do thu hồi.", "Say why it is revoked.")
NOT_ACTIVE = Refusal(
    "not_active", "Điểm phát này đã bị thu hồi rồi.", "This node has been revoked already."
)


@dataclass(frozen=True, slots=True)
class Act:
    """Who acts, with which code typed, when."""

    person: Person
    code: str
    now: datetime

    def may(self, path: str) -> bool:
        return may_take_in(self.person, path, self.now)


def may_take_in(person: Person, path: str, now: datetime) -> bool:
    standing = standing_of(person, now)
    return any(standing.may(role, path) for role in ROLES)


class RefusedError(Exception):
    """Undoes the transaction."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


def find(typed: str, person: Person, now: datetime) -> Enrolment | Refusal:
    """The card that waits with this code. Who types it has stood before its screen."""
    code = claim.as_typed(typed)
    if code is None:
        return NOT_A_CODE
    found = Enrolment.objects.filter(claim=code).select_related(
        "batch__area", "node__area", "approved_by"
    )
    row = found.first()
    if row is None:
        return NO_CARD
    if row.state != Enrolment.State.PENDING:
        return _taken(row, person, now)
    if row.batch and not may_take_in(person, row.batch.area.path, now):
        return ELSEWHERE
    return row


def _taken(row: Enrolment, person: Person, now: datetime) -> Refusal:
    """With who took it in and what it is now, for whoever may know of that place."""
    node = row.node
    if node is None or row.approved_at is None or row.approved_by is None:
        return TAKEN
    if not may_take_in(person, node.area.path, now):
        return TAKEN
    at = row.approved_at.astimezone(LOCAL).strftime("%H:%M %d/%m/%Y")
    who, where = row.approved_by, f"{node.name}, {node.area.name} ({node.id})"
    return Refusal(
        TAKEN.code,
        f"Thẻ này đã được {who} nhận lúc {at}: {where}.",
        f"{who} took this card in at {at}: {where}.",
    )


def accept(typed: str, area: Area | None, name: str, act: Act) -> Node | Refusal:
    """The card becomes a node at this place."""
    if (
        area is None
        or not act.may(area.path)
        or not is_open(area, act.now.astimezone(LOCAL).date())
    ):
        return NO_PLACE
    if not name.strip():
        return NO_NAME
    return settled(lambda: _accept(typed, area, name.strip()[:120], act))


def revoke(node_id: str, reason: str, act: Act) -> Node | Refusal:
    """For good: its certificate opens nothing any more, at no door."""
    if not reason.strip():
        return NO_REASON

    def end() -> Node:
        node = _theirs(node_id, act)
        spend(act)
        return _revoke(node, reason.strip()[:300], act)

    return settled(end)


def replace(node_id: str, typed: str, reason: str, act: Act) -> Node | Refusal:
    """Same place, new card: place, name and history stay, the old identity ends with this."""

    def swap() -> Node:
        old = _theirs(node_id, act)
        new = _accept(typed, old.area, old.name, act, old)
        _revoke(old, reason.strip()[:300] or "thay thẻ mới", act)
        return new

    return settled(swap)


def decline(typed: str, act: Act) -> Enrolment | Refusal:
    """Not one of ours. Its key is remembered, so that it stays refused."""

    def turn_away() -> Enrolment:
        row = _found(typed, act.person, act.now)
        spend(act)
        _claimed(row, act, state=Enrolment.State.REFUSED)
        path = row.batch.area.path if row.batch else ""
        detail = {"claim": row.claim, "serial": row.serial}
        who = act.person.username
        record("node_decline", who=who, subject=row.pk, detail=detail, at=act.now, place=path)
        return row

    return settled(turn_away)


def announce(node: Node, now: datetime) -> None:
    """What the engine has to sign and send before the node knows its place and its areas."""
    Intent.objects.create(what="node", node=node, made_at=now)
    for area in node.area.path.strip("/").split("/"):
        if not Manifest.objects.filter(area_id=area).exists():
            Intent.objects.create(what="area", area_id=area, made_at=now)


def history(node: Node) -> list[Node]:
    """This identity and those that stood at its place before it, the latest first."""
    line = [node]
    while (before := line[-1].succeeds) is not None:
        line.append(before)
    return line


def cert_ends(row: Enrolment) -> datetime:
    return pki.cert_ends(row.cert.encode())


def settled(act: Callable[[], Outcome]) -> Outcome | Refusal:
    """One transaction; what is refused has not happened."""
    try:
        with transaction.atomic():
            done = act()
    except RefusedError as e:
        return e.refusal
    hint()
    return done


def _accept(typed: str, area: Area, name: str, act: Act, old: Node | None = None) -> Node:
    row = _found(typed, act.person, act.now)
    proved = spend(act)
    node = Node.objects.create(
        id=_new_id(),
        area=area,
        name=name,
        status=Node.Status.ACTIVE,
        unit=from_environment().unit.id,
        created_at=act.now,
        software=row.software,
        succeeds=old,
    )
    _claimed(
        row,
        act,
        state=Enrolment.State.ACTIVE,
        node=node,
        approved_by=act.person,
        approved_at=act.now,
        code=proved.code,
        step=proved.step,
    )
    announce(node, act.now)
    said = {"name": name, "claim": row.claim, "serial": row.serial, "key": row.pk}
    _record("node_enrol", node, act, said | ({"replaces": old.id} if old else {}))
    return node


def _revoke(node: Node, reason: str, act: Act) -> Node:
    changed = Node.objects.filter(pk=node.pk, status=Node.Status.ACTIVE).update(
        status=Node.Status.REVOKED, revoked_at=act.now, revoked_why=reason, online=False
    )
    if changed != 1:
        raise RefusedError(NOT_ACTIVE)
    node.enrolments.update(state=Enrolment.State.REFUSED)
    open_ones = Intent.objects.filter(node=node, done_at=None)
    open_ones.update(done_at=act.now, error="revoked")
    Intent.objects.create(what="revoked", node=node, made_at=act.now)
    _record("node_revoke", node, act, {"why": reason})
    node.refresh_from_db()
    return node


def _theirs(node_id: str, act: Act) -> Node:
    node = Node.objects.select_related("area").get(pk=node_id)
    if not act.may(node.area.path):
        raise RefusedError(NO_PLACE)
    if node.status != Node.Status.ACTIVE:
        raise RefusedError(NOT_ACTIVE)
    return node


def _found(typed: str, person: Person, now: datetime) -> Enrolment:
    row = find(typed, person, now)
    if isinstance(row, Refusal):
        raise RefusedError(row)
    return row


def _claimed(row: Enrolment, act: Act, **changes: object) -> None:
    """Of two people with the same card before them, one takes it in; the other hears who."""
    waiting = Enrolment.objects.filter(pk=row.pk, state=Enrolment.State.PENDING)
    if waiting.update(**changes) != 1:
        row.refresh_from_db()
        raise RefusedError(_taken(row, act.person, act.now))


def spend(act: Act) -> Proved:
    """The act's code, good once. Raises RefusedError."""
    proved = prove(act.person, act.code, act.now)
    if isinstance(proved, Refusal):
        raise RefusedError(proved)
    return proved


def _record(verb: str, node: Node, act: Act, detail: dict[str, str]) -> None:
    record(
        verb,
        who=act.person.username,
        subject=node.id,
        detail=detail,
        at=act.now,
        place=node.area.path,
    )


def _new_id() -> str:
    return f"node-{secrets.token_hex(4)}"
