"""A thousand forged orders a second for half a minute, at a real agent whose player sounds.

Beside it the same agent with nobody against it. Run it alone with
`PYTHONPATH=.:content:node:server:tests python tests/bench/bench_hostile.py`.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from parts.besieged import Besieged
from parts.broker import Broker
from parts.pki import Certificates

A_SECOND = 1000
SECONDS = 30
GOAL = 0.5


def bench_flood() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pki = Certificates(folder)
        broker = Broker(folder / "broker", pki)
        broker.start()
        besieged = Besieged(folder, broker, pki, seconds=SECONDS + 4)
        try:
            messages = besieged.forgeries()
            bulletin = besieged.plays()
            floor = quiet(besieged)
            share = besieged.flooded(messages, A_SECOND, SECONDS)
            besieged.district.wait_for("ended", bulletin)
            whole = besieged.heard_whole()
        finally:
            besieged.close()
            broker.stop()
    print(f"\nflood: {A_SECOND} forged messages/s for {SECONDS} s, each verified")
    print(f"  agent, nobody against it: {floor:.1%} of a core")
    print(f"  agent, under the flood:   {share:.1%} of a core (goal < {GOAL:.0%})")
    print(f"  sound in one piece:       {'yes' if whole else 'NO'}")
    assert whole


def quiet(besieged: Besieged, seconds: float = 1.5) -> float:
    used = besieged.cpu_s()
    time.sleep(seconds)
    return (besieged.cpu_s() - used) / seconds


if __name__ == "__main__":
    bench_flood()
