"""Programs that ended by themselves and were started again, as facts. Pure.

The first of a kind is told at once; one that keeps dying is told once an hour, with a number, so
that it cannot fill the journal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from loa_node.endings import Ending
from loa_node.facts import a_fact
from loa_wire.up import Fact

AGAIN_MS: Final = 3_600_000
_OUTLETS: Final = {"player": "sound", "screen": "screen"}


@dataclass(slots=True)
class _Kind:
    told_at: int
    since: int = 0
    last: str = ""


class Restarts:
    def __init__(self) -> None:
        self._kinds: dict[tuple[str, str], _Kind] = {}

    def facts(self, endings: Sequence[Ending], mono_ms: int) -> list[Fact]:
        told = [fact for one in endings if (fact := self._fact(one, mono_ms)) is not None]
        return told + self._counted(mono_ms)

    def _fact(self, ending: Ending, mono_ms: int) -> Fact | None:
        key = ending.program, ending.reason
        kind = self._kinds.get(key)
        if kind is None:
            self._kinds[key] = _Kind(mono_ms)
            return _told(*key, ending.detail)
        kind.since += 1
        kind.last = ending.detail
        return None

    def _counted(self, mono_ms: int) -> list[Fact]:
        facts = []
        for key, kind in list(self._kinds.items()):
            if mono_ms - kind.told_at < AGAIN_MS:
                continue
            if not kind.since:
                del self._kinds[key]
                continue
            facts.append(_told(*key, f"{kind.last}, {kind.since} times in an hour"))
            self._kinds[key] = _Kind(mono_ms)
        return facts


def _told(program: str, reason: str, detail: str) -> Fact:
    outlet = _OUTLETS.get(program)
    return a_fact("restarted", reason=reason, outlet=outlet, detail=f"{program}: {detail}")
