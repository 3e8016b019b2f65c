"""How many answers may be open at once, of one address and in all. Pure but for its memory."""

from __future__ import annotations

from collections import Counter
from typing import Final

OF_ONE: Final = 64
"""A commune of thirty nodes behind one router: each with a file and a question at a time."""
IN_ALL: Final = 512
"""Each holds at most 0.5 MB of this machine (a piece, the writer's and the kernel's buffers)."""


class Openings:
    """Answers that have begun and not ended."""

    def __init__(self, of_one: int = OF_ONE, in_all: int = IN_ALL) -> None:
        self._of_one = of_one
        self._in_all = in_all
        self._open: Counter[str] = Counter()
        self._count = 0

    def take(self, who: str) -> bool:
        if self._count >= self._in_all or self._open[who] >= self._of_one:
            return False
        self._open[who] += 1
        self._count += 1
        return True

    def release(self, who: str) -> None:
        self._count -= 1
        self._open[who] -= 1
        if not self._open[who]:
            del self._open[who]
