"""Filters that a person has named: their own, kept until they take them away."""

from __future__ import annotations

from typing import Final

from loa_server.areas.models import Person
from loa_server.fleet.models import SavedView
from loa_server.refusal import Refusal

MOST: Final = 20
LONGEST_NAME: Final = 40

NO_NAME = Refusal("name", "Hãy đặt tên cho bộ lọc.", "Give the filter a name.")
LONG_NAME = Refusal(
    "name",
    f"Tên dài quá {LONGEST_NAME} ký tự; hãy đặt ngắn hơn.",
    f"The name is longer than {LONGEST_NAME} characters; choose a shorter one.",
)
NOTHING = Refusal(
    "query",
    "Chưa lọc gì để lưu. Hãy chọn một điều kiện rồi bấm Lọc trước.",
    "There is no filter to keep yet. Choose a condition and press Filter first.",
)
ENOUGH = Refusal(
    "most",
    f"Đã có {MOST} bộ lọc. Hãy bỏ bớt một bộ rồi lưu lại.",
    f"There are {MOST} filters already. Remove one, then save again.",
)


def keep(person: Person, name: str, query: str) -> SavedView | Refusal:
    """`query` as the sieve writes it. A name that is there already gets the new filter."""
    name = " ".join(name.replace("\0", "").split())
    if not name:
        return NO_NAME
    if len(name) > LONGEST_NAME:
        return LONG_NAME
    if not query:
        return NOTHING
    mine = SavedView.objects.filter(person=person)
    if mine.exclude(name=name).count() >= MOST:
        return ENOUGH
    return SavedView.objects.update_or_create(person=person, name=name, defaults={"query": query})[
        0
    ]


def drop(person: Person, pk: int) -> bool:
    """False where there is none of theirs."""
    return bool(SavedView.objects.filter(person=person, pk=pk).delete()[0])
