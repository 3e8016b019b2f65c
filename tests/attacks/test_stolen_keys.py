"""A key is really in the attacker's hands. What it opens is bounded, and there is a way back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fakes.attacker import NO_CLOCK, PROVED, Attacker, Hamlet
from fakes.wire import (
    DAY,
    HOUR,
    NOW,
    UNIT,
    Key,
    People,
    a_beacon,
    a_bulletin,
    a_manifest,
    an_ack,
    an_assignment,
    changed,
    sealed,
    some_emergencies,
    some_settings,
    ulid,
)
from loa_node import register, trust
from loa_wire import chain
from loa_wire.bulletin import Bulletin, Stops
from loa_wire.limits import INTEGER, LIFE_MS
from loa_wire.trusted import Authority, RegisterKey, Role, Root, RootKey

FARTHEST = INTEGER - 1
OTHER = "2b" * 16


def everything_verifies(_public: str, _signature: bytes, _message: bytes) -> bool:
    """The check of signatures, left out."""
    return True


# one key of the root


def test_one_stolen_root_key_names_new_holders(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    stolen = district.roots[0]
    usurped = a_root_of(attacker.own, district)
    alone = sealed(usurped, stolen, attacker.own)

    assert hamlet.refuses(alone, "root") == "signatures"
    assert hamlet.standing.root.version == 1
    careless = changed(district.root(), root=changed(district.root().root, threshold=1))
    assert isinstance(register.next_root(alone, careless), Root)


def test_it_signs_twice_to_be_two(hamlet: Hamlet, district: People, attacker: Attacker) -> None:
    stolen = district.roots[0]
    usurped = a_root_of(attacker.own, district)
    twice = sealed(usurped, stolen, stolen, attacker.own)

    assert hamlet.refuses(twice, "root") == "signatures"


def test_it_signs_in_the_name_of_a_second_holder(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    usurped = a_root_of(attacker.own, district)
    honest = sealed(usurped, district.roots[0], attacker.own, attacker.own)
    forged = honest.replace(attacker.own.keyid.encode(), district.roots[1].keyid.encode(), 1)

    assert hamlet.refuses(forged, "root") == "signatures"
    assert isinstance(chain.next_root(forged, district.root(), everything_verifies), Root)


def test_a_root_of_far_ahead_shuts_out_the_next_real_one(hamlet: Hamlet, district: People) -> None:
    """Roots follow one another without a gap, so not even the holders can run ahead by mistake."""
    ahead = district.sealed_root(district.root(version=FARTHEST))

    assert hamlet.refuses(ahead, "root") == "rollback"
    assert not hamlet.fetches(district.sealed_root(district.root(version=2)), "root").silenced
    assert hamlet.standing.root.version == 2


# the authority's key


def test_an_authority_of_their_own_lists_their_key(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    theirs = district.register(version=2, keys=[an_entry(attacker.own)])
    usurped = district.sealed_register(theirs, attacker.own)

    assert hamlet.refuses(usurped, "authority") == "signatures"
    believing = chain.next_authority(
        _named(usurped, attacker.own, district.registrar),
        district.root(),
        UNIT,
        hamlet.standing.register,
        everything_verifies,
    )
    assert isinstance(believing, Authority)


def test_the_stolen_authority_key_runs_the_version_forward_and_is_recovered_from(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    """It does what a stolen authority can, until the root's holders name another key: then the
    count begins anew, and what the thief's register let in is gone."""
    theirs = district.register(version=FARTHEST, keys=[an_entry(attacker.own)])
    hamlet.fetches(district.sealed_register(theirs), "authority")
    hamlet.hears(attacker.signs(a_bulletin()))
    assert hamlet.holds() == [ulid(1)]
    honest = district.sealed_register(district.register(version=2), new_registrar(district))

    hamlet.fetches(district.sealed_root(root_after(district)), "root")
    news = hamlet.fetches(honest, "authority")

    assert hamlet.holds() == []
    assert news.place or hamlet.standing.register == district.register(version=2)
    hamlet.hears(district.sealed(a_bulletin(id=ulid(2)), "publisher"))
    assert hamlet.holds() == [ulid(2)]
    still_held = register.next_authority(honest, root_after(district), UNIT, theirs)
    assert isinstance(still_held, register.Refused)  # had its count been kept, for ever:
    assert still_held.code == "rollback"


