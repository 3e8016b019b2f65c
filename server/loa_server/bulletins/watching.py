"""Từ cần xem: words that hold a bulletin before its approver. They never cut, change or publish.

A word is met as it is written, with its marks: "ma" is not "má" and not part of "mang". The list
of an area holds for everything below it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from loa_server.areas.models import Area, Person
from loa_server.areas.reach import standing_of
from loa_server.areas.scope import ids_of
from loa_server.audit.book import record
from loa_server.bulletins.models import WatchWord
from loa_server.bulletins.refusal import Refusal
from loa_wire.fields import nfc

KEEPERS: Final = ("registrar", "approver")
AROUND: Final = 40
MOST: Final = 300

HELD = Refusal(
    "held",
    "Bản tin có từ cần xem. Hãy đọc các chỗ ấy và đánh dấu đã xem, hoặc trả lại.",
    "The bulletin holds watched words. Read those places and tick that you have, or send it back.",
)
NOT_YOURS = Refusal(
    "outside",
    "Chỉ người quản trị hoặc người duyệt của địa bàn sửa được danh sách này.",
    "Only a registrar or an approver of the place changes this list.",
)
NO_WORD = Refusal(
    "word",
    "Hãy gõ một từ hoặc cụm từ, 2 đến 60 ký tự.",
    "Type a word or a phrase of 2 to 60 letters.",
)
KNOWN = Refusal("known", "Từ này đã có trong danh sách.", "This word is on the list already.")
FULL = Refusal("full", f"Danh sách nhiều nhất {MOST} từ.", f"The list holds {MOST} words at most.")


@dataclass(frozen=True, slots=True)
class Hit:
    """One place of the text: what stands before the word, the word as written, what follows."""

    lang: str
    before: str
    found: str
    after: str


def lists_for(paths: Iterable[str]) -> QuerySet[WatchWord]:
    """Of these places and all that stands over them."""
    return WatchWord.objects.filter(area__in={area for path in paths for area in ids_of(path)})


def words_for(paths: Iterable[str]) -> list[str]:
    return sorted(set(lists_for(paths).values_list("word", flat=True)))


def hits(texts: Iterable[Mapping[str, str]], words: Iterable[str]) -> list[Hit]:
    """Every place, in order of the texts. Pure."""
    wanted = [re.escape(nfc(word)).replace(r"\ ", r"\s+") for word in words]
    if not wanted:
        return []
    # longest first: of two that begin alike the whole phrase is shown
    pattern = re.compile(
        rf"(?<!\w)(?:{'|'.join(sorted(wanted, key=len, reverse=True))})(?!\w)", re.IGNORECASE
    )
    return [
        Hit(
            lang,
            text[max(0, met.start() - AROUND) : met.start()],
            met.group(),
            text[met.end() : met.end() + AROUND],
        )
        for said in texts
        for lang, text in ((lang, nfc(text)) for lang, text in said.items())
        for met in pattern.finditer(text)
    ]


def add(area: Area, typed: str, person: Person, now: datetime) -> WatchWord | Refusal:
    word = " ".join(nfc(typed).casefold().split())
    if not _keeps(person, area, now):
        return NOT_YOURS
    if not 2 <= len(word) <= 60 or not any(c.isalnum() for c in word):
        return NO_WORD
    if area.watch_words.count() >= MOST:
        return FULL
    try:
        with transaction.atomic():
            made = WatchWord.objects.create(area=area, word=word, by=person, at=now)
            _record("watch_add", made, person, now)
    except IntegrityError:
        return KNOWN
    return made


@transaction.atomic
def remove(row: WatchWord, person: Person, now: datetime) -> Refusal | None:
    if not _keeps(person, row.area, now):
        return NOT_YOURS
    _record("watch_remove", row, person, now)
    row.delete()
    return None


def _keeps(person: Person, area: Area, now: datetime) -> bool:
    standing = standing_of(person, now)
    return any(standing.may(role, area.path) for role in KEEPERS)


def _record(verb: str, row: WatchWord, person: Person, now: datetime) -> None:
    detail = {"word": row.word}
    area = row.area
    record(verb, who=person.username, subject=area.pk, detail=detail, at=now, place=area.path)
