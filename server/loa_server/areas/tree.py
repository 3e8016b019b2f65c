"""Changes of the tree as people decide them: a place is made, called otherwise, put under another
one, merged into another one. Ids stay; what a place was called before stays on record.

No rights are looked at here and no node is told: that is dispatch/places.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Substr

from loa_server.areas.folding import fold
from loa_server.areas.models import HAMLETS, KINDS, Area, AreaName
from loa_server.areas.scope import covers, ids_of, path_of, path_range
from loa_server.refusal import Refusal

DEEPEST: Final = 12  # an assignment names at most so many areas above a node
LONGEST_NAME: Final = 120
_DAY: Final = timedelta(days=1)

NO_NAME = Refusal("area_name", "Hãy ghi tên.", "Give the name.")
NO_KIND = Refusal("area_kind", "Hãy chọn loại đơn vị.", "Choose what kind of place it is.")
FUTURE = Refusal(
    "area_future",
    "Ngày này chưa tới. Hãy làm việc này từ ngày quyết định có hiệu lực.",
    "This day is yet to come. Do this from the day on which it takes effect.",
)
TOO_EARLY = Refusal(
    "area_early",
    "Tên đang dùng bắt đầu từ ngày này hoặc sau đó. Nếu chỉ sửa lỗi gõ thì để trống ngày.",
    "The present name began that day or later. For a slip of the pen leave the day empty.",
)
INTO_ITSELF = Refusal(
    "area_itself",
    "Không chuyển hay nhập được vào chính nó hoặc vào nơi bên trong nó.",
    "It cannot go into itself or into a place inside it.",
)
NOT_ALIKE = Refusal(
    "area_alike",
    "Chỉ nhập ấp với ấp, xã với xã.",
    "A hamlet is merged into a hamlet, a commune into a commune.",
)
TOO_DEEP = Refusal("area_deep", "Cây địa bàn không được quá 12 cấp.", "At most 12 levels.")
CLOSED = Refusal("area_closed", "Nơi này không còn nữa.", "This place is no more.")


@dataclass(frozen=True, slots=True)
class Naming:
    """`since` None: what stood there was a slip of the pen and is not kept."""

    kind: str
    name: str
    number: str = ""  # the state's code of it
    since: date | None = None


def open_on(day: date, prefix: str = "") -> Q:
    """Places that are there on that day."""
    begun = Q(**{f"{prefix}valid_from": None}) | Q(**{f"{prefix}valid_from__lte": day})
    lasts = Q(**{f"{prefix}valid_until": None}) | Q(**{f"{prefix}valid_until__gte": day})
    return begun & lasts


def is_open(area: Area, day: date) -> bool:
    begun = area.valid_from is None or area.valid_from <= day
    return begun and (area.valid_until is None or area.valid_until >= day)


def add(parent: Area, naming: Naming, today: date) -> Area | Refusal:
    refused = _faulty(naming, today)
    if refused is not None:
        return refused
    if len(ids_of(parent.path)) >= DEEPEST:
        return TOO_DEEP
    area_id = _free_id(parent)
    return Area.objects.create(
        id=area_id,
        code=naming.number.strip()[:20],
        kind=naming.kind,
        name=naming.name.strip(),
        folded=fold(naming.name),
        parent=parent,
        path=path_of(parent.path, area_id),
        valid_from=naming.since,
    )


def rename(area: Area, naming: Naming, today: date) -> Refusal | None:
    refused = _faulty(naming, today)
    if refused is not None:
        return refused
    changes = (area.kind, area.name) != (naming.kind, naming.name.strip())
    if changes and naming.since is not None:
        began = name_began(area)
        if began is not None and naming.since <= began:
            return TOO_EARLY
        keep_name(area, naming.since)
    area.kind, area.name, area.folded = naming.kind, naming.name.strip(), fold(naming.name)
    area.code = naming.number.strip()[:20]
    area.save(update_fields=["kind", "name", "folded", "code"])
    return None


def move(area: Area, parent: Area) -> Refusal | None:
    if covers(area.path, parent.path):
        return INTO_ITSELF
    deepest = max(len(ids_of(path)) for path in _below(area.path)) - len(ids_of(area.path)) + 1
    if len(ids_of(parent.path)) + deepest > DEEPEST:
        return TOO_DEEP
    new = path_of(parent.path, area.id)
    rebase(area.path, new)
    Area.objects.filter(pk=area.pk).update(parent=parent)
    area.parent, area.path = parent, new
    return None


def merge(area: Area, into: Area, since: date, today: date) -> Refusal | None:
    """`since` is the first day without it. What lay in it lies in the other one from now on."""
    if covers(area.path, into.path) or covers(into.path, area.path):
        return INTO_ITSELF
    if (area.kind in HAMLETS) != (into.kind in HAMLETS):
        return NOT_ALIKE
    if since > today:
        return FUTURE
    began = name_began(area)
    if began is not None and since <= began:
        return TOO_EARLY
    for child in area.children.all():
        refused = move(child, into)
        if refused is not None:
            return refused
    area.valid_until, area.merged_into = since - _DAY, into
    area.save(update_fields=["valid_until", "merged_into"])
    return None


def rebase(old: str, new: str) -> None:
    """A place under another parent takes everything below it along."""
    low, high = path_range(old)
    Area.objects.filter(path__gte=low, path__lt=high).update(
        path=Concat(Value(new), Substr(F("path"), len(old) + 1))
    )


def keep_name(area: Area, since: date) -> None:
    """Its present name was its own until the day before."""
    AreaName.objects.create(
        area=area,
        name=area.name,
        kind=area.kind,
        valid_from=name_began(area),
        valid_until=since - _DAY,
    )


def name_began(area: Area) -> date | None:
    """The first day of the present name."""
    ends = [former.valid_until for former in area.names.all() if former.valid_until is not None]
    return max(ends) + _DAY if ends else area.valid_from


def _faulty(naming: Naming, today: date) -> Refusal | None:
    if naming.kind not in KINDS:
        return NO_KIND
    if not naming.name.strip() or len(naming.name) > LONGEST_NAME:
        return NO_NAME
    return FUTURE if naming.since is not None and naming.since > today else None


def _below(path: str) -> list[str]:
    low, high = path_range(path)
    return list(Area.objects.filter(path__gte=low, path__lt=high).values_list("path", flat=True))


def _free_id(parent: Area) -> str:
    """In the manner of the samples: vn-25357-07. An id that once was is never given again."""
    taken = set(Area.objects.filter(pk__startswith=f"{parent.pk}-").values_list("pk", flat=True))
    return next(
        free for n in range(1, len(taken) + 2) if (free := f"{parent.pk}-{n:02d}") not in taken
    )
