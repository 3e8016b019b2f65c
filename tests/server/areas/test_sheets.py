"""A file of places, from an office that means well and from somebody who does not."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loa_server.areas import sheets
from loa_server.areas.models import Area
from loa_server.cells import marked, unmarked


def an_area(name: str) -> Area:
    return Area(id="vn-1", code="1", kind="ap", name=name)


@pytest.mark.parametrize("name", ["=1+1", "+84", "-2", "@SUM(A1)", "Ấp 1;=1+1", "Ấp 2, -3", "'=x"])
def test_a_name_is_no_formula_in_the_file_and_the_same_name_when_it_comes_back(name: str) -> None:
    text = sheets.written([an_area(name)])

    (_titles, cells) = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    (_line, row) = sheets.read(text.encode()).rows[0]

    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    assert not any(sign in cells[3] for sign in (";=", ", -", "\t="))
    assert row.name == name


@given(st.text(alphabet="=+-@;,\t\r\n '’x＝ "))
def test_every_text_comes_back_as_it_was(text: str) -> None:
    assert unmarked(marked(text)) == text
    assert not marked(text).lstrip(" ").startswith(("=", "+", "-", "@", "＝"))


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 100_000,
        b'[{"name":' * 50_000,
        b'[{"kind":"ap","name":"\\ud800"}]',
        b'[{"kind":"ap","code":' + b"9" * 5000 + b"}]",
        b"\xff\xfe",
        b"[1]",
    ],
)
def test_what_is_no_file_of_places_is_said_to_be_none(raw: bytes) -> None:
    sheet = sheets.read(raw)

    assert sheet.rows == []
    assert [fault.why for fault in sheet.faults] == [sheets.NOT_TEXT]


def test_a_code_whose_noughts_an_office_kept_with_a_mark_is_read_without_it() -> None:
    sheet = sheets.read("id,code,kind,name\nvn-1,'00123,ap,Ấp 1\n".encode())

    assert sheet.rows[0][1].code == "00123"
