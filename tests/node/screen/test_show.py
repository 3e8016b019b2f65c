from __future__ import annotations

from dataclasses import replace

from fakes.scenes import a_scene
from loa_node.screen.boxes import Page
from loa_node.screen.scene import Kind
from loa_node.screen.show import Now, begun, is_over, relaid, resting, turned

PAGES = tuple(Page((0, 0, number), (), seconds=10) for number in range(3))


def at(ms: int) -> Now:
    return Now(ms=ms, wall_ms=1_000_000 + ms)


def test_pages_turn_when_read_and_begin_again_after_the_last() -> None:
    on = begun(a_scene(), PAGES, at(0))
    seen = []
    for second in range(35):
        on = turned(on, at(second * 1000))
        seen.append(on.page)

    assert (seen[9], seen[10], seen[20], seen[30]) == (0, 1, 2, 0)


def test_a_single_page_never_turns() -> None:
    on = begun(a_scene(), PAGES[:1], at(0))

    assert turned(on, at(10**9)) is on


def test_a_new_minute_keeps_the_page_the_reader_is_on() -> None:
    on = replace(begun(a_scene(), PAGES, at(0)), page=2, since_ms=7)

    assert (relaid(on, PAGES).page, relaid(on, PAGES).since_ms) == (2, 7)
    assert relaid(on, PAGES[:1]).page == 0


def test_what_has_expired_gives_way_to_the_idle_scene_of_the_same_place() -> None:
    scene = a_scene(until_ms=1_005_000)

    assert not is_over(scene, at(4999))
    assert is_over(scene, at(5000))
    assert resting(scene).kind is Kind.IDLE
    assert resting(scene).place == scene.place


def test_a_clock_that_may_be_wrong_ends_nothing() -> None:
    assert not is_over(a_scene(until_ms=1, clock_ok=False), at(0))


def test_all_of_a_scene_is_seen_in_the_sum_of_its_pages() -> None:
    assert begun(a_scene(), PAGES, at(0)).reading_s == 30
