"""Who sits at this page and what they may do: the person's grants, read once per request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from loa_server.areas.models import Area, Person
from loa_server.areas.reach import within
from loa_server.areas.scope import Granted, Standing, ids_of
from loa_server.bulletins.approval import HEARD
from loa_server.bulletins.models import Bulletin, FirstApproval
from loa_wire.localtime import LOCAL


@dataclass(frozen=True, slots=True)
class Desk:
    person: Person
    standing: Standing
    areas: dict[str, Area]  # those of the grants, by path

    def holds(self, role: str) -> bool:
        return bool(self.standing.scopes(role))

    def places(self, *roles: str) -> list[Area]:
        """Where the person holds one of these roles (any, if none is named): the highest only."""
        return [self.areas[path] for path in self.standing.scopes(*roles)]


def desk_of(person: Person, now: datetime) -> Desk:
    read = person.read_grants
    grants = list(person.grants.select_related("area")) if read is None else read
    standing = Standing(
        person=person.pk,
        active=person.is_active,
        grants=tuple(Granted(g.role, g.area.path, g.until) for g in grants),
        today=now.astimezone(LOCAL).date(),
    )
    return Desk(person, standing, {g.area.path: g.area for g in grants})


def reach(desk: Desk, column: str) -> Q:
    """Rows whose path is where this person has any role."""
    return within(desk.standing.scopes(), column)


def bulletins_seen_by(desk: Desk) -> QuerySet[Bulletin]:
    """As `approval.may_read` says: home or a target within reach, or written by them."""
    targets = Bulletin.areas.through.objects.filter(
        within(desk.standing.scopes(), "area__path"), bulletin=OuterRef("pk")
    )
    above = {area_id for scope in desk.standing.scopes() for area_id in ids_of(scope)}
    from_above = Bulletin.areas.through.objects.filter(area__in=above, bulletin=OuterRef("pk"))
    heard = Q(Exists(from_above), state__in=HEARD)
    mine = Q(author=desk.person) | reach(desk, "home__path") | Q(Exists(targets)) | heard
    return Bulletin.objects.filter(mine)


def to_approve(desk: Desk) -> QuerySet[Bulletin]:
    """What waits for this person's word: every place of it theirs to judge, and never their own."""
    mine = within(desk.standing.scopes("approver"), "area__path")
    foreign = Bulletin.areas.through.objects.filter(bulletin=OuterRef("pk")).exclude(mine)
    home = within(desk.standing.scopes("approver"), "home__path")
    waiting = Bulletin.objects.filter(home, ~Exists(foreign), state="submitted")
    given = Exists(_first(approver=desk.person))
    return waiting.exclude(author=desk.person).exclude(given)


def waiting_for_another(desk: Desk) -> QuerySet[Bulletin]:
    """What this person has approved as the first of two."""
    return Bulletin.objects.filter(Exists(_first(approver=desk.person)), state="submitted")


def half_approved() -> Exists:
    """Whether one of two approvers has given their word on the revision that waits."""
    return Exists(_first())


def _first(**of: object) -> QuerySet[FirstApproval]:
    own = {"revision__bulletin": OuterRef("pk"), "revision__rev": OuterRef("rev")}
    return FirstApproval.objects.filter(**own, **of)
