"""Known dates: Tết as celebrated in Vietnam, which is not always China's, and the leap months."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest

from loa_node.screen.lunar import LunarDate, lunar

TET = """
1968-01-29 1984-02-02 1985-01-21 2000-02-05 2001-01-24 2002-02-12 2003-02-01 2004-01-22 2005-02-09
2006-01-29 2007-02-17 2008-02-07 2009-01-26 2010-02-14 2011-02-03 2012-01-23 2013-02-10 2014-01-31
2015-02-19 2016-02-08 2017-01-28 2018-02-16 2019-02-05 2020-01-25 2021-02-12 2022-02-01 2023-01-22
2024-02-10 2025-01-29 2026-02-17 2027-02-06 2028-01-26 2029-02-13 2030-02-02 2031-01-23 2032-02-11
2033-01-31 2034-02-19 2035-02-08
"""

LEAPS = {2001: 4, 2004: 2, 2006: 7, 2009: 5, 2012: 4, 2014: 9, 2017: 6, 2020: 4, 2023: 2, 2025: 6,
         2028: 5, 2031: 3, 2033: 11}  # fmt: skip


@pytest.mark.parametrize("day", TET.split())
def test_tet_is_the_first_day_of_the_first_month(day: str) -> None:
    found = lunar(date.fromisoformat(day))

    assert found == LunarDate(year=int(day[:4]), month=1, day=1)


def test_a_year_with_thirteen_months_repeats_the_right_one() -> None:
    days = (date(2000, 3, 1) + timedelta(n) for n in range(0, 35 * 365, 7))
    found = {moon.year: moon.month for moon in map(lunar, days) if moon.leap}

    assert found == LEAPS


def test_each_day_follows_the_one_before() -> None:
    start = date(2019, 1, 1)
    moons = [lunar(start + timedelta(n)) for n in range(1500)]

    for before, after in pairwise(moons):
        if after.day != 1:
            assert after == LunarDate(before.year, before.month, before.day + 1, before.leap)
        else:
            assert before.day in (29, 30)
            assert after.month in (before.month, before.month % 12 + 1)


def test_years_have_their_names_in_the_cycle_of_sixty() -> None:
    assert lunar(date(2024, 6, 1)).year_name == "Giáp Thìn"
    assert lunar(date(2025, 6, 1)).year_name == "Ất Tỵ"
    assert lunar(date(1968, 6, 1)).year_name == "Mậu Thân"
