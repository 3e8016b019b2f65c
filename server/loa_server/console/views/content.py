"""Writing, step one: the words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import get_language

from loa_server.areas.models import Area
from loa_server.bulletins import services
from loa_server.bulletins.models import Bulletin
from loa_server.bulletins.notices import SENTENCES
from loa_server.bulletins.refusal import Refusal
from loa_server.bulletins.services import Working
from loa_server.console import drafts, duty, taking
from loa_server.console.desk import Desk
from loa_server.console.forms.content import ContentForm, as_typed
from loa_server.console.pages import page, signed_in
from loa_server.console.steps import draft_of, steps


@signed_in
def new(request: HttpRequest, desk: Desk) -> HttpResponse:
    homes = desk.places("author")
    if not homes:
        raise Http404
    if lang := taking.asked(request):
        return _taken(request, desk, lang, homes)
    drill = {"drill": True, "level": "priority"} if request.GET.get("drill") else None
    urgent = duty.answers_for(homes)
    form = ContentForm(homes, request.POST or None, initial=drill, urgent=urgent)
    if request.method == "POST" and form.is_valid():
        home = form.cleaned_data.get("home") or homes[0]
        working = drafts.written(Working(), **_written(form))
        made = services.create(desk.person, home.id, working, timezone.now())
        if not isinstance(made, Refusal):
            return redirect("console:media", made)
        form.add_error(None, made.text(get_language() or "vi"))
    context = {"form": form, "steps": steps(None, "content"), "homes": homes}
    return page(request, desk, "content.html", context)


@signed_in
def edit(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002 - the address says id
    bulletin = draft_of(desk, id)
    if bulletin.genre in SENTENCES:
        return redirect("console:notice", bulletin.id)
    if lang := taking.asked(request):
        return _taken(request, desk, lang, [bulletin.home], bulletin)
    form = ContentForm(
        [bulletin.home],
        request.POST or None,
        initial=as_typed(bulletin),
        urgent=duty.answers_for([bulletin.home]),
    )
    moved_on = False
    if request.method == "POST" and form.is_valid():
        try:
            drafts.save(
                bulletin,
                form.cleaned_data["version"] or 0,
                lambda working: drafts.written(working, **_written(form)),
                desk.person,
                timezone.now(),
            )
        except drafts.MovedOnError:
            moved_on = True
            form = _again(request, bulletin)
        else:
            if _by_itself(request):
                return JsonResponse({"version": bulletin.version})
            return redirect("console:media", bulletin.id)
    if _by_itself(request):
        return JsonResponse({}, status=409 if moved_on else 422)
    context = {
        "form": form,
        "bulletin": bulletin,
        "steps": steps(bulletin, "content"),
        "moved_on": moved_on,
    }
    return page(request, desk, "content.html", context, status=409 if moved_on else 200)


def _taken(
    request: HttpRequest,
    desk: Desk,
    lang: str,
    homes: Sequence[Area],
    bulletin: Bulletin | None = None,
) -> HttpResponse:
    taken = taking.take(request, desk.person, lang)
    context = {
        "form": taking.form_with(request, taken, homes),
        "bulletin": bulletin,
        "steps": steps(bulletin, "content"),
        "taken": taken,
    }
    return page(request, desk, "content.html", context, status=422 if taken.fault else 200)


def _by_itself(request: HttpRequest) -> bool:
    """Saved while it is typed (keep.js): nobody waits for a page."""
    return request.method == "POST" and "X-Autosave" in request.headers


def _written(form: ContentForm) -> dict[str, Any]:
    plain = ("level", "genre", "source_number", "source_issuer", "ticker")
    fields: dict[str, Any] = {name: form.cleaned_data[name] for name in plain}
    fields["alert"] = form.cleaned_data.get("alert", "")
    fields["kind"] = "drill" if form.cleaned_data["drill"] else "play"
    return fields | {"title": form.texts("title"), "text": form.texts("text")}


def _again(request: HttpRequest, bulletin: Bulletin) -> ContentForm:
    """What was typed, on the version that stands now: pressing once more is a decision."""
    bulletin.refresh_from_db()
    typed = request.POST.copy()
    typed["version"] = str(bulletin.version)
    return ContentForm([bulletin.home], typed, urgent=duty.answers_for([bulletin.home]))
