"""One start of a published bulletin is left out: a new revision, which a second person approves.

Until they have, the loudspeakers keep to the revision that they hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import msgspec
from django.db import transaction

from loa_server.areas.models import Person
from loa_server.bulletins import services
from loa_server.bulletins.models import Bulletin, Revision, State
from loa_server.console import drafts
from loa_server.refusal import Refusal
from loa_wire.bulletin import Schedule
from loa_wire.localtime import LOCAL

NOT_OUT = Refusal(
    "not_out",
    "Bản tin này đang được soạn hoặc chờ duyệt. Hãy sửa lịch ở bước 4 của bản tin.",
    "This bulletin is being written, or waits for approval. Change its times in step 4.",
)
NO_CALENDAR = Refusal(
    "no_calendar",
    "Bản tin này phát ngay, không theo lịch; muốn thôi thì cho dừng phát.",
    "This bulletin plays at once, by no calendar; stop it instead.",
)
ALREADY = Refusal(
    "already", "Lần phát này đã được bỏ rồi.", "This start has been left out already."
)
OVER = Refusal("over", "Lần phát này đã qua.", "This start is over.")
_RUNNING: Final = (State.APPROVED, State.PUBLISHED)


def read(moment: str) -> datetime | None:
    """YYYY-MM-DDTHH:MM of the hamlets' wall clock."""
    try:
        return datetime.strptime(moment, "%Y-%m-%dT%H:%M").replace(tzinfo=LOCAL)
    except ValueError:
        return None


def skip(
    bulletin: Bulletin, moments: Sequence[str], person: Person, now: datetime
) -> Revision | Refusal:
    """Saved and submitted in one; refused, nothing has changed."""
    for moment in moments:
        refused = _unfit(bulletin, moment, read(moment), now)
        if refused is not None:
            return refused
    with transaction.atomic():
        working = drafts.working_of(bulletin)
        kept = sorted({*working.schedule.get("skip_times", []), *moments})
        changed = replace(working, schedule={**working.schedule, "skip_times": kept})
        saved = services.save(bulletin.id, bulletin.version, changed, person, now)
        done = saved if isinstance(saved, Refusal) else services.submit(bulletin.id, person, now)
        if isinstance(done, Refusal):
            transaction.set_rollback(True)
        return done


def _unfit(bulletin: Bulletin, moment: str, at: datetime | None, now: datetime) -> Refusal | None:
    if bulletin.state not in _RUNNING:
        return NOT_OUT
    schedule = msgspec.convert(bulletin.schedule, Schedule)
    if schedule.mode == "now":
        return NO_CALENDAR
    if at is None or at <= now:
        return OVER
    return ALREADY if moment in schedule.skip_times else None
