"""Notices for third parties (tuyển sinh, tuyển dụng, từ thiện): fixed sentences, fields. Pure.

False recruitment and false charity are what swindlers would say through a loudspeaker. So these
genres have no free text: a form asks for the fields, the sentences are ours, and whoever looks at
the finished words (submission, approver, signer) takes the fields out of them again, makes them
anew and compares. Nothing but the bytes is needed for that, and nothing else is believed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Final

from loa_server.bulletins.refusal import Refusal
from loa_wire.bulletin import Bulletin
from loa_wire.fields import nfc

LANG: Final = "vi"
"""The only language with sentences that somebody answers for; others need theirs written first."""
_ASK = "Cần hỏi thêm, gặp {person}, điện thoại cơ quan {phone}."
_APPLY = "Nộp hồ sơ tại {where}, chậm nhất ngày {deadline}."
SENTENCES: Final[Mapping[str, tuple[str, str]]] = {
    "enrolment": (
        "Thông báo tuyển sinh của {issuer}",
        (
            "{issuer} thông báo tuyển sinh: {what}.\nThông báo theo văn bản số {number}.\n"
            f"{_APPLY}\n{_ASK}\n"
            "Không phải nộp tiền giữ chỗ cho bất kỳ ai. Ai đòi tiền, hãy báo ngay công an xã."
        ),
    ),
    "recruitment": (
        "Thông báo tuyển dụng của {issuer}",
        (
            "{issuer} thông báo tuyển dụng: {what}.\nThông báo theo văn bản số {number}.\n"
            f"{_APPLY}\n{_ASK}\n"
            "Người xin việc không phải nộp tiền, không phải đặt cọc. Ai đòi tiền, hãy báo ngay"
            " công an xã."
        ),
    ),
    "charity": (
        "Vận động từ thiện của {issuer}",
        (
            "{issuer} vận động ủng hộ: {what}.\nCuộc vận động theo văn bản số {number}.\n"
            "Nơi nhận ủng hộ: {where}, đến hết ngày {deadline}. Người ủng hộ được ghi tên và nhận"
            f" biên lai.\n{_ASK}\n"
            "Không ai được cử đến nhà thu tiền, không nhận tiền qua tài khoản cá nhân. Ai làm vậy,"
            " hãy báo ngay công an xã."
        ),
    ),
}
LONGEST: Final = 2000
"""Characters, more than any of these can have: nobody makes the search below take long."""
NOT_BY_FORM = Refusal(
    "notice",
    "Tuyển sinh, tuyển dụng, từ thiện chỉ được viết theo mẫu: câu chữ cố định, không thêm chữ,"
    " hình hay tiếng khác. Hãy mở bước 1 và điền lại mẫu.",
    "Enrolment, recruitment and charity are written by their form only: fixed sentences, no other"
    " words, pictures or languages. Open step 1 and fill in the form again.",
)
_WORDS = re.compile(r"(?:[^\W_]|[\u0300-\u036f]|[ ,()/&'’–-]|\.(?=\S))+")
_NUMBER = re.compile(r"(?=.*\d)[^\W_]+(?:[-/.&][^\W_]+)+")
_OFFICE = re.compile(r"02\d{8,9}")
_SMUGGLED = re.compile(r"www|http|(?:\+?84|\b0)(?:[ .,()/–-]*\d){8,}|\d(?:[ .]*\d){6,}", re.I)


@dataclass(frozen=True, slots=True)
class Notice:
    """`deadline`: ngày/tháng/năm. `phone`: of an office, no mobile."""

    issuer: str
    number: str
    what: str
    where: str
    person: str
    phone: str
    deadline: str

    @classmethod
    def typed(cls, fields: Mapping[str, str]) -> Notice:
        """NFC and single-spaced."""
        return cls(**{name: " ".join(nfc(fields[name]).split()) for name in cls.__slots__})


def words_of(genre: str, notice: Notice) -> tuple[str, str]:
    """(title, text)."""
    title, text = SENTENCES[genre]
    return title.format(**asdict(notice)), text.format(**asdict(notice))


def faults(notice: Notice) -> dict[str, str]:
    """Field -> what is wrong with it: `words`, `smuggled`, `number`, `phone`, `deadline`."""
    found: dict[str, str] = {}
    for name in ("issuer", "what", "where", "person"):
        value = getattr(notice, name)
        if _SMUGGLED.search(value):
            found[name] = "smuggled"
        elif not 2 <= len(value) <= 160 or not _WORDS.fullmatch(value):
            found[name] = "words"
    if len(notice.number) > 60 or not _NUMBER.fullmatch(notice.number):
        found["number"] = "number"
    if not _OFFICE.fullmatch(re.sub(r"[ .]", "", notice.phone)):
        found["phone"] = "phone"
    if day_of(notice.deadline) is None:
        found["deadline"] = "deadline"
    return found


def day_of(deadline: str) -> date | None:
    try:
        day = datetime.strptime(deadline, "%d/%m/%Y").date()  # noqa: DTZ007  a day of the calendar
    except ValueError:
        return None
    return day if deadline == f"{day:%d/%m/%Y}" else None


def read(genre: str, title: str, text: str) -> Notice | None:
    """The fields, if these are our sentences around good fields and nothing else."""
    found = _pattern(SENTENCES[genre][1]).fullmatch(text) if len(text) <= LONGEST else None
    if found is None:
        return None
    notice = Notice(**found.groupdict())
    whole = words_of(genre, notice) == (title, text) and Notice.typed(asdict(notice)) == notice
    return notice if whole and not faults(notice) else None


def _pattern(sentences: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", sentences)
    named = (f"(?P<{part}>[^\n]+?)" if n % 2 else re.escape(part) for n, part in enumerate(parts))
    return re.compile("".join(named))


def strays(bulletin: Bulletin) -> bool:
    """Whether one of these genres says, shows or plays anything that its form does not."""
    if bulletin.genre not in SENTENCES or bulletin.kind not in ("play", "drill"):
        return False
    plain = (bulletin.kind, bulletin.level) == ("play", "normal")
    bare = not bulletin.images and not bulletin.screen.ticker and set(bulletin.audio) <= {LANG}
    if not (plain and bare) or not set(bulletin.title) == set(bulletin.text) == {LANG}:
        return True
    notice = read(bulletin.genre, bulletin.title[LANG], bulletin.text[LANG])
    source = (bulletin.source.issuer, bulletin.source.number)
    return notice is None or source != (notice.issuer, notice.number)
