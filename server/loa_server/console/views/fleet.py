"""Điểm phát: every speaker cluster and how it is, and one of them in plain words."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from loa_server.console.desk import Desk
from loa_server.console.pages import page, signed_in


@signed_in
def fleet(request: HttpRequest, desk: Desk) -> HttpResponse:
    return page(request, desk, "fleet.html", {})


@signed_in
def node(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002, ARG001
    return page(request, desk, "node.html", {})
