"""The Vietnamese lunar date of a day, from the positions of sun and moon. Pure.

A month begins on the day (at UTC+7) of a new moon. The eleventh month holds the winter solstice.
When thirteen months lie between two eleventh months, the first of them in which the sun enters
no new twelfth of its circle is the leap month. New moons and the sun's longitude are the series
of J. Meeus, Astronomical Algorithms (chapters 25 and 49), good to about a minute of time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

_UTC_PLUS_7 = 7 / 24
_JDN_OF_ORDINAL = 1721425  # Julian day number = proleptic Gregorian ordinal + this
_SYNODIC = 29.530588861

_CAN = ("Giáp", "Ất", "Bính", "Đinh", "Mậu", "Kỷ", "Canh", "Tân", "Nhâm", "Quý")
_CHI = ("Tý", "Sửu", "Dần", "Mão", "Thìn", "Tỵ", "Ngọ", "Mùi", "Thân", "Dậu", "Tuất", "Hợi")


@dataclass(frozen=True, slots=True)
class LunarDate:
    year: int
    month: int  # 1-12
    day: int  # 1-30
    leap: bool = False

    @property
    def year_name(self) -> str:
        """The name in the sixty-year cycle: 2024 is Giáp Thìn."""
        return f"{_CAN[(self.year + 6) % 10]} {_CHI[(self.year + 8) % 12]}"


def lunar(day: date) -> LunarDate:
    """Right for 1960-2060, save where a new moon falls within a minute of midnight."""
    number = day.toordinal() + _JDN_OF_ORDINAL
    moon = _moon_of(number)
    start, year = _eleventh(day.year), day.year
    if _day_of_moon(moon) < _day_of_moon(start):
        start, year = _eleventh(day.year - 1), day.year - 1
    leap = _leap_month(start, _eleventh(year + 1))
    passed = moon - start
    is_leap = leap is not None and passed == leap
    if leap is not None and passed >= leap:
        passed -= 1
    return LunarDate(
        year=year + (passed >= 2),
        month=(passed + 10) % 12 + 1,
        day=number - _day_of_moon(moon) + 1,
        leap=is_leap,
    )


def _moon_of(number: int) -> int:
    """The new moon (counted from January 2000) that began the month of this Julian day number."""
    moon = int((number - 2451550.1) / _SYNODIC) + 1
    while _day_of_moon(moon) > number:
        moon -= 1
    return moon


@lru_cache(maxsize=64)
def _eleventh(year: int) -> int:
    """The new moon that begins the month of the winter solstice of a Gregorian year."""
    moon = _moon_of(date(year, 12, 31).toordinal() + _JDN_OF_ORDINAL)
    return moon - 1 if _term(_day_of_moon(moon)) >= 9 else moon


@lru_cache(maxsize=64)
def _leap_month(start: int, end: int) -> int | None:
    """How many months after `start` the leap month is; None in a year of twelve."""
    if end - start == 12:
        return None
    terms = [_term(_day_of_moon(moon)) for moon in range(start, end + 1)]
    return next((i for i in range(1, end - start) if terms[i] == terms[i + 1]), None)


@lru_cache(maxsize=256)
def _day_of_moon(moon: int) -> int:
    """Julian day number, at UTC+7, of the day on which this new moon falls."""
    return math.floor(_new_moon(moon) + 0.5 + _UTC_PLUS_7)


def _term(number: int) -> int:
    """Which twelfth of its circle (0-11) the sun is in when this day begins at UTC+7."""
    return int(_sun_longitude(number - 0.5 - _UTC_PLUS_7) / 30)


def _sun_longitude(jd: float) -> float:
    """Apparent longitude in degrees."""
    t = (jd + _delta_t(jd) - 2451545.0) / 36525
    mean = 280.46646 + 36000.76983 * t + 0.0003032 * t * t
    m = math.radians(357.52911 + 35999.05029 * t - 0.0001537 * t * t)
    centre = (
        (1.914602 - 0.004817 * t - 0.000014 * t * t) * math.sin(m)
        + (0.019993 - 0.000101 * t) * math.sin(2 * m)
        + 0.000289 * math.sin(3 * m)
    )
    node = math.radians(125.04 - 1934.136 * t)
    return (mean + centre - 0.00569 - 0.00478 * math.sin(node)) % 360


def _delta_t(jd: float) -> float:
    """Days by which even time runs ahead of the turning earth; a parabola, good to ~20 s here."""
    year = 2000 + (jd - 2451545.0) / 365.25
    return (62.9 + 0.32 * (year - 2000) + 0.0056 * (year - 2000) ** 2) / 86400


# Sine terms of a new moon: (days, power of E, multiples of M, M', F, node).
_MOON_TERMS = (
    (-0.40720, 0, 0, 1, 0, 0),
    (0.17241, 1, 1, 0, 0, 0),
    (0.01608, 0, 0, 2, 0, 0),
    (0.01039, 0, 0, 0, 2, 0),
    (0.00739, 1, -1, 1, 0, 0),
    (-0.00514, 1, 1, 1, 0, 0),
    (0.00208, 2, 2, 0, 0, 0),
    (-0.00111, 0, 0, 1, -2, 0),
    (-0.00057, 0, 0, 1, 2, 0),
    (0.00056, 1, 1, 2, 0, 0),
    (-0.00042, 0, 0, 3, 0, 0),
    (0.00042, 1, 1, 0, 2, 0),
    (0.00038, 1, 1, 0, -2, 0),
    (-0.00024, 1, -1, 2, 0, 0),
    (-0.00017, 0, 0, 0, 0, 1),
)


def _new_moon(moon: int) -> float:
    """Julian date, universal time."""
    t = moon / 1236.85
    e = 1 - 0.002516 * t - 0.0000074 * t * t
    sun = 2.5534 + 29.10535670 * moon - 0.0000014 * t * t
    own = 201.5643 + 385.81693528 * moon + 0.0107582 * t * t
    latitude = 160.7108 + 390.67050284 * moon - 0.0016118 * t * t
    node = 124.7746 - 1.56375588 * moon + 0.0020672 * t * t
    mean = 2451550.09766 + _SYNODIC * moon + 0.00015437 * t * t
    shift = sum(
        days * e**power * math.sin(math.radians(a * sun + b * own + c * latitude + d * node))
        for days, power, a, b, c, d in _MOON_TERMS
    )
    planets = 0.000325 * math.sin(math.radians(299.77 + 0.107408 * moon - 0.009173 * t * t))
    jde = mean + shift + planets
    return jde - _delta_t(jde)
