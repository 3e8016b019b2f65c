"""What the picture costs: CPU of one core and memory at 1080p, under an X server without a GPU.

Run it alone with `PYTHONPATH=tests:node python tests/bench/bench_screen.py`.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from fakes.scenes import KM, VI, a_scene_message
from parts.screen import Screen, x_server

SECONDS = 15.0
GOAL_CPU, GOAL_MB = 2.0, 60
POSTER = Path(__file__).parents[2] / "content/samples/pictures/vaccination.jpg"

SCENES: dict[str, dict[str, Any]] = {
    "nothing moves": a_scene_message(id="still", kind="idle"),
    "ticker": a_scene_message(id="ticker", kind="idle", ticker=VI * 3),
    "ticker, pages that turn, a poster": a_scene_message(
        id="all", ticker=VI * 3, text={"vi": VI * 3}, images=[str(POSTER)]
    ),
    "ticker, two languages": a_scene_message(
        id="two", ticker=VI, text={"vi": VI, "km": KM * 4}, languages=["km", "vi"]
    ),
}


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def pss_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, x_server() as (display, _):
        screen = Screen(Path(folder), "x11", display, mirror=False)
        agent = screen.start()
        assert screen.process is not None
        pid = screen.process.pid
        say(f"screen: 1920x1080, x11, goal <= {GOAL_CPU} % of a core and <= {GOAL_MB} MB PSS")
        for name, scene in SCENES.items():
            agent.show(scene)
            used, began = cpu_s(pid), time.monotonic()
            time.sleep(SECONDS)
            share = 100 * (cpu_s(pid) - used) / (time.monotonic() - began)
            say(f"  {name:<36} {share:4.1f} % of a core  {pss_mb(pid):5.1f} MB")
        screen.end()


def bench_picture() -> None:
    main()


if __name__ == "__main__":
    main()
