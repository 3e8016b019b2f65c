"""Giải thích từ: the console's hard words in plain ones, one page, a place for each."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from loa_server.console import words
from loa_server.console.desk import Desk
from loa_server.console.pages import page, signed_in


@signed_in
def explain(request: HttpRequest, desk: Desk) -> HttpResponse:
    terms = [(code, term, means) for code, (term, means) in words.EXPLAINED.items()]
    return page(request, desk, "explain.html", {"terms": terms})
