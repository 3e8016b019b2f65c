"""`POST /beacon` at the real web process, with the real signer beside it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
import requests

from loa_wire.up import Ask
from parts.database import a_node
from parts.engine_room import AREA, EngineRoom, initialised, payload_of

pytestmark = pytest.mark.parts
NONCE = "cd" * 16


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineRoom]:
    made = EngineRoom(tmp_path_factory.mktemp("room"), initialised(tmp_path_factory.mktemp("i")))
    a_node(made.table, "tq-01", AREA, unit="don-vi")
    made.start_program("signer")
    made.start_web()
    yield made
    made.close()


def post(room: EngineRoom, body: bytes) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(room.state / "pki" / "ca.crt")
        return session.post(f"https://localhost:{room.nodes_port}/beacon", data=body, timeout=10)


def test_a_node_is_told_the_time_in_an_envelope(room: EngineRoom) -> None:
    answer = post(room, Ask(node="tq-01", nonce=NONCE).encode())

    told = json.loads(payload_of(answer.content))
    assert (answer.status_code, told["nonce"]) == (200, NONCE)
    assert abs(told["time"] / 1000 - time.time()) < 60


def test_what_is_not_a_question_and_who_is_not_a_node(room: EngineRoom) -> None:
    assert post(room, b"{").status_code == 400
    assert post(room, Ask(node="nobody", nonce=NONCE).encode()).status_code == 404


def test_without_a_signer_nobody_is_told_the_time(room: EngineRoom) -> None:
    room.kill_program("signer")

    assert post(room, Ask(node="tq-01", nonce=NONCE).encode()).status_code == 503

    room.start_program("signer")
    assert post(room, Ask(node="tq-01", nonce=NONCE).encode()).status_code == 200
