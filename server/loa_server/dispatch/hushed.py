"""What an order of silence over an area ends, and what it will not let begin."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from loa_server.areas.models import Area
from loa_server.areas.reach import within
from loa_server.areas.scope import above
from loa_server.bulletins.approval import WRITTEN
from loa_server.bulletins.models import Bulletin, Ending, Revision, State
from loa_server.bulletins.refusal import Refusal
from loa_wire.fields import LEVELS

HUSHED_SINCE = Refusal(
    "hushed",
    "Sau khi bản tin này được trình, loa ở nơi nhận đã bị lệnh dừng nên sẽ không phát nó;"
    " hãy trả lại để người soạn trình lại.",
    "Since this was submitted the loudspeakers it is meant for were silenced and would refuse it;"
    " send it back to be submitted again.",
)


def went_out(bulletin: Bulletin) -> QuerySet[Revision]:
    """Every revision that loudspeakers or communes were given, oldest first."""
    given = Q(envelope__isnull=False) | Q(inbox__isnull=False)
    return bulletin.revisions.filter(given).distinct().order_by("rev")


def running_in(area: Area, level: str = "emergency") -> QuerySet[Bulletin]:
    """What is out and may be heard there, up to this level."""
    inside = Bulletin.areas.through.objects.filter(
        within([area.path], "area__path") | Q(area__in=above(area.path)), bulletin=OuterRef("pk")
    )
    levels = LEVELS[: LEVELS.index(level) + 1]
    return Bulletin.objects.filter(
        Exists(inside), state=State.PUBLISHED, kind__in=WRITTEN, level__in=levels
    )


def wholly_in(area: Area, level: str) -> QuerySet[Bulletin]:
    outside = Bulletin.areas.through.objects.filter(bulletin=OuterRef("pk")).exclude(
        within([area.path], "area__path")
    )
    return running_in(area, level).exclude(Exists(outside))


def hushed_since(bulletin: Bulletin, submitted: datetime) -> bool:
    """Whether loudspeakers that it is meant for would refuse it: they were silenced after that."""
    paths = list(bulletin.areas.values_list("path", flat=True))
    higher = {area_id for path in paths for area_id in above(path)}
    since = Ending.objects.filter(within(paths, "area__path") | Q(area__in=higher))
    levels = LEVELS[LEVELS.index(bulletin.level) :]
    return since.filter(at__gte=submitted, revision__bulletin__level__in=levels).exists()
