"""Who may make this loudspeaker speak: every step refuses what it is for, and only what it is for.

Each attack is refused with its reason, and gets through when only the check that should stop it
is taken out: so the test would notice if another check were doing the work by accident.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.shelf import FakeShelf
from fakes.wire import (
    COMMUNE,
    DAY,
    HAMLET,
    HOUR,
    NODE,
    NONCE,
    NOW,
    People,
    a_beacon,
    a_bulletin,
    a_command,
    a_manifest,
    an_ack,
    an_assignment,
    changed,
    sealed,
    sealed_as,
    some_emergencies,
    some_settings,
    ulid,
)
from loa_node import trust
from loa_node.clock import Clock, Proof
from loa_node.register import Refused
from loa_node.trust import Accepted, Case, Held, Step, judge
from loa_wire import dsse
from loa_wire.bulletin import Bulletin, Schedule, Stops
from loa_wire.place import PlacedArea

PEOPLE = People()
FRESH = Proof(time_ms=NOW, at_mono_ms=1_000)
CLOCK = Clock("synced", now_ms=NOW + HOUR, floor_ms=NOW - DAY, mono_ms=61_000, boot="b1")
PROVED = replace(CLOCK, state="proved", proof=FRESH)
NO_CLOCK = Clock("floor", now_ms=NOW - DAY, floor_ms=NOW - DAY, mono_ms=61_000, boot="b1")


@dataclass
class Memory:
    revs: dict[str, int] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)

    def revision_of(self, bulletin_id: str) -> int | None:
        return self.revs.get(bulletin_id)

    def version_of(self, name: str) -> int | None:
        return self.versions.get(name)


def a_node(**changes: Any) -> Held:
    held = Held(
        node=NODE,
        root=PEOPLE.root(),
        register=PEOPLE.register(),
        newer_register=False,
        assignment=an_assignment(),
        clock=CLOCK,
        seen=Memory(),
        boot="b1",
        ticket="t1",
        questions={NONCE: 41_000},
    )
    return replace(held, **changes)


def code(outcome: Accepted | Refused) -> str:
    return outcome.code if isinstance(outcome, Refused) else "accepted"


def without(*taken: Step) -> list[Step]:
    return [step for step in trust.STEPS if step not in taken]


def an_emergency(**changes: Any) -> Bulletin:
    alarm = a_bulletin(level="emergency", alert="flood", exp=NOW + 2 * HOUR)
    return changed(alarm, **changes)


def a_stop(**changes: Any) -> Bulletin:
    stop = a_bulletin(kind="stop", id=ulid(9), schedule=None, stops=Stops(ids=[ulid(1)]), audio={})
    return changed(stop, **changes)


def spoken_by(*duties: str, **changes: Any) -> bytes:
    return PEOPLE.sealed(a_bulletin(**changes), *duties)


# what is meant to be heard is heard


@pytest.mark.parametrize(
    ("document", "duties", "typ", "held"),
    [
        (a_bulletin(), ["publisher"], "bulletin", a_node()),
        (a_bulletin(level="priority"), ["publisher"], "bulletin", a_node(clock=PROVED)),
        (a_bulletin(areas=[COMMUNE, "elsewhere"]), ["province"], "bulletin", a_node()),
        (an_emergency(), ["province", "duty"], "bulletin", a_node(clock=PROVED)),
        (a_bulletin(kind="drill"), ["publisher"], "bulletin", a_node()),
        (a_stop(), ["publisher"], "bulletin", a_node()),
        (an_assignment(), ["place"], "assignment", a_node(assignment=None)),
        (some_settings(), ["settings"], "settings", a_node()),
        (a_manifest(), ["ops"], "manifest", a_node()),
        (some_emergencies(), ["ops"], "emergencies", a_node()),
        (an_ack(), ["ops"], "ack", a_node()),
        (a_command(exp=NOW + DAY), ["ops"], "command", a_node()),
        (a_beacon(), ["ops"], "beacon", a_node()),
    ],
)
def test_what_the_right_people_sign_is_accepted(
    document: Any, duties: list[str], typ: str, held: Held
) -> None:
    outcome = judge(PEOPLE.sealed(document, *duties), typ, held)

    assert isinstance(outcome, Accepted)
    assert outcome.document == document


def test_the_good_keys_are_handed_back() -> None:
    outcome = judge(
        PEOPLE.sealed(an_emergency(), "province", "duty"), "bulletin", a_node(clock=PROVED)
    )

    assert isinstance(outcome, Accepted)
    assert {key.holder for key in outcome.keys} == {"province", "duty"}


# the attacks


@dataclass(frozen=True)
class Attack:
    code: str
    bytes: bytes
    check: Step
    typ: str = "bulletin"
    held: Held = field(default_factory=a_node)
    instead: Step | None = None  # where a check cannot simply be left out


def every_signature_is_good(case: Case) -> Case:
    return replace(case, keys=tuple(key for key, _ in case.named))


def even_strangers_are_known(case: Case) -> Case:
    stranger = changed(
        PEOPLE.register_key("publisher"),
        keyid=PEOPLE.stranger.keyid,
        public=PEOPLE.stranger.public.hex(),
    )
    return replace(case, named=((stranger, case.opened.signatures[0].sig),))


def one_byte_altered(data: bytes) -> bytes:
    envelope = dsse.open_envelope(data, 100_000)
    payload = envelope.payload.replace("Bảy".encode(), "Tám".encode())
    return dsse.seal(envelope.payload_type, payload, envelope.signatures)


def under_a_known_keyid(data: bytes) -> bytes:
    envelope = dsse.open_envelope(data, 100_000)
    forged = dsse.Signature(PEOPLE.keys["publisher"].keyid, envelope.signatures[0].sig)
    return dsse.seal(envelope.payload_type, envelope.payload, [forged])


LATER = replace(CLOCK, now_ms=NOW + 2 * DAY)
OVER = a_node(register=PEOPLE.register(exp=NOW + 1), clock=PROVED)

ATTACKS = {
    "forged by the broker under a known keyid": Attack(
        "signature",
        under_a_known_keyid(sealed(a_bulletin(), PEOPLE.stranger)),
        trust.verified_keys,
        instead=every_signature_is_good,
    ),
    "one byte altered on the way": Attack(
        "signature",
        one_byte_altered(spoken_by("publisher")),
        trust.verified_keys,
        instead=every_signature_is_good,
    ),
    "signed by a key nobody registered": Attack(
        "unknown_key",
        sealed(a_bulletin(), PEOPLE.stranger),
        trust.known_keys,
        instead=even_strangers_are_known,
    ),
    "a document of one type under the name of another": Attack(
        "type",
        sealed_as("ack", a_bulletin().encode(), PEOPLE.keys["publisher"]),
        trust.type_of_topic,
    ),
    "sent to another hamlet": Attack(
        "not_here", spoken_by("publisher", areas=["ap-9"]), trust.for_this_node
    ),
    "a commune's key outside its commune": Attack(
        "scope", spoken_by("neighbour"), trust.keys_that_count
    ),
    "a key used for what its may does not allow": Attack(
        "may", PEOPLE.sealed(some_settings(), "ops"), trust.keys_that_count, typ="settings"
    ),
    "a normal key raises its own priority": Attack(
        "level",
        spoken_by("publisher", level="priority"),
        trust.keys_that_count,
        held=a_node(
            register=PEOPLE.register(keys=[PEOPLE.register_key("publisher", max_level="normal")]),
            clock=PROVED,
        ),
    ),
    "a key used after its life": Attack(
        "key_life",
        spoken_by("publisher"),
        trust.keys_that_count,
        held=a_node(register=PEOPLE.register(keys=[PEOPLE.register_key("publisher", exp=NOW)])),
    ),
    "a countersign key speaking alone": Attack(
        "signatures", spoken_by("duty"), trust.enough_signatures
    ),
    "one insider alone sends an emergency": Attack(
        "countersign",
        PEOPLE.sealed(an_emergency(), "province"),
        trust.enough_signatures,
        held=a_node(clock=PROVED),
    ),
    "one insider signs twice with the same key": Attack(
        "countersign",
        PEOPLE.sealed(an_emergency(), "insider", "insider"),
        trust.enough_signatures,
        held=a_node(clock=PROVED),
    ),
    "lives longer than its level may": Attack(
        "life", spoken_by("publisher", exp=NOW + 46 * DAY), trust.life
    ),
    "an old emergency to a node with no proof of time": Attack(
        "no_proof", PEOPLE.sealed(an_emergency(), "province", "duty"), trust.freshness
    ),
    "an emergency under a proof that is 16 minutes old": Attack(
        "no_proof",
        PEOPLE.sealed(an_emergency(), "province", "duty"),
        trust.freshness,
        held=a_node(clock=replace(PROVED, mono_ms=1_000 + 16 * 60_000)),
    ),
    "a priority replayed to a node whose clock only NTP has set": Attack(
        "no_proof", spoken_by("publisher", level="priority"), trust.freshness
    ),
    "a priority under a proof of yesterday": Attack(
        "no_proof",
        spoken_by("publisher", level="priority", exp=NOW + 3 * DAY),
        trust.freshness,
        held=a_node(clock=replace(PROVED, mono_ms=2_000 + DAY)),
    ),
    "a beacon recorded for another question": Attack(
        "nonce",
        PEOPLE.sealed(a_beacon(nonce="0" * 32), "ops"),
        trust.freshness,
        typ="beacon",
    ),
    "a beacon held back for half a minute": Attack(
        "late_answer",
        PEOPLE.sealed(a_beacon(), "ops"),
        trust.freshness,
        typ="beacon",
        held=a_node(questions={NONCE: 61_000 - 30_001}),
    ),
    "a beacon heard a second time": Attack(
        "known",
        PEOPLE.sealed(a_beacon(), "ops"),
        trust.freshness,
        typ="beacon",
        held=a_node(answered=frozenset({NONCE})),
    ),
    "another node's beacon": Attack(
        "not_here", PEOPLE.sealed(a_beacon(node="tq-02"), "ops"), trust.for_this_node, typ="beacon"
    ),
    "a beacon that would put the clock back": Attack(
        "before_floor",
        PEOPLE.sealed(a_beacon(time=NOW - DAY), "ops"),
        trust.time_window,
        typ="beacon",
        held=a_node(clock=replace(CLOCK, floor_ms=NOW)),
    ),
    "a publisher's key tells the time": Attack(
        "may", PEOPLE.sealed(a_beacon(), "publisher"), trust.keys_that_count, typ="beacon"
    ),
    "the register is withheld while a newer one exists": Attack(
        "newer_register",
        spoken_by("publisher", level="priority"),
        trust.register_is_current,
        held=a_node(newer_register=True, clock=PROVED),
    ),
    "the register has expired": Attack(
        "register_expired",
        spoken_by("publisher", level="priority"),
        trust.register_is_current,
        held=OVER,
    ),
    "a never-heard bulletin replayed when it is over": Attack(
        "expired", spoken_by("publisher"), trust.time_window, held=a_node(clock=LATER)
    ),
    "one that is over, to a node that only has a floor": Attack(
        "expired",
        spoken_by("publisher"),
        trust.time_window,
        held=a_node(clock=replace(NO_CLOCK, floor_ms=NOW + 2 * DAY)),
    ),
    "post-dated": Attack(
        "future",
        spoken_by("publisher", iat=NOW + 2 * HOUR, nbf=NOW + 2 * HOUR),
        trust.time_window,
    ),
    "a heard bulletin replayed": Attack(
        "known",
        spoken_by("publisher"),
        trust.not_seen_before,
        held=a_node(seen=Memory(revs={ulid(1): 1})),
    ),
    "an old revision after its correction": Attack(
        "rollback",
        spoken_by("publisher"),
        trust.not_seen_before,
        held=a_node(seen=Memory(revs={ulid(1): 2})),
    ),
    "old settings after newer ones": Attack(
        "rollback",
        PEOPLE.sealed(some_settings(), "settings"),
        trust.not_seen_before,
        typ="settings",
        held=a_node(seen=Memory(versions={"settings": 2})),
    ),
    "an old manifest of the area": Attack(
        "rollback",
        PEOPLE.sealed(a_manifest(), "ops"),
        trust.not_seen_before,
        typ="manifest",
        held=a_node(seen=Memory(versions={f"manifest/{HAMLET}": 2})),
    ),
    "an ack issued before the last one": Attack(
        "rollback",
        PEOPLE.sealed(an_ack(), "ops"),
        trust.not_seen_before,
        typ="ack",
        held=a_node(seen=Memory(versions={"ack": NOW + 1})),
    ),
    "a command replayed after a reboot": Attack(
        "ticket",
        PEOPLE.sealed(a_command(exp=NOW + DAY), "ops"),
        trust.not_seen_before,
        typ="command",
        held=a_node(boot="b2"),
    ),
    "a command whose ticket is used up": Attack(
        "ticket",
        PEOPLE.sealed(a_command(exp=NOW + DAY), "ops"),
        trust.not_seen_before,
        typ="command",
        held=a_node(ticket="t2"),
    ),
    "another node's settings": Attack(
        "not_here",
        PEOPLE.sealed(some_settings(node="tq-02"), "settings"),
        trust.for_this_node,
        typ="settings",
    ),
    "a place outside the key's own": Attack(
        "scope",
        PEOPLE.sealed(
            an_assignment(
                version=2,
                areas=[PlacedArea(id=HAMLET, above=[COMMUNE]), PlacedArea(id="md-1", above=["md"])],
            ),
            "place",
        ),
        trust.keys_that_count,
        typ="assignment",
    ),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_the_attack_is_refused_with_its_reason(name: str) -> None:
    attack = ATTACKS[name]

    assert code(judge(attack.bytes, attack.typ, attack.held)) == attack.code


@pytest.mark.parametrize("name", ATTACKS)
def test_the_attack_gets_through_without_the_one_check_that_stops_it(name: str) -> None:
    attack = ATTACKS[name]
    steps = [
        attack.instead if step is attack.check and attack.instead else step
        for step in trust.STEPS
        if step is not attack.check or attack.instead
    ]

    outcome = judge(attack.bytes, attack.typ, attack.held, steps)

    assert isinstance(outcome, Accepted)


# signatures count by holder, keys by area


def test_two_keys_of_one_holder_are_not_two_people() -> None:
    register = PEOPLE.register(
        keys=[
            PEOPLE.register_key("province", holder="anh Ba"),
            PEOPLE.register_key("duty", holder="anh Ba"),
        ]
    )
    held = a_node(register=register, clock=PROVED)

    outcome = judge(PEOPLE.sealed(an_emergency(), "province", "duty"), "bulletin", held)

    assert code(outcome) == "countersign"


def test_a_key_that_may_both_does_not_countersign_itself() -> None:
    held = a_node(clock=PROVED)

    outcome = judge(PEOPLE.sealed(an_emergency(), "insider", "publisher"), "bulletin", held)

    assert code(outcome) == "countersign"


def test_an_unknown_signature_beside_a_good_one_changes_nothing() -> None:
    both = sealed(a_bulletin(), PEOPLE.stranger, PEOPLE.keys["publisher"])

    assert code(judge(both, "bulletin", a_node())) == "accepted"


def test_a_good_signature_of_the_wrong_commune_does_not_lend_its_level() -> None:
    alarm = PEOPLE.sealed(an_emergency(), "neighbour", "duty")

    assert code(judge(alarm, "bulletin", a_node(clock=PROVED))) == "signatures"


def test_a_scope_counts_for_everything_the_assignment_puts_below_it() -> None:
    assert trust.covering(HAMLET, an_assignment()) == {HAMLET, COMMUNE, "dong-nai"}
    assert trust.covering(COMMUNE, an_assignment()) == {COMMUNE, "dong-nai"}
    assert trust.covering("ap-9", an_assignment()) == {"ap-9"}


# stops must work when nothing else does


@pytest.mark.parametrize(
    "held",
    [
        a_node(clock=NO_CLOCK),
        a_node(clock=LATER),
        a_node(clock=replace(CLOCK, now_ms=NOW - DAY)),
        a_node(newer_register=True),
        OVER,
    ],
    ids=["no clock", "long over", "clock behind", "newer register", "register expired"],
)
@pytest.mark.parametrize("level", ["priority", "emergency"])
def test_a_stop_acts_whatever_the_clock_and_the_register_say(held: Held, level: str) -> None:
    stop = PEOPLE.sealed(a_stop(level=level, exp=NOW + 40 * DAY), "province")

    assert code(judge(stop, "bulletin", held)) == "accepted"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (sealed(a_stop(), PEOPLE.stranger), "unknown_key"),
        (under_a_known_keyid(sealed(a_stop(), PEOPLE.stranger)), "signature"),
        (PEOPLE.sealed(a_stop(), "neighbour"), "scope"),
        (PEOPLE.sealed(a_stop(level="emergency"), "publisher"), "level"),
        (PEOPLE.sealed(a_stop(), "duty"), "signatures"),
        (PEOPLE.sealed(a_stop(areas=["ap-9"]), "publisher"), "not_here"),
        (PEOPLE.sealed(a_stop(stops=Stops()), "publisher"), "schema"),
    ],
)
def test_a_stop_is_exempt_from_nothing_else(data: bytes, expected: str) -> None:
    assert code(judge(data, "bulletin", a_node(clock=NO_CLOCK))) == expected


def test_an_all_clear_ends_without_a_proof_but_is_not_spoken() -> None:
    ending = a_bulletin(
        kind="all_clear", id=ulid(2), level="emergency", ends=ulid(1), exp=NOW + HOUR, schedule=None
    )
    data = PEOPLE.sealed(ending, "province")

    without_proof = judge(data, "bulletin", a_node())
    with_proof = judge(data, "bulletin", a_node(clock=replace(PROVED, now_ms=NOW)))

    assert isinstance(without_proof, Accepted)
    assert without_proof.silent is not None
    assert without_proof.silent.code == "no_proof"
    assert isinstance(with_proof, Accepted)
    assert with_proof.silent is None


# what everyday speech is spared


@pytest.mark.parametrize("held", [a_node(newer_register=True), OVER, a_node(clock=NO_CLOCK)])
def test_normal_speech_goes_on_under_a_register_that_is_old(held: Held) -> None:
    assert code(judge(spoken_by("publisher"), "bulletin", held)) == "accepted"


def test_a_floor_cannot_say_that_something_comes_too_early() -> None:
    held = a_node(clock=replace(NO_CLOCK, floor_ms=NOW - 300 * DAY))

    assert code(judge(spoken_by("publisher"), "bulletin", held)) == "accepted"


# nothing is believed before there is a register and a place


def test_without_a_register_nobody_is_known() -> None:
    assert code(judge(spoken_by("publisher"), "bulletin", a_node(register=None))) == "no_register"


def test_without_a_place_only_an_assignment_is_taken() -> None:
    held = a_node(assignment=None)

    assert code(judge(spoken_by("publisher"), "bulletin", held)) == "no_assignment"
    assert code(judge(PEOPLE.sealed(an_assignment(), "place"), "assignment", held)) == "accepted"


# the shape comes before everything that reads it


def test_a_validly_signed_ill_typed_bulletin_is_refused_by_its_shape() -> None:
    payload = json.loads(a_bulletin().encode())
    payload["rev"] = "one"
    data = sealed_as("bulletin", json.dumps(payload).encode(), PEOPLE.keys["publisher"])

    assert code(judge(data, "bulletin", a_node())) == "schema"


def test_a_feature_marked_critical_and_unknown_is_refused() -> None:
    assert code(judge(spoken_by("publisher", crit=["hologram"]), "bulletin", a_node())) == "crit"


def test_a_drill_cannot_be_an_emergency() -> None:
    drill = PEOPLE.sealed(an_emergency(kind="drill"), "province", "duty")

    assert code(judge(drill, "bulletin", a_node(clock=PROVED))) in ("schema", "drill_level")


def test_a_higher_version_is_refused_and_says_so() -> None:
    payload = json.loads(a_bulletin().encode())
    payload["v"] = 2
    data = sealed_as("bulletin", json.dumps(payload).encode(), PEOPLE.keys["publisher"])

    assert code(judge(data, "bulletin", a_node())) == "version"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"x" * 49_153, "size"),
        (b"", "json"),
        (b"\xff\xfe", "json"),
        (b"[" * 60_00, "json"),
        (b"{}", "envelope"),
        (b'{"payload":"","payload":"","payloadType":"","signatures":[]}', "json"),
        (b'{"payload":"e30=","payloadType":"t","signatures":[]}', "envelope"),
        (b'{"payload":"e30","payloadType":"t","signatures":[{"keyid":"a","sig":""}]}', "base64"),
        (
            b'{"payload":"e30=","payloadType":"t","signatures":[{"keyid":"a","sig":""}],"x":1}',
            "envelope",
        ),
    ],
)
def test_bytes_that_are_no_envelope_are_refused(data: bytes, expected: str) -> None:
    assert code(judge(data, "bulletin", a_node())) == expected


def test_oversize_and_unknown_keys_cost_no_verification() -> None:
    verified: list[Case] = []

    def watched(case: Case) -> Case | Refused:
        verified.append(case)
        return trust.verified_keys(case)

    steps = [watched if step is trust.verified_keys else step for step in trust.STEPS]
    judge(b" " * 49_153, "bulletin", a_node(), steps)
    judge(sealed(a_bulletin(), PEOPLE.stranger), "bulletin", a_node(), steps)
    judge(spoken_by("publisher"), "bulletin", a_node(), steps)

    assert len(verified) == 1


# signed garbage and noise

GOOD = spoken_by("publisher")
TYPES = sorted(trust.SHAPES)


@given(data=st.binary(max_size=2000), typ=st.sampled_from(TYPES))
def test_noise_is_refused_and_nothing_falls_over(data: bytes, typ: str) -> None:
    assert isinstance(judge(data, typ, a_node()), Refused)


@given(payload=st.binary(max_size=500), typ=st.sampled_from(TYPES))
def test_noise_under_a_good_signature_is_refused(payload: bytes, typ: str) -> None:
    everyone = list(PEOPLE.keys.values())[:4]

    assert isinstance(judge(sealed_as(typ, payload, *everyone), typ, a_node()), Refused)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner),
    max_leaves=10,
)


@given(
    changes=st.dictionaries(st.sampled_from(sorted(json.loads(a_bulletin().encode()))), json_values)
)
def test_a_signed_bulletin_with_any_field_replaced_is_judged_and_never_crashes(
    changes: dict[str, Any],
) -> None:
    payload = json.dumps({**json.loads(a_bulletin().encode()), **changes}).encode()

    outcome = judge(sealed_as("bulletin", payload, PEOPLE.keys["publisher"]), "bulletin", a_node())

    assert isinstance(outcome, Accepted | Refused)


@given(at=st.integers(0, len(GOOD) - 1), to=st.integers(0, 255))
def test_one_changed_byte_never_changes_what_is_said(at: int, to: int) -> None:
    data = GOOD[:at] + bytes([to]) + GOOD[at + 1 :]

    outcome = judge(data, "bulletin", a_node())

    assert isinstance(outcome, Refused) or outcome.document == a_bulletin()


def test_a_schedule_survives_the_journey() -> None:
    slots = a_bulletin(schedule=Schedule(mode="slots", plays=3))

    outcome = judge(PEOPLE.sealed(slots, "publisher"), "bulletin", a_node())

    assert isinstance(outcome, Accepted)
    assert outcome.document == slots


def test_a_real_shelf_answers_what_was_seen() -> None:
    seen: Callable[[], trust.Seen] = FakeShelf

    assert code(judge(GOOD, "bulletin", a_node(seen=seen()))) == "accepted"
