"""Đính chính: a bulletin that says what is right, to everybody who was told what is wrong.

It names what it corrects (`replaces`), is written and approved like any other, goes before
everyday bulletins, and reaches no fewer places than the wrong one did (`outreach.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.db import transaction

from loa_server.areas.models import Person
from loa_server.bulletins.models import Bulletin, State
from loa_server.bulletins.refusal import Refusal
from loa_server.bulletins.services import Working, create

MOST_TITLE: Final = 200
CALLED: Final = {"vi": "Đính chính", "en": "Correction"}
NOT_OUT = Refusal(
    "not_out",
    "Bản tin này chưa phát hành: hãy trả lại hoặc sửa, không cần đính chính.",
    "This bulletin has not gone out: send it back or change it, there is nothing to correct.",
)
_SAID: Final = (State.PUBLISHED, State.ENDED, State.RECALLED)


def may_be_corrected(bulletin: Bulletin) -> bool:
    return bulletin.kind == "play" and bulletin.state in _SAID


@transaction.atomic
def correct(wrong: Bulletin, person: Person, now: datetime) -> str | Refusal:
    """A draft that says so in its title, for the same places; its id. Voices are made anew."""
    if not may_be_corrected(wrong):
        return NOT_OUT
    working = Working(
        title=_titles(wrong.title),
        text=dict(wrong.text),
        areas=tuple(wrong.areas.values_list("pk", flat=True)),
        schedule={"mode": "now"},
        level="priority",
        genre="correction",
    )
    made = create(person, wrong.home_id, working, now)
    if not isinstance(made, Refusal):
        Bulletin.objects.filter(pk=made).update(replaces=wrong)
    return made


def _titles(wrong: Mapping[str, str]) -> dict[str, str]:
    """A language that has no word for it here keeps its title: its reader says so."""
    return {
        lang: f"{CALLED[lang]}: {title}"[:MOST_TITLE] if lang in CALLED else title
        for lang, title in wrong.items()
    }
