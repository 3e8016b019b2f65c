"""What an idle month costs where every megabyte is paid: bytes counted on the socket, per cause.

A shortened run of the real agent against the real broker and engine: one connection, heartbeats,
silence, questions for the time. A month is then so many of each. The floor beside it is the same
node with a wired line's heartbeat of a minute.
"""

from __future__ import annotations

import json
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from loa_node.adapters.paho_link import PahoLink
from loa_node.adapters.tls import client_context
from loa_node.line import HEARTBEAT_S, KEEPALIVE_S
from loa_node.link import Will
from loa_node.questions import HOURLY_MS
from loa_wire import topics
from loa_wire.up import Ask
from parts.counting import CountedLine, Traffic
from parts.installation import Installation

DAYS = 30
DAY_S = 86_400
GOAL_MB = 10
HEARTBEATS, HEARTBEAT = 10, 2  # counted; seconds
QUESTIONS = 5
PINGS, PING_S = 4, 3
RECONNECTIONS = DAYS  # one a day
RETAINED_AGAIN = 4  # the engine starts anew once a week and says all it retains again


@dataclass(frozen=True, slots=True)
class Cause:
    name: str
    times: int
    each: Traffic

    @property
    def megabytes(self) -> float:
        return self.times * self.each.wire / 1e6


def bench_metered_month() -> None:
    with tempfile.TemporaryDirectory() as folder:
        here = Installation(Path(folder))
        here.make(**{"fleet.link": "metered"})
        here.start_broker()
        here.start_server()
        try:
            with CountedLine(here.ports["broker"]) as line:
                causes = counted(here, line)
        finally:
            here.close()
    total = sum(cause.megabytes for cause in causes)
    print(f"\nan idle month on a metered line: {total:.1f} MB (goal <= {GOAL_MB} MB), made of")
    for cause in causes:
        each = f"{cause.each.carried} bytes in {cause.each.segments} segments"
        print(f"  {cause.megabytes:5.2f} MB  {cause.name}: {cause.times} x {each}")
    wired = DAYS * DAY_S // HEARTBEAT_S["wired"] * causes[1].each.wire / 1e6
    print(f"  with a wired line's heartbeat of {HEARTBEAT_S['wired']} s that alone: {wired:.0f} MB")


def counted(here: Installation, line: CountedLine) -> list[Cause]:
    papers = here.node.identity / "server"
    papers.write_text(
        json.dumps(json.loads(papers.read_text()) | {"broker": f"localhost:{line.port}"})
    )
    month, every = DAYS * DAY_S, HEARTBEAT_S["metered"]
    between = (every - 1) // KEEPALIVE_S["metered"]  # pings in the silence between two heartbeats
    connection = reconnection(here, line)
    beat = heartbeat(here, line)
    ping, question = silence(here, line), answer(here, line)
    return [
        Cause("a connection (TLS, status, subscriptions, all retained)", RECONNECTIONS, connection),
        Cause(f"a heartbeat of {every} s (health, a word to itself)", month // every, beat),
        Cause("pings in between", month // every * between, ping),
        Cause("the time, asked and proved", month * 1000 // HOURLY_MS, question),
        Cause("all retained again, at most a connection's", RETAINED_AGAIN, connection),
    ]


def reconnection(here: Installation, line: CountedLine) -> Traffic:
    """The second one: the first brings everything a node never had."""
    here.node.write_settings(heartbeat_s=3600, link="metered")
    for _ in range(2):
        before = line.so_far()
        here.node.start("agent")
        here.until("it is connected", lambda: "agent: connected" in here.node.log("agent"))
        time.sleep(4)
        traffic = line.so_far() - before
        here.node.end("agent")
    return traffic


def heartbeat(here: Installation, line: CountedLine) -> Traffic:
    here.node.write_settings(heartbeat_s=HEARTBEAT, link="metered")
    here.node.start("agent")
    time.sleep(8)  # connected, and what a connection brings has come
    before = line.so_far()
    time.sleep(HEARTBEATS * HEARTBEAT)
    traffic = line.so_far() - before
    here.node.end("agent")
    return each(traffic, HEARTBEATS)


def silence(here: Installation, line: CountedLine) -> Traffic:
    link = connected(here, line, PING_S)
    before = line.so_far()
    time.sleep(PINGS * PING_S + 1)
    traffic = line.so_far() - before
    link.close()
    return each(traffic, PINGS)


def answer(here: Installation, line: CountedLine) -> Traffic:
    link = connected(here, line, 60)
    link.subscribe([topics.down(here.node_id, "beacon")])
    time.sleep(1)
    before = line.so_far()
    for n in range(QUESTIONS):
        ask = Ask(node=here.node_id, nonce=f"{n:032x}").encode()
        link.publish(topics.up(here.node_id, "ask"), ask)
        time.sleep(1)
    traffic = line.so_far() - before
    link.close()
    return each(traffic, QUESTIONS)


def connected(here: Installation, line: CountedLine, keepalive_s: int) -> PahoLink:
    identity, woken = here.node.identity, threading.Event()
    context = client_context(identity / "ca", lambda: 0, (identity / "cert", identity / "key"))
    link = PahoLink(here.node_id, ("localhost", line.port), context, woken.set)
    link.connect(Will(topics.up(here.node_id, "status"), b"{}"), keepalive_s)
    assert woken.wait(10)
    time.sleep(0.5)
    return link


def each(traffic: Traffic, times: int) -> Traffic:
    return Traffic(round(traffic.carried / times), round(traffic.segments / times))
