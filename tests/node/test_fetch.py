"""What is missing, in which order, and when to try again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.wire import (
    DAY,
    NOW,
    a_bulletin,
    a_manifest,
    a_media,
    an_item,
    changed,
    some_settings,
    ulid,
)
from loa_node import fetch
from loa_node.fetch import Try, Want
from loa_wire.bulletin import JPEG, Fingerprint, Schedule
from loa_wire.down import Page

NONE_HELD = lambda _: False  # noqa: E731
SLOTS = Schedule(mode="slots")


def want(name: str, *, urgent: bool = False) -> Want:
    return Want("media", name, f"/media/{name}", 10, urgent)


def names(wants: list[Want]) -> list[str]:
    return [one.name for one in wants]


def test_sounds_come_before_pictures_and_now_before_the_calendar() -> None:
    later = a_bulletin(id=ulid(1), schedule=SLOTS, audio={"vi": a_media(b"later")})
    picture = a_media(b"picture", type=JPEG, duration_ms=None)
    now = a_bulletin(id=ulid(2), audio={"vi": a_media(b"now")}, images=[picture])

    wants = fetch.media([later, now], some_settings(), NONE_HELD)

    expected = [a_media(b"now"), a_media(b"later"), picture]
    assert names(wants) == [one.sha256 for one in expected]
    assert [one.urgent for one in wants] == [True, False, False]


@pytest.mark.parametrize(
    ("level", "order"),
    [
        ("normal", ["signs", "sound"]),
        ("priority", ["signs", "sound"]),
        ("emergency", ["sound", "signs"]),
    ],
)
def test_a_fingerprint_comes_just_before_its_sound_and_an_alarms_after_it(
    level: str, order: list[str]
) -> None:
    signs = Fingerprint(sha256=a_media(b"signs").sha256, bytes=5)
    sound = a_media(b"sound", fingerprint=signs)
    picture = a_media(b"picture", type=JPEG, duration_ms=None)
    bulletin = a_bulletin(level=level, audio={"vi": sound}, images=[picture])

    wants = fetch.media([bulletin], some_settings(), NONE_HELD)

    expected = [a_media(name.encode()).sha256 for name in order]
    assert [want.name for want in wants if want.name != picture.sha256] == expected
    assert set(bulletin.files()) == {want.name for want in wants}
    assert fetch.sounds_ready(bulletin, some_settings(), lambda name: name == sound.sha256)


def test_only_the_languages_this_node_speaks_are_fetched() -> None:
    audio = {"vi": a_media(b"vi"), "km": a_media(b"km")}
    bulletin = a_bulletin(audio=audio)

    first = fetch.media([bulletin], some_settings(languages=["km", "vi"]), NONE_HELD)
    both = some_settings(languages=["km", "vi"], language_mode="all")

    assert names(first) == [audio["km"].sha256]
    assert len(fetch.media([bulletin], both, NONE_HELD)) == 2


def test_what_is_held_is_not_fetched_and_what_two_need_is_fetched_once() -> None:
    both = [a_bulletin(id=ulid(1)), a_bulletin(id=ulid(2))]

    assert len(fetch.media(both, some_settings(), NONE_HELD)) == 1
    assert fetch.media(both, some_settings(), lambda _: True) == []


def test_a_bulletin_is_ready_with_its_sound_and_does_not_wait_for_pictures() -> None:
    bulletin = a_bulletin(images=[a_media(b"picture", type=JPEG)])
    sound = bulletin.audio["vi"].sha256

    assert fetch.sounds_ready(bulletin, some_settings(), lambda sha: sha == sound)
    assert not fetch.sounds_ready(bulletin, some_settings(), NONE_HELD)


def test_envelopes_that_the_manifest_names_and_nobody_judged_are_missing() -> None:
    known, unknown, over = (a_bulletin(id=ulid(n)) for n in (1, 2, 3))
    over = changed(over, exp=NOW - 1, iat=NOW - DAY, nbf=NOW - DAY)
    items = [an_item(b, b.id.encode()) for b in (known, unknown, over)]

    wants = fetch.envelopes(
        [a_manifest(*items)], {}, lambda item: item.id == known.id, earliest_ms=NOW
    )

    assert [w.path for w in wants] == [f"/envelopes/{items[1].sha256}"]


def test_pages_are_fetched_first_and_then_what_they_name() -> None:
    item = an_item(a_bulletin(), b"envelope")
    manifest = a_manifest(pages=["a" * 64])
    page = Page(area="ap-3", items=[item])

    before = fetch.envelopes([manifest], {}, lambda _: False, NOW)
    after = fetch.envelopes([manifest], {"a" * 64: page}, lambda _: False, NOW)

    assert [(w.kind, w.name) for w in before] == [("page", "a" * 64)]
    assert [(w.kind, w.name) for w in after] == [("envelope", item.sha256)]


def test_each_lane_takes_one_at_a_time() -> None:
    wants = [want("u1", urgent=True), want("u2", urgent=True), want("b1"), want("b2")]

    begun = fetch.choose(wants, {}, [], mono=0)

    assert names(begun) == ["u1", "b1"]
    assert names(fetch.choose(wants, {}, [begun[0]], mono=0)) == ["b1"]
    assert fetch.choose(wants, {}, begun, mono=0) == []


def test_a_failure_delays_its_own_item_only() -> None:
    wants = [want("bad"), want("good")]
    tries = {"media/bad": Try(3, not_before=1_000)}

    assert names(fetch.choose(wants, tries, [], mono=999)) == ["good"]
    assert names(fetch.choose(wants, tries, [], mono=1_000)) == ["bad"]
    assert fetch.next_try(wants, tries, 999) == 1_000
    assert fetch.next_try(wants, tries, 1_000) is None


@given(failures=st.integers(0, 60), chance=st.floats(0, 0.999), urgent=st.booleans())
def test_a_retry_is_never_further_off_than_its_longest(
    *, failures: int, chance: float, urgent: bool
) -> None:
    longest = fetch.LONGEST_URGENT_RETRY_S if urgent else fetch.LONGEST_RETRY_S

    tried = fetch.after_failure(Try(failures, 0), want("a", urgent=urgent), 5_000, chance)

    assert tried.failures == failures + 1
    assert 5_000 < tried.not_before <= 5_100 + longest * 1000


def test_what_is_in_no_hurry_takes_its_turn_among_a_thousand_nodes() -> None:
    assert fetch.spread(want("a"), 60, mono=0, chance=0.5) == Try(0, 30_000)
    assert fetch.spread(want("a", urgent=True), 60, mono=0, chance=0.5) is None
    assert fetch.spread(want("a"), 0, mono=0, chance=0.5) is None
