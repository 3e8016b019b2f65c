"""From what people typed to the exact bytes that will be approved and signed. Pure.

The bytes are made once, at submission, and never again: the approver reads them, the approval
names their hash, the signer signs them as they are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, get_args

import msgspec

from loa_server.bulletins import notices
from loa_server.bulletins.refusal import Refusal
from loa_wire import dsse, limits
from loa_wire.bulletin import (
    Bulletin,
    Media,
    Origin,
    Schedule,
    Screen,
    Source,
    contradiction,
)
from loa_wire.fields import Alert, nfc
from loa_wire.localtime import at_local
from loa_wire.parse import UnreadableError, decode
from loa_wire.place import Settings
from loa_wire.schedule import occurrences

NOW_LIFE_MS: Final = 2 * limits.DAY_MS
"""A "play now" without an end: a node that was off this long stays silent about it."""
_SPARE = [dsse.Signature("0" * 32, bytes(64))] * 2
_ANY_NODE = Settings(node="any", version=1, iat=0)


@dataclass(frozen=True, slots=True)
class Draft:
    """The working copy as values. `expires` is ms UTC, None where nobody said."""

    id: str
    rev: int
    areas: tuple[str, ...]
    schedule: Mapping[str, Any]
    kind: str = "play"
    level: str = "normal"
    alert: str = ""
    genre: str = ""
    source: Source = field(default_factory=Source)
    title: Mapping[str, str] = field(default_factory=dict)
    text: Mapping[str, str] = field(default_factory=dict)
    audio: Mapping[str, Media] = field(default_factory=dict)
    images: tuple[Media, ...] = ()
    ticker: str = ""
    expires: int | None = None
    replaces: str | None = None
    origin: Origin | None = None


def freeze(draft: Draft, now: int) -> bytes | Refusal:
    """The payload's bytes, which every node's own parser has already accepted here."""
    schedule = read_schedule(draft.schedule)
    if isinstance(schedule, Refusal):
        return schedule
    refused = _content(draft) or _when(draft, schedule, now)
    if refused is not None:
        return refused
    made = _bulletin(draft, schedule, now)
    if notices.strays(made):
        return notices.NOT_BY_FORM
    payload = made.encode()
    return _readable(payload) or payload


def read_schedule(schedule: Mapping[str, Any]) -> Schedule | Refusal:
    try:
        return msgspec.convert(dict(schedule), Schedule, strict=True)
    except msgspec.ValidationError as e:
        return Refusal("schedule", f"Lịch phát chưa đúng: {e}", f"The schedule is wrong: {e}")


def clean(texts: Mapping[str, str]) -> dict[str, str]:
    """NFC, no blanks around, no empty languages, no carriage returns."""
    tidy = {lang: nfc(text.replace("\r\n", "\n")).strip() for lang, text in texts.items()}
    return {lang: text for lang, text in tidy.items() if text}


def text_sha256(text: str) -> str:
    """What a machine voice remembers of the text that it read."""
    return hashlib.sha256(nfc(text.replace("\r\n", "\n")).strip().encode()).hexdigest()


def sha256(payload: bytes) -> str:
    return hashlib.sha256(payload).hexdigest()


def last_moment(schedule: Schedule, level: str, iat: int) -> int:
    """When a bulletin is over if nobody said: after its last day, or at its level's longest."""
    longest = iat + limits.LIFE_MS[level]
    if schedule.mode == "now":
        return min(longest, iat + NOW_LIFE_MS)
    if schedule.until is None:
        return longest
    day = date.fromisoformat(max([schedule.until, *schedule.extra_dates]))
    return min(longest, at_local(day, "00:00") + limits.DAY_MS)


def _bulletin(draft: Draft, schedule: Schedule, now: int) -> Bulletin:
    return Bulletin(
        kind=draft.kind,  # type: ignore[arg-type]  # the parser in _readable is the judge
        id=draft.id,
        rev=draft.rev,
        level=draft.level,  # type: ignore[arg-type]
        areas=list(draft.areas),
        iat=now,
        nbf=now,
        exp=draft.expires or last_moment(schedule, draft.level, now),
        genre=draft.genre,
        alert=draft.alert or None,  # type: ignore[arg-type]
        source=Source(number=nfc(draft.source.number), issuer=nfc(draft.source.issuer)),
        title=clean(draft.title),
        text=clean(draft.text),
        audio=dict(draft.audio),
        images=list(draft.images),
        screen=Screen(ticker=nfc(draft.ticker.strip())),
        schedule=schedule,
        replaces=draft.replaces,
        origin=draft.origin,
    )


def _content(draft: Draft) -> Refusal | None:
    title, text = clean(draft.title), clean(draft.text)
    rules = (
        (not draft.areas, NO_AREA),
        (len(draft.areas) > limits.AREAS, TOO_MANY_AREAS),
        (not title, NO_TITLE),
        (not (text or draft.audio or draft.images), EMPTY),
        (not draft.audio, SILENT),
        (any(len(t) > LONGEST_TEXT for t in text.values()), TOO_LONG),
        (draft.level not in limits.LIFE_MS, UNKNOWN_LEVEL),
        *_emergency(draft),
    )
    return next((refusal for broken, refusal in rules if broken), None)


