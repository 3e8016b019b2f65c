"""Codes, times and lengths as words, for the templates."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from django import template
from django.conf import settings

from loa_server.areas.models import Area
from loa_server.areas.naming import Called, called_on
from loa_server.bulletins.models import Bulletin
from loa_server.config import UnitConfig
from loa_server.console import languages, plain, words
from loa_wire.localtime import LOCAL

register = template.Library()

_LISTS: dict[str, words.Words] = {
    "level": words.LEVELS,
    "level_means": words.LEVELS_MEAN,
    "alert": words.ALERTS,
    "mode_means": words.MODES_MEAN,
    "genre": words.GENRES,
    "kind": words.KINDS,
    "state": words.STATES,
    "delivery": words.DELIVERIES,
    "inbox": words.INBOX,
    "evidence": words.EVIDENCE,
    "origin": words.ORIGINS,
    "verb": words.VERBS,
    "detail": words.DETAILS,
    "fault": words.FAULTS,
    "role": words.ROLES,
    "reason": words.REASONS,
    "fact": words.FACTS,
    "order": words.ORDERS,
    "presence": words.PRESENCES,
    "clock": words.CLOCKS,
    "area_kind": words.AREA_KINDS,
}


@register.simple_tag
def unit_name() -> str:
    """The operating unit, as `[unit] name` in server.toml calls it; "" until somebody wrote one."""
    name = str(settings.LOA.unit.name)
    return "" if name == UnitConfig().name else name


@register.filter
def say(code: str, which: str) -> str:
    """`{{ row.state|say:"delivery" }}`"""
    return words.say(_LISTS[which], code) if code else ""


@register.filter
def said_as_json(codes: list[str], which: str) -> str:
    """{code: words}, for a page's script."""
    return json.dumps({code: say(code, which) for code in codes}, ensure_ascii=False)


@register.filter
def in_its_words(fact: Any) -> str:
    """The detail as the node wrote it: which program, how many degrees, how much is left."""
    try:
        told = json.loads(bytes(fact.raw))
    except ValueError:
        return ""
    return str(told.get("detail") or "")[:80] if isinstance(told, dict) else ""


@register.filter
def weekday(number: str) -> str:
    return next(str(short) for n, _name, short in words.WEEKDAYS if str(n) == str(number))


@register.filter
def whole_weekday(number: int) -> str:
    return next(str(name) for n, name, _short in words.WEEKDAYS if n == number)


@register.filter
def of(texts: dict[str, str], lang: str) -> str:
    return texts.get(lang, "")


@register.filter
def language(code: str) -> str:
    return languages.name(code)


@register.filter
def moment(at: datetime | int | None) -> str:
    """A time, or ms UTC, as 05:00 · T3 24/11/2026."""
    if at is None:
        return ""
    return plain.moment(datetime.fromtimestamp(at / 1000, UTC) if isinstance(at, int) else at)


@register.filter
def clock(at: datetime | None) -> str:
    return plain.clock(at) if at else ""


@register.filter
def length(ms: int | None) -> str:
    return plain.length(ms)


@register.filter
def size(count: int) -> str:
    return plain.size(count)


@register.filter
def lufs(tenths: int | None) -> str:
    return "" if tenths is None else f"{plain.tenth(tenths / 10)} LUFS"


@register.filter
def decibel(tenths: int) -> str:
    return f"{plain.tenth(tenths / 10)} dB"


@register.filter
def title_of(titles: dict[str, str]) -> str:
    return next((titles[lang] for lang in languages.in_order(titles) if titles[lang]), "")


@register.filter
def heading(bulletin: Bulletin) -> str:
    return plain_title(bulletin)


def plain_title(bulletin: Bulletin) -> str:
    """The Vietnamese title, or the first there is."""
    for lang in languages.in_order(bulletin.title):
        if bulletin.title[lang]:
            return str(bulletin.title[lang])
    return bulletin.id


@register.filter
def place_on(area: Area, at: datetime | None) -> str:
    """As it was called then: an old bulletin keeps the names of its day."""
    if at is None:
        return place(area)
    return place(called_on(area, at.astimezone(LOCAL).date()))


@register.filter
def place(area: Area | Called) -> str:
    """The name with what it is: Ấp 3, Xã Tân Quan. Names that already say so stay."""
    kind = words.say(words.AREA_KINDS, area.kind)
    said = area.name.lower().startswith(kind.lower())
    return area.name if said else f"{kind} {area.name}"
