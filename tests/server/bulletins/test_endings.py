"""A stop and an all-clear: whole, from what was published, with nothing to choose."""

from __future__ import annotations

import pytest

from fakes.wire import HOUR, NOW, a_bulletin, ulid
from loa_server.bulletins.endings import OVER, compose
from loa_wire.bulletin import Bulletin, contradiction
from loa_wire.limits import LIFE_MS
from loa_wire.parse import decode

ENDING = ulid(9)


def made(kind: str, *published: Bulletin, now: int = NOW + 1) -> Bulletin:
    ending = compose(kind, published, ENDING, now)
    assert isinstance(ending, Bulletin), ending
    return ending


@pytest.mark.parametrize("kind", ["stop", "all_clear"])
def test_a_node_can_read_it(kind: str) -> None:
    target = a_bulletin(level="emergency", alert="flood", exp=NOW + 6 * HOUR)

    ending = made(kind, target)

    assert contradiction(decode(ending.encode(), Bulletin)) is None
    assert (ending.level, ending.areas, ending.exp) == ("emergency", target.areas, target.exp)
    assert ending.exp - ending.iat <= LIFE_MS["emergency"]
    assert ending.title["vi"].endswith(target.title["vi"])
    assert not ending.media()


def test_each_names_what_it_ends() -> None:
    target = a_bulletin()

    assert made("stop", target).stops.ids == [target.id]  # type: ignore[union-attr]
    assert made("all_clear", target).ends == target.id


def test_an_all_clear_stands_on_the_screen_and_a_stop_leaves_no_trace_there() -> None:
    target = a_bulletin(level="emergency", alert="flood", exp=NOW + 6 * HOUR)

    clear, stop = made("all_clear", target), made("stop", target)

    assert clear.screen.ticker == clear.title["vi"]
    assert clear.text["vi"] == "Tình huống khẩn cấp đã kết thúc."
    assert (stop.screen.ticker, stop.text) == ("", {})


def test_it_reaches_every_place_and_moment_of_every_revision_that_went_out() -> None:
    first = a_bulletin(areas=["vn-1", "vn-2"], exp=NOW + 9 * HOUR)
    second = a_bulletin(rev=2, areas=["vn-2", "vn-3"], exp=NOW + 2 * HOUR)

    ending = made("stop", first, second)

    assert ending.areas == ["vn-1", "vn-2", "vn-3"]
    assert ending.exp == NOW + 9 * HOUR


def test_what_has_run_out_everywhere_needs_no_ending() -> None:
    assert compose("stop", [a_bulletin(exp=NOW + HOUR)], ENDING, NOW + HOUR) is OVER


def test_the_same_order_is_the_same_bytes() -> None:
    target = a_bulletin()

    assert made("stop", target).encode() == made("stop", target).encode()
