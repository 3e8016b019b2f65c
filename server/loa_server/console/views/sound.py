"""Writing, step two: a voice for each language, and pictures.

One form, several buttons. Every press takes in whatever files were chosen: the good ones are kept
as draft voices and pictures at once, a bad one is told about beside its own box.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from loa_server.areas.models import Person
from loa_server.bulletins import services
from loa_server.bulletins.models import Bulletin, Media, Voice
from loa_server.bulletins.notices import NOT_BY_FORM, SENTENCES
from loa_server.console import doors, drafts, languages, prepare, progress
from loa_server.console.desk import Desk
from loa_server.console.forms.fonts import in_words
from loa_server.console.pages import page, signed_in
from loa_server.console.steps import draft_of, outdated, steps
from loa_server.media.refusal import MediaRefusedError
from loa_server.media.voice import Progress

MOST_PICTURES = 12
SAID = "media-said"
"""Of a press that progress.js sent: what the page says when it is shown again."""
UNDO = "media-undo"
"""The voice or picture that the last press took away or replaced: one press brings it back."""


@dataclass(slots=True)
class Outcome:
    """What came of this press: faults by box, remarks on what was kept."""

    faults: dict[str, list[str]] = field(default_factory=dict)
    remarks: dict[str, list[str]] = field(default_factory=dict)
    before: dict[str, str] = field(default_factory=dict)  # what this press took away

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
        led = _led(request, desk.person, bulletin, outcome)
        if _waits(request):
            return _kept_for_later(request, bulletin, outcome, led)
        if led:
            return redirect(led, bulletin.id)
    else:
        outcome = _from_before(request, bulletin)
    context = {
        "bulletin": bulletin,
        "steps": steps(bulletin, "media"),
        "cards": _cards(bulletin, outcome),
        "pictures": list(bulletin.pictures.select_related("media")),
        "by_form": bulletin.genre in SENTENCES,
        "picture_faults": outcome.faults.get("picture", []),
        "saved": request.method == "POST" and not outcome.faults,
        "before": _before(request, bulletin),
    }
    return page(request, desk, "media.html", context)


def _led(request: HttpRequest, person: Person, bulletin: Bulletin, outcome: Outcome) -> str:
    """The page that this press leads to; empty: it stays here."""
    job = request.headers.get("X-Progress", "")
    draft = Draft(bulletin, person, progress.begin(person.pk, job))
    try:
        _take_in(request, draft, outcome)
        if outcome.before:
            request.session[UNDO] = {"bulletin": bulletin.id, **outcome.before}
    except drafts.MovedOnError:
        return "console:bulletin"
    finally:
        progress.end(person.pk, job)
    return "console:areas" if not outcome.faults and request.POST.get("do") == "next" else ""


def _waits(request: HttpRequest) -> bool:
    """A page with progress.js: it shows this page anew by itself."""
    return "X-Progress" in request.headers


def _kept_for_later(
    request: HttpRequest, bulletin: Bulletin, outcome: Outcome, led: str
) -> HttpResponse:
    if led:
        return JsonResponse({"go": reverse(led, args=[bulletin.id])})
    said = {"faults": outcome.faults, "remarks": outcome.remarks}
    request.session[SAID] = {"bulletin": bulletin.id, **said}
    return JsonResponse({}, status=422 if outcome.faults else 200)


def _from_before(request: HttpRequest, bulletin: Bulletin) -> Outcome:
    said = request.session.pop(SAID, None)
    if not said or said["bulletin"] != bulletin.id:
        return Outcome()
    return Outcome(said["faults"], said["remarks"])


@signed_in
def how_far(request: HttpRequest, desk: Desk, job: str) -> HttpResponse:  # noqa: ARG001
    """JSON: {"done": 0..1} of this person's own file, {} where nothing is being prepared."""
    done = progress.of(desk.person.pk, job)
    return JsonResponse({} if done is None else {"done": round(done, 3)})


