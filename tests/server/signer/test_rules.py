"""What the signer believes of the rows it reads. Each forgery is refused for its own reason, and
goes through once the one check that stops it is left out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest

from fakes.wire import DAY, HOUR, NOW, a_bulletin, ulid
from loa_server.areas import totp
from loa_server.areas.scope import Granted, Standing
from loa_server.bulletins import endings
from loa_server.signer import rules
from loa_server.signer.rules import Check, Decision, Evidence, Refuse, Sign, Typed
from loa_wire.bulletin import Bulletin, Stops
from loa_wire.fields import Level
from loa_wire.trusted import May, RegisterKey

CITY, COMMUNE, HAMLET = "/dong-nai/", "/dong-nai/tan-quan/", "/dong-nai/tan-quan/ap-3/"
ELSEWHERE = "/dong-nai/minh-duc/"
PATHS = {"dong-nai": CITY, "tan-quan": COMMUNE, "ap-3": HAMLET, "minh-duc": ELSEWHERE}

APP, ANOTHER_APP = "JBSWY3DPEHPK3PXP" * 2, "GEZDGNBVGY3TQOJQ" * 2
STEP = totp.step_at(NOW / 1000)


def a_key(keyid: str, may: May, scope: str, level: Level = "normal", **more: Any) -> RegisterKey:
    times = {"nbf": NOW - DAY, "exp": NOW + DAY} | more
    return RegisterKey(
        keyid=keyid, public="0" * 64, holder=keyid, may=[may], scope=[scope], max_level=level,
        **times,
    )  # fmt: skip


KEYS = [
    a_key("unit", "bulletin", "dong-nai", "emergency"),
    a_key("commune", "bulletin", "tan-quan", "priority"),
    a_key("neighbour", "bulletin", "minh-duc", "priority"),
    a_key("ops", "ops", "dong-nai"),
    a_key("place", "place", "dong-nai"),
    a_key("duty", "countersign", "dong-nai", "emergency"),
]


def an_approver(person: int = 2, role: str = "approver", path: str = COMMUNE) -> Standing:
    return Standing(person, active=True, grants=(Granted(role, path),), today=date(2026, 9, 21))


def a_code(step: int = STEP, **changes: Any) -> Typed:
    """Of the approver's app, at the approval's own time."""
    code = totp.code_at(APP, step)
    return replace(Typed(code=code, step=step, at=NOW / 1000, secret=APP), **changes)


def evidence(bulletin: Bulletin | None = None, **changes: Any) -> Evidence:
    bulletin = bulletin or a_bulletin()
    payload = bulletin.encode()
    digest = hashlib.sha256(payload).hexdigest()
    made = Evidence(
        bulletin=bulletin.id,
        rev=bulletin.rev,
        state="approved",
        newest_approved=bulletin.rev,
        payload=payload,
        revision_sha256=digest,
        revision_author=1,
        bulletin_author=1,
        approval_sha256=digest,
        approval_author=1,
        approver=an_approver(),
        home=COMMUNE,
        paths={area: PATHS[area] for area in bulletin.areas if area in PATHS},
        written=(bulletin.level, frozenset(bulletin.areas)),
        typed=a_code(),
    )
    return replace(made, **changes)


def judge(e: Evidence, now: int = NOW) -> Decision:
    return rules.judge(e, KEYS, now)


def test_two_people_who_agreed_get_the_communes_own_signature() -> None:
    assert judge(evidence()) == Sign("commune")


@dataclass(frozen=True)
class Forgery:
    rows: Evidence
    reason: str
    check: Check


OTHER = a_bulletin(text={"vi": "Chuyển tiền ngay."}).encode()
OTHER_HASH = hashlib.sha256(OTHER).hexdigest()
FORGERIES = {
    "nobody approved it": Forgery(
        evidence(approval_sha256=None), "not_approved", rules.approved_bytes
    ),
    "the payload was changed after the approval": Forgery(
        evidence(payload=OTHER), "hash", rules.approved_bytes
    ),
    "payload and revision were changed, not the approval": Forgery(
        evidence(payload=OTHER, revision_sha256=OTHER_HASH), "hash", rules.approved_bytes
    ),
    "free words under a genre that only its form may write": Forgery(
        evidence(a_bulletin(genre="recruitment")), "notice", rules.by_form
    ),
    "the approval row names the author as approver": Forgery(
        evidence(approver=an_approver(1)), "own", rules.two_people
    ),
    "the approval row names another author": Forgery(
        evidence(approval_author=9), "author", rules.two_people
    ),
    "the revision row names another author": Forgery(
        evidence(revision_author=9), "author", rules.two_people
    ),
    "the bulletin row names another author": Forgery(
        evidence(bulletin_author=9), "author", rules.two_people
    ),
    "the approver has no role": Forgery(
        evidence(approver=an_approver(role="author")), "approver", rules.right_to_approve
    ),
    "the approver belongs elsewhere": Forgery(
        evidence(approver=an_approver(path=ELSEWHERE)), "approver", rules.right_to_approve
    ),
    "the approver holds one of two areas": Forgery(
        evidence(a_bulletin(areas=["ap-3", "minh-duc"]), home=CITY),
        "approver",
        rules.right_to_approve,
    ),
    "the approver's account was closed": Forgery(
        evidence(approver=replace(an_approver(), active=False)),
        "approver",
        rules.right_to_approve,
    ),
    "a row was written, and no code typed": Forgery(
        evidence(typed=a_code(code="", step=0)), "totp", rules.own_code
    ),
    "a code was made up": Forgery(evidence(typed=a_code(code="000000")), "totp", rules.own_code),
    "the code is of another person's app": Forgery(
        evidence(typed=a_code(secret=ANOTHER_APP)), "totp", rules.own_code
    ),
    "the approver never set up a second factor": Forgery(
        evidence(typed=a_code(secret=None)), "totp", rules.own_code
    ),
    "an old code was put under a new approval": Forgery(
        evidence(typed=a_code(STEP - 2)), "totp", rules.own_code
    ),
    "a code of before it was written, kept for it": Forgery(
        evidence(typed=a_code(totp.step_at(NOW / 1000 - 120), at=NOW / 1000 - 120)),
        "totp",
        rules.own_code,
    ),
    "the code of one approval was copied to another": Forgery(
        evidence(typed=a_code(uses=2)), "totp", rules.own_code
    ),
    "approved bytes of another bulletin": Forgery(
        replace(evidence(), bulletin=ulid(2)), "mismatch", rules.says_what_the_rows_say
    ),
    "approved bytes of another revision": Forgery(
        evidence(rev=7, newest_approved=7), "mismatch", rules.says_what_the_rows_say
    ),
    "the bulletin's level was raised in its row": Forgery(
        evidence(written=("priority", frozenset({"ap-3"}))),
        "mismatch",
        rules.says_what_the_rows_say,
    ),
    "areas were added in the row": Forgery(
        evidence(written=("normal", frozenset({"ap-3", "tan-quan"}))),
        "mismatch",
        rules.says_what_the_rows_say,
    ),
    "a later revision was approved": Forgery(
        evidence(newest_approved=2), "superseded", rules.current
    ),
    "it was recalled": Forgery(evidence(state="recalled"), "recalled", rules.current),
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=list(FORGERIES))
def test_a_forged_row_gets_nothing_signed(forgery: Forgery) -> None:
    decision = judge(forgery.rows)

    assert isinstance(decision, Refuse)
    assert decision.code == forgery.reason


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=list(FORGERIES))
def test_and_only_its_own_check_stands_in_its_way(forgery: Forgery) -> None:
    without: list[Check] = [check for check in rules.CHECKS if check is not forgery.check]

    assert not [check for check in without if check(forgery.rows) is not None]


@pytest.mark.parametrize(
    ("bulletin", "reason"),
    [
        (a_bulletin(level="priority", exp=NOW + 8 * DAY), "life"),
        (a_bulletin(areas=["nowhere"]), "area"),
        (a_bulletin(crit=["holograms"]), "schema"),
        (a_bulletin(schedule=None), "schema"),
        (a_bulletin(level="emergency", alert="flood", exp=NOW + DAY // 8), "countersign"),
    ],
)
def test_approved_bytes_must_still_make_sense(bulletin: Bulletin, reason: str) -> None:
    decision = judge(evidence(bulletin))

    assert isinstance(decision, Refuse)
    assert decision.code == reason


@pytest.mark.parametrize("payload", [b"", b"{}", b"[1.5]", b"\xff", b'{"typ":"manifest","v":1}'])
def test_bytes_that_are_no_bulletin_are_refused_in_words(payload: bytes) -> None:
    digest = hashlib.sha256(payload).hexdigest()

    decision = judge(evidence(payload=payload, revision_sha256=digest, approval_sha256=digest))

    assert isinstance(decision, Refuse)
    assert decision.code in {"json", "schema", "type"}


@pytest.mark.parametrize("off", [-1, 0, 1])
def test_a_code_typed_slowly_or_by_a_fast_phone_is_believed(off: int) -> None:
    assert judge(evidence(typed=a_code(STEP + off))) == Sign("commune")


def test_an_approval_of_tomorrow_signs_nothing_today() -> None:
    tomorrow = a_code(STEP + 2880, at=NOW / 1000 + 86_400)

    decision = judge(evidence(typed=tomorrow))

    assert isinstance(decision, Refuse)
    assert decision.code == "totp"
    assert judge(evidence(typed=tomorrow), NOW + DAY // 2) == decision


def test_what_has_run_out_is_not_signed_any_more() -> None:
    assert judge(evidence(), NOW + 2 * DAY) == Refuse("expired", "its time is over")


@pytest.mark.parametrize(
    ("areas", "home", "level", "keyid"),
    [
        (["ap-3"], COMMUNE, "normal", "commune"),
        (["ap-3", "tan-quan"], COMMUNE, "priority", "commune"),
        (["ap-3"], CITY, "normal", "unit"),
        (["ap-3", "minh-duc"], CITY, "normal", "unit"),
        (["minh-duc"], ELSEWHERE, "normal", "neighbour"),
    ],
)
def test_the_smallest_place_that_holds_it_all_signs(
    areas: list[str], home: str, level: Level, keyid: str
) -> None:
    everywhere = an_approver(path=CITY)
    made = evidence(a_bulletin(areas=areas, level=level), approver=everywhere, home=home)

    assert judge(made) == Sign(keyid)


@pytest.mark.parametrize(
    "unfit",
    [
        a_key("k", "bulletin", "minh-duc", "priority"),
        a_key("k", "countersign", "dong-nai", "emergency"),
        a_key("k", "ops", "dong-nai"),
        a_key("k", "bulletin", "dong-nai", "priority", exp=NOW),
        a_key("k", "bulletin", "dong-nai", "priority", nbf=NOW + 1),
    ],
)
def test_a_key_that_no_node_would_count_is_not_used(unfit: RegisterKey) -> None:
    decision = rules.judge(evidence(), [unfit], NOW)

    assert isinstance(decision, Refuse)
    assert decision.code == "no_key"


def test_a_key_for_normal_speech_does_not_sign_priority() -> None:
    quiet = a_key("k", "bulletin", "tan-quan", "normal")

    decision = rules.judge(evidence(a_bulletin(level="priority")), [quiet], NOW)

    assert decision == Refuse("no_key", "no key here speaks for these areas")


@pytest.mark.parametrize(
    ("typ", "outcome"),
    [("manifest", Sign("ops")), ("ack", Sign("ops")), ("assignment", Sign("place"))],
)
def test_what_is_not_speech_is_signed_by_its_own_key(typ: str, outcome: Sign) -> None:
    assert rules.key_for(typ, KEYS, HAMLET, NOW) == outcome


@pytest.mark.parametrize("typ", ["bulletin", "settings", "root", "lunch"])
def test_no_key_is_lent_to_another_duty(typ: str) -> None:
    assert isinstance(rules.key_for(typ, KEYS, HAMLET, NOW), Refuse)


def test_a_node_is_placed_only_where_it_stands() -> None:
    assert rules.in_place({"ap-3": HAMLET}, HAMLET) is None
    assert rules.in_place({"tan-quan": COMMUNE}, HAMLET) is None
    assert rules.in_place({"minh-duc": ELSEWHERE}, HAMLET) is not None


def test_an_edit_after_the_approval_does_not_unsay_it() -> None:
    reopened = evidence(state="draft", written=None)

    assert judge(reopened) == Sign("commune")


FLOOD = a_bulletin(level="emergency", alert="flood", exp=NOW + 6 * HOUR)


def second(bulletin: Bulletin = FLOOD, **changes: Any) -> rules.Second:
    made = rules.Second(
        sha256=hashlib.sha256(bulletin.encode()).hexdigest(),
        officer=an_approver(3, "duty"),
        approver=2,
        holder="duty",
    )
    return replace(made, **changes)


def test_an_emergency_that_the_duty_key_signed_gets_the_key_that_reaches_it() -> None:
    assert judge(evidence(FLOOD, second=second())) == Sign("unit")


@pytest.mark.parametrize(
    ("forged", "why"),
    [
        (None, "countersign"),
        (second(holder=None), "countersign"),
        (second(sha256="0" * 64), "hash"),
        (second(officer=an_approver(2, "duty")), "same_hand"),
        (second(approver=9), "same_hand"),
        (second(officer=an_approver(3)), "officer"),
        (second(officer=an_approver(3, "duty", ELSEWHERE)), "officer"),
        (second(officer=an_approver(3, "duty", HAMLET)), "officer"),
        (second(officer=replace(an_approver(3, "duty"), active=False)), "officer"),
    ],
)
def test_a_forged_countersign_gets_nothing_and_only_its_own_check_stands_in_its_way(
    forged: rules.Second | None, why: str
) -> None:
    rows = evidence(FLOOD, second=forged)

    decision = judge(rows)

    assert isinstance(decision, Refuse)
    assert decision.code == why
    assert [check for check in rules.CHECKS if check(rows) is not None] == [rules.countersigned]


def test_two_keys_of_one_holder_are_one_hand() -> None:
    decision = judge(evidence(FLOOD, second=second(holder="unit")))

    assert isinstance(decision, Refuse)
    assert decision.code == "no_key"


STOP = a_bulletin(kind="stop", schedule=None, stops=Stops(ids=[ulid(8)]))


def order(ending: Bulletin = STOP, **changes: Any) -> Evidence:
    """One approver's order, whole and proved; `changes` are of the order."""
    made = rules.Order(
        sha256=hashlib.sha256(ending.encode()).hexdigest(),
        person=an_approver(1),
        whole=ending.encode(),
        proved=True,
    )
    nobody = {"approval_sha256": None, "approval_author": None, "approver": None}
    return evidence(ending, order=replace(made, **changes), **nobody)


