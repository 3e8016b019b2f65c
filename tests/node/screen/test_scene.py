"""What the agent sends is read whole or refused whole."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.scenes import a_scene, a_scene_message
from loa_node.screen.scene import Kind, Panel, Scene, Unreadable, parse

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def test_panels_come_in_the_order_of_the_languages() -> None:
    scene = a_scene(
        title={"vi": "Họp ấp", "km": "ប្រជុំ"}, text={"vi": "Tối nay"}, languages=["km", "sti", "vi"]
    )

    assert scene.panels == (Panel("km", "ប្រជុំ", ""), Panel("vi", "Họp ấp", "Tối nay"))


def test_without_languages_the_panels_come_as_they_were_written() -> None:
    scene = a_scene(title={"sti": "A"}, text={"vi": "B", "sti": "C"}, languages=[])

    assert [panel.language for panel in scene.panels] == ["sti", "vi"]


def test_text_is_composed_and_loses_what_would_turn_or_hide_it() -> None:
    scene = a_scene(title={"vi": "Ti\u0302\u0301n\u202egi\x00\ud800 \t x"})

    assert scene.panels[0].title == "Tî\u0301ngi x"


@pytest.mark.parametrize(
    "changes",
    [
        {"id": ""},
        {"id": 7},
        {"kind": "advert"},
        {"kind": None},
        {"title": "Họp"},
        {"text": {"vi": 5}},
        {"text": {"vi": "a" * 20_000}},
        {"title": {f"l{n}": "x" for n in range(9)}},
        {"languages": "vi"},
        {"languages": [1]},
        {"images": ["relative.png"]},
        {"images": ["/a\0b"]},
        {"seconds": -1},
        {"seconds": True},
        {"seconds": 1.5},
        {"level": "loud"},
        {"until_ms": "soon"},
        {"clock_ok": 1},
    ],
)
def test_a_bad_field_refuses_the_scene_and_names_itself(changes: dict[str, Any]) -> None:
    found = parse(a_scene_message(**changes))

    assert isinstance(found, Unreadable)
    assert next(iter(changes)) in found.why


def test_only_id_and_kind_are_needed() -> None:
    assert parse({"id": "x", "kind": "idle"}) == Scene(id="x", kind=Kind.IDLE)


@given(JSON)
def test_anything_at_all_is_a_scene_or_a_refusal(raw: object) -> None:
    assert isinstance(parse(raw), Scene | Unreadable)


@given(st.dictionaries(st.sampled_from(sorted(a_scene_message())), JSON))
def test_hostile_fields_are_a_scene_or_a_refusal(changes: dict[str, Any]) -> None:
    assert isinstance(parse(a_scene_message(**changes)), Scene | Unreadable)
