"""What hostile bytes may cost: a signature is looked at only where it could count, and a flood
fills neither the card nor the journal nor the memory."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fakes.attacker import Attacker, Hamlet, later
from fakes.wire import HOUR, People, a_bulletin, sealed, ulid
from loa_node import trust
from loa_node.intake import MOST_REMEMBERED, MOST_TOLD
from loa_node.register import Refused
from loa_node.trust import Case
from loa_wire import dsse
from loa_wire.limits import BULLETIN_ENVELOPE, PACKET, SIGNATURES


class Counting:
    """Step 5 as it is, and how many signatures it was given to verify."""

    def __init__(self) -> None:
        self.verified = 0

    def __call__(self, case: Case) -> Case | Refused:
        self.verified += len(case.named)
        return trust.verified_keys(case)


def verifications(hamlet: Hamlet, data: bytes) -> tuple[str, int]:
    count = Counting()
    steps = [count if step is trust.verified_keys else step for step in trust.STEPS]
    outcome = trust.judge(data, "bulletin", hamlet.held(), steps)
    return outcome.code if isinstance(outcome, Refused) else "accepted", count.verified


def test_an_honest_bulletin_costs_one_verification(hamlet: Hamlet, district: People) -> None:
    assert verifications(hamlet, district.sealed(a_bulletin(), "publisher")) == ("accepted", 1)


def test_unknown_keys_cost_none(hamlet: Hamlet, attacker: Attacker) -> None:
    assert verifications(hamlet, attacker.signs(a_bulletin())) == ("unknown_key", 0)
    assert verifications(hamlet, attacker.forges(a_bulletin(), "publisher")) == ("signature", 1)


def test_oversize_costs_none(hamlet: Hamlet, district: People) -> None:
    """Signed by the right key, and still too long."""
    long = district.sealed(a_bulletin(text={"vi": "a" * BULLETIN_ENVELOPE}), "publisher")

    assert verifications(hamlet, long) == ("size", 0)
    assert verifications(hamlet, b"x" * BULLETIN_ENVELOPE) == ("json", 0)


def test_a_hundred_signatures_cost_none(hamlet: Hamlet, district: People) -> None:
    many = sealed(a_bulletin(), *[district.keys["publisher"]] * (SIGNATURES + 1))

    assert verifications(hamlet, many) == ("envelope", 0)
    most = sealed(a_bulletin(), *[district.keys["publisher"]] * SIGNATURES)
    assert verifications(hamlet, most) == ("accepted", SIGNATURES)


def test_another_type_and_broken_json_cost_none(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    ours = district.sealed(a_bulletin(), "publisher")

    assert verifications(hamlet, attacker.relabels(ours, "settings")) == ("type", 0)
    assert verifications(hamlet, ours[:-1]) == ("json", 0)
    assert verifications(hamlet, b"[" * 40_000) == ("json", 0)


def test_the_same_forgery_a_thousand_times_is_told_once(hamlet: Hamlet, attacker: Attacker) -> None:
    forged = attacker.forges(a_bulletin(), "publisher")

    for _ in range(1000):
        hamlet.hears(forged)

    assert len(hamlet.facts("refused")) == 1


def test_a_thousand_different_ones_are_told_so_many_an_hour(
    hamlet: Hamlet, attacker: Attacker
) -> None:
    for n in range(1000):
        hamlet.hears(attacker.signs(a_bulletin(rev=n + 1)))
    assert len(hamlet.facts("refused")) == MOST_TOLD

    hamlet.clock = later(hamlet.clock, HOUR)
    hamlet.hears(attacker.signs(a_bulletin(rev=2000)))

    assert len(hamlet.facts("refused")) == MOST_TOLD + 1
    assert len(hamlet.intake._judged) <= MOST_REMEMBERED


def test_what_is_larger_than_the_broker_carries_is_not_even_hashed(hamlet: Hamlet) -> None:
    before = hamlet.memory()

    hamlet.hears(b"x" * (PACKET + 1))

    assert hamlet.memory() == before
    assert hamlet.facts("refused") == []


def test_after_the_flood_an_honest_bulletin_is_heard(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    for n in range(500):
        hamlet.hears(attacker.forges(a_bulletin(id=ulid(n + 10)), "publisher"))

    hamlet.hears(district.sealed(a_bulletin(), "publisher"))

    assert hamlet.holds() == [ulid(1)]
    assert hamlet.at_rest


@pytest.mark.parametrize("copies", [1, 3])
def test_a_signature_repeated_is_one_key(copies: int, hamlet: Hamlet, district: People) -> None:
    data = sealed(a_bulletin(), *[district.keys["publisher"]] * copies)
    outcome = trust.judge(data, "bulletin", hamlet.held())

    assert isinstance(outcome, trust.Accepted)
    assert len(outcome.keys) == 1


def test_a_keyid_is_only_a_hint(hamlet: Hamlet, district: People) -> None:
    """The right signature under the wrong name is nobody's."""
    envelope = dsse.open_envelope(district.sealed(a_bulletin(), "publisher"), PACKET)
    renamed = replace(envelope.signatures[0], keyid=district.keys["duty"].keyid)
    data = dsse.seal(envelope.payload_type, envelope.payload, [renamed])

    assert hamlet.refuses(data) == "signature"
    assert hamlet.would_believe(data, without=trust.verified_keys) is False  # duty may not speak
