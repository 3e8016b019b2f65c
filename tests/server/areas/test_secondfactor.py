"""A person's second factor: each code once, each recovery code once, nothing readable kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from fakes.people import a_commune, a_person
from loa_server.areas import secondfactor, totp
from loa_server.areas.models import Person, Role
from loa_server.areas.secondfactor import Proved
from loa_server.refusal import Refusal

pytestmark = pytest.mark.usefixtures("database")
NOW = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code(seconds: int = 0, secret: str = SECRET) -> str:
    return totp.code_at(secret, totp.step_at(NOW.timestamp() + seconds))


@pytest.fixture
def hung() -> Person:
    person = a_person("hung", (Role.APPROVER, a_commune()))
    secondfactor.give(person, SECRET, NOW)
    return person


def refused(outcome: Proved | Refusal) -> str:
    assert isinstance(outcome, Refusal), outcome
    return outcome.code


def test_the_code_of_now_is_taken_and_kept_for_the_signer(hung: Person) -> None:
    outcome = secondfactor.prove(hung, code(), NOW)

    assert outcome == Proved(code(), totp.step_at(NOW.timestamp()))


def test_a_code_is_good_once_also_for_another_browser(hung: Person) -> None:
    other = Person.objects.get(pk=hung.pk)
    assert isinstance(secondfactor.prove(hung, code(), NOW), Proved)

    assert refused(secondfactor.prove(other, code(), NOW)) == "totp_used"


def test_an_older_code_than_the_last_is_not_taken_either(hung: Person) -> None:
    assert isinstance(secondfactor.prove(hung, code(30), NOW), Proved)

    assert refused(secondfactor.prove(hung, code(), NOW)) == "totp_used"
    assert isinstance(secondfactor.prove(hung, code(60), NOW + timedelta(seconds=30)), Proved)


@pytest.mark.parametrize("typed", ["", "000000", "abcdef", "1" * 400, "\0\0\0\0\0\0"])
def test_a_wrong_code_is_a_sentence(hung: Person, typed: str) -> None:
    assert refused(secondfactor.prove(hung, typed, NOW)) == "totp"


def test_a_code_of_an_hour_ago_is_wrong(hung: Person) -> None:
    assert refused(secondfactor.prove(hung, code(-3600), NOW)) == "totp"


def test_without_a_factor_nothing_is_proved() -> None:
    person = a_person("lan", (Role.AUTHOR, a_commune()))

    assert refused(secondfactor.prove(person, "000000", NOW)) == "no_factor"


def test_a_secret_copied_to_another_row_opens_nothing(hung: Person) -> None:
    """Who can write the database must not be able to approve in another's name."""
    thief = a_person("trom")
    Person.objects.filter(pk=thief.pk).update(totp_secret=hung.totp_secret)
    thief.refresh_from_db()

    assert secondfactor.secret_of(thief) is None
    assert refused(secondfactor.prove(thief, code(), NOW)) == "no_factor"


def test_the_database_holds_neither_secret_nor_recovery_code(hung: Person) -> None:
    codes = secondfactor.new_recovery_codes(hung)

    dump = "\n".join(connection.connection.iterdump())
    assert SECRET not in dump
    assert not [c for c in codes if c in dump or c.replace("-", "") in dump]


def test_each_recovery_code_works_once_however_it_is_typed(hung: Person) -> None:
    codes = secondfactor.new_recovery_codes(hung)
    sloppy = codes[0].lower().replace("-", " ").replace("0", "o").replace("1", "l")

    assert (len(set(codes)), secondfactor.recover(hung, sloppy)) == (10, True)
    assert secondfactor.recover(hung, codes[0]) is False
    assert hung.recovery_codes.count() == 9


def test_new_recovery_codes_make_the_old_ones_void(hung: Person) -> None:
    old = secondfactor.new_recovery_codes(hung)
    secondfactor.new_recovery_codes(hung)

    assert not [c for c in old if secondfactor.recover(hung, c)]


def test_a_recovery_code_is_its_owners_only(hung: Person) -> None:
    codes = secondfactor.new_recovery_codes(hung)

    assert secondfactor.recover(a_person("khac"), codes[0]) is False


@pytest.mark.parametrize("role", list(Role))
def test_whoever_may_make_it_speak_must_have_one(role: Role) -> None:
    person = a_person("an")
    person.grants.create(role=role, area=a_commune())

    assert secondfactor.lacks(person, NOW) is (role in {"approver", "duty", "registrar"})


def test_what_was_taken_away_leaves_nothing(hung: Person) -> None:
    codes = secondfactor.new_recovery_codes(hung)

    secondfactor.take_away(hung)

    assert refused(secondfactor.prove(hung, code(), NOW)) == "no_factor"
    assert secondfactor.recover(hung, codes[0]) is False
