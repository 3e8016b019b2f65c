"""Writing, step two: a voice for each language, and pictures.

One form, several buttons. Every press takes in whatever files were chosen: the good ones are kept
as draft voices and pictures at once, a bad one is told about beside its own box.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from loa_server.areas.models import Person
from loa_server.bulletins import services
from loa_server.bulletins.models import Bulletin, Voice
from loa_server.bulletins.notices import NOT_BY_FORM, SENTENCES
from loa_server.console import doors, drafts, languages, prepare
from loa_server.console.desk import Desk
from loa_server.console.forms.fonts import in_words
from loa_server.console.pages import page, signed_in
from loa_server.console.steps import draft_of, outdated, steps
from loa_server.media.refusal import MediaRefusedError

MOST_PICTURES = 12


@dataclass(slots=True)
class Outcome:
    """What came of this press: faults by box, remarks on what was kept."""

    faults: dict[str, list[str]] = field(default_factory=dict)
    remarks: dict[str, list[str]] = field(default_factory=dict)

    def fault(self, box: str, sentence: str) -> None:
        self.faults.setdefault(box, []).append(sentence)

    def note(self, box: str, kept: prepare.Prepared) -> None:
        said = [in_words(warned) for warned in kept.warnings]
        self.remarks.setdefault(box, []).extend(said)


@dataclass(frozen=True, slots=True)
class Card:
    """One language on the page."""

    lang: str
    title: str
    text: str
    voice: Voice | None
    outdated: bool
    machine: bool
    faults: list[str]
    remarks: list[str]


@signed_in
def edit(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    bulletin = draft_of(desk, id)
    outcome = Outcome()
    if request.method == "POST":
        try:
            _take_in(request, Draft(bulletin, desk.person), outcome)
        except drafts.MovedOnError:
            return redirect("console:bulletin", bulletin.id)
        if not outcome.faults and request.POST.get("do") == "next":
            return redirect("console:areas", bulletin.id)
    context = {
        "bulletin": bulletin,
        "steps": steps(bulletin, "media"),
        "cards": _cards(bulletin, outcome),
        "pictures": list(bulletin.pictures.select_related("media")),
        "by_form": bulletin.genre in SENTENCES,
        "picture_faults": outcome.faults.get("picture", []),
        "saved": request.method == "POST" and not outcome.faults,
    }
    return page(request, desk, "media.html", context)


@require_POST
@signed_in
def record(request: HttpRequest, desk: Desk, id: str, lang: str) -> HttpResponse:  # noqa: A002
    """File: voice, as the browser recorded it. Answers JSON: {} or {"fault": a sentence}."""
    bulletin = draft_of(desk, id)
    upload = request.FILES.get("voice")
    if lang not in languages.NAMES or not isinstance(upload, UploadedFile):
        raise Http404
    outcome = Outcome()
    try:
        _keep_voice(Draft(bulletin, desk.person), lang, upload, outcome, "recording")
    except drafts.MovedOnError:
        outcome.fault(lang, services.STALE.text(get_language() or "vi"))
    faults = outcome.faults.get(lang, [])
    return JsonResponse({"fault": faults[0]} if faults else {}, status=422 if faults else 200)


@dataclass(frozen=True, slots=True)
class Draft:
    """The bulletin in hand and whose hand it is."""

    bulletin: Bulletin
    person: Person

    def add(self, change: drafts.Change) -> None:
        drafts.add(self.bulletin, change, self.person, timezone.now())


def _take_in(request: HttpRequest, draft: Draft, outcome: Outcome) -> None:
    for lang in languages.NAMES:
        for upload in request.FILES.getlist(f"voice_{lang}"):
            _keep_voice(draft, lang, upload, outcome)
    for upload in request.FILES.getlist("picture"):
        _keep_picture(draft, upload, outcome)
    what, _colon, which = request.POST.get("do", "").partition(":")
    if what == "speak" and which in languages.SPOKEN_BY_MACHINE:
        _speak(draft, which, outcome)
    elif what == "drop-voice":
        draft.add(lambda working: drafts.without_voice(working, which))
    elif what == "drop-picture":
        draft.add(lambda working: drafts.without_picture(working, which))


def _busy(draft: Draft, box: str, outcome: Outcome) -> bool:
    busy = doors.busy(draft.person)
    if busy:
        outcome.fault(box, doors.BUSY.text(get_language() or "vi"))
    return busy


def _keep_voice(
    draft: Draft, lang: str, upload: UploadedFile, outcome: Outcome, origin: str = "upload"
) -> None:
    if _busy(draft, lang, outcome):
        return
    try:
        kept = prepare.voice_from_upload(upload, origin)
    except MediaRefusedError as e:
        said = in_words(e)
        outcome.fault(lang, said if origin == "recording" else f"{upload.name}: {said}")
        return
    draft.add(lambda working: drafts.with_voice(working, lang, kept.media))
    outcome.note(lang, kept)


def _speak(draft: Draft, lang: str, outcome: Outcome) -> None:
    if _busy(draft, lang, outcome):
        return
    try:
        kept = prepare.voice_from_text(drafts.spoken(draft.bulletin, lang), lang)
    except MediaRefusedError as e:
        outcome.fault(lang, in_words(e))
        return
    draft.add(lambda working: drafts.with_voice(working, lang, kept.media))
    outcome.note(lang, kept)


def _keep_picture(draft: Draft, upload: UploadedFile, outcome: Outcome) -> None:
    if draft.bulletin.genre in SENTENCES:
        outcome.fault("picture", NOT_BY_FORM.text(get_language() or "vi"))
        return
    if draft.bulletin.pictures.count() >= MOST_PICTURES:
        outcome.fault("picture", _("Mỗi bản tin tối đa %(n)d ảnh.") % {"n": MOST_PICTURES})
        return
    if _busy(draft, "picture", outcome):
        return
    try:
        kept = prepare.picture_from_upload(upload)
    except MediaRefusedError as e:
        outcome.fault("picture", f"{upload.name}: {in_words(e)}")
        return
    draft.add(lambda working: drafts.with_picture(working, kept.media))


def _cards(bulletin: Bulletin, outcome: Outcome) -> list[Card]:
    voices = {voice.lang: voice for voice in bulletin.voices.select_related("media")}
    used = languages.in_order(
        {*bulletin.title, *bulletin.text, *voices, *outcome.faults} - {"picture"}
    )
    return [_card(bulletin, lang, voices.get(lang), outcome) for lang in used or ["vi"]]


def _card(bulletin: Bulletin, lang: str, voice: Voice | None, outcome: Outcome) -> Card:
    return Card(
        lang=lang,
        title=bulletin.title.get(lang, ""),
        text=bulletin.text.get(lang, ""),
        voice=voice,
        outdated=voice is not None and outdated(bulletin, voice),
        machine=lang in languages.SPOKEN_BY_MACHINE and bool(drafts.spoken(bulletin, lang)),
        faults=outcome.faults.get(lang, []),
        remarks=outcome.remarks.get(lang, []),
    )
