"""How long the district waits until what it sends is taken."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

SEND_S: Final = 60.0
"""For one piece: who takes less than 1 kB a second of what it asked for is cut off, and resumes."""


class UnreadError(Exception):
    """Who asked does not take the answer."""


def patient(send: Send, seconds: float = SEND_S) -> Send:
    async def sent(message: dict[str, Any]) -> None:
        try:
            async with asyncio.timeout(seconds):
                await send(message)
        except TimeoutError as e:
            raise UnreadError from e

    return sent


def peer_of(scope: Scope) -> tuple[str, int]:
    """Who asks; granian's port is a text."""
    address, port = scope.get("client") or ("", 0)
    return str(address), int(port)
