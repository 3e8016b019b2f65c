"""What people do to bulletins, each in one transaction with its line in the acts and in the log.

Every change is a conditional update whose row count is checked: of two people who press at once
one is told. `approve` is in loa_server.dispatch.approve, because it also fills the outbox.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F

from loa_server.areas.models import Area, Person, Role
from loa_server.areas.reach import standing_of
from loa_server.audit.book import record
from loa_server.bulletins import payload, ulid
from loa_server.bulletins.approval import (
    NO_DUTY,
    NO_SECOND,
    OUTSIDE,
    WAS_APPROVED,
    Action,
    Discard,
    Edit,
    Facts,
    Restore,
    SendBack,
    Submit,
    Withdraw,
    decide,
    may_write,
    needs_both,
    wrong_state,
)
from loa_server.bulletins.copies import CHANGED, changed_words
from loa_server.bulletins.models import (
    Act,
    Approval,
    Bulletin,
    FirstApproval,
    Picture,
    Revision,
    Voice,
)
from loa_server.bulletins.outreach import NARROWER, too_narrow
from loa_server.bulletins.refusal import Refusal
from loa_server.bulletins.wording import draft_of


@dataclass(frozen=True, slots=True)
class Sound:
    """One language's voice. `text_sha256` is "" unless a machine read that text."""

    media: str
    text_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Working:
    """Everything a form says, whole: what is left out is taken away."""

    title: Mapping[str, str] = field(default_factory=dict)
    text: Mapping[str, str] = field(default_factory=dict)
    areas: tuple[str, ...] = ()
    schedule: Mapping[str, Any] = field(default_factory=dict)
    voices: Mapping[str, Sound] = field(default_factory=dict)
    pictures: tuple[str, ...] = ()
    kind: str = "play"
    level: str = "normal"
    alert: str = ""
    genre: str = ""
    source_number: str = ""
    source_issuer: str = ""
    ticker: str = ""
    expires_at: datetime | None = None


STALE = Refusal(
    "stale",
    "Bản tin vừa được sửa ở nơi khác; nội dung bạn nhập còn nguyên dưới đây, hãy so lại.",
    "The bulletin was changed elsewhere meanwhile; what you typed is kept below, compare it.",
)
GONE = Refusal("gone", "Không tìm thấy bản tin này.", "There is no such bulletin.")
OUTDATED_VOICE = Refusal(
    "voice",
    "Nội dung đã sửa sau khi tạo giọng đọc; hãy tạo lại giọng đọc máy và nghe lại.",
    "The text was changed after its machine voice was made; make the voice again and listen.",
)


@transaction.atomic
def create(person: Person, home: str, working: Working, now: datetime) -> str | Refusal:
    """Returns the new bulletin's id."""
    place = Area.objects.filter(pk=home).first()
    if place is None or may_write(place.path, standing_of(person, now)) is not None:
        return OUTSIDE
    bulletin = Bulletin.objects.create(
        id=ulid.new(int(now.timestamp() * 1000)),
        home=place,
        author=person,
        created_at=now,
        changed_at=now,
        **_columns(working),
    )
    _attach(bulletin, working)
    note(bulletin.id, person, "create", now)
    return bulletin.id


@transaction.atomic
def save(
    bulletin_id: str, version: int, working: Working, person: Person, now: datetime
) -> int | Refusal:
    """Replaces the working copy if it is still the `version` the form was opened on.

    Editing what was approved or published re-opens it as a draft of the next revision; what
    nodes already hold stays theirs until that one is approved. Returns the new version.
    """
    bulletin = find(bulletin_id)
    if bulletin is None:
        return GONE
    state = decide(facts_of(bulletin), standing_of(person, now), Edit())
    if isinstance(state, Refusal):
        return state
    changed = Bulletin.objects.filter(pk=bulletin_id, version=version, state=bulletin.state).update(
        version=F("version") + 1, state=state, changed_at=now, **_columns(working)
    )
    if changed != 1:
        return STALE
    _attach(bulletin, working)
    if state != bulletin.state:
        note(bulletin_id, person, "reopen", now)
    return version + 1


