"""How the district hears of programs that were started again."""

from __future__ import annotations

from loa_node.endings import Ending
from loa_node.restarts import AGAIN_MS, Restarts


def test_an_end_is_told_with_its_program_and_reason() -> None:
    ends = [
        Ending("player", "killed", "KILL"),
        Ending("screen", "hung", "watchdog"),
        Ending("agent", "out_of_memory", "KILL"),
    ]

    told = Restarts().facts(ends, 0)

    assert [(f.fact, f.outlet, f.reason, f.detail) for f in told] == [
        ("restarted", "sound", "killed", "player: KILL"),
        ("restarted", "screen", "hung", "screen: watchdog"),
        ("restarted", None, "out_of_memory", "agent: KILL"),
    ]


def test_one_that_dies_every_second_is_told_once_an_hour_with_a_number() -> None:
    restarts = Restarts()
    died = [Ending("player", "crashed", "exit 1")]
    hours = [
        [
            fact
            for mono in range(start, start + AGAIN_MS, 1000)
            for fact in restarts.facts(died, mono)
        ]
        for start in (0, AGAIN_MS)
    ]
    after = [
        fact
        for mono in range(2 * AGAIN_MS, 4 * AGAIN_MS + 1, 1000)
        for fact in restarts.facts([], mono)
    ]

    assert [f.detail for f in hours[0]] == ["player: exit 1"]
    assert [f.detail for f in hours[1]] == ["player: exit 1, 3600 times in an hour"]
    assert len(after) == 1
    assert [f.detail for f in restarts.facts(died, 5 * AGAIN_MS)] == ["player: exit 1"]
