"""Nhật ký kiểm tra: who did what, whether anybody has changed that since, and both as files."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import date
from functools import partial

from asgiref.sync import sync_to_async
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from loa_server.audit import book, export, watch
from loa_server.audit.chain import Broken, Head
from loa_server.audit.models import Entry
from loa_server.console import words
from loa_server.console.audit_log import (
    Asked,
    Line,
    entries,
    lines,
    may_read,
    remembered_otherwise,
    seen_by,
)
from loa_server.console.desk import Desk
from loa_server.console.pages import page, signed_in
from loa_server.console.paging import ROWS
from loa_server.console.tables import cell
from loa_wire.localtime import LOCAL

PIECE = 500


@signed_in
def log(request: HttpRequest, desk: Desk) -> HttpResponse:
    asked = asked_for(request, desk)
    found = entries(desk, asked)
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) < 16:
        found = found.filter(seq__lt=int(before))
    rows = list(found[: ROWS + 1])
    state = watch.state()
    context = {
        "lines": lines(desk, rows[:ROWS]),
        "older": _address(request, rows[ROWS - 1].seq) if len(rows) > ROWS else "",
        "newest": "" if not before else _address(request, None),
        "asked": asked,
        "narrowed": asked != Asked(),
        "verbs": sorted(words.VERBS.items(), key=lambda word: str(word[1])),
        "state": state,
        "broken": state.found if isinstance(state.found, Broken) else None,
        "remembered": remembered_otherwise(timezone.now()),
        "head": state.head,
        "query": _query(request),
    }
    return page(request, desk, "audit.html", context)


@signed_in
def as_lines(request: HttpRequest, desk: Desk) -> StreamingHttpResponse:
    """The whole chain; what is not this person's to see is there as a hash only."""
    asked_for(request, desk)
    head = book.last()
    pieces = partial(_proof, seen_by(desk))
    first = [export.heading(head, timezone.now())]
    return _file(first, pieces, head, "application/jsonl", "jsonl")


@signed_in
def as_table(request: HttpRequest, desk: Desk) -> StreamingHttpResponse:
    """What the page shows with the same filter, oldest first, for a spreadsheet."""
    asked = asked_for(request, desk)
    pieces = partial(_table, desk, asked, get_language() or "vi")
    titles = [
        _("Số"), _("Lúc"), _("Tài khoản"), _("Họ tên"), _("Mã"), _("Việc"), _("Đối tượng"),
        _("Địa bàn"), _("Chi tiết"), "SHA-256",
    ]  # fmt: skip
    return _file(["\ufeff" + _csv([titles])], pieces, book.last(), "text/csv", "csv")


def asked_for(request: HttpRequest, desk: Desk) -> Asked:
    if not may_read(desk):
        raise Http404
    day = request.GET.get("day", "")
    try:
        chosen = date.fromisoformat(day) if day else None
    except ValueError:
        chosen = None
    return Asked(request.GET.get("verb", "")[:40], request.GET.get("who", "").strip()[:150], chosen)


Pieces = Callable[[int, int], tuple[list[str], int]]
"""(after, upto) -> the text of some entries, and the number of the last; 0 when there are none."""


def _file(
    first: list[str], pieces: Pieces, head: Head, kind: str, ending: str
) -> StreamingHttpResponse:
    """Piece by piece: a log of years is never in memory at once."""

    async def body() -> AsyncIterator[str]:
        for text in first:
            yield text
        after = 0
        while True:
            texts, after = await sync_to_async(pieces)(after, head.seq)
            if not after:
                return
            yield "".join(texts)

    name = f"loa-ap-{timezone.now().astimezone(LOCAL):%Y%m%d-%H%M}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(body(), content_type=f"{kind}; charset=utf-8", headers=headers)


def _proof(seen: Q, after: int, upto: int) -> tuple[list[str], int]:
    stretch = Entry.objects.filter(seq__gt=after, seq__lte=upto).order_by("seq")
    rows = list(stretch.values_list("seq", "line", "sha256")[:PIECE])
    if not rows:
        return [], 0
    mine = set(
        Entry.objects.filter(seen, seq__gt=after, seq__lte=rows[-1][0]).values_list(
            "seq", flat=True
        )
    )
    texts = [(export.shown if row[0] in mine else export.hidden)(*row) for row in rows]
    return texts, rows[-1][0]


def _table(desk: Desk, asked: Asked, language: str, after: int, upto: int) -> tuple[list[str], int]:
    stretch = entries(desk, asked).filter(seq__gt=after, seq__lte=upto).order_by("seq")
    rows = list(stretch[:PIECE])
    with override(language):  # the page's own ended with the page
        text = _csv(_cells(line) for line in lines(desk, rows))
    return [text], rows[-1].seq if rows else 0


def _cells(line: Line) -> list[str]:
    return [
        str(line.seq),
        f"{line.at.astimezone(LOCAL):%Y-%m-%d %H:%M:%S}",
        line.who,
        line.name,
        line.verb,
        words.say(words.VERBS, line.verb),
        line.subject,
        line.place,
        json.dumps(dict(line.detail), ensure_ascii=False) if line.detail else "",
        line.sha256,
    ]


def _csv(rows: Iterator[list[str]] | list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([cell(one) for one in row] for row in rows)
    return text.getvalue()


def _query(request: HttpRequest) -> str:
    kept = request.GET.copy()
    kept.pop("before", None)
    return kept.urlencode()


def _address(request: HttpRequest, before: int | None) -> str:
    kept = request.GET.copy()
    kept.pop("before", None)
    if before is not None:
        kept["before"] = str(before)
    return f"?{kept.urlencode()}"
