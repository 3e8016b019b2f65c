"""Keys are changed by hand while signer, engine and broker run, and nobody is restarted."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fakes.ceremony import Laptop
from loa_wire import topics
from loa_wire.dsse import open_envelope
from loa_wire.limits import BULLETIN_ENVELOPE
from parts.engine_room import AREA, EngineRoom, heard_on

pytestmark = pytest.mark.parts
UNIT = "don-vi"


def keys(room: EngineRoom, *words: str) -> None:
    command = [sys.executable, "-m", "loa_server", "keys", *words]
    done = subprocess.run(
        [*command, "--config", str(room.settings)],
        capture_output=True,
        text=True,
        check=False,
        env={k: v for k, v in os.environ.items() if not k.startswith(("LOA_", "DJANGO"))},
    )
    assert done.returncode == 0, done.stdout + done.stderr


def commune_key(room: EngineRoom) -> str:
    held = [json.loads(path.read_text())["key"] for path in (room.state / "keys").glob("*.json")]
    found = [key for key in held if (key["scope"], key["may"]) == ([AREA], ["bulletin"])]
    return str(found[0]["keyid"])


def test_a_stolen_commune_key_is_replaced_while_everything_runs(
    room: EngineRoom, tmp_path: Path
) -> None:
    usb = Laptop(tmp_path / "usb")
    old = commune_key(room)
    with room.node("tq-01") as node:
        node.subscribe(topics.unit_authority(UNIT))
        room.approve(1)
        before = open_envelope(heard_on(node, topics.area(AREA, "bulletin")), BULLETIN_ENVELOPE)

        keys(room, "request", "--replace", old, "--folder", str(usb.folder))
        shutil.copy(room.state / "keys" / "offline" / "authority.json", usb.folder / "so-khoa")
        words = ("--root", "root-1.json", "--request", "request.json", "--revoke", old)
        usb.done("register", "next", *words)
        signed = usb.keys("sign", "register-2.json", "--key", "so-khoa", typed="ký\n")
        assert signed.code == 0, signed.text
        keys(room, "install", str(usb.folder / "register-2.json"))
        told = [json.loads(heard_on(node, topics.unit_authority(UNIT)))["version"]]
        if told != [2]:  # the retained one of before comes first
            told.append(json.loads(heard_on(node, topics.unit_authority(UNIT)))["version"])
        room.approve(2)
        after = open_envelope(heard_on(node, topics.area(AREA, "bulletin")), BULLETIN_ENVELOPE)

    assert told[-1] == 2
    assert [s.keyid for s in before.signatures] == [old]
    (asked,) = json.loads((usb.folder / "request.json").read_text())["keys"]
    assert [s.keyid for s in after.signatures] == [asked["keyid"]]
    served = (room.state / "public" / "authority" / UNIT / "2").read_bytes()
    assert served == (usb.folder / "register-2.json").read_bytes()
