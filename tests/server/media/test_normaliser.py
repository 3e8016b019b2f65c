"""What the author writes and what the machine says for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loa_server.media.abbreviations import SHORT
from loa_server.media.normaliser import spoken
from loa_server.media.numerals import spoken_decimal, spoken_digits, spoken_number

NUMBERS = {
    0: "không",
    5: "năm",
    10: "mười",
    15: "mười lăm",
    21: "hai mươi mốt",
    24: "hai mươi bốn",
    55: "năm mươi lăm",
    100: "một trăm",
    101: "một trăm lẻ một",
    111: "một trăm mười một",
    1_000: "một nghìn",
    1_005: "một nghìn không trăm lẻ năm",
    2_026: "hai nghìn không trăm hai mươi sáu",
    10_010: "mười nghìn không trăm mười",
    1_500_000: "một triệu năm trăm nghìn",
    1_000_001: "một triệu không trăm lẻ một",
    1_000_000_000: "một tỷ",
    2_021_000_015: "hai tỷ không trăm hai mươi mốt triệu không trăm mười lăm",
    10**18: "một tỷ tỷ",
}

SAID = {
    # dates
    "ngày 15/8/2026": "ngày mười lăm tháng tám năm hai nghìn không trăm hai mươi sáu",
    "Hạn: 30-09-2026": "Hạn: ngày ba mươi tháng chín năm hai nghìn không trăm hai mươi sáu",
    "từ 15/8 đến 20/8": "từ ngày mười lăm tháng tám đến ngày hai mươi tháng tám",
    "Thứ bảy (15/8)": "Thứ bảy (ngày mười lăm tháng tám)",
    "15-17/4/2027": (
        "ngày mười lăm đến ngày mười bảy tháng tư năm hai nghìn không trăm hai mươi bảy"
    ),
    "tháng 8/2026": "tháng tám năm hai nghìn không trăm hai mươi sáu",
    "thứ 4, tháng 4, lớp 4": "thứ tư, tháng tư, lớp bốn",
    # times
    "7h30": "bảy giờ ba mươi phút",
    "7g30": "bảy giờ ba mươi phút",
    "7 giờ 30 phút": "bảy giờ ba mươi phút",
    "05:00": "năm giờ",
    "17h00": "mười bảy giờ",
    "7h30 - 11h": "bảy giờ ba mươi phút đến mười một giờ",
    "từ 5 giờ sáng": "từ năm giờ sáng",
    "24/24h": "hai mươi bốn trên hai mươi bốn giờ",
    # telephones
    "0912345678": "không chín một hai, ba bốn năm, sáu bảy tám",
    "0912 345 678": "không chín một hai, ba bốn năm, sáu bảy tám",
    "+84912345678": "không chín một hai, ba bốn năm, sáu bảy tám",
    "0271.3666.777": "không hai bảy một, ba sáu sáu sáu, bảy bảy bảy",
    "1900 9095": "một chín không không, chín không chín năm",
    "gọi 115": "gọi một một năm",
    "có 115 hộ": "có một trăm mười lăm hộ",
    # amounts and units
    "1.500.000đ": "một triệu năm trăm nghìn đồng",
    "25.000 đ/kg": "hai mươi lăm nghìn đồng một ki lô gam",
    "18.000 đồng/cây": "mười tám nghìn đồng một cây",
    "38,5°C": "ba mươi tám phẩy năm độ C",
    "20-30 mm": "hai mươi đến ba mươi mi li mét",
    "30kg-50kg": "ba mươi ki lô gam đến năm mươi ki lô gam",
    "2 - 18 tháng": "hai đến mười tám tháng",
    "95%, 3 ha, 50m²": "chín mươi lăm phần trăm, ba héc ta, năm mươi mét vuông",
    "40 km/h": "bốn mươi ki lô mét trên giờ",
    "1/2 viên": "một phần hai viên",
    "05 hộ": "năm hộ",
    "3 gói, 2 muỗng": "ba gói, hai muỗng",
    "CCCD 079123456789": "căn cước công dân không bảy chín một, hai ba bốn, năm sáu bảy tám chín",
    # documents
    "Kế hoạch 44-KH/HU": "Kế hoạch bốn mươi bốn, huyện ủy",
    "Chỉ thị số 07-CT/TW": "Chỉ thị số bảy, trung ương",
    "số 12/TB-UBND": "số mười hai, thông báo ủy ban nhân dân",
    "TT 39/2020/TT-BTTTT": (
        "thông tư ba mươi chín năm hai nghìn không trăm hai mươi, bộ thông tin và truyền thông"
    ),
    # abbreviations and capitals
    "UBND xã, HĐND xã": "ủy ban nhân dân xã, hội đồng nhân dân xã",
    "thẻ BHYT": "thẻ bảo hiểm y tế",
    "GD&ĐT, KT-XH": "giáo dục và đào tạo, kinh tế - xã hội",
    "QL14, ĐT741": "quốc lộ mười bốn, đường tỉnh bảy trăm bốn mươi mốt",
    "THÔNG BÁO TIÊM CHỦNG": "thông báo tiêm chủng",
    "VNPT": "vê nờ pê tê",
    "cúm H5N1, COVID-19": "cúm H năm N một, cô vít mười chín",
    "quý IV, khóa XIII": "quý bốn, khóa mười ba",
    "cao su, điều, tiêu, v.v.": "cao su, điều, tiêu, vân vân.",
    # what needs no help
    "Ấp Sóc Bù Đốp": "Ấp Sóc Bù Đốp",
    "Kính thưa bà con!": "Kính thưa bà con!",
}


@pytest.mark.parametrize(("number", "words"), NUMBERS.items())
def test_a_number_is_said_as_people_say_it(number: int, words: str) -> None:
    assert spoken_number(number) == words


@pytest.mark.parametrize(("written", "said"), SAID.items())
def test_what_is_written_is_said_in_full(written: str, said: str) -> None:
    assert spoken(written) == said


@pytest.mark.parametrize("short", [s for s in SHORT if s.isalpha() and s != "ĐT"])
def test_every_abbreviation_is_said_in_full_inside_a_sentence(short: str) -> None:
    assert f" {SHORT[short]} " in spoken(f"Theo {short} cho biết")


def test_decimals_keep_their_zeros() -> None:
    assert spoken_decimal("2", "05") == "hai phẩy không năm"
    assert spoken_digits("0-9") == "không chín"


def test_lines_stay_apart_because_each_is_a_pause() -> None:
    assert spoken("Lúc 7h.\n\nTại ấp 3.") == "Lúc bảy giờ.\n\nTại ấp ba."


def test_a_text_in_two_halves_of_letters_is_read_like_a_composed_one() -> None:
    assert spoken("ng\u0061\u0300y 2/9") == "ngày hai tháng chín"


@given(st.text(alphabet="0123456789/-.,:hgđ% kmTUBNDàyn\n", max_size=40))
def test_no_text_makes_it_stumble_and_no_figure_is_left(text: str) -> None:
    assert not any(c in "0123456789" for c in spoken(text))


@given(st.integers(min_value=0, max_value=10**15))
def test_no_two_numbers_sound_the_same(number: int) -> None:
    assert spoken_number(number) != spoken_number(number + 1)