@require_POST
@signed_in
def record(request: HttpRequest, desk: Desk, id: str, lang: str) -> HttpResponse:  # noqa: A002
    """File: voice, as the browser recorded it. Answers JSON: {} or {"fault": a sentence}."""
    bulletin = draft_of(desk, id)
    upload = request.FILES.get("voice")
    if lang not in languages.NAMES or not isinstance(upload, UploadedFile):
        raise Http404
    outcome, job = Outcome(), request.headers.get("X-Progress", "")
    draft = Draft(bulletin, desk.person, progress.begin(desk.person.pk, job))
    try:
        _keep_voice(draft, lang, upload, outcome, "recording")
        if outcome.before:
            request.session[UNDO] = {"bulletin": bulletin.id, **outcome.before}
    except drafts.MovedOnError:
        outcome.fault(lang, services.STALE.text(get_language() or "vi"))
    finally:
        progress.end(desk.person.pk, job)
    faults = outcome.faults.get(lang, [])
    return JsonResponse({"fault": faults[0]} if faults else {}, status=422 if faults else 200)


@dataclass(frozen=True, slots=True)
class Draft:
    """The bulletin in hand, whose hand it is, and who hears how far a file is."""

    bulletin: Bulletin
    person: Person
    tell: Progress

    def add(self, change: drafts.Change) -> None:
        drafts.add(self.bulletin, change, self.person, timezone.now())


def _take_in(request: HttpRequest, draft: Draft, outcome: Outcome) -> None:
    for lang in languages.NAMES:
        for upload in request.FILES.getlist(f"voice_{lang}"):
            _keep_voice(draft, lang, upload, outcome)
    for upload in request.FILES.getlist("picture"):
        _keep_picture(draft, upload, outcome)
    _press(request, draft, outcome)


def _press(request: HttpRequest, draft: Draft, outcome: Outcome) -> None:
    what, _colon, which = request.POST.get("do", "").partition(":")
    if what == "speak" and which in languages.SPOKEN_BY_MACHINE:
        _speak(draft, which, outcome)
    elif what == "drop-voice":
        outcome.before = _voice_before(draft, which)
        draft.add(lambda working: drafts.without_voice(working, which))
    elif what == "drop-picture":
        if draft.bulletin.pictures.filter(media=which).exists():
            outcome.before = {"picture": which}
        draft.add(lambda working: drafts.without_picture(working, which))
    elif what == "undo":
        _undo(request, draft, outcome)


def _before(request: HttpRequest, bulletin: Bulletin) -> dict[str, str] | None:
    kept: dict[str, str] | None = request.session.get(UNDO)
    return kept if kept and kept["bulletin"] == bulletin.id else None


def _voice_before(draft: Draft, lang: str) -> dict[str, str]:
    voice = draft.bulletin.voices.filter(lang=lang).first()
    if voice is None:
        return {}
    return {"voice": lang, "media": voice.media_id, "read": voice.text_sha256}


def _undo(request: HttpRequest, draft: Draft, outcome: Outcome) -> None:
    """A voice that stands there by now changes places with the one that comes back."""
    before = _before(request, draft.bulletin)
    if before is None:
        return
    del request.session[UNDO]
    if not Media.objects.filter(pk=before.get("picture") or before["media"]).exists():
        return  # swept away: it lay unused for too long
    if "picture" in before:
        draft.add(lambda working: drafts.with_pictures(working, before["picture"]))
        return
    outcome.before = _voice_before(draft, before["voice"])
    sound = services.Sound(before["media"], before["read"])
    draft.add(lambda working: drafts.with_sound(working, before["voice"], sound))


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
        kept = prepare.voice_from_upload(upload, origin, draft.tell)
    except MediaRefusedError as e:
        said = in_words(e)
        outcome.fault(lang, said if origin == "recording" else f"{upload.name}: {said}")
        return
    outcome.before = _voice_before(draft, lang)
    draft.add(lambda working: drafts.with_voice(working, lang, kept.media))
    outcome.note(lang, kept)


def _speak(draft: Draft, lang: str, outcome: Outcome) -> None:
    if _busy(draft, lang, outcome):
        return
    try:
        kept = prepare.voice_from_text(drafts.spoken(draft.bulletin, lang), lang, draft.tell)
    except MediaRefusedError as e:
        outcome.fault(lang, in_words(e))
        return
    outcome.before = _voice_before(draft, lang)
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
