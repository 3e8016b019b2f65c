from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loa_server.bucket import Buckets
from loa_server.web.ranges import Answer, Part, Unsatisfiable, Whole, answer

ETAG = '"abc"'


@pytest.mark.parametrize(
    ("asked", "if_range", "expected"),
    [
        (None, None, Whole(100)),
        ("bytes=0-", None, Part(0, 99, 100)),
        ("bytes=10-19", None, Part(10, 19, 100)),
        ("bytes=10-1000", None, Part(10, 99, 100)),
        ("bytes=-10", None, Part(90, 99, 100)),
        ("bytes=-1000", None, Part(0, 99, 100)),
        ("bytes=100-", None, Unsatisfiable(100)),
        ("bytes=-0", None, Unsatisfiable(100)),
        ("bytes=20-10", None, Whole(100)),
        ("bytes=0-1,5-6", None, Whole(100)),
        ("bytes=-", None, Whole(100)),
        ("items=0-1", None, Whole(100)),
        ("bytes=0x1-", None, Whole(100)),
        ("bytes=50-", ETAG, Part(50, 99, 100)),
        ("bytes=50-", '"other"', Whole(100)),
        ("bytes=50-", "Mon, 23 Nov 2026 00:00:00 GMT", Whole(100)),
    ],
)
def test_a_range_is_read_as_the_standard_says(
    asked: str | None, if_range: str | None, expected: Answer
) -> None:
    assert answer(100, ETAG, asked, if_range) == expected


@given(st.integers(0, 10_000), st.text(max_size=30) | st.from_regex(r"bytes=\d*-\d*"))
def test_no_range_reaches_outside_the_file(size: int, asked: str) -> None:
    match answer(size, ETAG, asked, None):
        case Part(first, last, whole):
            assert 0 <= first <= last < size == whole
        case Whole(whole) | Unsatisfiable(whole):
            assert whole == size


def test_an_address_that_asks_too_often_waits_and_others_do_not() -> None:
    buckets = Buckets(rate=1, burst=3)

    assert [buckets.take("a", 0) for _ in range(4)] == [True, True, True, False]
    assert buckets.take("b", 0)
    assert buckets.take("a", 1.0)
    assert not buckets.take("a", 1.5)


def test_the_memory_of_addresses_is_bounded_and_the_busy_one_stays_in_it() -> None:
    buckets = Buckets(rate=1, burst=2)
    assert buckets.take("busy", 0)

    for n in range(30_000):
        buckets.take(f"other-{n}", n / 30_000)
        if n % 1000 == 0:
            buckets.take("busy", n / 30_000)

    assert not buckets.take("busy", 0.99)
