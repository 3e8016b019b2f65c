"""From the start of the programs to the first sample of a bulletin that lies on the card, offline.

The floor is the same player program alone, told to play the same file as soon as it listens.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

from fakes.wire import a_bulletin, a_media, an_assignment, some_settings, ulid
from loa_wire.bulletin import Schedule
from loa_wire.localtime import to_local
from parts.broker import Broker
from parts.district import District
from parts.node import Node
from parts.pki import Certificates
from parts.player import Player
from parts.sound import a_tone

STARTS = 5
GOAL_S = 10


def first_sample(wav: Path, since: float) -> float:
    """Seconds after `since` (wall time) at which the loudspeaker began."""
    notes = wav.with_suffix(".jsonl")
    end = time.monotonic() + 60
    while time.monotonic() < end:
        lines = notes.read_text().splitlines() if notes.exists() else []
        told = [json.loads(line) for line in lines]
        begun = [n["at_ms"] for n in told if n["event"] == "start" and n["at_ms"] >= since * 1000]
        if begun:
            return float(min(begun)) / 1000 - since
        time.sleep(0.02)
    raise AssertionError("nothing sounded")


def on_the_card(district: District, node: Node, tone: bytes, n: int) -> None:
    """A bulletin that is stored, with its sound, and comes due only a minute from now."""
    now = time.time_ns() // 1_000_000
    due = to_local(now + 90_000).strftime("%H:%M")
    bulletin = a_bulletin(
        id=ulid(n), iat=now, nbf=now, exp=now + 3_600_000, audio={"vi": a_media(tone)},
        schedule=Schedule(mode="at", times=[due]),
    )  # fmt: skip
    district.https.put_media(tone)
    node.start("player", "agent")
    district.publish(bulletin)
    district.wait_for("ready", bulletin.id)
    node.end("agent")
    node.end("player")
    time.sleep(max(0.0, (now + 90_000) // 60_000 * 60 - time.time()))  # the minute has come


def whole(folder: Path) -> float:
    """One start of player and agent, with broker and media server gone."""
    pki = Certificates(folder)
    broker = Broker(folder / "broker", pki)
    broker.start()
    district = District(broker, pki, time.time_ns() // 1_000_000)
    node = Node(folder / "node")
    try:
        district.identity(node.identity)
        district.register()
        district.place(an_assignment(iat=district.now), some_settings(iat=district.now))
        on_the_card(district, node, a_tone(folder / "a.opus", seconds=2).read_bytes(), 1)
        district.close()
        broker.stop()
        since = time.time()
        node.start("player", "agent")
        return first_sample(node.wav, since)
    finally:
        node.close()


def bare(folder: Path) -> float:
    player, tone = Player(folder), a_tone(folder / "a.opus", seconds=2)
    since = time.time()
    peer = player.start()
    peer.play("01B", tone)
    took = first_sample(player.wav, since)
    peer.close()
    player.end()
    return took


def bench_first_cached_item() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folders = [folder / str(n) for n in range(2 + STARTS)]
        for one in folders:
            one.mkdir()
        took = sorted(whole(one) for one in folders[:2])
        floor = sorted(bare(one) for one in folders[2:])
    print("\nstart of the programs to the first sample, no network")
    print(f"  player alone, told at once: {floor[len(floor) // 2]:.2f} s")
    print(f"  agent and player, from the card, chime first: {took[-1]:.2f} s (goal <= {GOAL_S})")
