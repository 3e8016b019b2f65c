"""What the three people do, against the real tables."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction

from fakes.desk import a_draft, a_submitted, a_town, an_approved, working
from fakes.people import SOME_DAY, a_code
from loa_server.areas.models import Person
from loa_server.bulletins import services
from loa_server.bulletins.models import Act, Approval, Bulletin, Revision
from loa_server.bulletins.payload import sha256
from loa_server.bulletins.refusal import Refusal
from loa_server.bulletins.services import Sound
from loa_server.dispatch.approve import Word, approve
from loa_server.dispatch.models import Intent

pytestmark = pytest.mark.usefixtures("database")
LATER = SOME_DAY + timedelta(hours=1)


def word(sha256: str) -> Word:
    """Of somebody whose code nobody gets to look at."""
    return Word(sha256, "")


def code(outcome: object) -> str:
    assert isinstance(outcome, Refusal), outcome
    return outcome.code


def verbs(bulletin_id: str) -> list[str]:
    return list(Act.objects.filter(bulletin_id=bulletin_id).values_list("verb", flat=True))


def test_only_an_author_of_the_place_may_begin_a_bulletin_there() -> None:
    town = a_town()

    assert code(services.create(town.stranger, "vn-25351", working(), SOME_DAY)) == "outside"
    assert code(services.create(town.approver, "vn-25351", working(), SOME_DAY)) == "outside"
    assert code(services.create(town.author, "nowhere", working(), SOME_DAY)) == "outside"
    assert not Bulletin.objects.exists()


def test_of_two_open_forms_the_second_is_told() -> None:
    town = a_town()
    bulletin = a_draft(town)

    first = services.save(bulletin.id, 1, working(ticker="một"), town.author, LATER)
    second = services.save(bulletin.id, 1, working(ticker="hai"), town.author, LATER)

    assert (first, code(second)) == (2, "stale")
    assert Bulletin.objects.get(pk=bulletin.id).ticker == "một"


def test_what_a_form_leaves_out_is_taken_away() -> None:
    town = a_town()
    bulletin = a_draft(town)

    services.save(bulletin.id, 1, working(voices={}, areas=()), town.author, LATER)

    assert (bulletin.voices.count(), bulletin.areas.count()) == (0, 0)


@pytest.mark.parametrize("who", ["approver", "stranger"])
def test_nobody_edits_another_persons_bulletin(who: str) -> None:
    town = a_town()
    bulletin = a_draft(town)
    person = getattr(town, who)

    assert code(services.save(bulletin.id, 1, working(), person, LATER)) == "not_yours"
    assert code(services.submit(bulletin.id, person, LATER)) == "not_yours"


def test_submitting_freezes_the_bytes() -> None:
    town = a_town()
    revision = a_submitted(town)

    held = Revision.objects.get(pk=revision.pk)
    assert held.sha256 == sha256(bytes(held.payload))
    assert (held.rev, held.bulletin.state, held.bulletin.rev) == (1, "submitted", 1)
    assert verbs(held.bulletin_id) == ["create", "submit"]


def test_a_submitted_bulletin_cannot_be_edited_until_it_is_withdrawn() -> None:
    town = a_town()
    bulletin = a_submitted(town).bulletin_id

    assert code(services.save(bulletin, 1, working(), town.author, LATER)) == "state"
    assert services.withdraw(bulletin, town.author, LATER) == "draft"
    assert services.save(bulletin, 1, working(), town.author, LATER) == 2


def test_a_draft_is_laid_aside_and_taken_up_again_as_it_was() -> None:
    town = a_town()
    draft = a_draft(town)

    assert services.discard(draft.id, town.author, LATER) == "discarded"
    assert code(services.save(draft.id, draft.version, working(), town.author, LATER)) == "state"
    assert services.restore(draft.id, town.author, LATER) == "draft"
    assert services.save(draft.id, draft.version, working(), town.author, LATER) == 2
    assert verbs(draft.id) == ["create", "discard", "restore"]


def test_what_was_once_approved_is_not_laid_aside() -> None:
    town = a_town()
    an_approved(town)
    out = Bulletin.objects.get()
    services.save(out.pk, out.version, working(), town.author, LATER)

    assert code(services.discard(out.pk, town.author, LATER)) == "was_approved"
    assert Bulletin.objects.get(pk=out.pk).state == "draft"


def test_a_machine_voice_that_read_another_text_is_not_submitted() -> None:
    town = a_town()
    bulletin = a_draft(town, voices={"vi": Sound("ab" * 32, text_sha256="0" * 64)})

    assert code(services.submit(bulletin.id, town.author, LATER)) == "voice"
    assert not Revision.objects.exists()


def test_a_returned_bulletin_carries_its_reason_until_it_is_submitted_again() -> None:
    town = a_town()
    bulletin = a_submitted(town).bulletin_id

    assert code(services.send_back(bulletin, town.approver, " ", LATER)) == "no_why"
    assert services.send_back(bulletin, town.approver, "Sai ngày", LATER) == "returned"
    assert Bulletin.objects.get(pk=bulletin).return_reason == "Sai ngày"
    services.submit(bulletin, town.author, LATER)
    assert Bulletin.objects.get(pk=bulletin).return_reason == ""
    assert Act.objects.get(verb="return").why == "Sai ngày"


def test_an_approval_and_its_outbox_row_come_together() -> None:
    town = a_town()
    revision = an_approved(town)

    assert Bulletin.objects.get().state == "approved"
    assert Approval.objects.get().sha256 == revision.sha256
    assert Intent.objects.get().revision_id == revision.pk
    assert verbs(revision.bulletin_id)[-1] == "approve"


@pytest.mark.parametrize("typed", ["", "000000", "not a code"])
def test_without_the_right_code_nothing_is_approved(typed: str) -> None:
    town = a_town()
    revision = a_submitted(town)

    outcome = approve(revision.bulletin_id, town.approver, Word(revision.sha256, typed), LATER)

    assert code(outcome) == "totp"
    assert Bulletin.objects.get().state == "submitted"
    assert not Approval.objects.exists()
    assert not Intent.objects.exists()


def test_one_code_approves_one_bulletin() -> None:
    town = a_town()
    first, second = a_submitted(town), a_submitted(town)
    typed = a_code(town.approver, LATER)
    approve(first.bulletin_id, town.approver, Word(first.sha256, typed), LATER)

    outcome = approve(second.bulletin_id, town.approver, Word(second.sha256, typed), LATER)

    assert code(outcome) == "totp_used"
    assert Approval.objects.count() == 1


@pytest.mark.parametrize(("who", "why"), [("author", "own"), ("stranger", "outside")])
def test_neither_author_nor_stranger_approves(who: str, why: str) -> None:
    town = a_town()
    revision = a_submitted(town)

    outcome = approve(revision.bulletin_id, getattr(town, who), word(revision.sha256), LATER)

    assert code(outcome) == why
    assert not Approval.objects.exists()
    assert not Intent.objects.exists()


def test_an_approver_who_was_shown_other_bytes_is_told() -> None:
    town = a_town()
    old = a_submitted(town)
    services.withdraw(old.bulletin_id, town.author, LATER)
    services.save(old.bulletin_id, 1, working(text={"vi": "Khác."}), town.author, LATER)
    services.submit(old.bulletin_id, town.author, LATER)

    assert code(approve(old.bulletin_id, town.approver, word(old.sha256), LATER)) == "stale"
    assert not Approval.objects.exists()


def test_pressing_approve_twice_approves_once() -> None:
    town = a_town()
    revision = an_approved(town)

    again = approve(revision.bulletin_id, town.approver, word(revision.sha256), LATER)

    assert code(again) == "state"
    assert (Approval.objects.count(), Intent.objects.count()) == (1, 1)


def test_what_ran_out_while_it_waited_is_not_approved() -> None:
    town = a_town()
    revision = a_submitted(town)

    outcome = approve(
        revision.bulletin_id, town.approver, word(revision.sha256), SOME_DAY + timedelta(days=3)
    )

    assert code(outcome) == "expired"


def test_an_edit_of_what_was_approved_opens_the_next_revision() -> None:
    town = a_town()
    first = an_approved(town)

    services.save(first.bulletin_id, 1, working(text={"vi": "Đổi giờ."}), town.author, LATER)
    second = services.submit(first.bulletin_id, town.author, LATER)

    assert isinstance(second, Revision)
    assert second.rev == 2
    assert Revision.objects.get(pk=first.pk).sha256 != second.sha256
    assert "reopen" in verbs(first.bulletin_id)


def test_the_database_itself_refuses_a_writer_who_approves() -> None:
    town = a_town()
    revision = a_submitted(town)

    with pytest.raises(IntegrityError, match="writer_is_never_approver"), transaction.atomic():
        Approval.objects.create(
            revision=revision,
            sha256=revision.sha256,
            author=town.author,
            approver=town.author,
            at=LATER,
        )


def test_so_it_does_for_someone_who_writes_sql(database: Path) -> None:
    town = a_town()
    revision = a_submitted(town)

    raw = sqlite3.connect(database)
    with pytest.raises(sqlite3.IntegrityError, match="writer_is_never_approver"):
        raw.execute(
            "INSERT INTO bulletins_approval"
            " (revision_id, sha256, author_id, approver_id, at, code, step)"
            " VALUES (?, ?, ?, ?, ?, '', 0)",
            [revision.pk, revision.sha256, town.author.pk, town.author.pk, "2026-01-05"],
        )
    raw.close()


def test_a_failed_approval_leaves_no_half_of_it() -> None:
    town = a_town()
    revision = a_submitted(town)
    Approval.objects.create(  # someone's forged row is in the way of ours
        revision=revision,
        sha256="0" * 64,
        author=town.author,
        approver=town.stranger,
        at=LATER,
    )

    right = Word(revision.sha256, a_code(town.approver, LATER))
    before = Person.objects.get(pk=town.approver.pk).totp_step
    with pytest.raises(IntegrityError):
        approve(revision.bulletin_id, town.approver, right, LATER)

    assert Person.objects.get(pk=town.approver.pk).totp_step == before  # the code is not spent
    assert Bulletin.objects.get().state == "submitted"
    assert not Intent.objects.exists()
