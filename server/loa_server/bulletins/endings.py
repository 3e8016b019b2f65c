"""What ends a bulletin: a stop, or an all-clear, made whole from what was published. Pure.

One person orders it, so nothing in it is theirs to choose: the console makes these bytes, and the
signer makes them again from the same revisions before it signs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from loa_server.bulletins.refusal import Refusal
from loa_wire import limits
from loa_wire.bulletin import Bulletin, Screen, Stops
from loa_wire.fields import Level

LONGEST_TITLE: Final = 240
_TITLES: Final[Mapping[str, Mapping[str, str]]] = {
    "stop": {"vi": "Dừng phát: {}", "en": "Stop: {}"},
    "all_clear": {"vi": "Báo yên: {}", "en": "All clear: {}"},
}
_ALL_CLEAR: Final = {
    "vi": "Tình huống khẩn cấp đã kết thúc.",
    "en": "The emergency is over.",
}
_HUSHED: Final = {"vi": "Dừng mọi bản tin ở địa bàn", "en": "Stop everything in an area"}
OVER: Final = Refusal(
    "over",
    "Bản tin đã hết hạn ở mọi nơi, không còn gì để dừng.",
    "The bulletin has run out everywhere; there is nothing left to stop.",
)


def compose(kind: str, published: Sequence[Bulletin], name: str, now: int) -> Bulletin | Refusal:
    """`published`: every revision that went out, oldest first: a node may hold any of them.

    `name` is the ending's own id. It stands until the last of them has run out.
    """
    newest, exp = published[-1], max(each.exp for each in published)
    areas = sorted({area for each in published for area in each.areas})
    if exp <= now or len(areas) > limits.AREAS:
        return OVER
    return Bulletin(
        kind="all_clear" if kind == "all_clear" else "stop",
        id=name,
        rev=1,
        level=newest.level,
        areas=areas,
        iat=now,
        nbf=now,
        exp=exp,
        genre=newest.genre,
        title=_titled(kind, newest.title),
        text=dict(_ALL_CLEAR) if kind == "all_clear" else {},
        screen=Screen(ticker=_titled(kind, newest.title)["vi"] if kind == "all_clear" else ""),
        stops=Stops(ids=[newest.id]) if kind == "stop" else None,
        ends=newest.id if kind == "all_clear" else None,
    )


def hush(area: str, level: Level, name: str, now: int) -> Bulletin:
    """Silence for all that was issued until now on the loudspeakers of `area`, up to `level`.

    It stands as long as the longest of that may live: also for what this server knows nothing of.
    """
    return Bulletin(
        kind="stop",
        id=name,
        rev=1,
        level=level,
        areas=[area],
        iat=now,
        nbf=now,
        exp=now + max(limits.LIFE_MS.values()),
        title=dict(_HUSHED),
        stops=Stops(area=area, issued_upto=now),
    )


def _titled(kind: str, titles: Mapping[str, str]) -> dict[str, str]:
    """In Vietnamese always; in English where the bulletin had it."""
    any_title = next(iter(titles.values()), "")
    return {
        lang: form.format(titles.get(lang, any_title))[:LONGEST_TITLE]
        for lang, form in _TITLES[kind].items()
        if lang == "vi" or lang in titles
    }
