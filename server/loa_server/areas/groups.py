"""Groups of places under a name, kept by those who write for one publisher."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Count, QuerySet

from loa_server.areas.models import Area, AreaGroup
from loa_server.refusal import Refusal

MOST = 40
LONGEST = 60
NO_NAME = Refusal("group_name", "Hãy đặt tên cho nhóm.", "Give the group a name.")
NO_PLACES = Refusal(
    "group_places", "Hãy chọn các nơi trước rồi mới lưu thành nhóm.", "Choose places first."
)
TOO_MANY = Refusal(
    "group_many",
    f"Đã có {MOST} nhóm; hãy bỏ bớt nhóm không dùng.",
    f"There are {MOST} groups; remove one that is not used.",
)


def of(home: Area) -> QuerySet[AreaGroup]:
    """With `count`, of its places."""
    return AreaGroup.objects.filter(home=home).annotate(count=Count("areas"))


@transaction.atomic
def keep(home: Area, name: str, areas: Sequence[Area]) -> AreaGroup | Refusal:
    """Under a name that is there already its places are replaced."""
    called = " ".join(name.split())[:LONGEST]
    if not called:
        return NO_NAME
    if not areas:
        return NO_PLACES
    if AreaGroup.objects.filter(home=home).exclude(name=called).count() >= MOST:
        return TOO_MANY
    group, _made = AreaGroup.objects.get_or_create(home=home, name=called)
    group.areas.set(areas)
    return group


def drop(home: Area, group_id: str) -> None:
    if group_id.isdecimal() and len(group_id) < 10:
        AreaGroup.objects.filter(home=home, pk=int(group_id)).delete()


def places(home: Area, group_id: str) -> set[str]:
    """Ids of those that are still there to be chosen is the form's to say; none for no such."""
    if not (group_id.isdecimal() and len(group_id) < 10):
        return set()
    found = AreaGroup.objects.filter(home=home, pk=int(group_id))
    return set(found.values_list("areas", flat=True))
