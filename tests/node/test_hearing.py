"""Was it heard? The rules; what they are worth in a room: contracts/test_hearing.py."""

from __future__ import annotations

import math
import random

import pytest

from loa_node import hearing


def noise(seconds: float, seed: int) -> list[int]:
    chance = random.Random(seed)
    return [round(chance.gauss(0, 3000)) for _ in range(int(seconds * hearing.RATE))]


def tone(hertz: float, seconds: float) -> list[int]:
    step = 2 * math.pi * hertz / hearing.RATE
    return [round(8000 * math.sin(step * n)) for n in range(int(seconds * hearing.RATE))]


def test_six_seconds_are_three_thousand_bytes() -> None:
    assert len(hearing.signs(noise(6, 1))) == 3000


def test_what_sounded_is_found_wherever_it_begins_and_whichever_way_round() -> None:
    sound = noise(4, 2)
    reference = hearing.signs(sound)

    for before, turned in ((0.1, 1), (1.3, -1)):
        around = [*noise(before, 3), *(turned * s for s in sound), *noise(0.5, 4)]
        assert hearing.score(hearing.signs(around), reference) > 30


def test_what_did_not_sound_is_not_found() -> None:
    assert hearing.score(hearing.signs(noise(7, 5)), hearing.signs(noise(6, 6))) < hearing.UNSURE


def test_a_lasting_tone_proves_nothing_because_it_fits_everywhere() -> None:
    assert hearing.score(hearing.signs(tone(1000, 7)), hearing.signs(tone(1000, 6))) < 2


@pytest.mark.parametrize(("seconds", "reference_s"), [(2, 6), (0, 6), (6, 0)])
def test_too_little_to_compare_scores_nothing(seconds: float, reference_s: float) -> None:
    reference = hearing.signs(noise(reference_s, 7))

    assert hearing.score(hearing.signs(noise(seconds, 8)), reference) == 0.0


@pytest.mark.parametrize(
    ("z", "level", "usual", "verdict"),
    [
        (7.0, -30.0, None, "heard"),
        (6.9, -30.0, None, "unsure"),
        (5.9, -30.0, None, "not_heard"),
        (5.9, -30.0, -32.0, "not_heard"),
        (5.9, -20.0, -32.0, "unsure"),  # rain on the roof
        (5.9, -math.inf, None, "no_mic"),
    ],
)
def test_the_verdict(z: float, level: float, usual: float | None, verdict: hearing.Verdict) -> None:
    assert hearing.judge(z, level, usual) == verdict


def test_the_level_is_in_decibels_and_a_dead_line_has_none() -> None:
    assert hearing.level_db([16384, -16384] * 100) == pytest.approx(-6.02, abs=0.01)
    assert hearing.level_db([0] * 100) == hearing.level_db([7] * 100) == -math.inf
    assert hearing.level_db([]) == -math.inf
