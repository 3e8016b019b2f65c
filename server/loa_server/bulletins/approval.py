"""Step 2 of 10. (bulletin, person, action) -> the new state, or a refusal in words. Pure.

    draft ──submit──> submitted ──approve──> approved ──> published ──> ended
      ^ ^               │   │                    │ └─────────┴── edit ────┴──> draft (next rev)
      │ └───withdraw────┘   └──send back──┐      │ published ──stop──> recalled
      └── edit (also of returned) ──── returned <┘ published ──all clear──> ended

    draft, returned ──discard──> discarded ──restore──> draft

An emergency stays approved until a duty officer, another person than its approver, has
countersigned it (or sent it back). A genre that needs two approvers stays submitted after the
first one's word, until another person gives the second. Writer is never approver, whatever roles
they hold. Nobody acts outside the areas of their grants, and a bulletin is judged by every area
that it names.
A stop and an all-clear need one person, an approver or a duty officer: silence must come quickly.
"""

from __future__ import annotations

from collections.abc import Collection
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
    kind: str = "play"
    approver: int | None = None  # of the revision at hand
    countersigned: bool = False
    both: bool = False  # two approvers have to agree, see `needs_both`
    first: int | None = None  # who already did, where one of two has

    @property
    def emergency(self) -> bool:
        """One that two signatures must stand under."""
        return self.level == "emergency" and self.kind == "play"


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
class Discard:
    """Out of the way, not gone: nothing that was written is ever lost."""


@dataclass(frozen=True, slots=True)
class Restore:
    pass


@dataclass(frozen=True, slots=True)
class SendBack:
    why: str


@dataclass(frozen=True, slots=True)
class Approve:
    pass


@dataclass(frozen=True, slots=True)
class Countersign:
    """The duty officer's word, without which nothing is signed."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Every loudspeaker falls silent at once, and whoever missed it never begins."""


@dataclass(frozen=True, slots=True)
class AllClear:
    """The danger is over: the emergency ends and people are told so."""


Write = Edit | Submit | Withdraw | Discard | Restore
Action = Write | SendBack | Approve | Countersign | Stop | AllClear
Outcome = str | Refusal

OPEN = ("draft", "returned")
REOPENED_BY_EDIT = ("approved", "published", "ended")
HEARD = ("published", "ended", "recalled")
WRITTEN = ("play", "drill")
"""Kinds that people write; a stop and an all-clear are made whole by one press."""


def decide(facts: Facts, person: Standing, action: Action) -> Outcome:
    match action:
        case Edit() | Submit() | Withdraw() | Discard() | Restore():
            return _writer(facts, person) or _write(facts, person, action)
        case SendBack(why=why):
            return _judge(facts, person) or _send_back(facts, why)
        case Approve():
            return _second(facts, person) or _approve(facts, person)
        case Countersign():
            return _officer(facts, person) or _countersign(facts)
        case Stop() | AllClear():
            return _silencer(facts, person) or _end(facts, action)
        case _:
            assert_never(action)


def allowed(facts: Facts, person: Standing) -> frozenset[str]:
    """The verbs a page may offer."""
    actions: dict[str, Action] = {
        "edit": Edit(),
        "submit": Submit(),
        "withdraw": Withdraw(),
        "discard": Discard(),
        "restore": Restore(),
        "send_back": SendBack("-"),
        "approve": Approve(),
        "countersign": Countersign(),
        "stop": Stop(),
        "all_clear": AllClear(),
    }
    return frozenset(
        verb
        for verb, action in actions.items()
        if not isinstance(decide(facts, person, action), Refusal)
    )


def needs_both(kind: str, level: str, genre: str, chosen: Collection[str]) -> bool:
    """`chosen`: the genres of server.toml's approval.two. An alarm has its own second signature,
    and no time to wait for a third person."""
    return kind in WRITTEN and level != "emergency" and genre in chosen


