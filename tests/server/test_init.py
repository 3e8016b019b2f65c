"""`loa-server init --demo` as an operator runs it, on a folder of its own."""

from __future__ import annotations

import json
import os
import sqlite3
import ssl
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from loa_node.adapters import identity
from loa_node.register import pin_root, read_authority
from loa_server.signer import keystore
from loa_wire.trusted import Authority, Root

SAMPLES = Path(__file__).resolve().parents[2] / "content" / "samples"


@dataclass(frozen=True)
class Made:
    folder: Path
    said: str

    @property
    def state(self) -> Path:
        return self.folder / "s"

    @property
    def node(self) -> Path:
        return self.folder / "node" / "identity"

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.state / "db.sqlite3")) as db:
            return db.execute(query).fetchall()

    def accounts(self) -> dict[str, dict[str, Any]]:
        read: dict[str, dict[str, Any]] = json.loads(
            (self.state / "demo" / "accounts.json").read_text()
        )
        return read


def init(folder: Path, *lines: str, options: tuple[str, ...] = ("--demo",)) -> Made:
    settings = folder / "server.toml"
    settings.write_text("\n".join([f'state_dir = "{folder}/s"', *lines]), encoding="utf-8")
    command = [sys.executable, "-m", "loa_server", "init", "--config", str(settings)]
    identity_option = ["--node-identity", str(folder / "node" / "identity")]
    env = {k: v for k, v in os.environ.items() if not k.startswith("LOA_")}
    done = subprocess.run(
        [*command, *options, *(identity_option if "--demo" in options else [])],
        capture_output=True,
        text=True,
        check=False,
        env=env,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return Made(folder, done.stdout)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return init(tmp_path_factory.mktemp("init"))


@pytest.mark.parts
def test_each_step_says_what_it_is(made: Made) -> None:
    steps = ["certificates", "database", "areas", "keys, root and register", "accounts and a node"]

    assert all(f"  {step} ... " in made.said for step in steps)
    assert "DEMO KEYS: all of them lie on this machine" in made.said


@pytest.mark.parts
def test_everyone_of_the_demo_gets_a_password_good_for_one_sign_in(made: Made) -> None:
    accounts = made.accounts()

    assert {name: account["roles"] for name, account in accounts.items()} == {
        "bientap": ["author"],
        "nguoiduyet": ["approver"],
        "xakhac": ["author", "approver"],
        "trucban": ["duty"],
        "quantri": ["registrar", "technician"],
    }
    assert len({account["password"] for account in accounts.values()}) == len(accounts)
    assert all(account["password"] in made.said for account in accounts.values())
    assert made.rows("SELECT DISTINCT must_change_password FROM areas_person") == [(1,)]
    assert accounts["bientap"]["area"] == accounts["nguoiduyet"]["area"] == "vn-25351"
    assert accounts["xakhac"]["area"] not in {"vn-25351", "vn-75"}


@pytest.mark.parts
def test_the_duty_key_and_its_officer_are_the_duty_signers_alone(made: Made) -> None:
    kept = {f: {key.key.may[0] for key in keystore.load(made.state / f)} for f in ("duty", "keys")}
    officers = json.loads((made.state / "duty" / "officers" / "known.json").read_text())

    assert kept["duty"] == {"countersign"}
    assert "countersign" not in kept["keys"]
    assert officers == {"trucban": {"totp": made.accounts()["trucban"]["duty_totp"]}}


@pytest.mark.parts
def test_what_is_secret_is_closed_to_others(made: Made) -> None:
    modes = {
        str(path.relative_to(made.folder)): path.stat().st_mode & 0o777
        for path in [
            made.state / "keys",
            made.state / "duty",
            made.state / "duty" / "officers" / "known.json",
            made.state / "pki",
            made.state / "keys" / "ca.key",
            made.state / "demo" / "accounts.json",
            made.node,
            made.node / "key",
        ]
    }

    assert {name for name, mode in modes.items() if mode & 0o077} == set()
    # the signer, another user of the same group, opens second factors with it
    assert (made.state / "secret").stat().st_mode & 0o777 == 0o640


@pytest.mark.parts
def test_the_node_can_be_itself_and_believes_the_register(made: Made) -> None:
    me = identity.read(made.node)
    root = pin_root(me.root)
    assert isinstance(root, Root)

    register = read_authority(
        (made.state / "public" / "authority" / me.unit / "1").read_bytes(), root, me.unit
    )

    assert isinstance(register, Authority)
    assert made.rows("SELECT id, area_id, status FROM fleet_node") == [
        (me.node, "vn-25351-03", "active")
    ]
    holders = {key.holder for key in register.keys if "bulletin" in key.may}
    assert holders == {"Tân Hưng", "Minh Đức", "Tân Quan", "Tân Khai", "Đơn vị vận hành"}
    speakers = {key.holder for key in register.keys if "bulletin" in key.may}
    seconds = {key.holder for key in register.keys if "countersign" in key.may}
    assert not speakers & seconds
    certificate = x509.load_pem_x509_certificate(me.cert.read_bytes())
    assert certificate.subject.rfc4514_string() == f"CN={me.node}"
    ssl.create_default_context(cafile=str(me.ca)).load_cert_chain(me.cert, me.key)


@pytest.mark.parts
def test_the_node_and_its_areas_wait_in_the_outbox(made: Made) -> None:
    waiting = made.rows("SELECT what, area_id FROM dispatch_intent WHERE done_at IS NULL")

    assert sorted(waiting, key=str) == [
        ("area", "vn-25351"),
        ("area", "vn-25351-03"),
        ("area", "vn-75"),
        ("node", None),
    ]
    topics = {topic for (topic,) in made.rows("SELECT topic FROM dispatch_retained")}
    assert topics == {"loa/1/root", "loa/1/unit/don-vi/authority"}


def snapshot(made: Made) -> dict[str, bytes]:
    files = [p for p in made.folder.rglob("*") if p.is_file() and "db.sqlite3" not in p.name]
    return {str(p): p.read_bytes() for p in files}


@pytest.mark.parts
def test_a_second_init_changes_nothing(made: Made) -> None:
    before = snapshot(made)
    intents = made.rows("SELECT count(*) FROM dispatch_intent")

    init(made.folder)

    assert snapshot(made) == before
    assert made.rows("SELECT count(*) FROM dispatch_intent") == intents


@pytest.mark.parts
def test_new_ports_and_new_limits_are_followed(tmp_path: Path) -> None:
    first = init(tmp_path)
    key = (first.node / "key").read_bytes()

    again = init(
        tmp_path, "[nodes]", "port = 9443", 'address = "loa.example"', "[limits]", "max_volume = 80"
    )

    me = identity.read(again.node)
    assert me.https == "https://loa.example:9443"
    assert (again.node / "key").read_bytes() == key
    cert = x509.load_pem_x509_certificate((again.state / "pki" / "nodes-https.crt").read_bytes())
    names = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "loa.example" in names.get_values_for_type(x509.DNSName)
    assert (again.state / "public" / "authority" / "don-vi" / "2").exists()
    assert not (again.state / "public" / "authority" / "don-vi" / "3").exists()


@pytest.mark.parts
def test_without_areas_there_are_no_keys_yet_and_it_says_what_to_do(tmp_path: Path) -> None:
    made = init(tmp_path, options=())

    assert "run again with --areas FILE" in made.said
    assert not list((made.state / "keys").glob("*.json"))
    assert made.rows("SELECT count(*) FROM areas_person") == [(0,)]


@pytest.mark.parts
def test_with_areas_and_without_a_demo_there_is_no_account_and_it_says_how_to_make_one(
    tmp_path: Path,
) -> None:
    areas = tmp_path / "areas.json"
    areas.write_text((SAMPLES / "areas.json").read_text(encoding="utf-8"), encoding="utf-8")

    made = init(tmp_path, options=("--areas", str(areas)))

    assert made.rows("SELECT count(*) FROM areas_person") == [(0,)]
    assert "loa-server people add" in made.said
