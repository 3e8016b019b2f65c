"""Makers of people, areas and nodes for the server's tests. Django must be set up first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from loa_server.areas import secondfactor, totp
from loa_server.areas.folding import fold
from loa_server.areas.models import Area, Grant, Person, Role
from loa_server.areas.scope import path_of
from loa_server.fleet.models import Batch, Node

PASSWORD = "mot-cau-du-dai-2026"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # in everybody's app
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)
SOME_DAY = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)


def an_area(area_id: str, name: str, kind: str = "ap", parent: Area | None = None) -> Area:
    path = path_of(parent.path if parent else "", area_id)
    return Area.objects.create(
        id=area_id, name=name, kind=kind, folded=fold(name), parent=parent, path=path
    )


def a_commune(area_id: str = "vn-25351", name: str = "Tân Quan") -> Area:
    """A commune with two hamlets, <id>-01 and <id>-02."""
    commune = an_area(area_id, name, "commune")
    an_area(f"{area_id}-01", "Ấp 1", "ap", commune)
    an_area(f"{area_id}-02", "Sóc Bù Đốp", "soc", commune)
    return commune


def a_node(area: Area, node_id: str = "", name: str = "Nhà văn hóa") -> Node:
    return Node.objects.create(
        id=node_id or f"node-{area.id}",
        area=area,
        name=name,
        status=Node.Status.ACTIVE,
        unit="don-vi",
        created_at=SOME_DAY,
    )


def a_person(username: str, *grants: tuple[Role, Area], password: str = "") -> Person:
    """Without a password they sign in by `client.force_login`: hashing one takes long."""
    person = Person(username=username, full_name=username.title(), must_change_password=False)
    if password:
        person.set_password(password)
    else:
        person.set_unusable_password()
    person.save()
    for role, area in grants:
        Grant.objects.create(person=person, role=role, area=area)
    if {role for role, _ in grants} & set(secondfactor.COMPULSORY):
        secondfactor.give(person, SECRET, LONG_AGO)
    return person


SLOW_S = 1
"""From making a code to its being checked: one about to fall out is passed over."""


def a_code(person: Person, now: datetime) -> str:
    """As their app shows it: the first that was not used yet, of those taken now."""
    held = Person.objects.get(pk=person.pk)
    secret = secondfactor.secret_of(held)
    soonest = totp.step_at(now.timestamp() + SLOW_S) - totp.AROUND
    return totp.code_at(secret, max(held.totp_step + 1, soonest)) if secret else ""


def a_batch(area: Area, person: Person | None, uses: int = 50) -> Batch:
    """A lot whose token nobody holds."""
    now = datetime.now(UTC)
    return Batch.objects.create(
        area=area,
        name="Đợt 1",
        sha256=area.id.ljust(64, "0"),
        uses=uses,
        made_by=person,
        made_at=now,
        until=now + timedelta(days=30),
    )
