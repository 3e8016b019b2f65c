"""Every topic of the wire, root `loa/1`. Levels are [a-z0-9_-] only; no '#', no '$share'."""

from __future__ import annotations

import re
from dataclasses import dataclass

ROOT = "loa/1"
_LEVEL = re.compile(r"\A[a-z0-9_-]{1,64}\Z")
_WHATS = {
    "area": ("manifest", "bulletin", "emergency"),
    "unit": ("authority",),
    "down": ("assignment", "settings", "command", "beacon", "ack"),
    "up": ("status", "health", "journal", "ask", "screen"),
}


@dataclass(frozen=True, slots=True)
class Topic:
    """`owner` is the area, unit or node id ("" for root); `what` the last level."""

    family: str  # area | unit | root | down | up
    owner: str
    what: str


def area(area_id: str, what: str) -> str:
    return f"{ROOT}/area/{area_id}/{what}"


def unit_authority(unit: str) -> str:
    return f"{ROOT}/unit/{unit}/authority"


def root() -> str:
    return f"{ROOT}/root"


def down(node: str, what: str) -> str:
    return f"{ROOT}/node/{node}/down/{what}"


def up(node: str, what: str) -> str:
    return f"{ROOT}/node/{node}/up/{what}"


def echo(node: str) -> str:
    """A node's word to itself, in its own branch: does what comes down still reach it? Nobody
    else writes or reads it, and it carries nothing."""
    return f"{ROOT}/node/{node}/down/echo"


def node_subscriptions(node: str, unit: str, areas: list[str]) -> list[str]:
    """What one node listens to: its areas, its register, the root, and itself."""
    return [
        *(area(a, "+") for a in areas),
        unit_authority(unit),
        root(),
        down(node, "+"),
    ]


INGEST_SUBSCRIPTION = f"{ROOT}/node/+/up/+"


def read(topic: str) -> Topic | None:
    """None for anything that is not one of ours."""
    levels = topic.split("/")
    if levels[:2] != ROOT.split("/") or not all(_LEVEL.match(level) for level in levels):
        return None
    match levels[2:]:
        case ["root"]:
            return Topic("root", "", "root")
        case [("area" | "unit") as family, owner, what] if what in _WHATS[family]:
            return Topic(family, owner, what)
        case ["node", owner, ("down" | "up") as way, what] if what in _WHATS[way]:
            return Topic(way, owner, what)
        case _:
            return None


PAYLOAD = {
    "manifest": "manifest",
    "bulletin": "bulletin",
    "emergency": "emergencies",
    "assignment": "assignment",
    "settings": "settings",
    "command": "command",
    "beacon": "beacon",
    "ack": "ack",
}
"""The `typ` that each enveloped topic carries: a document of one type is never read as another."""
