"""What the district does by the clock, in small pieces: no page and no alarm waits for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from loa_server.audit.watch import walk_once
from loa_server.bulletins.models import Bulletin, State
from loa_server.bulletins.services import note
from loa_server.dispatch.inbox import play_what_is_overdue
from loa_server.dispatch.models import Emergencies, InboxItem, Intent, ManifestItem, Message
from loa_server.dispatch.services import moment
from loa_server.engine.echoes import compare_audit_heads
from loa_server.engine.forgeries import tell_of_forgeries
from loa_server.ingest.models import StoredFact

PIECE: Final = 500
EVERY_MS: Final = 20_000
FACTS_KEPT: Final = timedelta(days=750)  # 24 months and a little
MESSAGES_KEPT: Final = timedelta(days=7)
INTENTS_KEPT: Final = timedelta(days=90)

Job = Callable[[datetime], bool]
"""True if it did something and there may be more."""


class Jobs:
    def __init__(self, jobs: Sequence[Job]) -> None:
        self._jobs = jobs
        self._due = 0
        self._next = 0

    def work_once(self, now: int) -> bool:
        """One piece of one job; a round of all of them every 20 s."""
        if now < self._due:
            return False
        if not self._jobs[self._next](moment(now)):
            self._next += 1
        if self._next == len(self._jobs):
            self._next, self._due = 0, now + EVERY_MS
            return False
        return True


def end_bulletins(now: datetime) -> bool:
    """Published, and past its last moment in every area: it ends. Silence stays "not reported"."""
    ms = round(now.timestamp() * 1000)
    running = ManifestItem.objects.filter(bulletin=OuterRef("pk"), exp__gt=ms)
    before_communes = InboxItem.objects.filter(revision__bulletin=OuterRef("pk"), exp__gt=ms)
    published = Bulletin.objects.filter(state=State.PUBLISHED).exclude(Exists(before_communes))
    over = list(published.exclude(Exists(running)).values_list("pk", flat=True)[:PIECE])
    for bulletin in over:
        with transaction.atomic():
            # asked again here: it may have been recalled or corrected meanwhile
            still = published.filter(pk=bulletin).exclude(Exists(running))
            if still.update(state=State.ENDED, changed_at=now):
                note(bulletin, None, "ended", now)
    return len(over) == PIECE


def end_emergencies(now: datetime) -> bool:
    """What the broker holds of an area's emergencies is made anew once one has run out."""
    ms = round(now.timestamp() * 1000)
    waiting = Intent.objects.filter(done_at=None, what="emergencies").values("area")
    over = Emergencies.objects.filter(until__gt=0, until__lte=ms).exclude(area__in=waiting)
    areas = list(over.values_list("area", flat=True)[:PIECE])
    Intent.objects.bulk_create(
        Intent(what="emergencies", area_id=area, made_at=now) for area in areas
    )
    return len(areas) == PIECE


def prune_messages(now: datetime) -> bool:
    return _prune(Message.objects.filter(sent_at__lt=now - MESSAGES_KEPT).order_by("pk"))


def prune_intents(now: datetime) -> bool:
    return _prune(Intent.objects.filter(done_at__lt=now - INTENTS_KEPT).order_by("pk"))


def prune_facts(now: datetime) -> bool:
    """They came in the order of their ids, so the oldest are found without an index on time."""
    oldest = list(StoredFact.objects.order_by("pk").values_list("pk", "received_at")[:PIECE])
    past = [pk for pk, received in oldest if received < now - FACTS_KEPT]
    StoredFact.objects.filter(pk__in=past).delete()
    return len(past) == PIECE


def sign_out(now: datetime) -> bool:
    return _prune(Session.objects.filter(expire_date__lt=now).order_by("pk"))


def _prune(rows: QuerySet[Message] | QuerySet[Intent] | QuerySet[Session]) -> bool:
    keys = list(rows.values_list("pk", flat=True)[:PIECE])
    if keys:
        rows.model._default_manager.filter(pk__in=keys).delete()  # noqa: SLF001 - Django's own name
    return len(keys) == PIECE


ALWAYS: Final[tuple[Job, ...]] = (
    end_bulletins,
    end_emergencies,
    play_what_is_overdue,
    prune_messages,
    prune_intents,
    prune_facts,
    sign_out,
    compare_audit_heads,
    tell_of_forgeries,
    walk_once,
)
