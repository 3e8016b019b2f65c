"""Revoked nodes at the broker's door: its acl file and a SIGHUP, which mutes a live session.

A certificate that is good by its dates would open the broker for up to a year. `user <id>` with
`topic deny #`, read again on SIGHUP, silences that session both ways at once and disturbs nobody
else (measured on Mosquitto 2.0.11; a CRL past its date would refuse everybody).
"""

from __future__ import annotations

import logging
import os
import re
import signal
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final

from loa_server.config import BrokerConfig
from loa_server.files import place
from loa_server.fleet.models import Node
from loa_server.pki import RESERVED

MARK: Final = "# Revoked nodes stand below this line; the district's engine writes them.\n"
"""The last line of provisioning's template."""
PROGRAM: Final = "mosquitto"
RETRY_MS: Final = 10_000
_NODE: Final = re.compile(r"[a-z0-9_-]{1,64}")

log = logging.getLogger(__name__)


class DoorError(Exception):
    """The broker does not know of a revocation yet; the message says what to put right."""


def with_revoked(acl: str, nodes: Iterable[str]) -> str:
    """What was there above the mark, then one rule for each of these. Pure.

    A name that is no node's is passed over: it could hold a line of its own, and let somebody in.
    """
    above, mark, _ = acl.partition(MARK)
    if not mark:
        above = above.rstrip("\n") + "\n\n"
    named = sorted(node for node in nodes if is_a_node(node))
    return above + MARK + "".join(f"user {node}\ntopic deny #\n" for node in named)


def is_a_node(name: str) -> bool:
    return _NODE.fullmatch(name) is not None and not name.startswith(RESERVED)


class Doorkeeper:
    """Without `broker.acl` somebody else keeps the door; ingest refuses revoked nodes anyway."""

    def __init__(self, broker: BrokerConfig) -> None:
        self._acl = Path(broker.acl) if broker.acl else None
        self._pid_file = Path(broker.pid_file) if broker.pid_file else None
        self._looked = False
        self._not_before = 0

    def work_once(self, now: datetime, mono_ms: int) -> bool:
        """Whether the door was changed. The file is looked at once at the start: a broker that
        was set up anew would let everybody in again."""
        if self._acl is None or mono_ms < self._not_before:
            return False
        uncut = Node.objects.filter(status=Node.Status.REVOKED, cut_at=None)
        untold = uncut.exists()
        if self._looked and not untold:
            return False
        try:
            changed = self._keep(self._acl, untold=untold)
        except (OSError, UnicodeDecodeError, DoorError) as e:
            log.error("revoked nodes are not shut out of the broker yet: %s", e)  # noqa: TRY400
            self._not_before = mono_ms + RETRY_MS
            return False
        self._looked = True
        uncut.update(cut_at=now)
        return changed

    def _keep(self, acl: Path, *, untold: bool) -> bool:
        """`untold`: written or not, an engine that died in between may not have said it."""
        revoked = set(Node.objects.filter(status=Node.Status.REVOKED).values_list("pk", flat=True))
        if odd := sorted(one for one in revoked if not is_a_node(one)):
            log.error("%d names of revoked nodes are none, the first %.80r", len(odd), odd[0])
        held = acl.read_text(encoding="utf-8")
        wanted = with_revoked(held, revoked)
        changed = wanted != held and (bool(revoked) or MARK in held)
        if changed:
            place(acl, wanted.encode(), mode=acl.stat().st_mode & 0o777)
            log.info("%d revoked nodes are shut out of the broker", len(revoked))
        if self._pid_file is not None and (changed or untold):
            self._tell(self._pid_file)
        return changed

    @staticmethod
    def _tell(pid_file: Path) -> None:
        said = pid_file.read_text(encoding="ascii").strip()
        pid = int(said) if said.isdigit() else 0
        name = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip() if pid > 1 else ""
        if name != PROGRAM:  # the number may be another program's by now
            raise DoorError(f"{pid_file}: process {pid} is no {PROGRAM}; is the broker running?")
        os.kill(pid, signal.SIGHUP)
