"""What publishing would do, before anybody does it: how many loudspeakers, how many of them cannot
hear it now, how long it sounds, how much each has to fetch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import msgspec
from django.conf import settings
from django.db.models import Q

from loa_server.areas.reach import within
from loa_server.console.houses import usual_settings
from loa_server.dispatch.node_documents import hard_limits
from loa_server.fleet import status
from loa_server.fleet.models import Node
from loa_wire.bulletin import Bulletin
from loa_wire.localtime import window_end
from loa_wire.place import Settings
from loa_wire.programme import sounding_ms
from loa_wire.trusted import Window


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
    rows = Node.objects.filter(
        within(paths, "area__path"),
        Q(documents__typ="settings") | Q(documents=None),
        status=Node.Status.ACTIVE,
    ).values_list("area__path", "area__kind", "seen_at", "online", "every_s", "documents__payload")
    found = list(rows)
    at_once = bulletin.schedule is not None and bulletin.schedule.mode == "now"
    hushed = at_once and bulletin.level != "emergency"
    presences = [
        status.presence(status.Heard(seen, online, every), now)
        for _path, _kind, seen, online, every, _paper in found
    ]
    return DryRun(
        nodes=len(found),
        communes=len({_commune(path, kind) for path, kind, *_rest in found}),
        offline=sum(presence in ("offline", "never") for presence in presences),
        quiet=sum(_quiet(bytes(paper or b""), ms) for *_rest, paper in found) if hushed else 0,
        sounds_ms=sounding_ms(bulletin, usual_settings()),
        each_bytes=sum(media.bytes for media in bulletin.media()),
        unspoken=_unspoken({path: bytes(paper or b"") for path, *_rest, paper in found}, bulletin),
    )


def _unspoken(papers: Mapping[str, bytes], bulletin: Bulletin) -> tuple[tuple[str, int], ...]:
    """Languages that places hear first and that this one does not speak, the most missed first."""
    usual = settings.LOA.fleet.languages[0]
    first = Counter(_first_language(paper) or usual for paper in papers.values())
    return tuple((lang, n) for lang, n in first.most_common() if lang not in bulletin.audio)


class _Spoken(msgspec.Struct):
    languages: list[str] = []


def _first_language(paper: bytes) -> str:
    spoken = msgspec.json.decode(paper, type=_Spoken).languages if paper else []
    return spoken[0] if spoken else ""


def _commune(path: str, kind: str) -> str:
    parts = path.strip("/").split("/")
    hamlet = kind in ("ap", "soc", "thon", "khu_pho")
    return parts[-2] if hamlet and len(parts) > 1 else parts[-1]


def _quiet(paper: bytes, ms: int) -> bool:
    hard = hard_limits(settings.LOA.limits).quiet_hours
    return window_end([*hard, *_own_quiet(paper)], ms) is not None


@lru_cache(maxsize=512)
def _own_quiet(paper: bytes) -> tuple[Window, ...]:
    return tuple(msgspec.json.decode(paper, type=Settings).quiet_hours) if paper else ()
