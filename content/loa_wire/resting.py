"""What stands on a screen while nothing is said: an alarm that runs, or the room's own page. Pure.

The node's wall and the console's page of a node both ask here, and so are of one opinion.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from loa_wire.bulletin import Bulletin

RESTS = ("play", "all_clear")
"""Kinds that stay on the resting screen; a drill and a stop leave no trace there."""


def resting(bulletins: Iterable[Bulletin], now_ms: int) -> list[Bulletin]:
    """Those that count on the resting screen now, in the order given."""
    return [b for b in bulletins if b.nbf <= now_ms < b.exp and b.kind in RESTS]


def alarm_among(rest: Sequence[Bulletin]) -> Bulletin | None:
    """The one whose words stand there: what still runs comes before what is over."""
    alarms = [b for b in rest if b.level == "emergency"]
    return min(alarms, key=lambda b: b.kind == "all_clear", default=None)


def ticker_of(rest: Sequence[Bulletin]) -> str:
    """What runs along the foot of the room's own page, each line once."""
    return "  •  ".join(dict.fromkeys(b.screen.ticker for b in rest if b.screen.ticker))[:2000]
