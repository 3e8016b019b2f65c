"""The signer as a process of its own, asked over its socket."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from fakes.desk import a_town, an_approved
from loa_server.config import ENV, ServerConfig
from loa_server.dispatch.signing import SigningError
from loa_server.door import Server
from loa_server.signer import keystore
from loa_server.signer.client import SignerClient
from loa_wire import dsse
from loa_wire.limits import BULLETIN_ENVELOPE, DAY_MS
from loa_wire.trusted import RegisterKey


@pytest.fixture
def signer(server_config: ServerConfig, database: Path) -> Iterator[subprocess.Popen[bytes]]:
    assert database.exists()
    now = int(time.time() * 1000)
    entry = RegisterKey(
        keyid="0" * 32,
        public="0" * 64,
        holder="Tân Quan",
        may=["bulletin"],
        scope=["vn-25351"],
        nbf=now - DAY_MS,
        exp=now + DAY_MS,
    )
    keystore.save(server_config.keys_dir, keystore.make(entry))
    process = start(server_config)
    yield process
    process.terminate()
    process.wait(10)
    for key in server_config.keys_dir.glob("*.json"):
        key.unlink()


def start(config: ServerConfig, file: str = "") -> subprocess.Popen[bytes]:
    settings = file or os.environ[ENV]
    command = [sys.executable, "-m", "loa_server", "signer", "--config", settings]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    for _ in range(500):
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(config.signer_socket)) == 0:
                return process
        assert process.poll() is None
        time.sleep(0.02)
    raise AssertionError("the signer does not listen")


@pytest.mark.parts
def test_it_signs_what_two_people_agreed_on_and_survives_a_restart(
    signer: subprocess.Popen[bytes], server_config: ServerConfig
) -> None:
    revision = an_approved(a_town(), timezone.now())
    connection.close()
    client = SignerClient(server_config.signer_socket)
    first = client.bulletin(revision.pk)

    signer.terminate()
    assert signer.wait(10) == 0
    again = start(server_config)
    second = client.bulletin(revision.pk)
    again.send_signal(signal.SIGTERM)

    assert first == second
    assert again.wait(10) == 0
    assert dsse.open_envelope(first, BULLETIN_ENVELOPE).payload == bytes(revision.payload)
    client.close()


@pytest.mark.parts
def test_its_own_settings_say_which_genres_need_two_approvers(
    signer: subprocess.Popen[bytes], server_config: ServerConfig, tmp_path: Path
) -> None:
    """The console here knows of no such genre, as if it had been talked out of it."""
    revision = an_approved(a_town(), timezone.now(), genre="policy")
    connection.close()
    signer.terminate()
    signer.wait(10)
    stricter = tmp_path / "server.toml"
    plain = Path(os.environ[ENV]).read_text(encoding="utf-8")
    stricter.write_text(plain + '[approval]\ntwo = ["policy"]\n', encoding="utf-8")
    again = start(server_config, str(stricter))
    client = SignerClient(server_config.signer_socket)

    with pytest.raises(SigningError) as refused:
        client.bulletin(revision.pk)

    again.terminate()
    again.wait(10)
    client.close()
    assert refused.value.code == "second_approval"


@pytest.mark.parts
@pytest.mark.usefixtures("signer")
def test_it_says_no_over_the_same_socket(server_config: ServerConfig) -> None:
    client = SignerClient(server_config.signer_socket)

    with pytest.raises(SigningError, match="no revision 999"):
        client.bulletin(999)
    with pytest.raises(SigningError) as refused:
        client.document("manifest", b"{}")

    assert refused.value.code == "type"
    client.close()


@pytest.mark.parts
@pytest.mark.usefixtures("database")
def test_it_cannot_write_to_the_database(server_config: ServerConfig) -> None:
    code = (
        "import django; django.setup()\n"
        "from loa_server.areas.models import Area\n"
        "Area.objects.create(id='x', path='/x/', name='x', folded='x', kind='ap')"
    )
    env = os.environ | {"LOA_SERVER_READ_ONLY": "1"}

    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False
    )

    assert "attempt to write a readonly database" in done.stderr
    with sqlite3.connect(server_config.database) as db:
        assert db.execute("SELECT count(*) FROM areas_area").fetchone() == (0,)


def test_without_a_signer_the_answer_is_an_error_with_a_name(tmp_path: Path) -> None:
    with pytest.raises(SigningError) as refused:
        SignerClient(tmp_path / "signer.sock").bulletin(1)

    assert refused.value.code == "no_signer"


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Path]:
    """A server that answers each line with itself, for our own user."""
    yield from served(tmp_path / "s.sock", frozenset({os.getuid()}))


def served(path: Path, uids: frozenset[int]) -> Iterator[Path]:
    server = Server(path, uids, lambda line: line + b"!\n")
    thread = threading.Thread(target=server.serve)
    thread.start()
    yield path
    server.stop()
    thread.join()


def dial(path: Path) -> socket.socket:
    link = socket.socket(socket.AF_UNIX)
    link.settimeout(5)
    link.connect(str(path))
    return link


def test_lines_are_answered_in_order_however_they_arrive(serve: Path) -> None:
    link = dial(serve)

    link.sendall(b"on")
    link.sendall(b"e\ntwo\nth")
    link.sendall(b"ree\n")

    assert link.makefile("rb").read(len(b"one!\ntwo!\nthree!\n")) == b"one!\ntwo!\nthree!\n"


def test_a_client_that_says_nothing_does_not_stop_the_others(serve: Path) -> None:
    silent, other = dial(serve), dial(serve)

    other.sendall(b"x\n")

    assert other.recv(10) == b"x!\n"
    silent.close()


def test_a_line_without_an_end_is_cut_off(serve: Path) -> None:
    link = dial(serve)

    with pytest.raises(OSError, match=r"Broken pipe|reset"):
        link.sendall(b"x" * 65_536_000)


def test_another_user_is_not_heard(tmp_path: Path) -> None:
    for path in served(tmp_path / "s.sock", frozenset({os.getuid() + 1})):
        link = dial(path)

        assert link.recv(1) == b""


def test_the_socket_is_closed_to_everybody_else_and_gone_at_the_end(tmp_path: Path) -> None:
    for path in served(tmp_path / "s.sock", frozenset({os.getuid()})):
        assert path.stat().st_mode & 0o777 == 0o660

    assert not (tmp_path / "s.sock").exists()
