"""Every key above the signer's is replaced while a hamlet listens: it goes on hearing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.ceremony import Laptop
from parts.installation import Installation
from parts.sound import a_tone, heard

pytestmark = [pytest.mark.parts, pytest.mark.journey]
UNIT = "don-vi"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path)
    made.make()
    made.start()
    yield made
    made.close()


def on_the_server(here: Installation, *words: str) -> None:
    command = [sys.executable, "-m", "loa_server", "keys", *words, "--config", str(here.settings)]
    env = {k: v for k, v in os.environ.items() if not k.startswith(("LOA_", "DJANGO"))}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 0, done.stdout + done.stderr


def carried(here: Installation, usb: Path) -> None:
    """What leaving a demo needs of the server's machine: its root, and two of its root keys."""
    shutil.copy(here.state / "trust" / "root-1.json", usb)
    for n in (1, 3):
        shutil.copy(here.state / "keys" / "offline" / f"root-{n}.json", usb / f"demo-{n}")


def a_ceremony(usb: Laptop) -> None:
    """root-2.json: new holders, a new authority, signed by the old two and the new two."""
    names = ("goc-a", "goc-b", "goc-c")
    for name in names:
        usb.make("root", name)
    usb.make("authority", "so-khoa")
    held = json.loads((usb.folder / "request.json").read_text())["root"]
    old = [f"DEMO người giữ khóa gốc {n}" for n in (1, 2, 3)]
    replaced = [
        word
        for gone, name in zip(old, names, strict=True)
        for word in ("--replace", f"{gone}={name}.card.json")
    ]
    named = ("--authority", f"{UNIT}=so-khoa.card.json")
    usb.done("root", "next", "--after", f"root-{held}.json", *replaced, *named)
    for n in (1, 3):
        assert usb.keys("sign", "root-2.json", "--key", f"demo-{n}", typed="ký\n").code == 0
    usb.sign("root-2.json", "goc-a", "goc-c")


def applied(here: Installation, what: str) -> int:
    ((health,),) = here.rows("SELECT health FROM fleet_node")
    return int(json.loads(health)["applied"].get(what, 0)) if health else 0


def test_a_demo_becomes_an_installation_while_a_hamlet_listens(
    here: Installation, tmp_path: Path
) -> None:
    before = here.publish(a_tone(tmp_path / "600.wav", 600, seconds=2))
    here.wait_for(before, "played")
    (tmp_path / "usb").mkdir()
    usb = Laptop(tmp_path / "usb")
    carried(here, usb.folder)
    on_the_server(here, "request", "--folder", str(usb.folder))
    a_ceremony(usb)
    shutil.copy(usb.folder / "register-1.json", usb.folder / "of-the-demo.json")
    usb.done(
        "register", "next", "--root", "root-2.json", "--after", "of-the-demo.json",
        "--out", "register-2.json",
    )  # fmt: skip
    usb.sign("register-2.json", "so-khoa")

    on_the_server(here, "install", *(str(usb.folder / f"{n}-2.json") for n in ("root", "register")))
    here.until("the node has the new root", lambda: applied(here, "root") == 2)
    here.until("the node has the new register", lambda: applied(here, "authority") == 2)
    after = here.publish(a_tone(tmp_path / "1000.wav", 1000, seconds=2))
    here.wait_for(after, "played")

    assert heard(here.node.wav).count(1000) >= 16
    refusals = here.rows("SELECT reason FROM ingest_storedfact WHERE fact = 'refused'")
    assert refusals == []
