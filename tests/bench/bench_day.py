"""A whole day's programme on the three real programs: 504 plays, and what they weigh after it.

The agent's clock runs ahead while nothing sounds; every play takes its true time.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fakes.wire import a_bulletin, a_media, an_assignment, some_settings, ulid
from loa_wire.bulletin import Late, Schedule
from parts.broker import Broker
from parts.district import District
from parts.node import Node
from parts.pki import Certificates
from parts.sound import a_tone

HOURS = int(os.environ.get("BENCH_HOURS", "24"))
BULLETINS = 21
WARM = 4  # hours after which growth is counted
GOAL_MB = 120
GROWTH_MB = 5
CARD_MB = 50
TESTS = Path(__file__).resolve().parents[1]


def weight_mb(pid: int, what: str = "Pss") -> float:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(rollup.split(f"{what}:")[1].split()[0]) / 1024


def written_mb(pid: int) -> float:
    """What a program has sent to the card since its start; the player's WAV is no part of a Pi."""
    said = Path(f"/proc/{pid}/io").read_text()
    return int(said.split("\nwrite_bytes:")[1].split()[0]) / 1e6


def own_mb(pid: int) -> float:
    """Anonymous memory: what grows if something leaks. PSS also moves with the neighbours."""
    return weight_mb(pid, "Pss_Anon")


def a_programme(district: District, tone: bytes) -> None:
    """Every bulletin once an hour, all day."""
    district.https.put_media(tone)
    now = district.now
    local = datetime.now(UTC) + timedelta(hours=7, minutes=3)
    times = [f"{hour:02}:{local.minute:02}" for hour in range(24)]
    life = {"iat": now, "nbf": now, "exp": now + 3 * 86_400_000}
    schedule = Schedule(mode="at", times=times, late=Late(play_within_s=3000))
    for n in range(1, BULLETINS + 1):
        voice = {"vi": a_media(tone, duration_ms=300)}
        district.publish(a_bulletin(**life, id=ulid(n), audio=voice, schedule=schedule))


def bench_a_day_of_five_hundred_plays(broker: Broker, pki: Certificates, tmp_path: Path) -> None:
    district = District(broker, pki, time.time_ns() // 1_000_000)
    node = Node(tmp_path / "node")
    node.write_settings(heartbeat_s=60, size="1920x1080")
    district.identity(node.identity)
    district.register()
    district.place(an_assignment(iat=district.now), some_settings(iat=district.now))
    a_programme(district, a_tone(tmp_path / "tone.opus", seconds=0.3).read_bytes())
    node.start("player", "screen")
    agent = subprocess.Popen(
        [sys.executable, "-m", "parts.fast_agent", str(node.settings), str(HOURS)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        text=True,
    )
    assert agent.stdout is not None
    pids = {"agent": agent.pid, "player": node.pid("player"), "screen": node.pid("screen")}
    weights, owned = [], []
    began = time.monotonic()
    for _ in agent.stdout:
        weights.append({name: weight_mb(pid) for name, pid in pids.items()})
        owned.append({name: own_mb(pid) for name, pid in pids.items()})
        if len(weights) == HOURS:
            break
    took = time.monotonic() - began
    written = written_mb(agent.pid)
    agent.communicate("\n")
    node.close()
    tell(district, weights[-1], owned, took)
    print(f"  the agent wrote {written:.1f} MB to the card, goal <= {CARD_MB} MB a day")
    district.close()


def tell(
    district: District, last: dict[str, float], owned: list[dict[str, float]], took: float
) -> None:
    ended = [fact.result for fact in district.facts if fact.fact == "ended"]
    missed = [fact.reason for fact in district.facts if fact.fact == "missed"]
    told = {str(result): ended.count(result) for result in set(ended)}
    print(f"\n{len(owned)} h of programme in {took:.0f} s, plays: {told}")
    if missed:
        print(f"  missed: {len(missed)}, {sorted({str(reason) for reason in missed})}")
    print("PSS: " + ", ".join(f"{name} {mb:.1f} MB" for name, mb in last.items()))
    grown = sum(owned[-1].values()) - sum(owned[min(WARM, len(owned)) - 1].values())
    for hour in sorted({1, min(WARM, len(owned)), max(1, len(owned) // 2), len(owned)}):
        named = ", ".join(f"{name} {mb:.1f}" for name, mb in owned[hour - 1].items())
        print(f"  own memory after hour {hour}: {named} MB")
    print(f"  together {sum(last.values()):.1f} MB, goal <= {GOAL_MB} MB")
    print(f"  grown by {grown:+.1f} MB since hour {WARM}, goal < {GROWTH_MB} MB")