def _emergency(draft: Draft) -> tuple[tuple[bool, Refusal], ...]:
    urgent = draft.level == "emergency"
    return (
        (urgent and draft.kind == "drill", DRILL_LEVEL),
        (urgent and draft.alert not in ALERTS, NO_ALERT),
        (urgent and draft.schedule.get("mode") != "now", NOT_NOW),
    )


def _when(draft: Draft, schedule: Schedule, now: int) -> Refusal | None:
    """The time it may live, and whether any of the planned times still lies ahead."""
    longest = limits.LIFE_MS[draft.level]
    exp = draft.expires or last_moment(schedule, draft.level, now)
    if exp <= now:
        return PAST
    if exp > now + longest:
        return _too_long_a_life(longest)
    if schedule.mode == "at" and not occurrences(schedule, _ANY_NODE, now, exp):
        return PAST
    return None


def _too_long_a_life(longest: int) -> Refusal:
    hours = longest // 3_600_000
    vi, en = (f"{hours} giờ", f"{hours} hours") if hours < 24 else _days(hours // 24)
    return Refusal(
        "life",
        f"Thời hạn quá dài: bản tin mức này được lưu hành nhiều nhất {vi}.",
        f"It would live too long: at this level a bulletin lives at most {en}.",
    )


def _days(count: int) -> tuple[str, str]:
    return f"{count} ngày", f"{count} days"


def _readable(payload: bytes) -> Refusal | None:
    """Judged by the parser and the limits of the nodes, before anybody is asked to approve it."""
    try:
        wrong = contradiction(decode(payload, Bulletin))
    except UnreadableError as e:
        wrong = e.detail
    if wrong is not None:
        return Refusal(
            "schema", f"Nội dung chưa hợp lệ: {wrong}", f"The content is not valid: {wrong}"
        )
    envelope = dsse.seal(dsse.payload_type("bulletin"), payload, _SPARE)
    urgent = decode(payload, Bulletin).level == "emergency"
    longest = EMERGENCY_ENVELOPE if urgent else limits.BULLETIN_ENVELOPE
    return TOO_LONG if len(envelope) > longest else None


LONGEST_TEXT: Final = 12_000
ALERTS: Final = get_args(Alert)
EMERGENCY_ENVELOPE: Final = 8 * 1024
"""Several running emergencies and what ends them travel together in one message of 24 KiB."""
NO_AREA: Final = Refusal("no_area", "Hãy chọn ít nhất một nơi nhận.", "Choose at least one area.")
TOO_MANY_AREAS: Final = Refusal(
    "areas",
    f"Chọn nhiều nhất {limits.AREAS} nơi nhận; hãy chọn cả xã thay cho từng ấp.",
    f"At most {limits.AREAS} areas; choose a whole commune instead of each hamlet.",
)
NO_TITLE: Final = Refusal("no_title", "Bản tin chưa có tiêu đề.", "The bulletin has no title.")
EMPTY: Final = Refusal(
    "empty",
    "Bản tin trống: hãy nhập nội dung, thu âm hoặc thêm ảnh.",
    "The bulletin is empty: write something, record it, or add a picture.",
)
SILENT: Final = Refusal(
    "silent",
    "Bản tin chưa có tiếng: hãy thu âm, tải tệp lên hoặc tạo giọng đọc máy.",
    "The bulletin has no sound: record it, upload a file, or make a machine voice.",
)
TOO_LONG: Final = Refusal(
    "too_long",
    "Nội dung quá dài; hãy rút gọn hoặc chia thành hai bản tin.",
    "The content is too long; shorten it or make two bulletins.",
)
UNKNOWN_LEVEL: Final = Refusal("level", "Mức độ không đúng.", "No such level.")
DRILL_LEVEL: Final = Refusal(
    "drill_level",
    "Diễn tập không được mang mức khẩn cấp; hãy chọn mức ưu tiên hoặc thông thường.",
    "A drill may not be an emergency; choose priority or normal.",
)
NO_ALERT: Final = Refusal(
    "alert",
    "Bản tin khẩn cấp phải nói rõ loại báo động: loa phát tiếng báo động đó trước.",
    "An emergency must say which alarm it is: the loudspeakers sound that one first.",
)
NOT_NOW: Final = Refusal(
    "not_now",
    "Bản tin khẩn cấp phát ngay, không hẹn giờ; hãy chọn “Phát ngay”.",
    "An emergency plays at once, never at a set time; choose to play it now.",
)
PAST: Final = Refusal(
    "past",
    "Thời gian phát đã qua; hãy chọn ngày giờ từ bây giờ trở đi.",
    "The time to play has passed; choose one from now on.",
)
