"""A genre that two people have to approve, and one who would be both: on the page, and by writing
rows. The signer knows the genres from its own configuration, where no row reaches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.db import IntegrityError

from fakes.desk import Town, a_draft, a_submitted, a_town
from fakes.people import SOME_DAY, a_code, a_person
from fakes.wire import DAY
from loa_server.areas.models import Grant, Person, Role
from loa_server.bulletins import services
from loa_server.bulletins.models import Act, Approval, Bulletin, FirstApproval, Revision
from loa_server.dispatch.approve import Word, approve
from loa_server.dispatch.models import Intent
from loa_server.refusal import Refusal
from loa_server.signer import rules
from loa_server.signer.desk import Desk
from loa_server.signer.evidence import evidence_of
from loa_server.signer.rules import Check, Refuse, Sign
from loa_server.signer.spent import Spent
from loa_wire.trusted import RegisterKey

pytestmark = pytest.mark.usefixtures("database")
LATER = SOME_DAY + timedelta(minutes=10)
LATER_MS = int(LATER.timestamp() * 1000)
TWO = ("policy",)
KEY = RegisterKey(
    keyid="0" * 32, public="0" * 64, holder="Tân Quan", may=["bulletin"], scope=["vn-25351"],
    nbf=LATER_MS - DAY, exp=LATER_MS + DAY, max_level="priority",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _policy_needs_two(monkeypatch: pytest.MonkeyPatch) -> None:
    asks = replace(settings.LOA.approval, two=TWO)
    monkeypatch.setattr(settings, "LOA", replace(settings.LOA, approval=asks))


def a_town_of_two() -> tuple[Town, Person]:
    town = a_town()
    return town, a_person("duyet-hai", (Role.APPROVER, town.commune))


def says_yes(person: Person, revision: Revision, at: datetime) -> object:
    word = Word(revision.sha256, a_code(person, at))
    return approve(revision.bulletin_id, person, word, at)


def agreed() -> Revision:
    """Both have approved, as it should be."""
    town, other = a_town_of_two()
    revision = a_submitted(town, genre="policy")
    assert isinstance(says_yes(town.approver, revision, LATER), FirstApproval)
    assert isinstance(says_yes(other, revision, LATER), Approval)
    return revision


def the_signer_says(revision: Revision) -> str:
    evidence = evidence_of(revision.pk, LATER, two_for=TWO)
    assert evidence is not None
    decision = rules.judge(evidence, [KEY], LATER_MS)
    return decision.keyid if isinstance(decision, Sign) else decision.code


def test_what_two_approvers_agreed_on_is_signed_and_sent() -> None:
    revision = agreed()

    assert the_signer_says(revision) == KEY.keyid
    assert Intent.objects.count() == 1
    assert list(Act.objects.values_list("verb", flat=True))[-2:] == ["first_approve", "approve"]


def test_one_word_alone_sends_nothing() -> None:
    town, _other = a_town_of_two()
    revision = a_submitted(town, genre="policy")

    says_yes(town.approver, revision, LATER)

    assert Bulletin.objects.get().state == "submitted"
    assert not Intent.objects.exists()
    assert the_signer_says(revision) == "not_approved"


def test_one_approver_presses_twice() -> None:
    town, _other = a_town_of_two()
    revision = a_submitted(town, genre="policy")
    says_yes(town.approver, revision, LATER)

    again = says_yes(town.approver, revision, LATER + timedelta(minutes=1))

    assert isinstance(again, Refusal)
    assert again.code == "same_approver"


def test_the_author_presses_as_the_second() -> None:
    town, _other = a_town_of_two()
    Grant.objects.create(person=town.author, role="approver", area=town.commune)
    revision = a_submitted(town, genre="policy")
    says_yes(town.approver, revision, LATER)

    own = says_yes(town.author, revision, LATER)

    assert isinstance(own, Refusal)
    assert own.code == "own"


def test_sending_it_back_takes_the_first_word_with_it() -> None:
    town, other = a_town_of_two()
    revision = a_submitted(town, genre="policy")
    says_yes(town.approver, revision, LATER)
    services.send_back(revision.bulletin_id, other, "sai ngày", LATER)
    again = services.submit(revision.bulletin_id, town.author, LATER)
    assert isinstance(again, Revision)

    outcome = says_yes(other, again, LATER)

    assert isinstance(outcome, FirstApproval)  # of the new revision: it needs two again


def test_it_cannot_be_submitted_where_nobody_could_be_the_second() -> None:
    town = a_town()
    draft = a_draft(town, genre="policy")

    refused = services.submit(draft.id, town.author, SOME_DAY)

    assert isinstance(refused, Refusal)
    assert refused.code == "no_second"


def test_other_genres_are_as_they_were() -> None:
    town, _other = a_town_of_two()
    revision = a_submitted(town, genre="health")

    assert isinstance(says_yes(town.approver, revision, LATER), Approval)
    assert the_signer_says(revision) == KEY.keyid


def no_first_word(_: Revision) -> None:
    FirstApproval.objects.all().delete()


def the_same_approver_in_both_rows(_: Revision) -> None:
    kept = Approval.objects.get()
    FirstApproval.objects.update(approver=kept.approver, code=kept.code, step=kept.step)


def the_author_as_the_first(revision: Revision) -> None:
    """Past the database's constraint, by another name in the author's column."""
    stranger = Person.objects.get(username="la")
    FirstApproval.objects.update(author=stranger, approver_id=revision.author_id)


def over_another_hash(_: Revision) -> None:
    FirstApproval.objects.update(sha256="ab" * 32)


def by_hand_without_a_code(_: Revision) -> None:
    FirstApproval.objects.update(code="", step=0)


def by_hand_with_a_guessed_code(_: Revision) -> None:
    FirstApproval.objects.update(code="000000")


def an_old_code_moved_to_a_new_moment(_: Revision) -> None:
    FirstApproval.objects.update(at=LATER - timedelta(minutes=5))


def with_a_code_of_before_it_was_written(_: Revision) -> None:
    """Read over a shoulder yesterday, never used, and true to its own moment."""
    at = SOME_DAY - timedelta(days=1)
    code = a_code(FirstApproval.objects.get().approver, at)
    FirstApproval.objects.update(at=at, code=code, step=int(at.timestamp()) // 30)


def by_an_approver_of_another_commune(_: Revision) -> None:
    FirstApproval.objects.update(approver=Person.objects.get(username="la"))


def after_the_firsts_role_was_taken_away(_: Revision) -> None:
    Grant.objects.filter(person=FirstApproval.objects.get().approver).delete()


@dataclass(frozen=True)
class Forgery:
    write: Callable[[Revision], None]
    reasons: tuple[str, ...]
    check: Check | None = rules.both_approvers


FORGERIES = [
    Forgery(no_first_word, ("second_approval",)),
    Forgery(the_same_approver_in_both_rows, ("totp", "same_hand"), None),
    Forgery(the_author_as_the_first, ("author",)),
    Forgery(over_another_hash, ("hash",)),
    Forgery(by_hand_without_a_code, ("totp",)),
    Forgery(by_hand_with_a_guessed_code, ("totp",)),
    Forgery(an_old_code_moved_to_a_new_moment, ("totp",)),
    Forgery(with_a_code_of_before_it_was_written, ("totp",)),
    Forgery(by_an_approver_of_another_commune, ("approver",)),
    Forgery(after_the_firsts_role_was_taken_away, ("approver",)),
]


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda one: one.write.__name__)
def test_a_forged_first_word_gets_nothing_signed(forgery: Forgery) -> None:
    revision = agreed()
    forgery.write(revision)

    assert the_signer_says(revision) in forgery.reasons
    if forgery.check is not None:
        evidence = evidence_of(revision.pk, LATER, two_for=TWO)
        assert evidence is not None
        others = [one for one in rules.CHECKS if one is not forgery.check]
        assert not any(isinstance(one(evidence), Refuse) for one in others)


def test_two_codes_of_one_approver_are_not_two_people() -> None:
    """Whoever holds one approver's telephone writes the second row with its next code."""
    revision = agreed()
    kept = Approval.objects.select_related("approver").get()
    at = LATER - timedelta(seconds=90)
    code = a_code(kept.approver, at)
    FirstApproval.objects.update(
        approver=kept.approver, code=code, at=at, step=int(at.timestamp()) // 30
    )

    assert the_signer_says(revision) == "same_hand"


def test_the_database_refuses_the_author_as_first_approver() -> None:
    revision = agreed()

    with pytest.raises(IntegrityError):
        FirstApproval.objects.update(approver_id=revision.author_id)


def test_the_firsts_code_serves_no_other_bytes_once_its_row_is_gone() -> None:
    revision, spent = agreed(), Spent()
    given = FirstApproval.objects.get()
    desk = Desk([], clock=LATER.timestamp, spent=spent, two_for=TWO)
    evidence = evidence_of(revision.pk, LATER, two_for=TWO)
    assert evidence is not None

    assert desk._spend(evidence) is None

    assert spent.elsewhere(given.approver_id, given.step, "cd" * 32)
