"""Author, approver, stranger: who may do what to a bulletin, in every state."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from loa_server.areas.scope import Granted, Standing
from loa_server.bulletins.approval import (
    Action,
    AllClear,
    Approve,
    Countersign,
    Discard,
    Edit,
    Facts,
    Restore,
    SendBack,
    Stop,
    Submit,
    Withdraw,
    allowed,
    decide,
    may_read,
)
from loa_server.bulletins.refusal import Refusal

TODAY = date(2026, 1, 5)
COMMUNE, HAMLET, ELSEWHERE = "/p/c/", "/p/c/h/", "/p/d/"


def person(number: int, *grants: tuple[str, str], active: bool = True) -> Standing:
    return Standing(number, active, tuple(Granted(r, p) for r, p in grants), TODAY)


AUTHOR = person(1, ("author", COMMUNE))
APPROVER = person(2, ("approver", COMMUNE))
STRANGER = person(3, ("author", ELSEWHERE), ("approver", ELSEWHERE))
BOTH = person(1, ("author", COMMUNE), ("approver", COMMUNE))
OFFICER = person(4, ("duty", COMMUNE))


def facts(state: str = "draft", **changes: Any) -> Facts:
    made = Facts(state=state, author=1, level="normal", home=COMMUNE, paths=(HAMLET,))
    return replace(made, **changes)


def code(outcome: str | Refusal) -> str:
    return outcome.code if isinstance(outcome, Refusal) else outcome


@pytest.mark.parametrize(
    ("state", "who", "action", "outcome"),
    [
        ("draft", AUTHOR, Submit(), "submitted"),
        ("returned", AUTHOR, Submit(), "submitted"),
        ("submitted", AUTHOR, Withdraw(), "draft"),
        ("submitted", APPROVER, Approve(), "approved"),
        ("submitted", APPROVER, SendBack("sai ngày"), "returned"),
        ("returned", AUTHOR, Edit(), "returned"),
        ("draft", AUTHOR, Edit(), "draft"),
        ("approved", AUTHOR, Edit(), "draft"),
        ("published", AUTHOR, Edit(), "draft"),
        ("ended", AUTHOR, Edit(), "draft"),
        ("recalled", AUTHOR, Edit(), "state"),
        ("submitted", AUTHOR, Edit(), "state"),
        ("submitted", AUTHOR, Submit(), "state"),
        ("approved", AUTHOR, Withdraw(), "state"),
        ("draft", APPROVER, Approve(), "state"),
        ("approved", APPROVER, Approve(), "state"),
        ("submitted", APPROVER, SendBack("  "), "no_why"),
        ("draft", AUTHOR, Discard(), "discarded"),
        ("returned", AUTHOR, Discard(), "discarded"),
        ("submitted", AUTHOR, Discard(), "state"),
        ("published", AUTHOR, Discard(), "state"),
        ("discarded", AUTHOR, Restore(), "draft"),
        ("discarded", AUTHOR, Submit(), "state"),
        ("discarded", AUTHOR, Edit(), "state"),
        ("ended", AUTHOR, Restore(), "state"),
        ("draft", APPROVER, Discard(), "not_yours"),
        ("discarded", APPROVER, Restore(), "not_yours"),
        ("submitted", AUTHOR, Approve(), "own"),
        ("submitted", AUTHOR, SendBack("x"), "own"),
        ("draft", APPROVER, Submit(), "not_yours"),
        ("submitted", APPROVER, Withdraw(), "not_yours"),
    ],
)
def test_each_move_is_made_or_refused_for_its_reason(
    state: str, who: Standing, action: Action, outcome: str
) -> None:
    assert code(decide(facts(state), who, action)) == outcome


@pytest.mark.parametrize("state", ["draft", "submitted", "returned", "approved", "published"])
def test_a_stranger_may_do_nothing_in_any_state(state: str) -> None:
    assert allowed(facts(state), STRANGER) == frozenset()
    assert not may_read(facts(state), STRANGER)


def test_the_writer_is_never_the_approver_whatever_roles_they_hold() -> None:
    assert code(decide(facts("submitted"), BOTH, Approve())) == "own"


def test_an_approver_of_one_hamlet_may_not_approve_for_two() -> None:
    small = person(2, ("approver", HAMLET))

    assert code(decide(facts("submitted", home=HAMLET), small, Approve())) == "approved"
    wider = facts("submitted", home=HAMLET, paths=(HAMLET, COMMUNE))
    assert code(decide(wider, small, Approve())) == "outside"


def test_an_author_may_not_speak_to_a_neighbouring_commune() -> None:
    assert code(decide(facts(paths=(HAMLET, ELSEWHERE)), AUTHOR, Submit())) == "outside"


def test_an_author_whose_role_was_taken_away_may_not_submit() -> None:
    assert code(decide(facts(), person(1), Submit())) == "outside"


def test_a_closed_account_may_neither_submit_nor_approve() -> None:
    gone = person(1, ("author", COMMUNE), active=False)
    gone_too = person(2, ("approver", COMMUNE), active=False)

    assert code(decide(facts(), gone, Submit())) == "outside"
    assert code(decide(facts("submitted"), gone_too, Approve())) == "outside"
    assert not may_read(facts(), gone)


def test_a_bulletin_for_nobody_is_not_submitted() -> None:
    assert code(decide(facts(paths=()), AUTHOR, Submit())) == "no_area"


def emergency(state: str = "approved", **changes: Any) -> Facts:
    return facts(state, **{"level": "emergency", "approver": 2, **changes})


def test_an_emergency_waits_for_the_duty_officer_after_its_approver() -> None:
    assert code(decide(emergency("submitted"), APPROVER, Approve())) == "approved"
    assert code(decide(emergency(), OFFICER, Countersign())) == "approved"


@pytest.mark.parametrize(
    ("who", "what", "why"),
    [
        (APPROVER, emergency(), "same_hand"),
        (person(2, ("duty", COMMUNE)), emergency(), "same_hand"),
        (AUTHOR, emergency(), "outside"),
        (person(4, ("duty", ELSEWHERE)), emergency(), "outside"),
        (person(4, ("duty", HAMLET)), emergency(), "outside"),
        (OFFICER, emergency("submitted"), "state"),
        (OFFICER, emergency(countersigned=True), "state"),
        (OFFICER, facts("approved", approver=2), "not_emergency"),
        (OFFICER, emergency(kind="all_clear"), "not_emergency"),
    ],
)
def test_nobody_else_and_at_no_other_time_countersigns(
    who: Standing, what: Facts, why: str
) -> None:
    assert code(decide(what, who, Countersign())) == why


def test_the_officer_may_send_an_emergency_back_until_it_is_countersigned() -> None:
    assert code(decide(emergency(), OFFICER, SendBack("sai xã"))) == "returned"
    assert code(decide(emergency(countersigned=True), OFFICER, SendBack("x"))) == "state"
    assert code(decide(emergency(), APPROVER, SendBack("x"))) == "same_hand"
    assert code(decide(facts("approved"), OFFICER, SendBack("x"))) == "outside"


def test_a_drill_never_carries_the_level_of_an_emergency() -> None:
    assert code(decide(facts(kind="drill", level="emergency"), AUTHOR, Submit())) == "drill_level"
    assert code(decide(facts(kind="drill", level="priority"), AUTHOR, Submit())) == "submitted"


@pytest.mark.parametrize("who", [APPROVER, OFFICER, BOTH])
def test_one_person_is_enough_for_silence(who: Standing) -> None:
    assert code(decide(facts("published"), who, Stop())) == "recalled"
    assert code(decide(emergency("published"), who, AllClear())) == "ended"


@pytest.mark.parametrize("who", [AUTHOR, STRANGER, person(4, ("duty", ELSEWHERE))])
def test_but_not_just_anyone(who: Standing) -> None:
    assert code(decide(facts("published"), who, Stop())) == "outside"
    assert code(decide(emergency("published"), who, AllClear())) == "outside"


def test_only_what_runs_is_stopped_and_only_an_emergency_is_cleared() -> None:
    assert code(decide(facts("ended"), APPROVER, Stop())) == "state"
    assert code(decide(facts("published"), APPROVER, AllClear())) == "not_emergency"


@pytest.mark.parametrize("kind", ["stop", "all_clear"])
def test_what_one_press_made_is_never_edited_into_something_else(kind: str) -> None:
    for state in ("draft", "approved", "published", "ended"):
        assert code(decide(facts(state, kind=kind), AUTHOR, Edit())) == "state"
    assert code(decide(facts("draft", kind=kind), AUTHOR, Submit())) == "state"


def test_a_page_offers_what_would_be_done() -> None:
    assert allowed(facts("draft"), AUTHOR) == {"edit", "submit", "discard"}
    assert allowed(facts("discarded"), AUTHOR) == {"restore"}
    assert allowed(facts("submitted"), AUTHOR) == {"withdraw"}
    assert allowed(facts("submitted"), APPROVER) == {"approve", "send_back"}
    assert allowed(facts("published"), APPROVER) == {"stop"}
    assert allowed(emergency("published"), OFFICER) == {"stop", "all_clear"}
    assert allowed(emergency(), OFFICER) == {"countersign", "send_back"}


def test_every_refusal_speaks_both_languages() -> None:
    refusal = decide(facts("submitted"), BOTH, Approve())

    assert isinstance(refusal, Refusal)
    assert refusal.text("vi").startswith("Người soạn")
    assert refusal.text("en-gb").startswith("The author")
