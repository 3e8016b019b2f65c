"""Make the hashed requirement files at the root from what the three distributions declare.

One file per who installs it: node (the kiosk's pins), server, test (what runs the tests), dev
(what checks the code). Each is compiled against those before it, so a version is chosen once.
No registry address is written: the files say what to install, never where from.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("node", "server", "test", "dev")


def wanted(part: str) -> list[str]:
    """What `part` declares itself, without our own distributions."""
    if part in ("test", "dev"):
        groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
        return [str(line) for line in groups[part]]
    lines: list[str] = []
    for folder in (part, "content"):
        project = tomllib.loads((ROOT / folder / "pyproject.toml").read_text())["project"]
        lines += [str(line) for line in project["dependencies"]]
    return [line for line in lines if not line.startswith("loa-")]


def compile_one(part: str, upgrade: bool) -> None:  # noqa: FBT001
    target = ROOT / f"requirements-{part}.txt"
    asked = wanted(part) + [
        f"-c {shlex.quote(str(ROOT))}/requirements-{before}.txt"
        for before in PARTS[: PARTS.index(part)]
    ]
    command = [sys.executable, "-m", "piptools", "compile", "-", "--output-file", target.name]
    command += ["--generate-hashes", "--allow-unsafe", "--strip-extras", "--quiet"]
    command += ["--no-emit-index-url", "--no-emit-trusted-host", "--no-emit-find-links"]
    command += ["--no-annotate", "--no-emit-options"] + (["--upgrade"] if upgrade else [])
    made = subprocess.run(
        command,
        cwd=ROOT,
        input="\n".join(asked),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "CUSTOM_COMPILE_COMMAND": "make requirements"},
    )
    if made.returncode != 0:
        sys.exit(made.stdout + made.stderr)
    print(f"requirements: {target.name}: {target.read_text().count('==')} packages", flush=True)


if __name__ == "__main__":
    for name in PARTS:
        compile_one(name, upgrade="--upgrade" in sys.argv)
