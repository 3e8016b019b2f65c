"""Whoever has the broker, the link or a wrong key writes a bulletin of their own."""

from __future__ import annotations

import pytest

from fakes.attacker import PROVED, Attacker, Hamlet
from fakes.wire import (
    COMMUNE,
    HAMLET,
    NOW,
    People,
    a_bulletin,
    a_command,
    a_manifest,
    an_assignment,
    changed,
    sealed_as,
    some_settings,
)
from loa_node import trust
from loa_wire.place import PlacedArea


def test_the_broker_forges_a_bulletin_under_the_communes_keyid(
    hamlet: Hamlet, attacker: Attacker
) -> None:
    forged = attacker.forges(a_bulletin(), "publisher")

    assert hamlet.refuses(forged) == "signature"
    assert hamlet.would_believe(forged, without=trust.verified_keys)


def test_the_broker_signs_with_a_key_that_nobody_registered(
    hamlet: Hamlet, attacker: Attacker
) -> None:
    forged = attacker.signs(a_bulletin())

    assert hamlet.refuses(forged) == "unknown_key"
    assert hamlet.would_believe(
        forged, without=trust.known_keys, instead=attacker.knows_nobody_better("publisher")
    )


def test_one_word_is_altered_on_the_way(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    altered = attacker.alters(district.sealed(a_bulletin(), "publisher"), "Bảy", "Tám")

    assert hamlet.refuses(altered) == "signature"
    assert hamlet.would_believe(altered, without=trust.verified_keys)


def test_one_bit_of_a_signature_is_altered_on_the_way(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    altered = attacker.flips(district.sealed(a_bulletin(), "publisher"), "sig")

    assert hamlet.refuses(altered) == "signature"
    assert hamlet.would_believe(altered, without=trust.verified_keys)


def test_a_bulletin_for_another_hamlet_is_sent_here(hamlet: Hamlet, district: People) -> None:
    """The broker may move any bytes to any topic: only the signed areas count."""
    elsewhere = district.sealed(a_bulletin(areas=["ap-9"]), "publisher")

    assert hamlet.refuses(elsewhere) == "not_here"
    assert hamlet.would_believe(elsewhere, without=trust.for_this_node)


def test_its_areas_are_rewritten_to_ours(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    elsewhere = district.sealed(a_bulletin(areas=["ap-9"]), "publisher")
    redirected = attacker.alters(elsewhere, '"ap-9"', f'"{HAMLET}"')

    assert hamlet.refuses(redirected) == "signature"
    assert hamlet.would_believe(redirected, without=trust.verified_keys)


def test_a_communes_key_speaks_outside_its_commune(hamlet: Hamlet, district: People) -> None:
    foreign = district.sealed(a_bulletin(), "neighbour")

    assert hamlet.refuses(foreign) == "scope"
    assert hamlet.would_believe(foreign, without=trust.keys_that_count)


def test_a_communes_key_lists_us_among_its_own_areas(hamlet: Hamlet, district: People) -> None:
    smuggled = district.sealed(a_bulletin(areas=["minh-duc", HAMLET]), "neighbour")

    assert hamlet.refuses(smuggled) == "scope"
    assert hamlet.would_believe(smuggled, without=trust.keys_that_count)


@pytest.mark.parametrize(
    ("duty", "document", "typ"),
    [
        ("place", a_bulletin(), "bulletin"),
        ("ops", a_bulletin(), "bulletin"),
        ("settings", a_bulletin(), "bulletin"),
        ("publisher", an_assignment(version=2), "assignment"),
        ("settings", an_assignment(version=2), "assignment"),
        ("ops", some_settings(), "settings"),
        ("publisher", some_settings(), "settings"),
        ("publisher", a_manifest(), "manifest"),
        ("publisher", a_command(exp=NOW + 10**9), "command"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_key_signs_what_it_may_not(
    duty: str, document: object, typ: str, hamlet: Hamlet, district: People
) -> None:
    forbidden = district.sealed(document, duty)  # type: ignore[arg-type]

    assert hamlet.refuses(forbidden, typ) == "may"
    if typ != "bulletin":  # for speech, step 8 asks again for a bulletin key
        assert hamlet.would_believe(forbidden, typ, without=trust.keys_that_count)


def test_a_normal_key_raises_its_own_priority(hamlet: Hamlet, district: People) -> None:
    everyday = district.register_key("publisher", max_level="normal")
    register = district.register(version=2, keys=[everyday])
    hamlet.fetches(district.sealed_register(register), "authority")
    raised = district.sealed(a_bulletin(level="priority"), "publisher")
    hamlet.clock = PROVED

    assert hamlet.refuses(raised) == "level"
    assert hamlet.would_believe(raised, without=trust.keys_that_count)


def test_a_key_is_used_after_its_life(hamlet: Hamlet, district: People) -> None:
    ended = district.register_key("publisher", exp=NOW)
    register = district.register(version=2, keys=[ended])
    hamlet.fetches(district.sealed_register(register), "authority")
    late = district.sealed(a_bulletin(), "publisher")

    assert hamlet.refuses(late) == "key_life"
    assert hamlet.would_believe(late, without=trust.keys_that_count)


def test_a_document_of_one_type_is_fed_as_another(hamlet: Hamlet, district: People) -> None:
    """Genuine settings on the bulletin's topic: the name under the signature says what it is."""
    settings = district.sealed(some_settings(), "settings")

    assert hamlet.refuses(settings) == "type"


def test_what_was_signed_as_one_type_is_relabelled_as_another(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    """The type is under the signature, so another name is another message."""
    signed_as_ack = sealed_as("ack", a_bulletin().encode(), district.keys["publisher"])
    relabelled = attacker.relabels(signed_as_ack, "bulletin")

    assert hamlet.refuses(relabelled) == "signature"
    assert hamlet.would_believe(relabelled, without=trust.verified_keys)


def test_a_bulletins_bytes_signed_under_another_name_are_not_a_bulletin(
    hamlet: Hamlet, district: People
) -> None:
    signed_as_ack = sealed_as("ack", a_bulletin().encode(), district.keys["publisher"])

    assert hamlet.refuses(signed_as_ack) == "type"
    assert hamlet.would_believe(signed_as_ack, without=trust.type_of_topic)


def test_a_place_beyond_the_key_that_gives_it(hamlet: Hamlet, district: People) -> None:
    """A commune's clerk moves a node into another commune, whose voice it would then speak with."""
    moved = an_assignment(
        version=2,
        areas=[PlacedArea(id=HAMLET, above=[COMMUNE]), PlacedArea(id="md-1", above=["minh-duc"])],
    )
    data = district.sealed(moved, "place")

    assert hamlet.refuses(data, "assignment") == "scope"
    assert hamlet.would_believe(data, "assignment", without=trust.keys_that_count)


def test_another_nodes_settings_are_sent_here(hamlet: Hamlet, district: People) -> None:
    theirs = district.sealed(some_settings(node="tq-02"), "settings")

    assert hamlet.refuses(theirs, "settings") == "not_here"
    assert hamlet.would_believe(theirs, "settings", without=trust.for_this_node)


def test_a_bulletin_that_would_live_for_years(hamlet: Hamlet, district: People) -> None:
    endless = district.sealed(changed(a_bulletin(), exp=NOW + 400 * 86_400_000), "publisher")

    assert hamlet.refuses(endless) == "life"
    assert hamlet.would_believe(endless, without=trust.life)


def test_what_was_accepted_before_is_heard_whatever_is_forged_after(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    hamlet.hears(district.sealed(a_bulletin(), "publisher"))

    hamlet.refuses(attacker.forges(a_bulletin(rev=2, text={"vi": "Chuyển tiền"}), "publisher"))

    assert hamlet.holds() == [a_bulletin().id]
