"""Numbers as they are spoken in Vietnamese. Pure.

nghìn and lẻ, which every region understands; mốt, lăm and không trăm where a speaker says them.
"""

from __future__ import annotations

DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
GROUPS = ("", " nghìn", " triệu")
BILLION = 10**9


def spoken_digits(digits: str) -> str:
    """0912 -> không chín một hai: telephone and card numbers."""
    return " ".join(DIGITS[int(d)] for d in digits if d.isdigit())


def spoken_number(n: int) -> str:
    """Any whole number from zero up."""
    if n < BILLION:
        return _below_a_billion(n, inside=False)
    above, rest = divmod(n, BILLION)
    words = f"{spoken_number(above)} tỷ"
    return f"{words} {_below_a_billion(rest, inside=True)}" if rest else words


def _below_a_billion(n: int, *, inside: bool) -> str:
    """`inside` a larger number: the hundreds are said even where they are zero."""
    if n == 0:
        return DIGITS[0]
    words: list[str] = []
    for power in (2, 1, 0):
        group = n // 1000**power % 1000
        if group:
            words.append(_below_a_thousand(group, inside=inside or bool(words)) + GROUPS[power])
    return " ".join(words)


def _below_a_thousand(n: int, *, inside: bool) -> str:
    hundreds, rest = divmod(n, 100)
    if not hundreds and not inside:
        return _below_a_hundred(rest)
    words = f"{DIGITS[hundreds]} trăm"
    if not rest:
        return words
    return f"{words} lẻ {DIGITS[rest]}" if rest < 10 else f"{words} {_below_a_hundred(rest)}"


def _below_a_hundred(n: int) -> str:
    tens, ones = divmod(n, 10)
    if tens == 0:
        return DIGITS[ones]
    words = "mười" if tens == 1 else f"{DIGITS[tens]} mươi"
    return f"{words} {_ones_after_tens(tens, ones)}" if ones else words


def _ones_after_tens(tens: int, ones: int) -> str:
    if ones == 5:
        return "lăm"
    return "mốt" if ones == 1 and tens > 1 else DIGITS[ones]


def spoken_decimal(whole: str, fraction: str, point: str = "phẩy") -> str:
    """("2", "05") -> hai phẩy không năm; ("3", "14") -> ba phẩy mười bốn."""
    single = fraction.startswith("0") or len(fraction) > 2
    after = spoken_digits(fraction) if single else spoken_number(int(fraction))
    return f"{spoken_number(int(whole))} {point} {after}"
