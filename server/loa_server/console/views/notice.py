"""Writing, step one, of a notice for a third party: its fields; the sentences are fixed."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import get_language

from loa_server.bulletins import notices, services
from loa_server.bulletins.models import Bulletin
from loa_server.bulletins.refusal import Refusal
from loa_server.bulletins.services import Working
from loa_server.console import drafts
from loa_server.console.desk import Desk
from loa_server.console.forms.notice import NoticeForm, as_typed
from loa_server.console.pages import page, signed_in
from loa_server.console.steps import draft_of, steps
from loa_wire.localtime import LOCAL


@signed_in
def new(request: HttpRequest, desk: Desk, genre: str) -> HttpResponse:
    """Into the first place where this person writes; step three says where it is heard."""
    homes = desk.places("author")
    if not homes or genre not in notices.SENTENCES:
        raise Http404
    form = _form(request)
    if request.method == "POST" and form.is_valid():
        working = drafts.written(Working(), **_written(genre, form))
        made = services.create(desk.person, homes[0].id, working, timezone.now())
        if not isinstance(made, Refusal):
            return redirect("console:media", made)
        form.add_error(None, made.text(get_language() or "vi"))
    return _page(request, desk, genre, form)


@signed_in
def edit(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    bulletin = draft_of(desk, id)
    if bulletin.genre not in notices.SENTENCES:
        return redirect("console:content", bulletin.id)
    form = _form(request, initial=as_typed(bulletin))
    moved_on = False
    if request.method == "POST" and form.is_valid():
        try:
            drafts.save(
                bulletin,
                form.cleaned_data["version"] or 0,
                lambda working: drafts.written(working, **_written(bulletin.genre, form)),
                desk.person,
                timezone.now(),
            )
        except drafts.MovedOnError:
            moved_on = True
            bulletin.refresh_from_db()
            form = _form(request, typed={**request.POST.dict(), "version": bulletin.version})
        else:
            return redirect("console:media", bulletin.id)
    return _page(request, desk, bulletin.genre, form, bulletin, moved_on=moved_on)


def _form(
    request: HttpRequest, initial: dict[str, Any] | None = None, typed: dict[str, Any] | None = None
) -> NoticeForm:
    today = timezone.now().astimezone(LOCAL).date()
    return NoticeForm(today, typed or request.POST or None, initial=initial)


def _written(genre: str, form: NoticeForm) -> dict[str, Any]:
    notice = form.notice
    title, text = notices.words_of(genre, notice)
    return {
        "title": {notices.LANG: title},
        "text": {notices.LANG: text},
        "genre": genre,
        "source_number": notice.number,
        "source_issuer": notice.issuer,
        "ticker": "",
        "level": "normal",
        "alert": "",
        "kind": "play",
    }


def _page(
    request: HttpRequest,
    desk: Desk,
    genre: str,
    form: NoticeForm,
    bulletin: Bulletin | None = None,
    *,
    moved_on: bool = False,
) -> HttpResponse:
    blank = {name: f"({form.fields[name].label})" for name in notices.Notice.__slots__}
    context = {
        "form": form,
        "genre": genre,
        "bulletin": bulletin,
        "moved_on": moved_on,
        "sentences": notices.words_of(genre, notices.Notice(**blank))[1],
        "steps": steps(bulletin, "content"),
    }
    status = 409 if moved_on else 200
    return page(request, desk, "notice.html", context, status=status)
