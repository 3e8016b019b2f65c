"""The claim code is read aloud, copied by hand and typed on telephones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loa_wire import claim


def test_a_code_is_eighty_bits_of_the_key_in_sixteen_symbols() -> None:
    # SHA-256("loa-claim" || "a key") begins with these ten bytes
    assert claim.code_of(b"a key") == "FMR82WGQTX6BRE1G"


@given(st.binary(max_size=200))
def test_every_code_survives_being_grouped_and_typed(spki: bytes) -> None:
    code = claim.code_of(spki)
    assert claim.as_typed(claim.grouped(code).lower()) == code


def test_letters_that_look_like_digits_are_read_as_digits() -> None:
    assert claim.as_typed("oOiI-lL11-0000-aBcD") == "00111111" + "0000ABCD"


@pytest.mark.parametrize(
    "typed", ["", "0000 0000 0000 000", "0" * 17, "U" * 16, "0000-0000-0000-00é0"]
)
def test_what_is_no_code_is_refused(typed: str) -> None:
    assert claim.as_typed(typed) is None
