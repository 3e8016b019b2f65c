"""The real agent, whose clock runs ahead whenever nothing sounds; a day passes in minutes.

`python -m parts.fast_agent node.toml HOURS` prints a line for each hour that has passed.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

from loa_node import agent as agents
from loa_node import config

STEP_MS = 5_000
HOUR_MS = 3_600_000


def run(settings: Path, hours: int) -> None:
    agent = agents.build(config.read(settings))
    ahead = told = 0
    start = agent.reading()
    agent.boot(start)
    while told < hours:
        now = agent.reading()
        now = replace(now, wall_ms=now.wall_ms + ahead, mono_ms=now.mono_ms + ahead)
        busy = agent.work_once(now)
        if busy or agent._stage.playing is not None:
            agent._parts.waker.wait([], 20)
        else:
            ahead += STEP_MS
            time.sleep(0.001)
        if now.mono_ms - start.mono_ms >= (told + 1) * HOUR_MS:
            told += 1
            sys.stdout.write(f"{told}\n")
            sys.stdout.flush()
    sys.stdin.readline()  # weighed before it ends
    agent.stop(in_order=True)


if __name__ == "__main__":
    run(Path(sys.argv[1]), int(sys.argv[2]))
