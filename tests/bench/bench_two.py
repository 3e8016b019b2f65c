"""Two whole nodes that hear of a bulletin by the same message: how far apart they begin.

The sound lies on both cards already, as with everything that was published in advance.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

from fakes.wire import NODE, a_bulletin, a_media, an_assignment, some_settings, ulid
from loa_wire import topics
from parts.broker import Broker
from parts.district import District
from parts.node import Node
from parts.pki import Certificates
from parts.sound import a_tone

PLAYS = 20
GOAL_MS = 150
SECOND = "tq-02"


def begun_after(node: Node, moment_ms: float) -> float:
    """ms since 1970 of the first sample from then on."""
    notes, end = node.wav.with_suffix(".jsonl"), time.monotonic() + 30
    while time.monotonic() < end:
        told = [json.loads(x) for x in notes.read_text().splitlines()] if notes.exists() else []
        begun = [n["at_ms"] for n in told if n["event"] == "start" and n["at_ms"] >= moment_ms]
        if begun:
            return float(min(begun))
        time.sleep(0.02)
    raise AssertionError("nothing sounded")


def second_node(district: District, folder: Path) -> Node:
    node = Node(folder)
    district.identity(node.identity)
    files = district.pki.node(SECOND)
    (node.identity / "key").write_bytes(files.key.read_bytes())
    (node.identity / "cert").write_bytes(files.cert.read_bytes())
    server = json.loads((node.identity / "server").read_text())
    (node.identity / "server").write_text(json.dumps(server | {"node": SECOND}))
    iat = district.now
    place, told = an_assignment(iat=iat, node=SECOND), some_settings(iat=iat, node=SECOND)
    district.say_signed(topics.down(SECOND, "assignment"), place, "place")
    district.say_signed(topics.down(SECOND, "settings"), told, "settings")
    return node


def apart_ms(district: District, nodes: list[Node], tone: bytes, n: int) -> float:
    now = time.time_ns() // 1_000_000
    audio = {"vi": a_media(tone)}
    bulletin = a_bulletin(id=ulid(n), iat=now, nbf=now, exp=now + 3_600_000, audio=audio)
    district.publish(bulletin)
    begun = [begun_after(node, now) for node in nodes]
    district.wait_for("ended", bulletin.id)
    time.sleep(4)  # for the closing, also of the other one
    return abs(begun[0] - begun[1])


def bench_two_nodes() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pki = Certificates(folder)
        broker = Broker(folder / "broker", pki)
        broker.start()
        district = District(broker, pki, time.time_ns() // 1_000_000)
        district.register()
        first = Node(folder / "one")
        district.identity(first.identity)
        district.place(an_assignment(iat=district.now), some_settings(iat=district.now))
        nodes = [first, second_node(district, folder / "two")]
        try:
            for node in nodes:
                node.start("player", "agent")
            district.wait_for("config_applied", count=3)
            time.sleep(3)  # the other one, whose words this district does not collect
            tone = a_tone(folder / "a.opus", seconds=1).read_bytes()
            district.https.put_media(tone)
            took = sorted(apart_ms(district, nodes, tone, n) for n in range(1, PLAYS + 2))[:-1]
        finally:
            for node in nodes:
                node.close()
            district.close()
            broker.stop()
    p95 = took[len(took) * 95 // 100]
    print(f"\ntwo nodes told at once ({NODE}, {SECOND}; {PLAYS} plays)")
    print(
        f"  begin apart by p50 {took[len(took) // 2]:.0f} ms, p95 {p95:.0f} ms, goal < {GOAL_MS} ms"
    )
