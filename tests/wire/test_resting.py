"""What stands on a silent screen."""

from __future__ import annotations

from fakes.wire import NOW, a_bulletin
from loa_wire.bulletin import Screen
from loa_wire.resting import alarm_among, resting, ticker_of

NEVER_ENDS = {"nbf": 0, "exp": NOW + 60_000}


def test_only_what_counts_now_stays_there_and_neither_drill_nor_stop() -> None:
    now, soon = a_bulletin(**NEVER_ENDS), a_bulletin(nbf=NOW + 1, exp=NOW + 60_000)
    over, all_clear = a_bulletin(nbf=0, exp=NOW), a_bulletin(kind="all_clear", **NEVER_ENDS)
    others = [a_bulletin(kind=kind, **NEVER_ENDS) for kind in ("drill", "stop")]

    assert resting([soon, now, over, *others, all_clear], NOW) == [now, all_clear]


def test_an_alarm_stands_before_an_all_clear_and_both_before_the_rooms_page() -> None:
    quiet = a_bulletin(**NEVER_ENDS)
    over = a_bulletin(kind="all_clear", level="emergency", **NEVER_ENDS)
    first, second = (
        a_bulletin(level="emergency", title={"vi": said}, **NEVER_ENDS) for said in ("Lũ", "Cháy")
    )

    assert alarm_among([quiet, over, first, second]) == first
    assert alarm_among([quiet, over]) == over
    assert alarm_among([quiet]) is None


def test_each_running_line_is_there_once_and_all_of_them_have_an_end() -> None:
    one, other = (a_bulletin(screen=Screen(ticker=said)) for said in ("Tiêm chủng", "Họp ấp"))
    long = a_bulletin(screen=Screen(ticker="x" * 1990))

    assert ticker_of([one, other, a_bulletin(), one]) == "Tiêm chủng  •  Họp ấp"
    assert ticker_of([]) == ""
    assert len(ticker_of([one, long, other])) == 2000
