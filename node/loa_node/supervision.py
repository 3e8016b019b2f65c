"""What the three programs tell systemd: ready, alive, what they do, and their log lines.

Silent where nobody supervises (a laptop, a test); the log then goes to stderr.
"""

from __future__ import annotations

import faulthandler
import os
import pwd
import sys
from typing import Final

from loa_node.pulse import Pulses

AGENT = "loa-agent"  # the agent's user where systemd runs the three programs
ERROR, WARNING, NOTICE, INFO = 3, 4, 5, 6  # syslog priorities
BEAT_S: Final = 5.0


def ready() -> None:
    _notify("READY=1")


def alive() -> None:
    """Feeds the watchdog. Call it only when every thread has moved since the last call."""
    _notify("WATCHDOG=1")


def beat_s() -> float:
    """How often to feed it: thrice in the time that systemd waits, and every 5 s at most."""
    waits_us = os.environ.get("WATCHDOG_USEC", "")
    return min(BEAT_S, int(waits_us) / 3_000_000) if waits_us.isdecimal() else BEAT_S


class Watchdog:
    """Fed for as long as every thread moves."""

    def __init__(self, pulses: Pulses) -> None:
        self._pulses = pulses
        self._beat_s = beat_s()
        self._next = 0.0
        self._stuck: list[str] = []

    def work(self, now_s: float) -> list[str]:
        """The threads newly found not to move; the program's own loop calls this."""
        if now_s < self._next:
            return []
        self._next = now_s + self._beat_s
        stuck = self._pulses.stuck()
        if not stuck:
            alive()
        fresh = [name for name in stuck if name not in self._stuck]
        self._stuck = stuck
        return fresh


def tell_where_it_hung() -> None:
    """A watchdog's SIGABRT, and any crash, then leaves the place of every thread in the log."""
    faulthandler.enable(2)


def status(text: str) -> None:
    """One line that `systemctl status` shows."""
    _notify(f"STATUS={text}")


def stopping() -> None:
    _notify("STOPPING=1")


def log(message: str, priority: int = INFO, **fields: object) -> None:
    """One line for the journal; fields become journal fields in capitals (PLAY=..., REASON=...)."""
    if _stderr_is_the_journal():
        from systemd import journal  # noqa: PLC0415 - absent where nobody supervises

        named = {key.upper(): str(value) for key, value in fields.items()}
        journal.send(message, PRIORITY=str(priority), SYSLOG_IDENTIFIER="loa-node", **named)
        return
    details = "".join(f" {key}={value}" for key, value in fields.items())
    sys.stderr.write(f"{message}{details}\n")
    sys.stderr.flush()


def agent_uids() -> frozenset[int]:
    """Who may give orders to the player and the screen besides their own user."""
    try:
        return frozenset({pwd.getpwnam(AGENT).pw_uid})
    except KeyError:
        return frozenset()


def _stderr_is_the_journal() -> bool:
    """JOURNAL_STREAM is inherited by children whose stderr was sent elsewhere: systemd.exec(5)."""
    here = os.fstat(2)
    return os.environ.get("JOURNAL_STREAM") == f"{here.st_dev}:{here.st_ino}"


def _notify(state: str) -> None:
    if os.environ.get("NOTIFY_SOCKET"):
        from systemd import daemon  # noqa: PLC0415 - absent where nobody supervises

        daemon.notify(state)
