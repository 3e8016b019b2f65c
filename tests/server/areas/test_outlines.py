"""Outlines of places from a GeoJSON file: what is taken, and what is refused whole."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loa_server.areas import outlines
from loa_server.refusal import Refusal

SQUARE = [[106.6, 11.6], [106.7, 11.6], [106.7, 11.7], [106.6, 11.7], [106.6, 11.6]]


def a_file(*features: Any) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": list(features)}).encode()


def a_shape(area: Any = "ap-1", kind: str = "Polygon", coordinates: Any = None) -> dict[str, Any]:
    shape = {"type": kind, "coordinates": coordinates if coordinates is not None else [SQUARE]}
    return {"type": "Feature", "properties": {"id": area}, "geometry": shape}


def test_polygons_and_several_of_them_are_taken() -> None:
    read = outlines.read(
        a_file(a_shape("ap-1"), a_shape("ap-2", "MultiPolygon", [[SQUARE], [SQUARE]]))
    )

    assert isinstance(read, list)
    assert [(one.area, len(one.polygons)) for one in read] == [("ap-1", 1), ("ap-2", 2)]
    assert outlines.middle(read[0].polygons) == pytest.approx((11.65, 106.65))


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", outlines.NOT_GEOJSON),
        (b"[]", outlines.NOT_GEOJSON),
        (b"\xff", outlines.NOT_GEOJSON),
        (b"[" * 100_000, outlines.NOT_GEOJSON),
        (a_file(), outlines.NOT_GEOJSON),
        (b" " * (outlines.MOST_BYTES + 1), outlines.TOO_LARGE),
        (a_file(*[a_shape(f"a{n}") for n in range(2001)]), outlines.TOO_LARGE),
        (a_file(a_shape(coordinates=[SQUARE[:-1] * 20_000 + SQUARE])), outlines.TOO_LARGE),
        (a_file(a_shape(7)), outlines.NO_ID),
        (a_file(a_shape("")), outlines.NO_ID),
        (a_file({"type": "Feature"}), outlines.NO_ID),
        (a_file(a_shape(), a_shape()), outlines.NO_ID),
        (a_file(a_shape(kind="Point", coordinates=[106.6, 11.6])), outlines.NOT_A_SHAPE),
        (a_file(a_shape(coordinates=[SQUARE[:3]])), outlines.NOT_A_SHAPE),
        (a_file(a_shape(coordinates=[SQUARE[:-1]])), outlines.NOT_A_SHAPE),
        (a_file(a_shape(coordinates=[[["x", 1]] * 5])), outlines.NOT_A_SHAPE),
        (a_file(a_shape(coordinates=[[[y, x] for x, y in SQUARE]])), outlines.ABROAD),
        (a_file(a_shape(coordinates=[[[1e300, 11.6]] * 5])), outlines.ABROAD),
        (a_file(a_shape(coordinates=[[[float("nan"), 11.6]] * 5])), outlines.NOT_A_SHAPE),
    ],
)
def test_what_is_not_an_outline_is_refused(raw: bytes, why: Refusal) -> None:
    assert outlines.read(raw) is why


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)


@given(JSON, JSON)
def test_any_json_at_all_is_read_or_refused(feature: Any, coordinates: Any) -> None:
    for said in (a_file(feature), a_file(a_shape(coordinates=coordinates))):
        assert isinstance(outlines.read(said), list | Refusal)
