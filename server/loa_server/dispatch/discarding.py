"""A draft is laid aside, or taken up again: nothing was sent, so nothing is lost.

A commune's copy of what came from above goes back into its inbox, and out of it again.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from loa_server.areas.models import Person
from loa_server.bulletins import services
from loa_server.bulletins.models import Bulletin
from loa_server.bulletins.refusal import Refusal
from loa_server.dispatch import inbox
from loa_server.dispatch.models import InboxItem


@transaction.atomic
def discard(bulletin_id: str, person: Person, now: datetime) -> str | Refusal:
    """Returns the new state."""
    done = services.discard(bulletin_id, person, now)
    if not isinstance(done, Refusal):
        taken = InboxItem.objects.filter(copy=bulletin_id, state=InboxItem.State.TAKEN)
        taken.update(state=InboxItem.State.WAITING, copy=None, person=None, answered_at=None)
    return done


@transaction.atomic
def restore(bulletin_id: str, person: Person, now: datetime) -> str | Refusal:
    """Returns the new state. A copy only while its place in the inbox is still free."""
    done = services.restore(bulletin_id, person, now)
    if isinstance(done, Refusal):
        return done
    copy = Bulletin.objects.get(pk=bulletin_id)
    if copy.origin_id is not None:
        above = {"revision__bulletin": copy.origin_id, "revision__rev": copy.origin_rev}
        items = InboxItem.objects.filter(area=copy.home_id, **above)
        waits = items.filter(state=InboxItem.State.WAITING, exp__gt=now.timestamp() * 1000)
        taken = InboxItem.State.TAKEN
        if not waits.update(state=taken, copy=copy, person=person, answered_at=now):
            transaction.set_rollback(True)
            return inbox.ANSWERED
    return done
