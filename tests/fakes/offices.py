"""Everybody who may sit at a console, and one of everything they could ask for by address."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from fakes.paper import WORDS, a_draft, a_submitted, an_approved
from fakes.people import a_batch, a_code, a_person
from fakes.town import Town
from loa_server.areas.models import Person, Role
from loa_server.bulletins import correcting, services
from loa_server.bulletins.models import Bulletin, Revision, WatchWord
from loa_server.dispatch import approve
from loa_server.dispatch.models import Envelope, InboxItem
from loa_server.fleet.models import Batch

PEOPLE = (
    "author", "approver", "duty", "registrar", "technician", "auditor", "next_door", "nobody",
)  # fmt: skip
FLOOD = replace(WORDS, level="emergency", alert="flood", title={"vi": "Lũ về"})


@dataclass(frozen=True)
class Office:
    people: dict[str, Person | None]
    draft: Bulletin
    waiting: Bulletin
    alarm: Bulletin  # an emergency that waits for its second signature
    running: Bulletin  # an emergency that has been signed and sent
    out: Bulletin
    voice: str
    batch: Batch
    correction: Bulletin  # a draft
    word: WatchWord
    item: InboxItem  # in the commune's inbox


def an_office(town: Town) -> Office:
    """One person for each role in the commune; one with all of them, next door; nobody."""
    people: dict[str, Person | None] = {"author": town.author, "approver": town.approver}
    for name in ("duty", "registrar", "technician", "auditor"):
        people[name] = a_person(name, (Role(name), town.commune))
    people["next_door"] = a_person("next_door", *((role, town.next_door) for role in Role))
    people["nobody"] = None
    draft = a_draft(town.author, town.commune, town.hamlet)
    waiting = a_submitted(town.author, town.commune, town.hamlet)
    out = an_approved(town.author, town.approver, town.commune, town.hamlet)
    running = _published(_an_alarm(town, 1))
    voice = draft.voices.get().media_id
    batch = a_batch(town.commune, people["registrar"])
    made = correcting.correct(running, town.author, datetime.now(UTC))
    correction = Bulletin.objects.get(pk=made)
    word = WatchWord.objects.create(
        area=town.commune, word="lô đề", by=town.approver, at=datetime.now(UTC)
    )
    item = InboxItem.objects.create(
        revision=Revision.objects.get(bulletin=out),
        area=town.commune,
        at=datetime.now(UTC),
        exp=2**50,
    )
    alarm = _an_alarm(town, 2)
    return Office(people, draft, waiting, alarm, running, out, voice, batch, correction, word, item)


def _an_alarm(town: Town, nth: int) -> Bulletin:
    bulletin = a_draft(town.author, town.commune, town.hamlet, words=FLOOD)
    now = datetime.now(UTC)
    revision = services.submit(bulletin.id, town.author, now)
    assert isinstance(revision, Revision), revision
    at = now + timedelta(seconds=30 * nth)
    word = approve.Word(revision.sha256, a_code(town.approver, at))
    approve.approve(bulletin.id, town.approver, word, at)
    return Bulletin.objects.get(pk=bulletin.id)


def _published(bulletin: Bulletin) -> Bulletin:
    """As the engine leaves it; nobody looks at the signature here."""
    revision = Revision.objects.get(bulletin=bulletin)
    Envelope.objects.create(
        sha256="e" * 64, revision=revision, body=b"", published_at=datetime.now(UTC)
    )
    Bulletin.objects.filter(pk=bulletin.pk).update(state="published")
    return Bulletin.objects.get(pk=bulletin.pk)
