"""Somebody writes the district's database: a stolen account, an injection, a copied disk. The
signer reads the rows itself and believes only what two people can have done together."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError

from fakes.desk import a_submitted, a_town, an_approved
from fakes.people import SOME_DAY, a_code
from fakes.wire import DAY, NOW
from loa_server.areas.models import Grant, Person
from loa_server.bulletins.models import Approval, Bulletin, Revision
from loa_server.dispatch.approve import Word, approve
from loa_server.refusal import Refusal
from loa_server.signer import rules
from loa_server.signer.evidence import evidence_of
from loa_server.signer.rules import Check, Refuse, Sign
from loa_wire.trusted import RegisterKey

pytestmark = pytest.mark.usefixtures("database")
LATER = SOME_DAY + timedelta(minutes=10)
LATER_MS = int(LATER.timestamp() * 1000)
KEY = RegisterKey(
    keyid="0" * 32,
    public="0" * 64,
    holder="Tân Quan",
    may=["bulletin"],
    scope=["vn-25351"],
    nbf=LATER_MS - DAY,
    exp=LATER_MS + DAY,
    max_level="priority",
)


def the_signer_says(revision: Revision) -> str:
    """The key that signs, or why none does."""
    evidence = evidence_of(revision.pk, LATER)
    assert evidence is not None
    decision = rules.judge(evidence, [KEY], LATER_MS)
    return decision.keyid if isinstance(decision, Sign) else decision.code


def would_sign_without(check: Check, revision: Revision) -> bool:
    """Nothing but this one check stands in the way."""
    evidence = evidence_of(revision.pk, LATER)
    assert evidence is not None
    others = [one for one in rules.CHECKS if one is not check]
    return not any(isinstance(one(evidence), Refuse) for one in others)


def test_what_two_people_agreed_on_is_signed() -> None:
    assert the_signer_says(an_approved(a_town())) == KEY.keyid


def test_one_approves_ones_own_on_the_page() -> None:
    town = a_town()
    revision = a_submitted(town)
    Grant.objects.create(person=town.author, role="approver", area=town.commune)

    outcome = approve(
        revision.bulletin_id, town.author, Word(revision.sha256, a_code(town.author, LATER)), LATER
    )

    assert isinstance(outcome, Refusal)
    assert not Approval.objects.exists()


def test_one_approves_ones_own_in_the_table() -> None:
    """The database itself refuses the row."""
    revision = an_approved(a_town())

    with pytest.raises(IntegrityError):
        Approval.objects.filter(revision=revision).update(approver_id=revision.author_id)


def nobody_approved(_: Revision) -> None:
    Approval.objects.all().delete()


def another_text_after_the_approval(revision: Revision) -> None:
    Revision.objects.update(payload=_other(revision))


def another_text_and_its_hash(revision: Revision) -> None:
    payload = _other(revision)
    Revision.objects.update(payload=payload, sha256=hashlib.sha256(payload).hexdigest())


def ones_own_approval_with_another_authors_name(revision: Revision) -> None:
    """Past the database's constraint, by lying in the approval's other column."""
    stranger = Person.objects.get(username="la")
    Approval.objects.update(author=stranger, approver_id=revision.author_id)


def an_approver_of_another_commune(_: Revision) -> None:
    stranger = Person.objects.get(username="la")
    Approval.objects.update(approver=stranger)


def a_role_that_was_taken_away(_: Revision) -> None:
    Grant.objects.filter(role="approver").delete()


def an_approval_without_a_code(_: Revision) -> None:
    Approval.objects.update(code="", step=0)


def an_approval_with_a_guessed_code(_: Revision) -> None:
    Approval.objects.update(code="000000")


def an_old_code_moved_to_a_new_moment(_: Revision) -> None:
    Approval.objects.update(at=SOME_DAY + timedelta(minutes=5))


def a_level_raised_beside_the_bytes(_: Revision) -> None:
    Bulletin.objects.update(level="priority")


def a_recalled_one(_: Revision) -> None:
    Bulletin.objects.update(state="recalled")


@dataclass(frozen=True)
class Forgery:
    write: Callable[[Revision], None]
    reasons: tuple[str, ...]
    check: Check | None  # None: more than one stands in the way


FORGERIES = [
    Forgery(nobody_approved, ("not_approved",), None),
    Forgery(another_text_after_the_approval, ("hash",), rules.approved_bytes),
    Forgery(another_text_and_its_hash, ("hash",), rules.approved_bytes),
    Forgery(ones_own_approval_with_another_authors_name, ("author", "own"), None),
    Forgery(an_approver_of_another_commune, ("approver", "totp"), None),
    Forgery(a_role_that_was_taken_away, ("approver",), rules.right_to_approve),
    Forgery(an_approval_without_a_code, ("totp",), rules.own_code),
    Forgery(an_approval_with_a_guessed_code, ("totp",), rules.own_code),
    Forgery(an_old_code_moved_to_a_new_moment, ("totp",), rules.own_code),
    Forgery(a_level_raised_beside_the_bytes, ("mismatch",), rules.says_what_the_rows_say),
    Forgery(a_recalled_one, ("recalled",), rules.current),
]


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda one: one.write.__name__)
def test_a_forged_row_gets_nothing_signed(forgery: Forgery) -> None:
    revision = an_approved(a_town())
    forgery.write(Revision.objects.get(pk=revision.pk))

    assert the_signer_says(revision) in forgery.reasons
    assert forgery.check is None or would_sign_without(forgery.check, revision)


def test_a_code_that_was_read_over_a_shoulder_is_good_once() -> None:
    """Typed again for another bulletin, within its half minute."""
    town = a_town()
    first, second = a_submitted(town), a_submitted(town)
    code = a_code(town.approver, LATER)

    assert isinstance(
        approve(first.bulletin_id, town.approver, Word(first.sha256, code), LATER), Approval
    )
    again = approve(second.bulletin_id, town.approver, Word(second.sha256, code), LATER)

    assert isinstance(again, Refusal)
    assert again.code == "totp_used"
    Person.objects.filter(pk=town.approver.pk).update(totp_step=0)  # had nobody remembered it …
    third = approve(second.bulletin_id, town.approver, Word(second.sha256, code), LATER)
    assert isinstance(third, Approval)
    assert the_signer_says(second) == "totp"  # … the signer counts for itself


def test_an_approval_of_other_bytes_than_the_page_showed() -> None:
    """An edit slipped in between the reading and the click."""
    town = a_town()
    revision = a_submitted(town)

    word = Word("ab" * 32, a_code(town.approver, LATER))
    outcome = approve(revision.bulletin_id, town.approver, word, LATER)

    assert isinstance(outcome, Refusal)


def test_these_stories_happen_now() -> None:
    assert LATER.tzinfo is UTC
    assert datetime.fromtimestamp(NOW / 1000, UTC) > SOME_DAY


def _other(revision: Revision) -> bytes:
    return bytes(revision.payload).replace("Bảy".encode(), "Tám".encode())
