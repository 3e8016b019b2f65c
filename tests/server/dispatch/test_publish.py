from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.wire import DAY, HOUR, NOW, a_bulletin, ulid
from loa_server.dispatch import publish
from loa_server.dispatch.publish import Spread
from loa_wire.bulletin import Repeat, Schedule
from loa_wire.down import ManifestItem, Page
from loa_wire.limits import DOWN_ENVELOPE, MANIFEST_PAGE
from loa_wire.parse import decode

WIDE = Spread(30, 0)


def an_item(n: int, exp: int = NOW + DAY) -> ManifestItem:
    return ManifestItem(id=ulid(n), rev=1, sha256="ab" * 32, exp=exp)


def test_a_bulletin_goes_live_to_every_area_it_names_and_is_not_retained() -> None:
    posts = publish.bulletin_posts(["a", "b"], b"sealed")

    assert [(p.topic, p.retain) for p in posts] == [
        ("loa/1/area/a/bulletin", False),
        ("loa/1/area/b/bulletin", False),
    ]


def test_the_manifest_is_what_stays() -> None:
    post = publish.manifest_post("a", b"sealed")

    assert (post.topic, post.payload, post.retain) == ("loa/1/area/a/manifest", b"sealed", True)


def test_a_pointer_names_the_documents_bytes() -> None:
    post = publish.pointer_post("loa/1/root", 3, b"the document")

    digest = hashlib.sha256(b"the document").hexdigest()
    assert json.loads(post.payload) == {"version": 3, "sha256": digest}
    assert post.retain


@pytest.mark.parametrize(
    ("nodes", "w", "fetch", "spread"),
    [
        (1, 0, -1, Spread(30, 0)),
        (199, 0, -1, Spread(30, 0)),
        (200, 0, -1, Spread(30, 30)),
        (16_000, 0, -1, Spread(100, 100)),
        (16_000, 1, 0, Spread(1, 0)),
        (5, 1, 0, Spread(1, 0)),
    ],
)
def test_reconnects_spread_with_the_fleet_unless_told(
    nodes: int, w: int, fetch: int, spread: Spread
) -> None:
    assert publish.spread(nodes, w, fetch) == spread


def test_what_is_over_leaves_the_index() -> None:
    index = publish.index("a", 4, [an_item(1), an_item(2, exp=NOW)], NOW, WIDE)

    assert [item.id for item in index.manifest.items] == [ulid(1)]
    assert (index.manifest.version, index.manifest.w, index.pages) == (4, 30, ())


@given(st.integers(0, 200), st.randoms(use_true_random=False))
def test_however_many_there_are_each_stands_in_manifest_or_pages_once(
    count: int, random: object
) -> None:
    items = [an_item(n, NOW + DAY + n % 7) for n in range(count)]
    shuffled = items[:]
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    index = publish.index("a", 1, shuffled, NOW, WIDE)

    paged = [item for _, body in index.pages for item in decode(body, Page).items]
    assert sorted([*index.manifest.items, *paged], key=lambda i: i.id) == items
    assert len(index.manifest.items) == min(count, MANIFEST_PAGE)
    assert index.manifest.pages == [hashlib.sha256(body).hexdigest() for _, body in index.pages]
    assert index == publish.index("a", 1, items, NOW, WIDE)
    assert len(index.manifest.encode()) * 4 // 3 + 400 < DOWN_ENVELOPE


def test_nodes_in_and_under_the_named_areas_are_expected_to_play() -> None:
    nodes = [("n1", "/p/c/h1/"), ("n2", "/p/c/h2/"), ("n3", "/p/d/h3/"), ("n4", "/p/c/")]

    assert publish.reached(["c"], nodes) == ["n1", "n2", "n4"]
    assert publish.reached(["h2", "d"], nodes) == ["n2", "n3"]
    assert publish.reached(["p"], nodes) == ["n1", "n2", "n3", "n4"]
    assert publish.reached(["h"], nodes) == []


@pytest.mark.parametrize(
    ("schedule", "slots", "plays"),
    [
        (Schedule(mode="now"), 2, 1),
        (Schedule(mode="now", repeat=Repeat(times=3, gap_s=60)), 2, 3),
        (Schedule(mode="slots", plays=4), 90, 4),
        (Schedule(mode="slots", plays=4), 2, 2),
        (Schedule(mode="at", times=["05:00", "17:00"]), 2, 4),
        (Schedule(mode="at", times=["05:00"], until="2026-09-01"), 2, 1),
    ],
)
def test_the_ledger_knows_how_many_plays_to_expect(
    schedule: Schedule, slots: int, plays: int
) -> None:
    bulletin = a_bulletin(schedule=schedule, exp=NOW + 2 * DAY - HOUR)

    assert publish.planned(bulletin, slots) == plays
