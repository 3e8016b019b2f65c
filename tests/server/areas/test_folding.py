from __future__ import annotations

import pytest

from loa_server.areas.folding import fold


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Ấp Sóc Bù Đốp", "ap soc bu dop"),
        ("  Đồng   Nai ", "dong nai"),
        ("Hớn Quản", "hon quan"),
        ("ĐẶNG THUỲ TRÂM", "dang thuy tram"),
        ("Ấp 3", "ap 3"),
    ],
)
def test_a_place_is_found_without_its_marks(written: str, typed: str) -> None:
    assert fold(written) == fold(typed) == typed
