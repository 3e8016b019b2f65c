"""Codes of the second factor, against the values that the standard itself gives."""

from __future__ import annotations

import base64

import pytest

from loa_server.areas import totp

RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()
NOW = 1_767_575_400.0


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_the_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    assert totp.code_at(RFC_SECRET, totp.step_at(seconds)) == code


@pytest.mark.parametrize("off", [-30, 0, 30])
def test_a_phone_may_be_half_a_minute_off(off: int) -> None:
    typed = totp.code_at(RFC_SECRET, totp.step_at(NOW + off))

    assert totp.step_of(RFC_SECRET, typed, NOW) == totp.step_at(NOW + off)


@pytest.mark.parametrize("off", [-60, 60, 3600])
def test_and_no_further(off: int) -> None:
    typed = totp.code_at(RFC_SECRET, totp.step_at(NOW + off))

    assert totp.step_of(RFC_SECRET, typed, NOW) is None


@pytest.mark.parametrize(
    ("typed", "code"),
    [("123 456", "123456"), (" 123-456\n", "123456"), ("12345", ""), ("1234567", ""), ("x" * 6, ""),
     ("", ""), ("１２３４５６", ""), ("٣" * 6, "")],
)  # fmt: skip
def test_spaces_are_no_fault_and_other_signs_are_no_code(typed: str, code: str) -> None:
    assert totp.as_typed(typed) == code


def test_every_secret_is_another() -> None:
    assert len({totp.new_secret() for _ in range(100)}) == 100