@transaction.atomic
def submit(bulletin_id: str, person: Person, now: datetime) -> Revision | Refusal:
    """Freezes the bytes that will be approved and signed."""
    bulletin = find(bulletin_id)
    if bulletin is None:
        return GONE
    state = decide(facts_of(bulletin), standing_of(person, now), Submit())
    if isinstance(state, Refusal):
        return state
    if (unfit := _unfit(bulletin, now)) is not None:
        return unfit
    frozen = payload.freeze(draft_of(bulletin), int(now.timestamp() * 1000))
    if isinstance(frozen, Refusal):
        return frozen
    if not _step(bulletin, state, now, rev=bulletin.rev + 1, return_reason=""):
        return wrong_state(bulletin.state)
    revision = Revision.objects.create(
        bulletin=bulletin,
        rev=bulletin.rev + 1,
        payload=frozen,
        sha256=payload.sha256(frozen),
        author=person,
        submitted_at=now,
    )
    note(bulletin_id, person, "submit", now, sha256=revision.sha256)
    return revision


def _unfit(bulletin: Bulletin, now: datetime) -> Refusal | None:
    if outdated_voices(bulletin):
        return OUTDATED_VOICE
    if too_narrow(bulletin):
        return NARROWER
    if changed_words(bulletin):
        return CHANGED
    lonely = bulletin.level == "emergency" and not duty_answers(bulletin, now)
    if lonely:
        return NO_DUTY
    both = needs_both(bulletin.kind, bulletin.level, bulletin.genre, settings.LOA.approval.two)
    return NO_SECOND if both and not two_may_approve(bulletin, now) else None


def withdraw(bulletin_id: str, person: Person, now: datetime) -> str | Refusal:
    """Back to draft before anybody approved it. Returns the new state."""
    return _move(bulletin_id, person, Withdraw(), now)


def send_back(bulletin_id: str, person: Person, why: str, now: datetime) -> str | Refusal:
    """Returned to its author with a reason. Returns the new state."""
    return _move(bulletin_id, person, SendBack(why), now)


@transaction.atomic
def _move(bulletin_id: str, person: Person, action: Action, now: datetime) -> str | Refusal:
    bulletin = find(bulletin_id)
    if bulletin is None:
        return GONE
    state = decide(facts_of(bulletin), standing_of(person, now), action)
    if isinstance(state, Refusal):
        return state
    why = action.why.strip() if isinstance(action, SendBack) else ""
    if not _step(bulletin, state, now, return_reason=why):
        return wrong_state(bulletin.state)
    revision = Revision.objects.get(bulletin=bulletin, rev=bulletin.rev)
    verb = "return" if isinstance(action, SendBack) else "withdraw"
    note(bulletin_id, person, verb, now, why=why, sha256=revision.sha256)
    return state


@transaction.atomic
def discard(bulletin_id: str, person: Person, now: datetime) -> str | Refusal:
    """Out of the lists; `restore` brings it back as it was. Returns the new state."""
    if Approval.objects.filter(revision__bulletin=bulletin_id).exists():
        return WAS_APPROVED
    return _lay(bulletin_id, person, Discard(), now)


@transaction.atomic
def restore(bulletin_id: str, person: Person, now: datetime) -> str | Refusal:
    """A draft again. Returns the new state."""
    return _lay(bulletin_id, person, Restore(), now)


def _lay(
    bulletin_id: str, person: Person, action: Discard | Restore, now: datetime
) -> str | Refusal:
    bulletin = find(bulletin_id)
    if bulletin is None:
        return GONE
    state = decide(facts_of(bulletin), standing_of(person, now), action)
    if isinstance(state, Refusal):
        return state
    if not _step(bulletin, state, now):
        return wrong_state(bulletin.state)
    note(bulletin_id, person, "discard" if isinstance(action, Discard) else "restore", now)
    return state


def find(bulletin_id: str) -> Bulletin | None:
    return Bulletin.objects.select_related("home").filter(pk=bulletin_id).first()


def facts_of(bulletin: Bulletin) -> Facts:
    urgent = bulletin.level == "emergency"  # nobody else waits for a second signature
    asked = Revision.objects.filter(bulletin=bulletin, rev=bulletin.rev) if urgent else None
    who = ("approval__approver", "countersign")
    told = None if asked is None else asked.values_list(*who).first()
    paths = bulletin.areas.values_list("path", flat=True)
    return facts_by(bulletin, paths, *(told or (None, None)))


