"""Whose turn it is. A page costs a thread of ours from its first line to the last byte that is
taken, so only so many are open at once; who comes then waits a moment, and is told when it is long.

Public files, what pages are made of and pages wait each among themselves: whoever holds up the
first keeps nobody from the last.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

WAIT_S: Final = 10.0


class BusyError(Exception):
    """It took too long; come back."""


@dataclass(slots=True)
class _Queue:
    turns: asyncio.Semaphore
    people: int = 0


@dataclass(slots=True)
class Turns:
    """`of_one` turns for each who, `in_all` for everybody."""

    of_one: int
    in_all: int
    wait_s: float = WAIT_S
    _ones: dict[str, _Queue] = field(default_factory=dict)
    _all: asyncio.Semaphore | None = None

    @asynccontextmanager
    async def turn(self, who: str) -> AsyncIterator[None]:
        if self._all is None:
            self._all = asyncio.Semaphore(self.in_all)
        one = self._ones.setdefault(who, _Queue(asyncio.Semaphore(self.of_one)))
        one.people += 1
        try:
            await self._wait(one.turns)
            try:
                await self._wait(self._all)
                try:
                    yield
                finally:
                    self._all.release()
            finally:
                one.turns.release()
        finally:
            one.people -= 1
            if not one.people:
                self._ones.pop(who, None)

    async def _wait(self, turns: asyncio.Semaphore) -> None:
        try:
            async with asyncio.timeout(self.wait_s):
                await turns.acquire()
        except TimeoutError as e:
            raise BusyError from e
