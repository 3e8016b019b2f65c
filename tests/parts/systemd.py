"""A real systemd of a test's own: our units as they are delivered, in namespaces that end with it.

The machine's own files are seen through overlays, so that users, units and programs are installed
as provisioning/README.md says, and nothing of it is left behind. Needs root.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SYSTEMD = Path("/lib/systemd/systemd")
OURS = ROOT / "provisioning" / "systemd"
CGROUPS = Path("/sys/fs/cgroup")
GROUPS = ("init.scope", "system.slice")
PATIENCE_S = 60.0
# What every unit leans on without saying so; the machine's own would start the whole machine.
BARE = ("sysinit", "basic", "shutdown", "sockets", "timers", "paths", "slices", "umount")

BOOT = """
set -eu
mount --make-rprivate /
mount -t tmpfs tmpfs {over}
for seen in etc usr/bin var/lib opt; do
  mkdir -p {over}/up/$seen {over}/work/$seen
  layers=lowerdir=/$seen,upperdir={over}/up/$seen,workdir={over}/work/$seen
  mount -t overlay overlay -o $layers /$seen
done
mount -t tmpfs -o mode=0755,nosuid,nodev tmpfs /run
mkdir -p /run/systemd /run/out /opt/loa /etc/loa
mount --bind {shared} /run/out
mount --bind {root} /opt/loa
for program in node server; do
  printf '#!/bin/sh\\nexec {python} -m loa_%s "$@"\\n' $program > /usr/bin/loa-$program
  chmod 755 /usr/bin/loa-$program
