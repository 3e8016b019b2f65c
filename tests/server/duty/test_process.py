"""The duty signer as a program of its own, on a machine that has nothing else of the district."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.signer import a_key
from fakes.wire import a_bulletin
from loa_server.areas import totp
from loa_server.config import read
from loa_server.dispatch.signing import SigningError
from loa_server.duty.client import DutyClient
from loa_server.duty.officers import FOLDER, Register
from loa_server.signer import keystore
from loa_wire.bulletin import Bulletin

pytestmark = pytest.mark.parts
KEY = a_key("countersign", "vn-75", max_level="emergency", nbf=0, exp=2**50)


class Machine:
    """A folder, its server.toml, and the program."""

    def __init__(self, folder: Path) -> None:
        self.settings = folder / "server.toml"
        self.settings.write_text(
            f'state_dir = "{folder}/none"\n[duty]\nkeys_dir = "{folder}/keys"\n'
            f'socket = "{folder}/duty.sock"\n',
            encoding="utf-8",
        )
        self.config = read(self.settings)
        keystore.save(self.config.duty_dir, KEY)
        self.process: subprocess.Popen[bytes] | None = None

    def run(self, *words: str) -> str:
        command = [sys.executable, "-m", "loa_server", "duty", "--config", str(self.settings)]
        done = subprocess.run([*command, *words], capture_output=True, text=True, check=True)
        return done.stdout

    def start(self) -> DutyClient:
        command = [sys.executable, "-m", "loa_server", "duty", "--config", str(self.settings)]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        for _ in range(500):
            if self.config.duty_socket.exists():
                return DutyClient(self.config.duty_socket)
            assert self.process.poll() is None
            time.sleep(0.02)
        raise AssertionError("the duty signer does not listen")

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            assert self.process.wait(10) == 0

    def code(self, name: str) -> str:
        secret = Register(self.config.duty_dir / FOLDER).read()[name].totp
        return totp.code_at(secret, totp.step_at(time.time()))


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path)
    yield made
    made.stop()


def an_emergency() -> Bulletin:
    now = time.time_ns() // 1_000_000
    times = {"iat": now, "nbf": now, "exp": now + 3_600_000}
    return a_bulletin(level="emergency", alert="fire", **times)


def test_an_officer_is_added_shown_a_code_once_and_may_countersign(machine: Machine) -> None:
    said = machine.run("--add", "trucban")
    assert Register(machine.config.duty_dir / FOLDER).read()["trucban"].totp in said

    client = machine.start()

    payload = an_emergency().encode()
    signature = client.countersign(payload, "trucban", machine.code("trucban"))
    assert signature.keyid == KEY.key.keyid
    assert not (machine.config.state_dir).exists()  # no database, no secret, nothing of a server


def test_it_says_no_over_its_socket_and_an_officer_can_be_removed_while_it_runs(
    machine: Machine,
) -> None:
    machine.run("--add", "trucban")
    client, code = machine.start(), machine.code("trucban")
    with pytest.raises(SigningError, match="not_emergency"):
        client.countersign(a_bulletin().encode(), "trucban", code)

    machine.run("--remove", "trucban")

    with pytest.raises(SigningError, match="officer"):
        client.countersign(an_emergency().encode(), "trucban", code)


def test_a_key_file_that_others_may_read_keeps_it_from_starting(machine: Machine) -> None:
    for file in machine.config.duty_dir.glob("*.json"):
        file.chmod(0o644)
    command = [sys.executable, "-m", "loa_server", "duty", "--config", str(machine.settings)]

    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)

    assert done.returncode == 2
    assert "others may read this key" in done.stderr


def test_without_one_the_officer_is_told_that_nobody_answers(tmp_path: Path) -> None:
    with pytest.raises(SigningError) as refused:
        DutyClient(tmp_path / "duty.sock").countersign(b"{}", "trucban", "123456")

    assert refused.value.code == "no_duty_signer"
