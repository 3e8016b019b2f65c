"""What may stand in the server's trust folder after what stands there now."""

from __future__ import annotations

from typing import Any

import pytest

from fakes.wire import DAY, NOW, UNIT, Key, People, changed, sealed
from loa_server.ceremony import installing, paper
from loa_server.ceremony.refusal import CeremonyError
from loa_server.ceremony.trustfolder import Held
from loa_wire.fields import Document
from loa_wire.trusted import Role, RootKey

PEOPLE = People()
ROOT, REGISTER = PEOPLE.root(), PEOPLE.register()
HELD = Held(ROOT, PEOPLE.sealed_root(), REGISTER, PEOPLE.sealed_register())
FRESH = Key()


def a_paper(document: Document, *keys: Key) -> paper.Paper:
    return paper.opened(sealed(document, *keys), "it")


def a_root(**changes: Any) -> paper.Paper:
    return a_paper(PEOPLE.root(**{"version": 2, **changes}), *PEOPLE.roots[:2])


def a_register(**changes: Any) -> paper.Paper:
    return a_paper(PEOPLE.register(**{"version": 2, **changes}), PEOPLE.registrar)


def with_a_fresh_authority() -> paper.Paper:
    keys = {**ROOT.keys, FRESH.keyid: RootKey(public=FRESH.public.hex(), holder="mới")}
    return a_root(keys=keys, authorities={UNIT: Role(keyids=[FRESH.keyid], threshold=1)})


@pytest.mark.parametrize(
    ("brought", "code"),
    [
        (a_register(version=1, exp=NOW + 50 * DAY), "rollback"),
        (a_register(version=3), "gap"),
        (a_root(version=1, exp=NOW + 50 * DAY), "rollback"),
        (a_root(version=3), "gap"),
        (a_root(installation="elsewhere"), "foreign"),
        (a_root(authorities={"elsewhere": ROOT.authorities[UNIT]}), "unit"),
        (a_register(unit="elsewhere"), "unit"),
        (a_register(iat=NOW + 2 * DAY), "future"),
        (a_register(iat=NOW - 60 * DAY, exp=NOW - DAY), "expired"),
        (a_paper(PEOPLE.root(version=2), PEOPLE.roots[0]), "signatures"),
        (a_paper(PEOPLE.register(version=2), PEOPLE.stranger), "signatures"),
    ],
)
def test_what_does_not_follow_is_refused(brought: paper.Paper, code: str) -> None:
    with pytest.raises(CeremonyError) as refused:
        installing.plan(HELD, [brought], UNIT, NOW)

    assert refused.value.finding.code == code


def test_of_several_that_are_brought_all_are_taken_or_none() -> None:
    with pytest.raises(CeremonyError):
        installing.plan(HELD, [a_root(), a_register(version=4)], UNIT, NOW)

    plan = installing.plan(HELD, [a_register(), a_root()], UNIT, NOW)

    assert [made.name for made in plan.new] == ["root-2.json", "register-2.json"]


def test_what_stands_already_is_no_news() -> None:
    plan = installing.plan(HELD, [a_paper(REGISTER, PEOPLE.registrar)], UNIT, NOW)

    assert plan.new == ()
    assert plan.after == HELD


def test_a_root_with_another_authority_ends_the_register_and_its_count() -> None:
    far = changed(REGISTER, version=2**40)
    held = Held(ROOT, HELD.root_data, far, sealed(far, PEOPLE.registrar))
    lower = a_paper(PEOPLE.register(version=2), FRESH)

    alone = installing.plan(held, [with_a_fresh_authority()], UNIT, NOW)
    both = installing.plan(held, [lower, with_a_fresh_authority()], UNIT, NOW)

    assert alone.after.register is None
    assert both.after.register == lower.document


def test_a_register_before_any_root_waits() -> None:
    with pytest.raises(CeremonyError) as refused:
        installing.plan(Held(), [a_register()], UNIT, NOW)

    assert refused.value.finding.code == "no_root"
