"""Command to first sample through our player beside bare libVLC, and what the player weighs.

Both measure to the moment the first sample is due at the loudspeaker, on the same clock. Run it
alone with `PYTHONPATH=tests:node python tests/bench/bench_sound.py`.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import vlc

from loa_node.player.vlc_player import ARGUMENTS
from parts.player import Peer, Player
from parts.sound import a_tone

PLAYS = 60
LEAK_PLAYS = 500
GOAL_MS = 50
TOGETHER_MS = 150


def bare_libvlc(file: Path) -> list[float]:
    """play() to first sample with nothing of ours between, on one warm MediaPlayer."""
    instance = vlc.Instance([*ARGUMENTS, "--aout=amem"])
    player = instance.media_player_new()
    sounded = threading.Event()
    first: list[float] = []

    def on_samples(_data: int, _samples: int, _count: int, due_us: int) -> None:
        if not sounded.is_set():
            first.append(time.monotonic() + (due_us - vlc.libvlc_clock()) / 1_000_000)
            sounded.set()

    callback = vlc.CallbackDecorators.AudioPlayCb(on_samples)
    player.audio_set_callbacks(callback, None, None, None, None, None)
    player.audio_set_format("S16N", 48_000, 1)
    took = []
    for _ in range(PLAYS):
        player.set_media(instance.media_new_path(str(file)))
        sounded.clear()
        asked = time.monotonic()
        player.play()
        sounded.wait(10)
        took.append((first[-1] - asked) * 1000)
        player.stop()
    player.release()
    return took


def our_player(agent: Peer, file: Path, *, preempting: bool) -> list[float]:
    """The agent's line on the socket to first sample, over a silent or a sounding loudspeaker."""
    took = []
    for n in range(PLAYS):
        play = f"{preempting} {n}"
        asked = time.monotonic()
        agent.play(play, file, 0)
        took.append(agent.until("sounding", play)["monotonic_us"] / 1000 - asked * 1000)
        if not preempting:
            agent.send(do="stop", play=play)
            agent.until("outcome", play)
        agent.send(do="confirm", play=play)
    return took


def told_together(folder: Path, agent: Peer, file: Path) -> list[float]:
    """Two players are told at the same instant: how far apart in ms their first samples are.

    What the agents add is their wake-up, a millisecond, and how far their clocks are apart.
    """
    other = folder / "other"
    other.mkdir()
    second = Player(other)
    peers = (agent, second.start())
    apart = []
    for n in range(PLAYS):
        play = f"together {n}"
        for peer in peers:
            peer.play(play, file, 0)
        first, last = sorted(p.until("sounding", play)["monotonic_us"] / 1000 for p in peers)
        apart.append(last - first)
        for peer in peers:
            peer.send(do="stop", play=play)
            peer.until("outcome", play)
            peer.send(do="confirm", play=play)
    second.end()
    return apart


def percentile(values: list[float], share: int) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * share // 100)]


def weight(process: int) -> dict[str, float]:
    """What a process holds: MB of its own (proportional set size), threads, open files."""
    rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
    pss = next(line.split()[1] for line in rollup.splitlines() if line.startswith("Pss:"))
    proc = Path(f"/proc/{process}")
    return {
        "PSS MB": round(int(pss) / 1024, 1),
        "threads": len(list((proc / "task").iterdir())),
        "files": len(list((proc / "fd").iterdir())),
    }


def leak(agent: Peer, file: Path) -> None:
    for n in range(LEAK_PLAYS):
        agent.play(f"leak {n}", file, 0)
        agent.until("sounding", f"leak {n}")
        agent.send(do="confirm", play=f"leak {n - 1}")


def say(text: str) -> None:
    sys.stdout.write(text + "\n")


def show(name: str, took: list[float], bare: list[float]) -> None:
    p50, p95 = percentile(took, 50), percentile(took, 95)
    ratio = p95 / percentile(bare, 95)
    say(f"  {name:<42} p50 {p50:5.1f} ms  p95 {p95:5.1f} ms  {ratio:4.2f}x bare p95")


def measure(folder: Path) -> None:
    file = a_tone(folder / "a.opus", seconds=20.0)
    bare = bare_libvlc(file)
    player = Player(folder)
    agent = player.start()
    process: Any = player.process
    say(f"sound: command to first sample, goal p95 < {GOAL_MS} ms ({PLAYS} plays each)")
    show("bare libVLC, play() to first sample", bare, bare)
    show("our player, silent before", our_player(agent, file, preempting=False), bare)
    show("our player, pre-empting", our_player(agent, file, preempting=True), bare)
    apart = told_together(folder, agent, file)
    p50, p95 = percentile(apart, 50), percentile(apart, 95)
    say(
        f"  two players told at once, first samples apart   p50 {p50:.1f} ms  p95 {p95:.1f} ms"
        f"  goal p95 < {TOGETHER_MS} ms"
    )
    agent.play("weighed", file, 0)
    agent.until("sounding", "weighed")
    say(f"  while playing: {weight(process.pid)}")
    leak(agent, file)
    say(f"  after {LEAK_PLAYS} more plays: {weight(process.pid)}")
    player.end()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder))


def bench_command_to_first_sample() -> None:
    main()


if __name__ == "__main__":
    main()
