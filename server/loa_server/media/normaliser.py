"""A written bulletin becomes what a reader would say: every figure and abbreviation in words. Pure.

A list of rules, each a pattern and what to say for it, run in order: the first that knows a figure
(a document's number, a telephone, a date, a time, a unit) takes it, plain numbers come last.
What no rule knows stays as it is, and the author listens before submitting.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from loa_server.media.abbreviations import DOCUMENT, LETTERS, SHORT, UNITS
from loa_server.media.numerals import spoken_decimal, spoken_digits, spoken_number

Say = Callable[[re.Match[str]], str]
MONTHS_APART = {4: "tư"}
ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
# Vietnamese syllables that may stand in capitals: a heading is read as words, never spelled.
SYLLABLE = re.compile(
    r"(ngh|ng|nh|th|tr|ch|gh|gi|kh|ph|qu|[bcdđghklmnprstvx])?"
    r"[aăâeêioôơuưy]{1,3}"
    r"(ng|nh|ch|[cmnpt])?"
)
NUMBER = r"\d{1,3}(?:\.\d{3})+(?:,\d+)?|\d+(?:[.,]\d+)?"
DASH = r"\s*[-–—]\s*"
DAY = r"(?:0?[1-9]|[12]\d|3[01])"
MONTH = r"(?:0?[1-9]|1[0-2])"
CALENDAR_CUES = r"(?:ngày|hôm|sáng|trưa|chiều|tối|đêm|từ|đến|hết|trước|sau|mùng|rằm|và|\()"
CALL_CUES = r"(?:số|gọi|tổng đài|đường dây nóng|điện thoại|hotline|ĐT|SĐT)"


def spoken(text: str) -> str:
    """The whole text as words, its lines kept: a line end is a pause."""
    said = unicodedata.normalize("NFC", text)
    for pattern, say in RULES:
        said = pattern.sub(say, said)
    return "\n".join(" ".join(line.split()) for line in said.splitlines()).strip()


def _number(written: str) -> str:
    if written.isdigit() and len(written) > 8:
        return spoken_digits(written)  # an account or card, not an amount
    if re.fullmatch(r"\d{1,3}(\.\d{3})+(,\d+)?", written):
        written = written.replace(".", "")
    for sign, word in ((",", "phẩy"), (".", "chấm")):
        whole, point, fraction = written.partition(sign)
        if point:
            return spoken_decimal(whole, fraction, word)
    return spoken_number(int(written))


def _month(written: str) -> str:
    return "tháng " + MONTHS_APART.get(int(written), spoken_number(int(written)))


def _date(day: str, month: str, year: str | None) -> str:
    said = f"{spoken_number(int(day))} {_month(month)}"
    return f"{said} năm {spoken_number(int(year))}" if year else said


def _clock(hour: str, minute: str | None) -> str:
    said = f"{spoken_number(int(hour))} giờ"
    return f"{said} {spoken_number(int(minute))} phút" if minute and int(minute) else said


def _day_word(found: re.Match[str]) -> str:
    """ "ngày" is said once: not again where the author wrote it."""
    before = found.string[: found.start()].rstrip().lower()
    return "" if before.endswith(("ngày", "mùng", "rằm")) else "ngày "


def _say_date(found: re.Match[str]) -> str:
    return _day_word(found) + _date(found["day"], found["month"], found["year"])


def _say_date_range(found: re.Match[str]) -> str:
    first = spoken_number(int(found["first"]))
    last = _date(found["day"], found["month"], found["year"])
    return f"{_day_word(found)}{first} đến ngày {last}"


def _say_day_month(found: re.Match[str]) -> str:
    cue = found["cue"]
    word = "" if cue.strip().lower() in {"ngày", "mùng", "rằm"} else "ngày "
    return f"{cue}{word}{_date(found['day'], found['month'], None)}"


def _say_phone(found: re.Match[str]) -> str:
    """In the groups it is written in, else 4-3-3: nobody can write down ten digits at once."""
    written = found["phone"].replace("+84", "0")
    groups = re.findall(r"\d+", written)
    if len(groups) == 1 and len(written) > 8:
        groups = [written[:4], written[4:7], written[7:]]
    return ", ".join(spoken_digits(group) for group in groups)


def _say_document(found: re.Match[str]) -> str:
    year = f" năm {spoken_number(int(found['year']))}" if found["year"] else ""
    kind, *rest = [_document_word(part) for part in re.split(r"[-/]", found["letters"])]
    before = found.string[: found.start()].lower().removesuffix("số ").rstrip()
    named = _document_word(found["kind"]) if found["kind"] else ""
    said = rest if kind == named or before.endswith(kind.lower()) else [kind, *rest]
    first = f"{named} " if named else ""
    return f"{first}{spoken_number(int(found['number']))}{year}, {' '.join(said)}"


def _document_word(letters: str) -> str:
    return SHORT.get(letters) or DOCUMENT.get(letters) or _spelled(letters)


def _say_fraction(found: re.Match[str]) -> str:
    above, below = int(found[1]), int(found[2])
    word = "phần" if above < below <= 10 else "trên"
    hours = " giờ" if found[3] else ""
    return f"{spoken_number(above)} {word} {spoken_number(below)}{hours}"


def _say_clock_range(found: re.Match[str]) -> str:
    return f"{_clock(found[1], found[2])} đến {_clock(found[3], found[4])}"


def _say_roman(found: re.Match[str]) -> str:
    values = [ROMAN[c] for c in found[2]]
    pairs = zip(values, [*values[1:], 0], strict=True)
    return f"{found[1]} {spoken_number(sum(-v if v < after else v for v, after in pairs))}"


def _say_range(found: re.Match[str]) -> str:
    units = [f" {UNITS[unit]}" if unit else "" for unit in (found[2], found[4])]
    return f"{_number(found[1])}{units[0]} đến {_number(found[3])}{units[1]}"


def _say_unit(found: re.Match[str]) -> str:
    return f"{_number(found[1])} {UNITS[found[2]]}"


def _say_capitals(found: re.Match[str]) -> str:
    word = found.group()
    if not word.isupper():
        return word
    return word.lower() if SYLLABLE.fullmatch(_bare(word.lower())) else _spelled(word)


def _bare(word: str) -> str:
    """Without tone marks, the letters' own marks (ă, ô, ư) kept."""
    apart = unicodedata.normalize("NFD", word)
    toneless = "".join(c for c in apart if c not in "\u0300\u0301\u0303\u0309\u0323")
    return unicodedata.normalize("NFC", toneless)


