"""Writing, step five: everything on one page, then into the approver's queue."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from loa_server.areas.models import HAMLETS, Area
from loa_server.bulletins import services, wording
from loa_server.bulletins.approval import needs_both
from loa_server.bulletins.models import Bulletin, Media, Picture, Voice
from loa_server.bulletins.refusal import Refusal
from loa_server.bulletins.watching import hits, lists_for
from loa_server.console import screens, urgency
from loa_server.console.desk import Desk
from loa_server.console.dryrun import DryRun, dry_run
from loa_server.console.pages import page, signed_in
from loa_server.console.steps import draft_of, lacks, steps
from loa_server.console.together import Rows, together
from loa_server.console.views.when import foreseen
from loa_server.dispatch import inbox
from loa_wire.bulletin import Bulletin as Sent
from loa_wire.bulletin import Schedule


@signed_in
def edit(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    return _page(request, desk, draft_of(desk, id))


@require_POST
@signed_in
def submit(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    """Fields: version, heard (ticked: the author listened to every machine voice), and of an
    emergency named (the name of the place that will be alarmed)."""
    bulletin = draft_of(desk, id)
    voices = _voices(bulletin)
    if _machine(voices) and not request.POST.get("heard"):
        return _page(request, desk, bulletin, not_heard=True)
    if request.POST.get("version") != str(bulletin.version):
        return _page(request, desk, bulletin, moved_on=True)
    if bulletin.level == "emergency" and not _named(request, bulletin):
        return _page(request, desk, bulletin, not_named=True, named=request.POST.get("named", ""))
    done = services.submit(bulletin.id, desk.person, timezone.now())
    if isinstance(done, Refusal):
        return _page(request, desk, bulletin, refused=done.text(get_language() or "vi"))
    messages.success(request, _("Đã trình. Người duyệt sẽ xem bản tin này."), extra_tags="good")
    return redirect("console:bulletin", bulletin.id)


def _deciders(bulletin: Bulletin, areas: list[Area], staff: Rows) -> list[Area]:
    """Communes that would take it or place it themselves; no more of them than what they are
    called."""
    if not _goes_down(bulletin):
        return []
    called = {path: Area(path=path, name=name, kind=kind) for path, _r, _p, name, kind in staff}
    desks = inbox.staffed((row[0], row[1], row[2]) for row in staff)
    paths = inbox.who_decides(bulletin.home.path, [area.path for area in areas], desks)
    return [called[path] for path in sorted(paths)]


def _goes_down(bulletin: Bulletin) -> bool:
    lowest = bulletin.home.kind in ("commune", "ward", *HAMLETS)
    return not (lowest or bulletin.level == "emergency" or bulletin.kind != "play")


def _named(request: HttpRequest, bulletin: Bulletin) -> bool:
    around = urgency.smallest_around(list(bulletin.areas.all()))
    return around is None or urgency.named(request.POST.get("named", ""), around)


def _page(request: HttpRequest, desk: Desk, bulletin: Bulletin, **said: Any) -> HttpResponse:
    now = timezone.now()
    areas = list(bulletin.areas.order_by("path"))
    beside = _beside(bulletin, areas, now)
    voices, pictures = _with_media(bulletin, beside)
    lacking = lacks(bulletin, voices, areas, now)
    dry = _dry(bulletin, voices, pictures, areas)
    urgent = bulletin.level == "emergency"
    context = {
        "bulletin": bulletin,
        "around": urgency.smallest_around(areas) if urgent and areas else None,
        "voices": voices,
        "machine": _machine(voices),
        "pictures": pictures,
        "areas": areas,
        "node_count": dry.nodes if dry else 0,
        "held": hits(
            (bulletin.title, bulletin.text, {"": bulletin.ticker}),
            sorted({word for (word,) in beside["words"]}),
        ),
        "dry": dry,
        "deciders": _deciders(bulletin, areas, beside["staff"]),
        "lacks": lacking,
        "screen_installed": screens.installed(),
        "both": needs_both(
            bulletin.kind, bulletin.level, bulletin.genre, settings.LOA.approval.two
        ),
        "steps": steps(bulletin, "check", lacking),
        **(foreseen(bulletin, now) if bulletin.schedule else {}),
        **said,
    }
    return page(request, desk, "check.html", context, status=422 if said else 200)


def _beside(bulletin: Bulletin, areas: list[Area], now: datetime) -> dict[str, Rows]:
    staff = inbox.staff_below(bulletin.home.path, now)
    called = ("area__path", "role", "person_id", "area__name", "area__kind")
    return together(
        words=(lists_for([bulletin.home.path, *(area.path for area in areas)]), ("word",)),
        staff=(staff if _goes_down(bulletin) else staff.none(), called),
        voices=(bulletin.voices.all(), ("lang", "media_id", "text_sha256")),
        pictures=(bulletin.pictures.all(), ("media_id", "position")),
    )


def _with_media(
    bulletin: Bulletin, beside: Mapping[str, Rows]
) -> tuple[list[Voice], list[Picture]]:
    media = Media.objects.in_bulk(
        [*(row[1] for row in beside["voices"]), *(row[0] for row in beside["pictures"])]
    )
    voices = [
        Voice(bulletin=bulletin, lang=lang, media=media[sha256], text_sha256=read)
        for lang, sha256, read in sorted(beside["voices"])
    ]
    pictures = [
        Picture(bulletin=bulletin, media=media[sha256], position=int(position))
        for sha256, position in sorted(beside["pictures"], key=lambda row: int(row[1]))
    ]
    return voices, pictures


def _dry(
    bulletin: Bulletin, voices: list[Voice], pictures: list[Picture], areas: list[Area]
) -> DryRun | None:
    """Once there is something to hear and somebody to hear it."""
    if not voices or not areas or not bulletin.schedule:
        return None
    sent = Sent(
        kind="play",
        id=bulletin.id,
        rev=1,
        level=bulletin.level,  # type: ignore[arg-type]  # the forms offer no other
        areas=[],
        iat=0,
        nbf=0,
        exp=0,
        audio={voice.lang: wording.media_of(voice.media) for voice in voices},
        images=[wording.media_of(picture.media) for picture in pictures],
        schedule=msgspec.convert(bulletin.schedule, Schedule),
    )
    return dry_run(sent, [area.path for area in areas], timezone.now())


def _voices(bulletin: Bulletin) -> list[Voice]:
    return list(bulletin.voices.select_related("media").order_by("lang"))


def _machine(voices: list[Voice]) -> bool:
    return any(voice.media.origin.startswith("tts:") for voice in voices)
