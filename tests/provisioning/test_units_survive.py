"""The three units under a real systemd, ill-treated: each time sound again, and a fact."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.wire import a_bulletin, a_media, an_assignment, some_settings, ulid
from loa_wire.up import Fact
from parts.broker import Broker
from parts.district import District
from parts.pki import Certificates
from parts.sound import a_tone, heard
from parts.systemd import Systemd, usable

pytestmark = pytest.mark.parts

WHY_NOT = usable()
PROGRAMS = ("player", "screen", "agent")
WAV = "/var/lib/loa-node/player/loudspeaker.wav"
# Somebody in the program's own control group who takes all its memory; the kernel, told whom to
# prefer, ends the program for it.
GLUTTON = """
import os, sys
from pathlib import Path
victim, group = sys.argv[1:]
Path(group, "cgroup.procs").write_text(str(os.getpid()))
Path(f"/proc/{victim}/oom_score_adj").write_text("1000")
eaten = []
while Path(f"/proc/{victim}/exe").exists() and len(eaten) < 100:
    eaten.append(b"x" * 4_000_000)
"""


@pytest.fixture
def district(broker: Broker, pki: Certificates) -> Iterator[District]:
    made = District(broker, pki, time.time_ns() // 1_000_000)
    yield made
    made.close()


@pytest.fixture
def systemd(tmp_path: Path, district: District) -> Systemd:
    if WHY_NOT:
        pytest.skip(WHY_NOT)
    made = Systemd(tmp_path)
    (made.shared / "node.toml").write_text(
        f'[player]\noutput = "file"\nfile = "{WAV}"\n[screen]\ndriver = "dummy"\n'
        "[agent]\nsimulate_proved_clock = true\nheartbeat_s = 2\n"
    )
    district.identity(made.shared / "identity")
    district.register()
    district.place(an_assignment(iat=district.now), some_settings(iat=district.now))
    identity = "/var/lib/loa-node/identity"
    made.prepare = f"cp -r /run/out/identity {identity}\nchown -R loa-agent:loa-node {identity}"
    for program in PROGRAMS:
        made.delivered(f"loa-node-{program}")
        # the same watchdog, with less patience
        soon = "[Service]\nWatchdogSec=6\nTimeoutAbortSec=2\n"
        made.unit(f"loa-node-{program}.service.d/soon.conf", soon)
    return made


def starve(pid: int) -> None:
    """A real want of memory in the program's control group, ended by the kernel."""
    subprocess.run([sys.executable, "-c", GLUTTON, str(pid), group_of(pid)], check=False)


def group_of(pid: int) -> str:
    lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    by_name = {name: path for _, name, path in (line.split(":", 2) for line in lines)}
    version_1 = "memory" in by_name
    path = by_name["memory" if version_1 else ""]
    return f"/sys/fs/cgroup/{'memory' if version_1 else ''}{path}"


def why(facts: list[Fact]) -> list[tuple[str | None, str | None]]:
    told = [(fact.outlet, fact.reason) for fact in facts if fact.fact == "restarted"]
    return sorted(told, key=str)


def test_killed_hung_and_out_of_memory_each_end_in_sound_again_and_in_a_fact(
    systemd: Systemd, district: District, tmp_path: Path
) -> None:
    tone = a_tone(tmp_path / "tone.opus", hertz=1000, seconds=2).read_bytes()
    district.https.put_media(tone)

    def sounds(n: int) -> bool:
        life = {"iat": district.now, "nbf": district.now, "exp": district.now + 3_600_000}
        bulletin = a_bulletin(**life, id=ulid(n), audio={"vi": a_media(tone)})
        before = heard(systemd.seen_inside(WAV)).count(1000)
        district.publish(bulletin)
        ended = district.wait_for("ended", bulletin.id)
        fresh = heard(systemd.seen_inside(WAV)).count(1000) - before
        return ended.result == "played" and fresh >= 15

    with systemd.living(*(f"loa-node-{program}.service" for program in PROGRAMS)):
        pids = {program: systemd.pid(program) for program in PROGRAMS}
        district.wait_for("config_applied", count=3)
        assert sounds(1)

        os.kill(pids["player"], signal.SIGKILL)
        district.wait_for("restarted")
        assert why(district.facts) == [("sound", "killed")]
        assert sounds(2)

        pids["player"] = systemd.pid("player", after=pids["player"])
        for pid in pids.values():
            os.kill(pid, signal.SIGSTOP)
        district.wait_for("restarted", count=4)
        assert why(district.facts)[:2] == [("screen", "hung"), ("sound", "hung")]
        assert (None, "hung") in why(district.facts)
        assert sounds(3)

        for program in ("player", "agent"):
            starve(systemd.pid(program, after=pids[program]))
        district.wait_for("restarted", count=6)
        assert why(district.facts).count(("sound", "out_of_memory")) == 1
        assert why(district.facts).count((None, "out_of_memory")) == 1
        assert sounds(4)
