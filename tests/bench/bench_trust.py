"""What it costs a node to judge a bulletin, and to accept one for good.

Beside each its floor: one bare Ed25519 verification, one bare commit of the same bytes to the
same card. Run it alone with
`PYTHONPATH=.:content:node:server:tests python tests/bench/bench_trust.py`.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from fakes.attacker import PROVED, Hamlet, a_hamlet
from fakes.wire import HOUR, NOW, People, a_bulletin, ulid
from loa_node import trust
from loa_node.adapters.sqlite_file import open_checked
from loa_node.register import verifies
from loa_wire import dsse
from loa_wire.limits import BULLETIN_ENVELOPE

TIMES = 300
GOAL_VERIFY_MS, GOAL_ACCEPT_MS = 1.0, 10.0
Once = Callable[[int], object]


def p95(once: Once) -> float:
    took = []
    for n in range(TIMES):
        began = time.perf_counter()
        once(n)
        took.append((time.perf_counter() - began) * 1000)
    return sorted(took)[TIMES * 95 // 100]


def emergencies(people: People) -> list[bytes]:
    """Two signatures each and 2 kB of text: the dearest that is accepted."""
    text = {"vi": "Nước lũ đang lên. " * 80}
    life = {"level": "emergency", "alert": "flood", "exp": NOW + 2 * HOUR, "text": text}
    return [people.sealed(a_bulletin(id=ulid(n), **life), "province", "duty") for n in range(TIMES)]


def bench_trust() -> None:
    people = People()
    data = emergencies(people)
    key = people.keys["province"]
    opened = dsse.open_envelope(data[0], BULLETIN_ENVELOPE)
    message, signature = opened.signed_bytes(), opened.signatures[0].sig
    with tempfile.TemporaryDirectory(dir=Path.cwd() / ".loa") as name:
        folder = Path(name)
        commit = commits(folder, data)
        with a_hamlet(folder, people, PROVED) as hamlet:
            bare = p95(lambda _: verifies(key.public.hex(), signature, message))
            judged = p95(lambda n: trust.judge(data[n], "bulletin", hamlet.held()))
            accepted = p95(lambda n: accept(hamlet, data[n]))
    print(f"\ntrust: an emergency of {len(data[0])} bytes with two signatures, p95 of {TIMES}")
    print(f"  one bare verification:     {bare:.2f} ms")
    print(f"  judged, all fourteen steps: {judged:.2f} ms (goal <= {GOAL_VERIFY_MS:.0f})")
    print(f"  one bare commit:           {commit:.2f} ms")
    print(f"  accepted, on the card:     {accepted:.2f} ms (goal <= {GOAL_ACCEPT_MS:.0f})")


def accept(hamlet: Hamlet, data: bytes) -> None:
    assert hamlet.hears(data).bulletins


def commits(folder: Path, data: list[bytes]) -> float:
    """p95 of one row in a file opened as the shelf's is."""
    db = open_checked(folder / "bare.sqlite").db
    db.execute("CREATE TABLE row (body BLOB)")
    took = p95(lambda n: db.execute("INSERT INTO row VALUES (?)", (data[n],)))
    db.close()
    return took


if __name__ == "__main__":
    bench_trust()