@pytest.mark.parametrize("role", ["approver", "duty"])
def test_one_persons_order_is_enough_for_silence(role: str) -> None:
    assert judge(order(person=an_approver(1, role))) == Sign("commune")


@pytest.mark.parametrize(
    ("check", "forged", "why"),
    [
        (rules.ordered, order(proved=False), "totp"),
        (rules.ordered, order(sha256="0" * 64), "hash"),
        (rules.ordered, order(person=an_approver(2)), "author"),
        (rules.whole, order(whole=None), "mismatch"),
        (rules.whole, order(whole=a_bulletin().encode()), "mismatch"),
        (rules.right_to_end, order(person=an_approver(1, "author")), "approver"),
        (rules.right_to_end, order(person=an_approver(1, "approver", ELSEWHERE)), "approver"),
    ],
)
def test_a_forged_order_gets_nothing_and_only_its_own_check_stands_in_its_way(
    check: Check, forged: Evidence, why: str
) -> None:
    decision = judge(forged)

    assert isinstance(decision, Refuse)
    assert decision.code == why
    assert [one for one in rules.ENDING_CHECKS if one(forged) is not None] == [check]


HUSH = endings.hush("ap-3", "priority", ulid(9), NOW)
HUSH_ALARMS = endings.hush("ap-3", "emergency", ulid(9), NOW)


@pytest.mark.parametrize("role", ["approver", "duty"])
def test_one_persons_order_silences_an_area(role: str) -> None:
    assert isinstance(judge(order(HUSH, person=an_approver(1, role))), Sign)


def test_its_alarms_fall_silent_by_a_duty_officers_order_alone() -> None:
    assert judge(order(HUSH_ALARMS, person=an_approver(1, "duty"))) == Sign("unit")

    decision = judge(order(HUSH_ALARMS, person=an_approver(1)))

    assert isinstance(decision, Refuse)
    assert decision.code == "approver"


def test_an_order_makes_nobody_speak() -> None:
    speech = order(a_bulletin(), whole=STOP.encode())

    decision = judge(speech)

    assert isinstance(decision, Refuse)
    assert decision.code == "mismatch"


@pytest.mark.parametrize("kind", ["stop", "all_clear"])
def test_an_approval_is_no_order(kind: str) -> None:
    ending = {"stop": STOP, "all_clear": a_bulletin(kind="all_clear", schedule=None, ends=ulid(8))}

    decision = judge(evidence(ending[kind]))

    assert isinstance(decision, Refuse)
    assert decision.code == "kind"
