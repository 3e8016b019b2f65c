"""How a card without papers asks to be taken in, and what it shows and says meanwhile. Pure.

It tells the district its key (`POST /enrol`), then asks from time to time what was decided. What
is shown is a claim code that names the key: staff who type it take in this card and no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, Protocol

from loa_node.clock import Clock
from loa_node.outlets import Scene
from loa_wire.claim import grouped
from loa_wire.enrol import Enrolment
from loa_wire.localtime import window_end
from loa_wire.trusted import Window

ATTENDED_MS: Final = 30 * 60_000
"""How long somebody is taken to stand beside a started card: it speaks, and asks often."""
QUIET: Final = (Window("21:30", "04:45"),)
"""As an installation's own; kept where the clock is known, since no settings are."""
OFTEN_MS, SELDOM_MS, REFUSED_MS = 8_000, 60_000, 300_000
_FIRST_RETRY_MS, _LONGEST_RETRY_MS = 2_000, 300_000
_SYMBOL_MS, _GROUP_MS, _REST_MS = 500, 1_400, 45_000


@dataclass(frozen=True, slots=True)
class Asked:
    path: str
    body: bytes = b""  # empty: a GET


@dataclass(frozen=True, slots=True)
class Said:
    enrolment: Enrolment


@dataclass(frozen=True, slots=True)
class Unsaid:
    """No answer that counts: unreachable, tls, unreadable, or status_<n> and the word with it."""

    reason: str
    why: str = ""


Answer = Said | Unsaid
State = Literal["unknown", "pending", "refused"]


class Desk(Protocol):
    """The district's listener for enrolment. One question at a time; nothing here blocks."""

    def ask(self, asked: Asked) -> None: ...
    def answers(self) -> list[Answer]: ...


class PapersError(Exception):
    """What was sent is not a certificate for this card's key by its own CA."""


@dataclass(frozen=True, slots=True)
class Talk:
    """Where the conversation stands. `trouble` is why the last question brought nothing."""

    since_ms: int  # monotonic, like all times here
    next_ms: int
    state: State = "unknown"
    console: str = ""
    trouble: str = ""
    failures: int = 0


def begun(mono_ms: int) -> Talk:
    return Talk(mono_ms, mono_ms)


def heard(talk: Talk, answer: Answer, mono_ms: int, chance: float) -> Talk:
    """`chance` in [0, 1) keeps a village of new cards from asking in one breath."""
    match answer:
        case Unsaid("status_404"):  # whom it knew it has forgotten: say again who we are
            return replace(_failed(talk, "", mono_ms, chance), state="unknown")
        case Unsaid(reason):
            return _failed(talk, reason, mono_ms, chance)
        case Said(Enrolment(state="active")):  # and its papers were not for us
            return _failed(talk, "wrong_papers", mono_ms, chance)
        case Said(said):
            console = said.console or talk.console
            if said.state == "refused":
                return _noted(talk, "refused", console, mono_ms + _spread(REFUSED_MS, chance))
            wait = OFTEN_MS if attended(talk, mono_ms) else SELDOM_MS
            return _noted(talk, "pending", console, mono_ms + _spread(wait, chance))


def _noted(talk: Talk, state: State, console: str, next_ms: int) -> Talk:
    return Talk(talk.since_ms, next_ms, state, console)


def _spread(wait_ms: int, chance: float) -> int:
    return int(wait_ms * (0.5 + chance / 2))


def _failed(talk: Talk, reason: str, mono_ms: int, chance: float) -> Talk:
    step = min(_FIRST_RETRY_MS * 2 ** min(talk.failures, 10), _LONGEST_RETRY_MS)
    next_ms = mono_ms + _spread(step, chance)
    return replace(talk, next_ms=next_ms, trouble=reason, failures=talk.failures + 1)


def attended(talk: Talk, mono_ms: int) -> bool:
    return mono_ms - talk.since_ms < ATTENDED_MS


# what people see


def broken_card() -> Scene:
    """Not even a key can be written."""
    return {
        "id": "claim",
        "kind": "message",
        "title": {"vi": "Thẻ nhớ hỏng"},
        "text": {"vi": "Không ghi được lên thẻ nhớ. Hãy thay thẻ rồi bật lại thiết bị."},
        "languages": ["vi"],
    }


def scene(talk: Talk, code: str) -> Scene:
    refused = talk.state == "refused"
    title = "Thiết bị bị từ chối" if refused else "Mã của thiết bị này"
    lines = [grouped(code), *_sentences(talk)]
    return {
        "id": "claim",
        "kind": "claim",
        "title": {"vi": title},
        "text": {"vi": "\n".join(lines)},
        "languages": ["vi"],
        "qr": "" if refused else address(talk.console, code),
        "online": not talk.trouble,
    }


def address(console: str, code: str) -> str:
    """What a phone opens: the console's page with the code already typed."""
    if not console:
        return ""
    return f"{console}{'&' if '?' in console else '?'}claim={code}"


def _sentences(talk: Talk) -> Sequence[str]:
    if talk.state == "refused":
        return ("Cán bộ đã từ chối thiết bị này.", "Hãy gọi cán bộ phụ trách và đọc mã ở trên.")
    place = talk.console.partition("://")[2].rstrip("/") if talk.console else ""
    where = f"Nhập mã tại {place}" if place else "Nhập mã vào trang quản lý, mục Thêm điểm phát."
    return (where, _state(talk))


def _state(talk: Talk) -> str:
    if talk.trouble:
        return _TROUBLES.get(talk.trouble, _OTHER.format(talk.trouble))
    if talk.state == "pending":
        return "Máy chủ đã biết, đang chờ cán bộ nhận."
    return "Đang gọi về máy chủ…"


_OTHER: Final = "Máy chủ chưa trả lời được ({}), đang thử lại."
_TROUBLES: Final = {
    "unreachable": "Chưa có mạng về máy chủ, đang thử lại.",
    "tls": "Máy chủ không phải của nơi cấp thẻ này!",
    "status_429": "Máy chủ đang bận, đang thử lại.",
    "wrong_papers": "Giấy chứng nhận sai, đang thử lại.",
}


# what people hear


@dataclass(frozen=True, slots=True)
class Clip:
    name: str
    pause_ms: int  # of silence before it


def spelled(code: str) -> tuple[Clip, ...]:
    """A sentence, then the code: slowly, with a longer breath between groups of four."""
    symbols = (
        Clip(f"claim-{symbol.lower()}-vi", _GROUP_MS if place % 4 == 0 else _SYMBOL_MS)
        for place, symbol in enumerate(code)
    )
    return (Clip("claim-intro-vi", 0), *symbols)


@dataclass(frozen=True, slots=True)
class Voice:
    """Which clip comes next, and not before when. Between two rounds it rests."""

    next_clip: int = 0
    not_before_ms: int = 0


def may_speak(talk: Talk, clock: Clock) -> bool:
    """Only a code that the district knows, only while somebody is there, never at night."""
    if talk.state != "pending" or not attended(talk, clock.mono_ms):
        return False
    return not (clock.calendar and window_end(QUIET, clock.now_ms) is not None)


def after_clip(voice: Voice, clips: Sequence[Clip], mono_ms: int) -> Voice:
    following = voice.next_clip + 1
    if following >= len(clips):
        return Voice(0, mono_ms + _REST_MS)
    return Voice(following, mono_ms + clips[following].pause_ms)
