"""`loa-server keys` on the server's machine: a whole ceremony, then what is brought and refused."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fakes.ceremony import Laptop, Said
from loa_node.register import read_authority
from loa_server.ceremony import trustfolder
from loa_server.ceremony.trustfolder import Held
from loa_server.signer.ring import Ring
from loa_wire.trusted import Authority

pytestmark = pytest.mark.parts  # a process for every command
UNIT = "don-vi"


@dataclass(frozen=True)
class District:
    """A server without a demo's keys, and the laptop whose folder is carried between the two."""

    folder: Path
    laptop: Laptop

    @property
    def state(self) -> Path:
        return self.folder / "s"

    def run(self, *words: str) -> Said:
        config = ["--config", str(self.folder / "server.toml")]
        done = subprocess.run(
            [sys.executable, "-m", "loa_server", *words, *config],
            cwd=self.laptop.folder,
            capture_output=True,
            text=True,
            check=False,
            env={k: v for k, v in os.environ.items() if not k.startswith(("LOA_", "DJANGO"))},
        )
        return Said(done.returncode, done.stdout + done.stderr)

    def done(self, *words: str) -> str:
        said = self.run(*words)
        assert said.code == 0, said.text
        return said.text

    def init(self) -> str:
        areas = Path(__file__).resolve().parents[2] / "content" / "samples" / "areas.json"
        return self.done("init", "--areas", str(areas))

    def held(self) -> Held:
        return trustfolder.held(self.state / "trust", UNIT)

    def register(self) -> Authority:
        register = self.held().register
        assert register is not None
        return register

    def next_register(self, *words: str, root: str = "root-1.json", by: str = "so-khoa") -> str:
        """Requested, made, signed and installed; the name of the file."""
        self.done("keys", "request")
        self.laptop.done("register", "next", "--root", root, "--request", "request.json", *words)
        name = max(self.laptop.folder.glob("register-*.json"), key=lambda p: p.stat().st_mtime).name
        signed = self.laptop.sign(name, by)
        assert signed.code == 0, signed.text
        self.done("keys", "install", name)
        return name

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.state / "db.sqlite3")) as db:
            return db.execute(query).fetchall()

    def keyid(self, may: str, holder: str = "") -> str:
        keys = [k for k in self.register().keys if k.may == [may] and holder in k.holder]
        return keys[0].keyid


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> District:
    folder = tmp_path_factory.mktemp("district")
    (folder / "server.toml").write_text(f'state_dir = "{folder}/s"\n')
    (folder / "usb").mkdir()
    district = District(folder, Laptop(folder / "usb"))
    district.init()
    district.laptop.root("goc-a", "goc-b", "goc-c")
    district.done("keys", "install", "root-1.json")
    district.next_register()
    return district


@pytest.fixture
def district(made: District, tmp_path: Path) -> District:
    """With root 1 and register 1, both from a ceremony."""
    shutil.copytree(made.folder, tmp_path, dirs_exist_ok=True)
    (tmp_path / "server.toml").write_text(f'state_dir = "{tmp_path}/s"\n')
    return District(tmp_path, Laptop(tmp_path / "usb"))


def test_a_new_server_says_that_a_ceremony_is_missing_and_signs_nothing(tmp_path: Path) -> None:
    (tmp_path / "server.toml").write_text(f'state_dir = "{tmp_path}/s"\n')
    district = District(tmp_path, Laptop(tmp_path))

    said = district.init()
    asked = district.run("keys", "request")

    assert "chưa có khóa gốc" in said
    assert "no root yet" in said
    assert not (district.state / "trust").exists()
    assert not (district.state / "keys" / "offline").exists()
    assert asked.code == 1
    assert "[no_root]" in asked.text


def test_after_a_ceremony_nodes_believe_the_servers_keys_and_are_told(made: District) -> None:
    held = made.held()
    assert held.root is not None

    served = (made.state / "public" / "authority" / UNIT / "1").read_bytes()

    register = read_authority(served, held.root, UNIT)
    assert isinstance(register, Authority)
    assert {may for key in register.keys for may in key.may} == {
        "bulletin", "countersign", "place", "settings", "ops",
    }  # fmt: skip
    pointers = {
        t: json.loads(p) for t, p in made.rows("SELECT topic, payload FROM dispatch_retained")
    }
    assert pointers["loa/1/root"]["version"] == 1
    assert pointers[f"loa/1/unit/{UNIT}/authority"]["version"] == 1


def test_installing_is_told_in_the_audit_log(made: District) -> None:
    lines = [json.loads(line) for (line,) in made.rows("SELECT line FROM audit_entry ORDER BY seq")]

    told = [(line["verb"], line["subject"]) for line in lines if line["who"] == "loa-server keys"]

    assert told == [("root_installed", "root-1.json"), ("register_installed", "register-1.json")]


def test_without_the_authoritys_key_init_never_signs_a_register(district: District) -> None:
    before = (district.state / "trust" / "register-1.json").read_bytes()
    with (district.folder / "server.toml").open("a") as settings:
        settings.write("[limits]\nmax_volume = 70\n")

    said = district.init()

    assert "the limits of server.toml are not the register's" in said
    assert "sổ khóa số 1 có giá trị đến" in said
    assert [p.name for p in (district.state / "trust").iterdir() if p.name != "root-1.json"] == [
        "register-1.json"
    ]
    assert (district.state / "trust" / "register-1.json").read_bytes() == before


