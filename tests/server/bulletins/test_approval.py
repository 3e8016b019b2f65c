"""Author, approver, stranger: who may do what to a bulletin, in every state."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from loa_server.areas.scope import Granted, Standing
from loa_server.bulletins.approval import (
    Action,
    Approve,
    Edit,
    Facts,
    SendBack,
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


def test_an_emergency_needs_more_than_an_approver() -> None:
    assert code(decide(facts(level="emergency"), AUTHOR, Submit())) == "no_duty"


def test_a_page_offers_what_would_be_done() -> None:
    assert allowed(facts("draft"), AUTHOR) == {"edit", "submit"}
    assert allowed(facts("submitted"), AUTHOR) == {"withdraw"}
    assert allowed(facts("submitted"), APPROVER) == {"approve", "send_back"}
    assert allowed(facts("published"), APPROVER) == frozenset()


def test_every_refusal_speaks_both_languages() -> None:
    refusal = decide(facts("submitted"), BOTH, Approve())

    assert isinstance(refusal, Refusal)
    assert refusal.text("vi").startswith("Người soạn")
    assert refusal.text("en-gb").startswith("The author")