def facts_by(
    bulletin: Bulletin, paths: Iterable[str], approver: int | None, countersign: int | None
) -> Facts:
    """Of what was read already: its areas' paths, and of an emergency's revision who approved it
    and the number of its second signature."""
    both = needs_both(bulletin.kind, bulletin.level, bulletin.genre, settings.LOA.approval.two)
    return Facts(
        state=bulletin.state,
        author=bulletin.author_id,
        level=bulletin.level,
        home=bulletin.home.path,
        paths=tuple(paths),
        kind=bulletin.kind,
        approver=approver,
        countersigned=countersign is not None,
        both=both,
        first=first_approver(bulletin) if both else None,
    )


def first_approver(bulletin: Bulletin) -> int | None:
    """Who has approved the revision that waits for a second approver."""
    given = FirstApproval.objects.filter(revision__bulletin=bulletin, revision__rev=bulletin.rev)
    return given.values_list("approver", flat=True).first()


def two_may_approve(bulletin: Bulletin, now: datetime) -> bool:
    """Whether two people besides its author could: better said while it is written."""
    paths = (bulletin.home.path, *bulletin.areas.values_list("path", flat=True))
    people = Person.objects.filter(is_active=True, grants__role=Role.APPROVER).distinct()
    others = people.exclude(pk=bulletin.author_id)
    return sum(standing_of(person, now).may_all("approver", paths) for person in others) >= 2


def duty_answers(bulletin: Bulletin, now: datetime) -> bool:
    """Whether anybody at all could countersign it: better said while it is written."""
    paths = (bulletin.home.path, *bulletin.areas.values_list("path", flat=True))
    officers = Person.objects.filter(is_active=True, grants__role=Role.DUTY).distinct()
    return any(standing_of(officer, now).may_all("duty", paths) for officer in officers)


def outdated_voices(bulletin: Bulletin) -> list[str]:
    """Languages whose machine voice reads a text that is no longer there."""
    return [
        voice.lang
        for voice in bulletin.voices.all()
        if voice.text_sha256
        and voice.text_sha256 != payload.text_sha256(bulletin.text.get(voice.lang, ""))
    ]


def note(
    bulletin_id: str,
    person: Person | None,
    verb: str,
    now: datetime,
    *,
    why: str = "",
    sha256: str = "",
) -> None:
    """`person` None: the engine did it."""
    Act.objects.create(
        bulletin_id=bulletin_id, person=person, verb=verb, why=why, sha256=sha256, at=now
    )
    said = {"why": why, "sha256": sha256}
    record(
        verb,
        who=person.username if person else "loa-server engine",
        subject=bulletin_id,
        detail={name: value for name, value in said.items() if value},
        at=now,
        place=Bulletin.objects.values_list("home__path", flat=True).get(pk=bulletin_id),
    )


def _step(bulletin: Bulletin, state: str, now: datetime, **columns: Any) -> bool:
    """The version is part of the condition: nobody may have edited since it was read."""
    asked = Bulletin.objects.filter(
        pk=bulletin.pk, state=bulletin.state, version=bulletin.version, rev=bulletin.rev
    )
    return asked.update(state=state, changed_at=now, **columns) == 1


def _columns(working: Working) -> dict[str, Any]:
    return {
        "kind": working.kind,
        "level": working.level,
        "alert": working.alert if working.level == "emergency" else "",
        "genre": working.genre,
        "source_number": working.source_number,
        "source_issuer": working.source_issuer,
        "title": payload.clean(working.title),
        "text": payload.clean(working.text),
        "ticker": working.ticker,
        "schedule": dict(working.schedule),
        "expires_at": working.expires_at,
    }


def _attach(bulletin: Bulletin, working: Working) -> None:
    bulletin.areas.set(Area.objects.filter(pk__in=working.areas))
    bulletin.voices.all().delete()
    Voice.objects.bulk_create(
        Voice(bulletin=bulletin, lang=lang, media_id=sound.media, text_sha256=sound.text_sha256)
        for lang, sound in working.voices.items()
    )
    bulletin.pictures.all().delete()
    Picture.objects.bulk_create(
        Picture(bulletin=bulletin, media_id=sha256, position=n)
        for n, sha256 in enumerate(working.pictures)
    )
