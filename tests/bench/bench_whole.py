"""From the approver's click to the loudspeaker, and what a node weighs while it plays.

The floor of the first is a round trip of the console itself (its sign-in page) in the same run:
what is above it is signing, the database, the broker, the fetch and the player.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

from parts.installation import Installation, children_of
from parts.sound import a_tone

CLICKS = 20
GOAL_MS = 1000
WEIGHT_MB = 120


def clicks_to_sound(here: Installation, voice: Path) -> list[float]:
    """ms from sending the approval's form to the first sample due at the loudspeaker."""
    took = []
    for n in range(CLICKS):
        bulletin = here.write(voice, f"Đo thời gian lần {n}")
        page = here.approver.open(f"/approve/{bulletin}")
        assert here.approver.app is not None
        code = here.approver.app.code()  # may wait for the next half minute
        clicked = time.time()
        here.approver.send(page, page.form("/approve"), {"code": code})
        here.wait_for(bulletin, "played")
        took.append(first_sample_after(here, clicked) - clicked * 1000)
    return took


def first_sample_after(here: Installation, moment: float) -> float:
    lines = here.node.wav.with_suffix(".jsonl").read_text().splitlines()
    notes = [json.loads(line) for line in lines]
    return float(
        min(n["at_ms"] for n in notes if n["event"] == "start" and n["at_ms"] >= moment * 1000)
    )


def a_page(here: Installation) -> list[float]:
    took = []
    for _ in range(CLICKS):
        asked = time.monotonic()
        here.approver.open("/password")
        took.append((time.monotonic() - asked) * 1000)
    return took


def weight_mb(pid: int) -> float:
    """Proportional set size: shared pages are counted once among those who share them."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(rollup.split("Pss:")[1].split()[0]) / 1024


def percentile(values: list[float], share: int) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * share // 100)]


def bench_approve_click_to_first_sample() -> None:
    with tempfile.TemporaryDirectory() as folder:
        here = Installation(Path(folder))
        try:
            here.make()
            here.node.write_settings(size="1920x1080")
            here.start()
            voice = a_tone(Path(folder) / "tone.wav", seconds=1)
            took, floor = clicks_to_sound(here, voice), a_page(here)
            tell_clicks(took, floor)
            tell_weights(here, voice)
        finally:
            here.close()


def tell_clicks(took: list[float], floor: list[float]) -> None:
    p50, p95 = percentile(took, 50), percentile(took, 95)
    page = percentile(floor, 50)
    print(f"\napprove click -> first sample, {CLICKS} times: p50 {p50:.0f} ms, p95 {p95:.0f} ms")
    print(
        f"  goal p95 < {GOAL_MS} ms; one page of the console p50 {page:.0f} ms: {p50 / page:.1f}x"
    )


def tell_weights(here: Installation, voice: Path) -> None:
    """Taken while it plays: that is when all three hold what they need."""
    bulletin = here.publish(a_tone(voice.with_name("long.wav"), seconds=6), "Đo bộ nhớ")
    here.wait_for(bulletin, "playing")
    time.sleep(1)
    weights = {name: weight_mb(here.node.pid(name)) for name in ("agent", "player", "screen")}
    print(
        "node while playing, 1080p, PSS: "
        + ", ".join(f"{n} {mb:.1f} MB" for n, mb in weights.items())
    )
    print(f"  together {sum(weights.values()):.1f} MB, goal <= {WEIGHT_MB} MB")
    here.wait_for(bulletin, "played")
    server = {command_of(pid): weight_mb(pid) for pid in children_of(here.server_pid)}
    print("server, PSS: " + ", ".join(f"{name} {mb:.1f} MB" for name, mb in server.items()))


def command_of(pid: int) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    return words[3] if len(words) > 3 else words[0]


if __name__ == "__main__":
    bench_approve_click_to_first_sample()
