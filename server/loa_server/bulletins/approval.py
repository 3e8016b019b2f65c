"""Step 2 of 10. (bulletin, person, action) -> the new state, or a refusal in words. Pure.

    draft ──submit──> submitted ──approve──> approved ──> published ──> ended
      ^ ^               │   │                    └───────────┴── edit ────┴──> draft (next rev)
      │ └───withdraw────┘   └──send back──> returned ──submit──> submitted
      └──────── edit (also of returned)

Writer is never approver, whatever roles they hold. Nobody acts outside the areas of their grants,
and a bulletin is judged by every area that it names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from loa_server.areas.scope import Standing
from loa_server.bulletins.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules need to know of a bulletin. `paths` are of the areas it is meant for."""

    state: str
    author: int
    level: str
    home: str  # path of the place whose key signs it
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Edit:
    """Begin or continue to change it."""


@dataclass(frozen=True, slots=True)
class Submit:
    pass


@dataclass(frozen=True, slots=True)
class Withdraw:
    pass


@dataclass(frozen=True, slots=True)
class SendBack:
    why: str


@dataclass(frozen=True, slots=True)
class Approve:
    pass


Action = Edit | Submit | Withdraw | SendBack | Approve
Outcome = str | Refusal

OPEN = ("draft", "returned")
REOPENED_BY_EDIT = ("approved", "published", "ended")


def decide(facts: Facts, person: Standing, action: Action) -> Outcome:
    match action:
        case Edit():
            return _writer(facts, person) or _edit(facts)
        case Submit():
            return _writer(facts, person) or _submit(facts, person)
        case Withdraw():
            return _writer(facts, person) or _from(facts, "submitted", "draft")
        case SendBack(why=why):
            return _second(facts, person) or _send_back(facts, why)
        case Approve():
            return _second(facts, person) or _from(facts, "submitted", "approved")
        case _:
            assert_never(action)


def allowed(facts: Facts, person: Standing) -> frozenset[str]:
    """The verbs a page may offer: edit, submit, withdraw, send_back, approve."""
    actions: dict[str, Action] = {
        "edit": Edit(),
        "submit": Submit(),
        "withdraw": Withdraw(),
        "send_back": SendBack("-"),
        "approve": Approve(),
    }
    return frozenset(
        verb
        for verb, action in actions.items()
        if not isinstance(decide(facts, person, action), Refusal)
    )


def may_read(facts: Facts, person: Standing) -> bool:
    """Whoever has any role at its home, or over a place it is meant for, or wrote it."""
    if facts.author == person.person and person.active:
        return True
    return any(p.startswith(s) for s in person.scopes() for p in (facts.home, *facts.paths))


def may_write(home: str, person: Standing) -> Refusal | None:
    return None if person.may("author", home) else OUTSIDE


OUTSIDE = Refusal(
    "outside",
    "Bạn không có quyền này ở địa bàn của bản tin.",
    "You do not have this right in the bulletin's areas.",
)
NOT_YOURS = Refusal(
    "not_yours",
    "Chỉ người soạn mới được sửa, trình hoặc rút bản tin này.",
    "Only its author may edit, submit or withdraw this bulletin.",
)
OWN = Refusal(
    "own",
    "Người soạn không được tự duyệt bản tin của mình.",
    "The author may not decide on their own bulletin.",
)
NO_AREA = Refusal(
    "no_area",
    "Bản tin chưa chọn nơi nhận.",
    "The bulletin names no area yet.",
)
NO_WHY = Refusal(
    "no_why",
    "Hãy ghi lý do trả lại để người soạn biết cần sửa gì.",
    "Say why it is sent back, so the author knows what to change.",
)
NO_DUTY = Refusal(
    "no_duty",
    "Bản tin khẩn cấp cần chữ ký của trực ban; hệ thống này chưa cấp khóa trực ban riêng.",
    "An emergency needs the duty officer's signature; no separate duty key has been issued here.",
)


def wrong_state(state: str) -> Refusal:
    vi = {
        "draft": "đang là bản nháp",
        "submitted": "đang chờ duyệt",
        "returned": "đã bị trả lại",
        "approved": "đã được duyệt",
        "published": "đã phát hành",
        "ended": "đã kết thúc",
        "recalled": "đã bị thu hồi",
    }
    return Refusal(
        "state",
        f"Bản tin {vi.get(state, state)} nên không làm được việc này; hãy tải lại trang.",
        f"The bulletin is {state}, so this cannot be done; load the page again.",
    )


def _writer(facts: Facts, person: Standing) -> Refusal | None:
    if facts.author != person.person:
        return NOT_YOURS
    return may_write(facts.home, person)


def _second(facts: Facts, person: Standing) -> Refusal | None:
    if facts.author == person.person:
        return OWN
    return None if person.may_all("approver", (facts.home, *facts.paths)) else OUTSIDE


def _edit(facts: Facts) -> Outcome:
    if facts.state in OPEN:
        return facts.state
    return "draft" if facts.state in REOPENED_BY_EDIT else wrong_state(facts.state)


def _submit(facts: Facts, person: Standing) -> Outcome:
    if facts.state not in OPEN:
        return wrong_state(facts.state)
    if not facts.paths:
        return NO_AREA
    if not person.may_all("author", facts.paths):
        return OUTSIDE
    return NO_DUTY if facts.level == "emergency" else "submitted"


def _send_back(facts: Facts, why: str) -> Outcome:
    return _from(facts, "submitted", "returned") if why.strip() else NO_WHY


def _from(facts: Facts, state: str, to: str) -> Outcome:
    return to if facts.state == state else wrong_state(facts.state)
