"""An emergency takes three people: author, approver, duty officer. One who can write the district's
database, or who is two of the three, tries to be all of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import IntegrityError

from fakes.desk import Town, a_town
from fakes.people import a_person
from fakes.signer import DUTY_KEY, NOW, NearDuty, a_key
from fakes.urgent import AT, an_emergency, an_officer, countersigned
from loa_server.areas.models import Grant, Person, Role
from loa_server.bulletins.models import Countersign, Revision
from loa_server.dispatch.signing import SigningError
from loa_server.refusal import Refusal
from loa_server.signer import rules
from loa_server.signer.evidence import evidence_of
from loa_server.signer.keystore import HeldKey
from loa_server.signer.rules import Refuse, Sign
from loa_wire import dsse

pytestmark = pytest.mark.usefixtures("database")
SPEAKS = a_key("bulletin", "vn-75", max_level="emergency")


@pytest.fixture
def town() -> Town:
    return a_town()


@pytest.fixture
def officer(town: Town) -> Person:
    return an_officer(town)


@pytest.fixture
def alarm(town: Town, officer: Person) -> Revision:
    """Approved, and waiting for the duty officer."""
    assert officer.pk
    return an_emergency(town)


def the_signer_says(revision: Revision) -> str:
    evidence = evidence_of(revision.pk, AT, [DUTY_KEY.key, SPEAKS.key])
    assert evidence is not None
    decision = rules.judge(evidence, [SPEAKS.key], NOW)
    return "signs" if isinstance(decision, Sign) else decision.code


def only_this_check_says_no(revision: Revision) -> bool:
    evidence = evidence_of(revision.pk, AT, [DUTY_KEY.key, SPEAKS.key])
    assert evidence is not None
    refusing = [check for check in rules.CHECKS if isinstance(check(evidence), Refuse)]
    return refusing == [rules.countersigned]


def test_the_three_together_are_signed_for(
    officer: Person, alarm: Revision, tmp_path: Path
) -> None:
    countersigned(alarm, officer, tmp_path)

    assert the_signer_says(alarm) == "signs"


def test_author_and_approver_leave_the_officer_out(alarm: Revision) -> None:
    assert the_signer_says(alarm) == "countersign"
    assert only_this_check_says_no(alarm)


def test_the_officers_row_is_written_by_hand(officer: Person, alarm: Revision) -> None:
    write(alarm, officer.pk, DUTY_KEY.key.keyid, b"x" * 64)

    assert the_signer_says(alarm) == "countersign"
    assert only_this_check_says_no(alarm)


def test_with_the_signature_of_a_key_of_their_own(officer: Person, alarm: Revision) -> None:
    theirs = a_key("countersign", "vn-75", max_level="emergency")
    write(alarm, officer.pk, theirs.key.keyid, signature(theirs, alarm))

    assert the_signer_says(alarm) == "countersign"
    assert only_this_check_says_no(alarm)


def test_with_the_signers_own_key_said_to_be_the_officers(officer: Person, alarm: Revision) -> None:
    write(alarm, officer.pk, DUTY_KEY.key.keyid, signature(SPEAKS, alarm))

    assert the_signer_says(alarm) == "countersign"


def test_with_the_signature_from_under_another_emergency(
    town: Town, officer: Person, alarm: Revision, tmp_path: Path
) -> None:
    other = countersigned(an_emergency(town), officer, tmp_path)
    assert isinstance(other, Countersign)
    write(alarm, officer.pk, other.keyid, bytes(other.sig))

    assert the_signer_says(alarm) == "countersign"
    assert only_this_check_says_no(alarm)


def test_the_approver_is_the_officer_too(town: Town, alarm: Revision, tmp_path: Path) -> None:
    Grant.objects.create(person=town.approver, role=Role.DUTY, area=town.city)

    assert isinstance(countersigned(alarm, town.approver, tmp_path), Refusal)
    with pytest.raises(IntegrityError):
        write(alarm, town.approver.pk, DUTY_KEY.key.keyid, signature(DUTY_KEY, alarm))


def test_the_approver_countersigns_under_another_approvers_name(
    town: Town, alarm: Revision
) -> None:
    """Past the database's constraint, and even with the duty key stolen."""
    other = a_person("khac", (Role.APPROVER, town.commune))
    Grant.objects.create(person=town.approver, role=Role.DUTY, area=town.city)
    good = signature(DUTY_KEY, alarm)
    write(alarm, town.approver.pk, DUTY_KEY.key.keyid, good, approver=other.pk)

    assert the_signer_says(alarm) == "same_hand"
    assert only_this_check_says_no(alarm)


def test_an_officers_code_read_over_a_shoulder_signs_other_bytes(
    town: Town, alarm: Revision, tmp_path: Path
) -> None:
    """The duty signer, on its own machine, asks nobody of the district whether a code was used."""
    duty = NearDuty(tmp_path)
    code = duty.code()
    duty.countersign(bytes(alarm.payload), "trucban", code)
    worse = bytes(an_emergency(town, title={"vi": "Vỡ đập"}).payload)

    with pytest.raises(SigningError, match="totp"):
        duty.countersign(worse, "trucban", code)


def signature(by: HeldKey, revision: Revision) -> bytes:
    return by.private.sign(dsse.pae(dsse.payload_type("bulletin"), bytes(revision.payload)))


def write(
    revision: Revision, officer: int, keyid: str, sig: bytes, approver: int | None = None
) -> None:
    """As whoever has the database file can."""
    Countersign.objects.create(
        revision=revision,
        sha256=revision.sha256,
        approver_id=approver or revision.approval.approver_id,
        officer_id=officer,
        keyid=keyid,
        sig=sig,
        at=AT,
    )