def test_a_commune_key_is_replaced_and_the_old_one_is_never_asked_for_again(
    district: District,
) -> None:
    old = district.keyid("bulletin", "Tân Quan")
    district.done("keys", "request", "--replace", old)
    district.next_register("--revoke", old)
    new = district.keyid("bulletin", "Tân Quan")

    said = district.init()
    district.done("keys", "request")

    assert new != old
    request = json.loads((district.laptop.folder / "request.json").read_text())
    assert request["keys"] == []
    assert "keys of this server are not in it" not in said
    ring = Ring(district.state / "keys", district.state / "trust", UNIT).changed()
    assert ring is not None
    assert new in {key.key.keyid for key in ring}
    assert old not in {key.key.keyid for key in ring}


def test_the_signer_takes_the_registers_word_for_what_its_key_may(district: District) -> None:
    keyid = district.keyid("bulletin", "Tân Quan")
    ring = Ring(district.state / "keys", district.state / "trust", UNIT)
    first = {key.key.keyid: key.key.max_level for key in ring.changed() or []}
    unchanged = ring.changed()

    district.next_register("--max-level", f"{keyid}=normal")
    second = {key.key.keyid: key.key.max_level for key in ring.changed() or []}

    assert unchanged is None
    assert (first[keyid], second[keyid]) == ("priority", "normal")


def test_what_is_old_or_leaves_a_gap_is_refused(district: District) -> None:
    shutil.copy(district.laptop.folder / "register-1.json", district.folder / "first.json")
    district.next_register()
    district.done("keys", "request")
    for _ in range(2):
        district.laptop.done("register", "next", "--root", "root-1.json")
    district.laptop.sign("register-4.json", "so-khoa")

    back = district.run("keys", "install", str(district.folder / "first.json"))
    gap = district.run("keys", "install", "register-4.json")
    unsigned = district.run("keys", "install", "register-3.json")
    again = district.run("keys", "install", "register-2.json")

    assert ("[rollback]" in back.text, back.code) == (True, 1)
    assert ("[gap]" in gap.text, gap.code) == (True, 1)
    assert ("[signatures]" in unsigned.text, unsigned.code) == (True, 1)
    assert again.code == 0
    assert "đã có từ trước" in again.text
    assert district.register().version == 2


def test_a_root_of_a_stranger_is_refused(district: District, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    stranger = Laptop(tmp_path / "elsewhere")
    stranger.root("x-a", "x-b", "x-c")
    stranger.done("root", "next", "--after", "root-1.json")
    stranger.sign("root-2.json", "x-a", "x-b")

    said = district.run("keys", "install", str(stranger.folder / "root-2.json"))

    assert said.code == 1
    assert "[signatures]" in said.text
    assert not (district.state / "trust" / "root-2.json").exists()


def test_a_stolen_authority_key_is_replaced_in_one_go(district: District) -> None:
    usb = district.laptop
    stolen = district.register()
    usb.make("authority", "so-khoa-2")
    usb.done("root", "next", "--after", "root-1.json", "--authority", f"{UNIT}=so-khoa-2.card.json")
    usb.sign("root-2.json", "goc-a", "goc-c")
    usb.done(
        "register", "next", "--root", "root-2.json", "--after", "register-1.json",
        "--request", "request.json",
    )  # fmt: skip
    usb.sign("register-2.json", "so-khoa-2")

    said = district.done("keys", "install", "register-2.json", "root-2.json")

    held = district.held()
    assert held.root is not None
    assert held.register is not None
    assert (held.root.version, held.register.version) == (2, 2)
    assert "root-2.json: đã cài" in said
    assert not (district.state / "public" / "authority" / UNIT / "1").exists()
    assert list((district.state / "trust" / "replaced").glob("register-1.json.*"))
    assert {k.keyid for k in held.register.keys} == {k.keyid for k in stolen.keys}
    pointer = district.rows("SELECT payload FROM dispatch_retained WHERE topic = 'loa/1/root'")
    assert json.loads(pointer[0][0])["version"] == 2


def test_a_duty_key_is_unlocked_on_its_own_machine_only_if_the_register_names_it(
    district: District, tmp_path: Path
) -> None:
    usb = district.laptop
    keyid = usb.make("countersign", "truc-ban")
    unlock = ("unlock", "truc-ban.key.pem", "--into", str(tmp_path / "duty"))
    early = usb.keys(*unlock, "--register", "register-1.json", secret="bốn từ của truc-ban")
    name = district.next_register(
        "--add", "truc-ban.card.json", "--scope", "vn-75", "--max-level", "emergency"
    )

    late = usb.keys(*unlock, "--register", name, secret="bốn từ của truc-ban")

    assert ("[unnamed]" in early.text, early.code) == (True, 1)
    assert late.code == 0, late.text
    key = tmp_path / "duty" / f"{keyid}.json"
    assert key.stat().st_mode & 0o777 == 0o600
    assert json.loads(key.read_text())["key"]["may"] == ["countersign"]