# the ops key, which the engine's machine holds


@pytest.mark.parametrize(
    ("document", "typ"),
    [
        (a_bulletin(), "bulletin"),
        (a_bulletin(kind="stop", schedule=None, audio={}, stops=Stops(ids=[ulid(7)])), "bulletin"),
        (some_settings(), "settings"),
    ],
    ids=["speech", "stop", "settings"],
)
def test_the_stolen_ops_key_neither_speaks_nor_silences(
    document: Any, typ: str, hamlet: Hamlet, district: People
) -> None:
    assert hamlet.refuses(district.sealed(document, "ops"), typ) == "may"


def test_the_stolen_ops_key_dresses_a_bulletin_up_as_a_running_emergency(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    """Emergencies only carry envelopes: each is judged as if it had come alone."""
    hamlet.clock = PROVED
    flood = a_bulletin(level="emergency", alert="flood", exp=NOW + 2 * HOUR)
    carried = some_emergencies(attacker.signs(flood), district.sealed(flood, "ops"))

    hamlet.hears(district.sealed(carried, "ops"), "emergencies")

    assert hamlet.holds() == []
    assert [fact.reason for fact in hamlet.facts("refused")] == ["unknown_key", "may"]


@pytest.mark.parametrize(
    ("typ", "duty", "farthest", "honest"),
    [
        ("manifest", "ops", a_manifest(version=FARTHEST), a_manifest(version=2)),
        ("emergencies", "ops", some_emergencies(version=FARTHEST), some_emergencies(version=2)),
        ("settings", "settings", some_settings(version=FARTHEST), some_settings(version=2)),
        ("assignment", "place", an_assignment(version=FARTHEST), an_assignment(version=2)),
    ],
    ids=["manifest", "emergencies", "settings", "assignment"],
)
def test_a_stolen_key_runs_a_version_forward_and_is_recovered_from(
    typ: str, duty: str, farthest: Any, honest: Any, hamlet: Hamlet, district: People
) -> None:
    """Once the register lists another key, what the thief signed no longer counts, nor its
    number: else a key stolen for a day would shut the district out for ever."""
    hamlet.hears(district.sealed(farthest, duty), typ)
    assert hamlet.refuses(district.sealed(honest, duty), typ) == "rollback"
    renewed, key = renewed_key(district, duty)

    hamlet.fetches(district.sealed_register(renewed), "authority")

    assert hamlet.refuses(district.sealed(farthest, duty), typ) == "unknown_key"
    before = hamlet.memory()
    hamlet.hears(sealed(honest, key), typ)
    assert hamlet.memory() != before
    hamlet.reboots()
    assert hamlet.shelf.version_of(trust.name_of(honest)) == 2


def test_the_stolen_ops_key_acknowledges_ahead_and_is_recovered_from(
    hamlet: Hamlet, district: People
) -> None:
    ahead = an_ack(epoch=hamlet.diary.epoch, iat=NOW + HOUR)
    hamlet.hears(district.sealed(ahead, "ops"), "ack")
    renewed, key = renewed_key(district, "ops")

    hamlet.fetches(district.sealed_register(renewed), "authority")

    honest = an_ack(epoch=hamlet.diary.epoch, upto=hamlet.diary.last, iat=NOW + 1)
    assert hamlet.hears(sealed(honest, key), "ack").acked


def test_an_acknowledgement_from_next_year_is_refused_where_there_is_a_calendar(
    hamlet: Hamlet, district: People
) -> None:
    ahead = district.sealed(an_ack(epoch=hamlet.diary.epoch, iat=NOW + 40 * DAY), "ops")

    assert hamlet.refuses(ahead, "ack") == "future"
    assert hamlet.would_believe(ahead, "ack", without=trust.time_window)


def test_the_stolen_beacon_key_threw_the_clock_forward_and_is_recovered_from(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    """Everything honest is over before a time that has not come yet, until the register lists
    another key: then the authority's own word is what time it certainly is."""
    hamlet.asks()
    hamlet.hears_the_time(attacker.steals("ops")(a_beacon(time=NOW + 59 * DAY)))
    honest = district.sealed(a_bulletin(), "publisher")
    assert hamlet.refuses(honest) == "expired"
    renewed, key = renewed_key(district, "ops")

    hamlet.fetches(district.sealed_register(renewed), "authority")

    floor = hamlet.standing.floor_ms
    hamlet.clock = replace(NO_CLOCK, floor_ms=floor, proof=hamlet.standing.proof)
    hamlet.asks(OTHER)
    assert hamlet.hears_the_time(sealed(a_beacon(nonce=OTHER), key)).proved
    hamlet.hears(honest)
    assert hamlet.holds() == [ulid(1)]
    hamlet.reboots(replace(NO_CLOCK, floor_ms=floor))
    assert hamlet.standing.floor_ms <= NOW + HOUR


# a commune's bulletin key


def test_a_stolen_bulletin_key_is_revoked_and_what_it_said_is_silenced(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    speaks = attacker.steals("publisher")
    hamlet.hears(speaks(a_bulletin()))
    renewed, _ = renewed_key(district, "publisher")

    news = hamlet.fetches(district.sealed_register(renewed), "authority")

    assert news.silenced == {ulid(1): "dropped_unknown_key"}
    assert hamlet.refuses(speaks(a_bulletin(id=ulid(2)))) == "unknown_key"


def test_the_revoked_key_returns_by_an_old_register(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    old = attacker.records(district.sealed_register())
    renewed, _ = renewed_key(district, "publisher")
    hamlet.fetches(district.sealed_register(renewed), "authority")

    assert hamlet.refuses(old, "authority") == "rollback"
    assert hamlet.refuses(attacker.steals("publisher")(a_bulletin())) == "unknown_key"
    forgetful = register.next_authority(old, district.root(), UNIT, None)
    assert isinstance(forgetful, Authority)  # a node that held none would have believed it


def test_the_revoked_key_returns_by_an_old_register_after_a_reboot(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    old = attacker.records(district.sealed_register())
    renewed, _ = renewed_key(district, "publisher")
    hamlet.fetches(district.sealed_register(renewed), "authority")
    hamlet.reboots()

    assert hamlet.refuses(old, "authority") == "rollback"


def test_a_stolen_key_backdates_what_it_signs(hamlet: Hamlet, district: People) -> None:
    """A key that is off the register is unknown, whenever it says that it signed."""
    renewed, _ = renewed_key(district, "publisher")
    hamlet.fetches(district.sealed_register(renewed), "authority")
    backdated = district.sealed(a_bulletin(iat=NOW - HOUR, nbf=NOW - HOUR), "publisher")

    assert hamlet.refuses(backdated) == "unknown_key"
    generous = replace(hamlet.held(), register=district.register())
    assert isinstance(trust.judge(backdated, "bulletin", generous), trust.Accepted)


def test_the_thief_stops_everything_that_the_revoked_key_may_still_reach(
    hamlet: Hamlet, district: People
) -> None:
    hamlet.hears(district.sealed(a_bulletin(), "province"))
    renewed, _ = renewed_key(district, "publisher")
    hamlet.fetches(district.sealed_register(renewed), "authority")

    assert hamlet.refuses(district.sealed(_a_stop(), "publisher")) == "unknown_key"
    assert hamlet.holds() == [ulid(1)]


def test_a_stolen_key_silences_the_days_to_come_until_it_is_revoked(
    hamlet: Hamlet, district: People
) -> None:
    """A stop needs no clock, so a thief may post-date one. It falls with the key that signed it."""
    then = NOW + 30 * DAY
    stops = Stops(area="ap-3", issued_upto=then)
    stop = changed(_a_stop(), stops=stops, iat=then, nbf=then, exp=NOW + 40 * DAY)
    hamlet.hears(district.sealed(stop, "publisher"))
    warning = district.sealed(a_bulletin(id=ulid(5)), "province")
    assert hamlet.refuses(warning) == "stopped"
    renewed, _ = renewed_key(district, "publisher")

    hamlet.fetches(district.sealed_register(renewed), "authority")

    hamlet.hears(warning)
    assert hamlet.holds() == [ulid(5)]


def test_a_stolen_key_silences_what_comes_after_its_own_stop(
    hamlet: Hamlet, district: People
) -> None:
    later = Stops(area="ap-3", issued_upto=NOW + 30 * DAY)
    honest = Stops(area="ap-3", issued_upto=NOW)

    assert hamlet.refuses(district.sealed(changed(_a_stop(), stops=later), "publisher")) == "schema"
    hamlet.hears(district.sealed(changed(_a_stop(), stops=honest, iat=NOW, nbf=NOW), "publisher"))
    hamlet.hears(district.sealed(a_bulletin(iat=NOW + 1, nbf=NOW + 1), "publisher"))

    assert ulid(1) in hamlet.holds()


def test_a_stolen_key_makes_a_stop_that_never_goes(hamlet: Hamlet, district: People) -> None:
    stop = changed(_a_stop(), stops=Stops(area="ap-3", issued_upto=NOW), iat=NOW, nbf=NOW)
    longest = max(LIFE_MS.values())

    for_ever = changed(stop, exp=2**53 - 1)

    assert hamlet.refuses(district.sealed(for_ever, "publisher")) == "schema"
    hamlet.hears(district.sealed(changed(stop, exp=NOW + longest), "publisher"))
    assert hamlet.refuses(district.sealed(a_bulletin(), "publisher")) == "stopped"


# how


def _a_stop() -> Bulletin:
    return a_bulletin(kind="stop", id=ulid(9), schedule=None, audio={}, stops=Stops(ids=[ulid(1)]))


def an_entry(key: Key) -> RegisterKey:
    """The thief's own key, as a register that they sign would list it."""
    return RegisterKey(
        keyid=key.keyid,
        public=key.public.hex(),
        holder="publisher",
        may=["bulletin"],
        scope=["tan-quan"],
        nbf=NOW - DAY,
        exp=NOW + 60 * DAY,
        max_level="priority",
    )


def a_root_of(thief: Key, district: People) -> Root:
    """Version 2, in which the thief is the only holder."""
    root = district.root()
    keys = {**root.keys, thief.keyid: RootKey(public=thief.public.hex(), holder="thief")}
    return changed(root, version=2, keys=keys, root=Role(keyids=[thief.keyid], threshold=1))


def renewed_key(district: People, duty: str) -> tuple[Authority, Key]:
    """Register 2: another key in the place of the stolen one."""
    fresh = Key()
    entry = district.register_key(duty, keyid=fresh.keyid, public=fresh.public.hex())
    others = [key for key in district.register().keys if key.keyid != district.keys[duty].keyid]
    return district.register(version=2, keys=[*others, entry]), fresh


_REGISTRARS: dict[int, Key] = {}


def new_registrar(district: People) -> Key:
    return _REGISTRARS.setdefault(id(district), Key())


def root_after(district: People) -> Root:
    """Version 2: the same holders name another authority."""
    root, fresh = district.root(), new_registrar(district)
    keys = {**root.keys, fresh.keyid: RootKey(public=fresh.public.hex(), holder="registrar")}
    return changed(
        root, version=2, keys=keys, authorities={UNIT: Role(keyids=[fresh.keyid], threshold=1)}
    )


def _named(data: bytes, by: Key, other: Key) -> bytes:
    return data.replace(by.keyid.encode(), other.keyid.encode())
