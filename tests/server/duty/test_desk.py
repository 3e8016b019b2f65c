"""The duty signer's desk: what it signs, and everything that it does not."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fakes.signer import a_key
from fakes.wire import HOUR, a_bulletin
from loa_server.areas import totp
from loa_server.duty.desk import DutyDesk
from loa_server.duty.judge import AGE_MS
from loa_server.duty.officers import TRIES, Codes, Register
from loa_server.signer.keystore import HeldKey
from loa_wire import dsse
from loa_wire.bulletin import Bulletin
from loa_wire.fields import Document
from loa_wire.limits import DAY_MS

NOW = 1_767_575_400_000  # as fakes.signer has it
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
KEY = a_key("countersign", "vn-75", max_level="emergency")


@dataclass
class Room:
    """One duty officer, `trucban`, and a clock that the test moves."""

    folder: Path
    keys: tuple[HeldKey, ...] = (KEY,)
    now: int = NOW
    monotonic: float = 0.0

    def __post_init__(self) -> None:
        Register(self.folder).add("trucban", SECRET)
        self.desk = self.a_new_desk()

    def a_new_desk(self) -> DutyDesk:
        codes = Codes(Register(self.folder))
        return DutyDesk(self.keys, codes, lambda: self.now / 1000, lambda: self.monotonic)

    def code(self, ago: int = 0) -> str:
        return totp.code_at(SECRET, totp.step_at(self.now / 1000) - ago)

    def ask(self, document: Document | bytes, officer: str = "trucban", code: str = "") -> Any:
        payload = document if isinstance(document, bytes) else document.encode()
        request = {
            "countersign": base64.b64encode(payload).decode(),
            "officer": officer,
            "code": code or self.code(),
        }
        return json.loads(self.desk.answer(json.dumps(request).encode()))


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path / "officers")


def an_emergency(**changes: Any) -> Bulletin:
    times = {"iat": NOW - 60_000, "nbf": NOW - 60_000, "exp": NOW + 5 * HOUR}
    return a_bulletin(**{"level": "emergency", "alert": "flood", **times, **changes})


def test_an_emergency_with_a_fresh_code_gets_the_duty_keys_signature(room: Room) -> None:
    emergency = an_emergency()

    said = room.ask(emergency)

    assert said["keyid"] == KEY.key.keyid
    message = dsse.pae(dsse.payload_type("bulletin"), emergency.encode())
    KEY.private.public_key().verify(base64.b64decode(said["sig"]), message)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"level": "normal", "alert": None}, "not_emergency"),
        ({"level": "priority", "alert": None}, "not_emergency"),
        ({"kind": "drill", "level": "priority", "alert": None}, "not_emergency"),
        ({"kind": "all_clear", "ends": "01J00000000000000000000009"}, "not_emergency"),
        ({"alert": None}, "schema"),
        ({"crit": ["sing"]}, "schema"),
        ({"exp": NOW + 6 * HOUR}, "life"),
        ({"iat": NOW - AGE_MS - 1, "nbf": NOW - AGE_MS - 1}, "too_old"),
        ({"iat": NOW + 60_000, "nbf": NOW + 60_000}, "too_old"),
        ({"exp": NOW - 1}, "expired"),
    ],
)
def test_it_signs_nothing_else(room: Room, changes: dict[str, Any], why: str) -> None:
    assert room.ask(an_emergency(**changes))["code"] == why


@pytest.mark.parametrize("payload", [b"", b"{}", b"\xff", b"[" * 5000, b'{"typ":"manifest","v":1}'])
def test_bytes_that_are_no_bulletin_are_not_signed(room: Room, payload: bytes) -> None:
    assert room.ask(payload)["ok"] is False


def test_a_document_of_another_type_is_not_signed_under_the_name_of_a_bulletin(room: Room) -> None:
    manifest = b'{"typ":"manifest","v":1,"area":"vn-1","version":1,"iat":0}'

    assert room.ask(manifest)["ok"] is False


def test_a_code_is_good_once(room: Room) -> None:
    code = room.code()
    assert room.ask(an_emergency(), code=code)["ok"]

    assert room.ask(an_emergency(rev=2), code=code)["code"] == "totp_used"


def test_also_over_a_restart(room: Room) -> None:
    code = room.code()
    room.ask(an_emergency(), code=code)

    room.desk = room.a_new_desk()

    assert room.ask(an_emergency(), code=code)["code"] == "totp_used"


def test_a_code_of_before_the_last_one_is_used_up_too(room: Room) -> None:
    before = room.code(ago=1)
    room.ask(an_emergency())

    assert room.ask(an_emergency(), code=before)["code"] == "totp_used"


@pytest.mark.parametrize("code", ["000000", "12345", "abcdef", "１２３４５６", " "])
def test_a_wrong_code_signs_nothing(room: Room, code: str) -> None:
    assert room.ask(an_emergency(), code=code)["code"] == "totp"


def test_a_code_of_minutes_ago_signs_nothing(room: Room) -> None:
    assert room.ask(an_emergency(), code=room.code(ago=10))["code"] == "totp"


def test_what_would_not_be_signed_anyway_spends_no_code(room: Room) -> None:
    code = room.code()
    room.ask(an_emergency(exp=NOW - 1), code=code)

    assert room.ask(an_emergency(), code=code)["ok"]


def test_who_is_not_an_officer_here_is_not_one_whatever_the_district_says(room: Room) -> None:
    assert room.ask(an_emergency(), officer="nguoiduyet")["code"] == "officer"


def test_an_officer_who_was_removed_is_none_at_once(room: Room) -> None:
    Register(room.folder).remove("trucban")

    assert room.ask(an_emergency())["code"] == "officer"


def test_a_guesser_is_made_to_wait_and_then_may_go_on(room: Room) -> None:
    for _ in range(int(TRIES)):
        assert room.ask(an_emergency(), code="000000")["code"] == "totp"
    assert room.ask(an_emergency())["code"] == "rate"

    room.monotonic += 60

    assert room.ask(an_emergency())["ok"]


def test_a_key_for_anything_else_never_signs_here(tmp_path: Path) -> None:
    wrong = (
        a_key("bulletin", "vn-75", max_level="emergency"),
        a_key("countersign", "vn-75", max_level="priority"),
        a_key("countersign", "vn-75", max_level="emergency", exp=NOW - DAY_MS),
    )

    assert Room(tmp_path / "officers", wrong).ask(an_emergency())["code"] == "no_key"


def test_a_list_of_officers_that_others_may_read_is_not_used(room: Room) -> None:
    (room.folder / "known.json").chmod(0o644)

    assert room.ask(an_emergency())["code"] == "officers"


def test_used_codes_that_cannot_be_read_stop_it(room: Room) -> None:
    (room.folder / "used.json").write_bytes(b"torn")

    assert room.ask(an_emergency())["code"] == "officers"


@pytest.mark.parametrize(
    "line", [b"", b"null", b"[]", b"{}", b'{"countersign":1}', b"[" * 9999, b'{"countersign":"?"}']
)
def test_a_line_that_is_no_request_is_told_so(room: Room, line: bytes) -> None:
    said = json.loads(room.desk.answer(line))

    assert said["ok"] is False
