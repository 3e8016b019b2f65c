"""People with a key of their own who want more than their share. An emergency takes two people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fakes.attacker import PROVED, Attacker, Hamlet, a_hamlet
from fakes.wire import COMMUNE, HOUR, NOW, PROVINCE, People, a_bulletin, ulid
from loa_node import trust
from loa_wire.bulletin import Bulletin, Stops

FLOOD = a_bulletin(level="emergency", alert="flood", exp=NOW + 2 * HOUR)


@pytest.fixture
def hamlet(tmp_path: Path, district: People) -> Iterator[Hamlet]:
    """Fresh from a beacon: nothing but the signatures stands between an emergency and the horn."""
    with a_hamlet(tmp_path, district, PROVED) as made:
        yield made


def test_two_people_together_are_heard(hamlet: Hamlet, district: People) -> None:
    hamlet.hears(district.sealed(FLOOD, "province", "duty"))

    assert hamlet.holds() == [FLOOD.id]


def test_the_duty_officer_alone_sends_a_bulletin(hamlet: Hamlet, district: People) -> None:
    alone = district.sealed(a_bulletin(), "duty")

    assert hamlet.refuses(alone) == "signatures"
    assert hamlet.would_believe(alone, without=trust.enough_signatures)


def test_the_publisher_alone_sends_an_emergency(hamlet: Hamlet, district: People) -> None:
    alone = district.sealed(FLOOD, "province")

    assert hamlet.refuses(alone) == "countersign"
    assert hamlet.would_believe(alone, without=trust.enough_signatures)


def test_one_signs_twice_with_the_same_key(hamlet: Hamlet, district: People) -> None:
    twice = district.sealed(FLOOD, "province", "province")

    assert hamlet.refuses(twice) == "countersign"
    assert hamlet.would_believe(twice, without=trust.enough_signatures)


def test_one_signs_twice_with_a_key_that_may_both(hamlet: Hamlet, district: People) -> None:
    twice = district.sealed(FLOOD, "insider", "insider")

    assert hamlet.refuses(twice) == "countersign"
    assert hamlet.would_believe(twice, without=trust.enough_signatures)


def test_one_signs_with_two_keys_of_their_own(hamlet: Hamlet, district: People) -> None:
    keys = [
        district.register_key("province", holder="anh Ba"),
        district.register_key("duty", holder="anh Ba"),
    ]
    register = district.sealed_register(district.register(version=2, keys=keys))
    hamlet.fetches(register, "authority")
    both = district.sealed(FLOOD, "province", "duty")

    assert hamlet.refuses(both) == "countersign"
    assert hamlet.would_believe(both, without=trust.enough_signatures)


@pytest.mark.parametrize(
    "spelt", ["anh Ba ", "a\u0301nh Ba", "anh\u200b Ba", "anh\u00a0Ba", "anh Ba\n"]
)
def test_one_person_holds_both_keys_under_two_spellings(
    hamlet: Hamlet, district: People, spelt: str
) -> None:
    def register(version: int, holder: str) -> bytes:
        keys = [
            district.register_key("province", holder="anh Ba"),
            district.register_key("duty", holder=holder),
        ]
        return district.sealed_register(district.register(version=version, keys=keys))

    assert hamlet.refuses(register(2, spelt), "authority") == "schema"
    hamlet.fetches(register(2, "chị Tư"), "authority")
    hamlet.hears(district.sealed(FLOOD, "province", "duty"))

    assert hamlet.holds()


def test_the_duty_officers_name_is_forged_beside_ones_own(hamlet: Hamlet, district: People) -> None:
    """A keyid beside a signature is a hint; only the signature counts."""
    own = district.sealed(FLOOD, "province", "insider")
    renamed = own.replace(
        district.keys["insider"].keyid.encode(), district.keys["duty"].keyid.encode()
    )

    assert hamlet.refuses(renamed) == "countersign"
    assert hamlet.would_believe(renamed, without=trust.verified_keys)


def test_the_broker_strips_the_second_signature(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    stripped = attacker.strips(district.sealed(FLOOD, "province", "duty"), keep=0)

    assert hamlet.refuses(stripped) == "countersign"
    assert hamlet.would_believe(stripped, without=trust.enough_signatures)


def test_the_emergency_is_called_a_drill_to_need_only_one(hamlet: Hamlet, district: People) -> None:
    drill = district.sealed(a_bulletin(kind="drill", level="emergency", exp=NOW + HOUR), "province")

    assert hamlet.refuses(drill) in ("drill_level", "schema")


def test_a_neighbours_publisher_lends_us_their_level(hamlet: Hamlet, district: People) -> None:
    lent = district.sealed(FLOOD, "neighbour", "duty")

    assert hamlet.refuses(lent) == "signatures"


def test_a_commune_key_raises_an_alarm_above_its_level(hamlet: Hamlet, district: People) -> None:
    raised = district.sealed(FLOOD, "publisher", "duty")

    assert hamlet.refuses(raised) == "signatures"
    keys = [district.register_key("publisher", max_level="emergency"), *district.register().keys]
    granted = district.register(version=2, keys=keys[:1] + [k for k in keys if k.holder == "duty"])
    hamlet.fetches(district.sealed_register(granted), "authority")
    hamlet.hears(raised)
    assert hamlet.holds() == [FLOOD.id]  # the level in the register was all that stood in the way


def test_a_commune_key_silences_the_provinces_alarm(hamlet: Hamlet, district: People) -> None:
    hamlet.hears(district.sealed(FLOOD, "province", "duty"))
    stop = _a_stop(level="emergency")

    assert hamlet.refuses(district.sealed(stop, "publisher")) == "level"
    assert hamlet.holds() == [FLOOD.id]
    assert hamlet.would_believe(district.sealed(stop, "publisher"), without=trust.keys_that_count)


def test_a_commune_key_lowers_its_stop_to_slip_it_through(hamlet: Hamlet, district: People) -> None:
    hamlet.hears(district.sealed(FLOOD, "province", "duty"))

    hamlet.hears(district.sealed(_a_stop(level="priority"), "publisher"))

    assert FLOOD.id in hamlet.holds()


def test_the_register_is_asked_to_whom_a_key_belongs(district: People) -> None:
    """What these stories rest on: `insider` is the publisher again."""
    holders = {key.holder for key in district.register().keys}

    assert "insider" not in holders
    assert {"publisher", "province", "duty"} <= holders
    assert district.DUTIES["duty"][1] == [PROVINCE]
    assert district.DUTIES["publisher"][1] == [COMMUNE]


def _a_stop(**changes: Any) -> Bulletin:
    made: dict[str, Any] = {
        "kind": "stop", "id": ulid(9), "schedule": None, "audio": {}, "stops": Stops(ids=[FLOOD.id])
    }  # fmt: skip
    return a_bulletin(**{**made, **changes})
