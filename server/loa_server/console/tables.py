"""A list as a file for a spreadsheet: UTF-8 that Excel knows, and no cell that it would reckon."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from django.http import HttpResponse
from django.utils import timezone

from loa_server.cells import marked
from loa_wire.localtime import LOCAL

MOST: Final = 20_000


def table(name: str, titles: Sequence[object], rows: Iterable[Sequence[object]]) -> HttpResponse:
    """`name` begins the file's; the day follows."""
    out = io.StringIO()
    out.write("\ufeff")
    lines = csv.writer(out)
    lines.writerow([cell(title) for title in titles])
    lines.writerows([cell(one) for one in row] for row in rows)
    answer = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    day = timezone.now().astimezone(LOCAL)
    answer["Content-Disposition"] = f'attachment; filename="{name}-{day:%Y%m%d}.csv"'
    return answer


def cell(said: object) -> str:
    return marked(said)