done
cp /run/out/*.toml /etc/loa/
systemd-sysusers basic.conf {ours}/sysusers.d/*.conf
systemd-tmpfiles --create {ours}/tmpfiles.d/*.conf
{prepare}
export SYSTEMD_UNIT_PATH=/run/out/units container=other
exec {systemd} --system --unit=wanted.target --log-target=console --show-status=no
"""


class Systemd:
    """Fill `shared` (seen inside as /run/out) and `unit()`s, then `run` until a file is there."""

    def __init__(self, folder: Path) -> None:
        self.prepare = ""  # what an operator types before the first start
        self.shared = folder / "shared"
        self.units = self.shared / "units"
        self.units.mkdir(parents=True)
        self._over = folder / "over"
        self._over.mkdir()
        self._log = folder / "systemd.log"
        self._process: subprocess.Popen[bytes] | None = None
        for name in BARE:
            self.unit(f"{name}.target", "[Unit]\nDefaultDependencies=no\n")

    def unit(self, name: str, text: str) -> None:
        (self.units / name).write_text(text, encoding="utf-8")

    def delivered(self, name: str) -> None:
        """As it is; what it says goes to `<name>.err`."""
        self.unit(f"{name}.service", (OURS / f"{name}.service").read_text(encoding="utf-8"))
        (self.units / f"{name}.service.d").mkdir()
        self.unit(
            f"{name}.service.d/told.conf", f"[Service]\nStandardError=file:/run/out/{name}.err\n"
        )

    def program_in(self, name: str, command: str) -> None:
        """Another program under the restrictions of our unit; what it prints is `said(name)`."""
        text = (OURS / f"{name}.service").read_text(encoding="utf-8")
        text = re.sub(
            r"(?m)^(ExecStart|ExecStartPost|Type|Restart|RestartSec|WatchdogSec|Wants|After)=.*\n",
            "",
            text,
        )
        once = f"[Service]\nType=oneshot\nExecStart={command}\n"
        told = f"StandardOutput=file:/run/out/{name}.out\nStandardError=file:/run/out/{name}.err\n"
        self.unit(f"in-{name}.service", text.replace("[Service]\n", once + told, 1))

    def run(self, *wanted: str) -> None:
        """Starts these and waits until the one-shot programs among them have ended."""
        names = " ".join(wanted)
        bare = "[Unit]\nDefaultDependencies=no\n"
        self.unit("wanted.target", f"{bare}Wants=ended.service {names}\n")
        status = (
            "systemctl --no-pager show -p Id -p ActiveState -p Result -p ExecMainStatus '*.service'"
        )
        tell = f'ExecStart=/bin/sh -c "{status} > /run/out/status; touch /run/out/ended"\n'
        self.unit("ended.service", f"{bare}After={names}\n[Service]\nType=oneshot\n{tell}")
        process = self._start()
        try:
            self._wait(process)
        finally:
            process.kill()
            process.wait()
            self._leave()

    @contextlib.contextmanager
    def living(self, *wanted: str) -> Iterator[None]:
        """Runs these until the block ends; what becomes of them is the test's to see."""
        self.unit("wanted.target", f"[Unit]\nDefaultDependencies=no\nWants={' '.join(wanted)}\n")
        self._process = self._start()
        try:
            yield
        finally:
            self._process.kill()
            self._process.wait()
            self._leave()

    def pid(self, program: str, *, after: int = 0) -> int:
        """Of `loa_node <program>` as this machine numbers it; `after` is the one before it."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            found = [
                one for one in self._ours() if _words_of(one)[1:4] == ["-m", "loa_node", program]
            ]
            if found and found[0] != after:
                return found[0]
            time.sleep(0.05)
        raise AssertionError(f"{program} does not run: {self.log()}")

    def seen_inside(self, path: str) -> Path:
        """A file of the system inside, as long as it lives."""
        return Path(f"/proc/{self._ours()[-1]}/root{path}")

    def log(self) -> str:
        return self._log.read_text(errors="replace")[-3000:]

    def _ours(self) -> list[int]:
        """Every process inside, the youngest first; the last is systemd itself."""
        assert self._process is not None
        found, fresh = [self._process.pid], [self._process.pid]
        while fresh:
            told = [
                Path(f"/proc/{pid}/task/{pid}/children")
                for pid in fresh
                if Path(f"/proc/{pid}").exists()
            ]
            fresh = [int(word) for path in told for word in _text(path).split()]
            found += fresh
        return found[:0:-1]

    def said(self, name: str) -> dict[str, Any]:
        told, wrong = (self.shared / f"{name}.{end}" for end in ("out", "err"))
        status = (self.shared / "status").read_text(encoding="utf-8")
        assert told.exists(), status
        assert told.stat().st_size, wrong.read_text(encoding="utf-8") + status
        return dict(json.loads(told.read_text(encoding="utf-8")))

    def state(self, name: str) -> str:
        """active, activating, failed …, when everything had been started."""
        status = (self.shared / "status").read_text(encoding="utf-8")
        (unit,) = [part for part in status.split("\n\n") if f"Id={name}.service\n" in part + "\n"]
        return dict(line.split("=", 1) for line in unit.strip().splitlines())["ActiveState"]

    def _start(self) -> subprocess.Popen[bytes]:
        script = BOOT.format(
            over=self._over,
            shared=self.shared,
            root=ROOT,
            python=f"/opt/loa/{Path(sys.executable).relative_to(ROOT)}",
            ours=OURS,
            systemd=SYSTEMD,
            prepare=self.prepare,
        )
        apart = ("--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--uts", "--ipc")
        with self._log.open("ab") as log:
            return subprocess.Popen(
                ["unshare", *apart, "sh", "-c", script], stdout=log, stderr=subprocess.STDOUT
            )

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not (self.shared / "ended").exists():
            log = self._log.read_text(errors="replace")[-3000:]
            assert process.poll() is None, log
            assert time.monotonic() < end, log
            time.sleep(0.05)

    @staticmethod
    def _leave() -> None:
        """The control groups that it made; its processes need a moment to be gone from them."""
        end = time.monotonic() + 5
        while left := [g for name in GROUPS for g in CGROUPS.glob(f"*/{name}")]:
            for top in left:
                for group, _, _ in os.walk(top, topdown=False):
                    with contextlib.suppress(OSError):
                        Path(group).rmdir()
            if time.monotonic() > end:
                return
            time.sleep(0.05)


def _words_of(pid: int) -> list[str]:
    return _text(Path(f"/proc/{pid}/cmdline")).split("\0")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def usable() -> str:
    """Why there can be no systemd here; "" when there can."""
    if os.geteuid() != 0:
        return "needs root"
    if not SYSTEMD.exists() or shutil.which("unshare") is None:
        return "systemd or unshare is not installed"
    if Path("/run/systemd/system").exists():
        return "this machine is systemd's own: a second one would share its control groups"
    if not Path(sys.executable).is_relative_to(ROOT):
        return "runs in a virtual environment of another place"
    tried = ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "sh", "-c"]
    script = "mount --make-rprivate / && mount -t tmpfs t /run && mkdir /run/u /run/w && "
    script += "mount -t overlay o -o lowerdir=/etc,upperdir=/run/u,workdir=/run/w /etc"
    done = subprocess.run([*tried, script], capture_output=True, text=True, check=False)
    return f"no namespaces or overlays here: {done.stderr.strip()}" if done.returncode else ""