def _spelled(word: str) -> str:
    return " ".join(LETTERS.get(c, c) for c in word)


def _short_words() -> str:
    longest_first = sorted(SHORT, key=len, reverse=True)
    return "|".join(re.escape(word) for word in longest_first)


def _units() -> str:
    return "|".join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True))


def _rule(pattern: str, say: Say, flags: re.RegexFlag = re.NOFLAG) -> tuple[re.Pattern[str], Say]:
    return re.compile(pattern, flags), say


def _say_hotline(found: re.Match[str]) -> str:
    return f"{found[1]} {spoken_digits(found[2])}"


def _say_clock(found: re.Match[str]) -> str:
    return _clock(found[1], found[2])


def _say_month_year(found: re.Match[str]) -> str:
    return f"{_month(found[1])} năm {spoken_number(int(found[2]))}"


def _say_fourth(found: re.Match[str]) -> str:
    return f"{found[1]} tư"


def _say_per(found: re.Match[str]) -> str:
    return f"{found[1]} một {UNITS.get(found[2], found[2])}"


# In order. A clock is 7h30, 7g30, 7:30, 7 giờ 30; a bare "7:3" is a score, not a clock.
CLOCK = (
    r"(?<![\w/])([01]?\d|2[0-4])\s?(?:[hg](?![^\W\d])|giờ|:(?=\d\d))"
    r"(?:\s?([0-5]\d)(?:\s?(?:phút|p|')(?!\w))?)?"
)
DOCUMENT_KINDS = "TT|NĐ|QĐ|CT|KH|NQ|TB|CV"
YEAR = r"[/.-](?P<year>\d{4})"
RULES: list[tuple[re.Pattern[str], Say]] = [
    _rule(
        rf"\b(?:(?P<kind>{DOCUMENT_KINDS})\s+)?(?P<number>\d+)(?:/(?P<year>\d{{4}}))?[-/]"
        r"(?P<letters>[A-ZĐ]{2,6}(?:[-/][A-ZĐ]{1,6})*)\b",
        _say_document,
    ),
    _rule(
        r"(?<![\d.,/-])(?=\+?(?:[ .-]?\d){9,12}\b)"
        r"(?P<phone>(?:\+84|0)[1-9]\d{0,3}(?:[ .-]?\d{2,4}){2,3})\b",
        _say_phone,
    ),
    _rule(r"(?<![\d.,])(?P<phone>1[89]00[ .-]?\d{2,4}(?:[ .-]?\d{2,4})?)\b", _say_phone),
    _rule(rf"\b({CALL_CUES})\s+(11[1-5])\b", _say_hotline, re.IGNORECASE),
    _rule(
        rf"\b(?P<first>{DAY}){DASH}(?P<day>{DAY})[/.-](?P<month>{MONTH})(?:{YEAR})?\b",
        _say_date_range,
    ),
    _rule(rf"\b(?P<day>{DAY})[/.-](?P<month>{MONTH}){YEAR}\b", _say_date),
    _rule(
        rf"(?P<cue>{CALENDAR_CUES}\s*)(?P<day>{DAY})/(?P<month>{MONTH})\b(?![/%])",
        _say_day_month,
        re.IGNORECASE,
    ),
    _rule(rf"\b(?:tháng\s+)?({MONTH})/(\d{{4}})\b", _say_month_year, re.IGNORECASE),
    _rule(CLOCK + DASH + CLOCK, _say_clock_range),
    _rule(CLOCK, _say_clock),
    _rule(r"\b(thứ|tháng)\s+4\b(?![.,]\d)", _say_fourth, re.IGNORECASE),
    _rule(
        r"\b(quý|khóa|khoá|lần thứ|thế kỷ|kỳ|chương|giai đoạn)\s+([IVXLC]+)\b",
        _say_roman,
        re.IGNORECASE,
    ),
    _rule(
        rf"(?<![\w.,/])({NUMBER})(?:\s?({_units()}))?{DASH}({NUMBER})(?:\s?({_units()})(?![\w²³]))?",
        _say_range,
    ),
    _rule(rf"(?<![\w.,])({NUMBER})\s?({_units()})(?![\w²³])", _say_unit),
    _rule(rf"\b(đồng)\s?/\s?({_units()}|\w+)", _say_per),
    _rule(r"\b(\d+)/(\d+)(?:\s?(h|giờ)\b)?", _say_fraction),
    _rule(r"\bĐT\s?(?=\d{3}[A-Z]?\b)", lambda _: "đường tỉnh "),
    _rule(r"(?<=\d)\s?\+\s?(?=\d)", lambda _: " cộng "),
    _rule(r"(?<=[A-Za-zĐ])-(?=\d)", lambda _: " "),
    _rule(r"(?<=[A-ZĐ])(?=\d)|(?<=\d)(?=[A-ZĐa-z])", lambda _: " "),
    _rule(NUMBER, lambda found: _number(found.group())),
    _rule(rf"(?<![\w&])(?:{_short_words()})(?![\w&])", lambda found: SHORT[found.group()]),
    _rule(r"\b[^\W\d_]{2,}\b", _say_capitals),
    _rule(r"&", lambda _: " và "),
]
