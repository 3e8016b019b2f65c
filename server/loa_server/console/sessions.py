"""How long a session lasts: so many hours from the sign-in, so many minutes without a click.

Django's own age begins anew with every change of the session; these two do not. Live pages ask
here too, and do not count as a click.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any, Final

from loa_server.config import ConsoleConfig

_BEGAN: Final = "began"
_SEEN: Final = "seen"
_NOTED_S: Final = 60
"""A click is noted once a minute: a session is a row that has to be written."""


def begin(session: MutableMapping[str, Any], now: float) -> None:
    session[_BEGAN] = session[_SEEN] = int(now)


def over(session: MutableMapping[str, Any], now: float, console: ConsoleConfig) -> bool:
    began, seen = session.get(_BEGAN), session.get(_SEEN)
    if began is None or seen is None:
        return False  # it begins with its first click
    old, idle = console.session_hours * 3600, console.idle_minutes * 60
    return bool(now - began > old or now - seen > idle)


def click(session: MutableMapping[str, Any], now: float) -> None:
    if _BEGAN not in session:
        begin(session, now)
    elif now - session[_SEEN] > _NOTED_S:
        session[_SEEN] = int(now)
