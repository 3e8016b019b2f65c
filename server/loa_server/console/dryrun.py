"""What publishing would do, before anybody does it: how many loudspeakers, how many of them cannot
hear it now, how long it sounds, how much each has to fetch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
from django.conf import settings
from django.db.models import (
    Case,
    F,
    FilteredRelation,
    Func,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)  # fmt: skip
from django.db.models.functions import Cast

from loa_server.areas.models import HAMLETS
from loa_server.areas.reach import within
from loa_server.console.houses import usual_settings
from loa_server.dispatch.node_documents import hard_limits
from loa_server.fleet.models import Node
from loa_server.fleet.presence import presence
from loa_wire.bulletin import Bulletin
from loa_wire.localtime import window_end
from loa_wire.programme import sounding_ms
from loa_wire.trusted import Window


class Json(Func):
    function = "JSON_EXTRACT"
    output_field = TextField()


@dataclass(frozen=True, slots=True)
class DryRun:
    nodes: int
    communes: int
    offline: int  # they catch up when they come back, until it ends
    quiet: int  # of one that plays at once: they wait for the end of their quiet hours
    sounds_ms: int
    each_bytes: int
    unspoken: tuple[tuple[str, int], ...] = ()  # (language heard first there and lacking, places)


def dry_run(bulletin: Bulletin, paths: Sequence[str], now: datetime) -> DryRun:
    """`paths` of its areas. One query, however many nodes there are."""
    ms = int(now.timestamp() * 1000)
    at_once = bulletin.schedule is not None and bulletin.schedule.mode == "now"
    hushed = at_once and bulletin.level != "emergency"
    rows = _rows(paths, now)
    presences = Counter(how for _area, _commune, how, _rules in rows)
    rules = Counter(rules for *_rest, rules in rows)
    return DryRun(
        nodes=len(rows),
        communes=len({commune for _area, commune, _how, _rules in rows}),
        offline=presences["offline"] + presences["never"],
        quiet=sum(n for told, n in rules.items() if _quiet(told, ms)) if hushed else 0,
        sounds_ms=sounding_ms(bulletin, usual_settings()),
        each_bytes=sum(media.bytes for media in bulletin.media()),
        unspoken=_unspoken({area: told for area, *_rest, told in rows}, bulletin),
    )


def _rows(paths: Sequence[str], now: datetime) -> list[tuple[str, str, str, str | None]]:
    """(area, commune, presence, "[quiet hours, language heard first]") of each working node: plain
    cells, for thousands of objects would take longer than all the rest of a page."""
    paper = FilteredRelation("documents", condition=Q(documents__typ="settings"))
    nodes: QuerySet[Any] = Node.objects.filter(
        within(paths, "area__path"), status=Node.Status.ACTIVE
    ).annotate(paper=paper, text=Cast("paper__payload", TextField()))
    hamlet = When(area__kind__in=HAMLETS, area__parent__isnull=False, then=F("area__parent"))
    found = nodes.annotate(
        commune=Case(hamlet, default=F("area")),
        how=presence(now),
        rules=Json(F("text"), Value("$.quiet_hours"), Value("$.languages[0]")),
    )
    return list(found.order_by().values_list("area_id", "commune", "how", "rules"))


def _unspoken(told: Mapping[str, str | None], bulletin: Bulletin) -> tuple[tuple[str, int], ...]:
    """Languages that places hear first and that this one does not speak, the most missed first."""
    usual = settings.LOA.fleet.languages[0]
    first: Counter[str] = Counter()
    for rules, n in Counter(told.values()).items():
        first[_rules(rules)[1] or usual] += n
    return tuple((lang, n) for lang, n in first.most_common() if lang not in bulletin.audio)


def _quiet(rules: str | None, ms: int) -> bool:
    hard = hard_limits(settings.LOA.limits).quiet_hours
    return window_end([*hard, *(_rules(rules)[0] or ())], ms) is not None


@lru_cache(maxsize=512)
def _rules(told: str | None) -> tuple[list[Window] | None, str | None]:
    if told is None:
        return None, None
    return msgspec.json.decode(told, type=tuple[list[Window] | None, str | None])