def may_read(facts: Facts, person: Standing) -> bool:
    """Whoever has any role at its home, or over a place it is meant for, or wrote it; once it is
    out also whoever has one in a place below: it is heard there."""
    if facts.author == person.person and person.active:
        return True
    scopes = person.scopes()
    if any(p.startswith(s) for s in scopes for p in (facts.home, *facts.paths)):
        return True
    return facts.state in HEARD and any(s.startswith(p) for s in scopes for p in facts.paths)


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
WAS_APPROVED = Refusal(
    "was_approved",
    "Bản tin này đã từng được duyệt nên không bỏ được: loa có thể còn giữ nó. Muốn loa thôi phát,"
    " hãy cho dừng phát.",
    "This was approved once and cannot be discarded: loudspeakers may still hold it. To silence"
    " them, stop it.",
)
NO_WHY = Refusal(
    "no_why",
    "Hãy ghi lý do trả lại để người soạn biết cần sửa gì.",
    "Say why it is sent back, so the author knows what to change.",
)
NO_DUTY = Refusal(
    "no_duty",
    "Chưa có trực ban phụ trách hết các nơi nhận này, nên không có ai ký thứ hai cho bản tin"
    " khẩn cấp.",
    "No duty officer answers for all of these areas, so nobody could countersign this emergency.",
)
SAME_HAND = Refusal(
    "same_hand",
    "Người đã duyệt không được ký thứ hai; bản tin khẩn cấp cần một người khác.",
    "Whoever approved it may not countersign it; an emergency needs another person.",
)
SAME_APPROVER = Refusal(
    "same_approver",
    "Bạn đã duyệt bản tin này rồi; lĩnh vực này cần thêm một người duyệt khác.",
    "You have approved this already; its genre needs another approver besides you.",
)
NO_SECOND = Refusal(
    "no_second",
    "Lĩnh vực này cần hai người duyệt, nhưng ở các nơi nhận này chưa có đủ hai người khác bạn có"
    " quyền duyệt. Hãy báo người quản trị giao thêm quyền.",
    "This genre needs two approvers, and fewer than two people besides you may approve for all of"
    " these areas. Ask the registrar to give the role to another person.",
)
NOT_EMERGENCY = Refusal(
    "not_emergency",
    "Chỉ bản tin khẩn cấp mới cần việc này.",
    "Only an emergency needs this.",
)
DRILL_LEVEL = Refusal(
    "drill_level",
    "Diễn tập không được mang mức khẩn cấp.",
    "A drill may not carry the level of an emergency.",
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
        "discarded": "đã bỏ",
        "ending": "đang được cho dừng",
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


def _officer(facts: Facts, person: Standing) -> Refusal | None:
    if facts.approver == person.person:
        return SAME_HAND
    return None if person.may_all("duty", (facts.home, *facts.paths)) else OUTSIDE


def _judge(facts: Facts, person: Standing) -> Refusal | None:
    """Who may send it back: whoever's word it waits for."""
    waits_for_duty = facts.emergency and facts.state == "approved"
    return _officer(facts, person) if waits_for_duty else _second(facts, person)


def _silencer(facts: Facts, person: Standing) -> Refusal | None:
    """Also its own author: to fall silent needs no second pair of eyes."""
    places = (facts.home, *facts.paths)
    one_of = any(person.may_all(role, places) for role in ("approver", "duty"))
    return None if one_of else OUTSIDE


def _write(facts: Facts, person: Standing, action: Write) -> Outcome:
    match action:
        case Edit():
            return _edit(facts)
        case Submit():
            return _submit(facts, person)
        case Withdraw():
            return _from(facts, "submitted", "draft")
        case Discard():
            return "discarded" if facts.state in OPEN else wrong_state(facts.state)
        case Restore():
            return _from(facts, "discarded", "draft")
        case _:
            assert_never(action)


def _edit(facts: Facts) -> Outcome:
    if facts.kind not in WRITTEN:
        return wrong_state(facts.state)
    if facts.state in OPEN:
        return facts.state
    return "draft" if facts.state in REOPENED_BY_EDIT else wrong_state(facts.state)


def _submit(facts: Facts, person: Standing) -> Outcome:
    if facts.state not in OPEN or facts.kind not in WRITTEN:
        return wrong_state(facts.state)
    if not facts.paths:
        return NO_AREA
    if facts.kind == "drill" and facts.level == "emergency":
        return DRILL_LEVEL
    return "submitted" if person.may_all("author", facts.paths) else OUTSIDE


def _send_back(facts: Facts, why: str) -> Outcome:
    if not why.strip():
        return NO_WHY
    if facts.emergency and facts.state == "approved" and not facts.countersigned:
        return "returned"
    return _from(facts, "submitted", "returned")


def _approve(facts: Facts, person: Standing) -> Outcome:
    if not facts.both:
        return _from(facts, "submitted", "approved")
    if facts.first == person.person:
        return SAME_APPROVER
    return _from(facts, "submitted", "submitted" if facts.first is None else "approved")


def _countersign(facts: Facts) -> Outcome:
    if not facts.emergency:
        return NOT_EMERGENCY
    return wrong_state(facts.state) if facts.countersigned else _from(facts, "approved", "approved")


def _end(facts: Facts, action: Stop | AllClear) -> Outcome:
    if isinstance(action, Stop):
        return _from(facts, "published", "recalled")
    return _from(facts, "published", "ended") if facts.emergency else NOT_EMERGENCY


def _from(facts: Facts, state: str, to: str) -> Outcome:
    return to if facts.state == state else wrong_state(facts.state)
