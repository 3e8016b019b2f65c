"""Outlines of places from a GeoJSON file: read with its faults, nothing stored. Pure.

Only what a map of ours can draw: polygons in degrees, within the country, each naming its place in
the property `id`. A file of another kind is refused as a whole, so that nothing is half drawn.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from loa_server.refusal import Refusal

MOST_BYTES: Final = 4_000_000
MOST_PLACES: Final = 2_000
MOST_POINTS: Final = 60_000
WEST, EAST, SOUTH, NORTH = 102.0, 118.0, 6.0, 24.0
"""Vietnam with its islands: what lies elsewhere is in metres, or has its numbers swapped."""

Ring = list[list[float]]

NOT_GEOJSON = Refusal(
    "geojson",
    "Đây không phải tệp GeoJSON (FeatureCollection). Hãy xuất lại từ phần mềm bản đồ.",
    "This is not a GeoJSON file (FeatureCollection). Export it again from the map program.",
)
TOO_LARGE = Refusal(
    "size",
    "Tệp lớn quá: nhiều nhất 4 MB, 2000 nơi và 60 000 điểm. Hãy giản lược ranh giới.",
    "The file is too large: at most 4 MB, 2,000 places and 60,000 points. Simplify the outlines.",
)
NO_ID = Refusal(
    "id",
    "Có hình không ghi mã nơi ở thuộc tính “id”, hoặc hai hình cùng một mã.",
    "A shape has no place in its property “id”, or two shapes have the same.",
)
NOT_A_SHAPE = Refusal(
    "shape",
    "Chỉ nhận Polygon hoặc MultiPolygon, mỗi vòng khép kín, ít nhất bốn điểm.",
    "Only Polygon or MultiPolygon, each ring closed and of at least four points.",
)
ABROAD = Refusal(
    "bounds",
    "Có điểm nằm ngoài Việt Nam. Tọa độ phải là kinh độ rồi vĩ độ, tính bằng độ (WGS 84).",
    "A point lies outside Vietnam. Coordinates are longitude, then latitude, in degrees (WGS 84).",
)


@dataclass(frozen=True, slots=True)
class Drawn:
    """One place: its polygons, each ring [[lon, lat], …] rounded to about a metre."""

    area: str
    polygons: list[list[Ring]]


def read(raw: bytes) -> list[Drawn] | Refusal:
    if len(raw) > MOST_BYTES:
        return TOO_LARGE
    try:
        said = json.loads(raw)
        features = said["features"] if said["type"] == "FeatureCollection" else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return NOT_GEOJSON
    if not isinstance(features, list) or not features:
        return NOT_GEOJSON
    if len(features) > MOST_PLACES:
        return TOO_LARGE
    return _all(features)


def _all(features: list[Any]) -> list[Drawn] | Refusal:
    drawn: dict[str, Drawn] = {}
    points = 0
    for feature in features:
        one = _one(feature)
        if isinstance(one, Refusal):
            return one
        points += sum(len(ring) for polygon in one.polygons for ring in polygon)
        if points > MOST_POINTS:
            return TOO_LARGE
        if one.area in drawn:
            return NO_ID
        drawn[one.area] = one
    return list(drawn.values())


def _one(feature: Any) -> Drawn | Refusal:
    try:
        area, shape = feature["properties"]["id"], feature["geometry"]
        kind, given = shape["type"], shape["coordinates"]
    except (KeyError, TypeError):
        return NO_ID
    if not isinstance(area, str) or not 0 < len(area) <= 64:
        return NO_ID
    polygons = {"Polygon": [given], "MultiPolygon": given}.get(kind)
    if not isinstance(polygons, list):
        return NOT_A_SHAPE
    try:
        made = [[[_point(p) for p in ring] for ring in polygon] for polygon in polygons]
    except (TypeError, ValueError, LookupError, OverflowError):
        return NOT_A_SHAPE
    rings = [ring for polygon in made for ring in polygon]
    if not rings or any(len(ring) < 4 or ring[0] != ring[-1] for ring in rings):
        return NOT_A_SHAPE
    inside = all(within(lat, lon) for ring in rings for lon, lat in ring)
    return Drawn(area, made) if inside else ABROAD


def _point(given: Any) -> list[float]:
    lon, lat = given[0], given[1]
    if (
        isinstance(lon, bool)
        or not isinstance(lon, int | float)
        or not isinstance(lat, int | float)
    ):
        raise TypeError("a point is two numbers")
    return [round(float(lon), 5), round(float(lat), 5)]


def within(lat: float, lon: float) -> bool:
    return SOUTH <= lat <= NORTH and WEST <= lon <= EAST


def middle(polygons: list[list[Ring]]) -> tuple[float, float]:
    """(lat, lon) of the middle of what it spans."""
    points = [point for polygon in polygons for ring in polygon for point in ring]
    lons, lats = [p[0] for p in points], [p[1] for p in points]
    return round((min(lats) + max(lats)) / 2, 5), round((min(lons) + max(lons)) / 2, 5)
