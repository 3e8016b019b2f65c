"""The app on the telephone of a demo account: its secret is in accounts.json, so anybody may look.

A code is good once. One program that signs in and approves in a row takes the codes that the
server allows beside the present one, and waits when there is none left.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import pyotp

STEP_S = 30
MARGIN_S = 8.0
"""So near to its end the code of before is not typed any more: it would come too late."""


@dataclass(slots=True)
class Authenticator:
    secret: str
    spent: int = 0  # the last half minute whose code was used
    clock: Callable[[], float] = time.time

    def code(self) -> str:
        """One that was not given out before; may take half a minute."""
        while True:
            now = self.clock()
            present = int(now) // STEP_S
            first = present - 1 if STEP_S - now % STEP_S > MARGIN_S else present
            step = max(first, self.spent + 1)
            if step <= present + 1:
                self.spent = step
                return at(self.secret, step)
            time.sleep(1)


def at(secret: str, step: int) -> str:
    return pyotp.TOTP(secret).at(step * STEP_S)


def shown(secret: str, now: float) -> str:
    """What a telephone would show, with the seconds that are left."""
    return f"{at(secret, int(now) // STEP_S)}  for {STEP_S - int(now) % STEP_S} s"
