"""Lines, rows and certificate requests that were made to end the program that reads them."""

from __future__ import annotations

import base64
import json
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from fakes.card import Card
from fakes.people import SOME_DAY
from fakes.signer import NearSigner
from loa_server import pki
from loa_server.config import ServerConfig
from loa_server.dispatch.enrolment import Declined, Enrolments, Told
from loa_server.door import Caller, Server, allowed_uids
from loa_server.duty.desk import DutyDesk
from loa_server.duty.officers import Codes, Register
from loa_server.fleet.models import Enrolment
from loa_server.signer import certifying
from loa_server.signer.certifying import Asked
from loa_server.signer.desk import Desk
from loa_server.signer.rules import Refuse
from loa_wire.enrol import Enrol, Renew
from loa_wire.trusted import RegisterKey

pytestmark = pytest.mark.usefixtures("database")

NOW = SOME_DAY + timedelta(minutes=10)
CA = pki.make_ca("Loa test", SOME_DAY - timedelta(days=1))
P256 = bytes.fromhex("06082a8648ce3d030107")
UNKNOWN = bytes.fromhex("06082a8648ce3d03017f")


def on_an_unknown_curve(card: Card) -> str:
    der = x509.load_pem_x509_csr(card.csr.encode()).public_bytes(Encoding.DER)
    assert P256 in der
    text = base64.encodebytes(der.replace(P256, UNKNOWN)).decode()
    return f"-----BEGIN CERTIFICATE REQUEST-----\n{text}-----END CERTIFICATE REQUEST-----\n"


def said(answer: bytes) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(answer)
    return read


@pytest.mark.parametrize(
    "line",
    [
        b'{"sign":"bulletin","revision":1e400}',
        b'{"sign":"bulletin","revision":1e30}',
        b'{"sign":"bulletin","revision":99999999999999999999999}',
        b'{"sign":"bulletin","revision":NaN}',
        b'{"sign":"certificate","enrolment":"\\ud800"}',
        b'{"sign":"manifest","payload":"\\u00e9"}',
        b"[" * 100_000,
        b"\xff\xfe",
        b"1",
    ],
)
def test_a_line_that_no_number_holds_ends_no_signer(line: bytes) -> None:
    for desk in (Desk([]), DutyDesk([], Codes(Register(Path("/nowhere"))))):
        answer = said(desk.answer(line))

        assert answer["ok"] is False
    assert said(Desk([]).answer(b'{"sign":"bulletin","revision":1}'))["code"] == "revision"


def test_a_request_on_an_unknown_curve_is_refused_at_the_door_and_at_the_signer() -> None:
    card = Card("mallory")
    desk = Enrolments(ServerConfig(), NearSigner([], ca=CA))
    csr = on_an_unknown_curve(card)

    told = desk.enrol(Enrol(csr=csr).encode(), "10.9.9.9", NOW)
    row = Asked("0" * 64, csr, "tq-01", "/vn-75/", "active", None)

    assert isinstance(told, Declined)
    assert told.why == "unreadable"
    assert not Enrolment.objects.exists()
    assert isinstance(refused := certifying.judge(row, CA.cert, NOW), Refuse)
    assert refused.code == "csr"
    assert isinstance(desk.enrol(card.asks(), "10.9.9.9", NOW), Told)


def test_a_proof_that_is_no_ascii_is_unreadable() -> None:
    card = Card("mallory")
    cert = pki.issue_node_cert(CA, "tq-01", pki.key_of_csr(card.csr.encode()), NOW).decode()
    asked = Renew(node="tq-01", csr=card.csr, cert=cert, proof="é").encode()

    told = Enrolments(ServerConfig(), NearSigner([], ca=CA)).renew(asked, NOW)

    assert isinstance(told, Declined)
    assert told.why == "unreadable"


def test_a_desk_that_raises_costs_its_client_and_nobody_else(tmp_path: Path) -> None:
    def answer(line: bytes) -> bytes:
        if b"poison" in line:
            raise LookupError("nobody thought of this")
        return b'{"ok":true}\n'

    server = Server(tmp_path / "door.sock", allowed_uids(""), answer)
    at_work = threading.Thread(target=server.serve)
    at_work.start()
    mallory, engine = (Caller(tmp_path / "door.sock") for _ in range(2))

    with pytest.raises(OSError):  # noqa: PT011  # the line was dropped, however
        mallory.ask({"a": "poison"})

    assert engine.ask({"a": "good"}) == {"ok": True}
    for caller in (mallory, engine):
        caller.close()
    server.stop()
    at_work.join()


def test_whatever_is_read_breaks_the_signer_says_no_and_answers_the_next() -> None:
    broken = [True]

    def registered() -> list[RegisterKey]:
        if broken.pop():
            raise ArithmeticError("nobody thought of this")
        return []

    desk = Desk([], registered=registered)
    line = b'{"sign":"bulletin","revision":1}'

    assert said(desk.answer(line))["code"] == "internal"
    broken.append(False)
    assert said(desk.answer(line))["code"] == "revision"
