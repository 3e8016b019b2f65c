"""Every kind of key rotated: documents of the ceremony, judged by the node's own code."""

from __future__ import annotations

import msgspec
import pytest

from fakes.journal import FakeJournal
from fakes.shelf import FakeShelf
from fakes.wire import (
    COMMUNE,
    DAY,
    HAMLET,
    HOUR,
    NODE,
    NOW,
    PROVINCE,
    UNIT,
    Key,
    a_bulletin,
    a_manifest,
    an_ack,
    an_assignment,
    sealed,
    ulid,
)
from loa_node.clock import Clock
from loa_node.diary import Diary
from loa_node.intake import Intake, News
from loa_node.questions import asked
from loa_node.standing import Standing
from loa_server.ceremony import paper, registers, roots
from loa_server.ceremony.keyfile import Card, CardRole, Unlocked
from loa_server.ceremony.registers import Duty
from loa_wire import topics
from loa_wire.bulletin import Bulletin
from loa_wire.down import Beacon, Known
from loa_wire.fields import Level
from loa_wire.trusted import Authority, Pointer, Root

NONCE = "0123456789abcdef" * 2


def card(role: CardRole, key: Key) -> Card:
    said = f"{role} {key.keyid[:4]}"
    return Card(role=role, holder=said, public=key.public.hex(), keyid=key.keyid)


def signed(document: Root | Authority, *keys: Key) -> bytes:
    made = paper.blank(document)
    for key in keys:
        made = paper.signed(made, Unlocked(key.private))
    return made.data


class District:
    """Everybody with a key, and the documents in force."""

    def __init__(self) -> None:
        self.holders = [Key(), Key(), Key()]
        self.authority = Key()
        self.commune, self.ops, self.place = Key(), Key(), Key()
        cards = [card("root", key) for key in self.holders]
        named = {UNIT: [card("authority", self.authority)]}
        self.root = roots.first("demo", cards, named, NOW - 2 * DAY)
        self.register = self.next_register(
            registers.Change(
                add=[
                    duty("bulletin", self.commune, COMMUNE, "priority"),
                    duty("ops", self.ops, PROVINCE),
                    duty("place", self.place, PROVINCE),
                ]
            ),
            NOW - DAY,
        )

    def next_register(self, change: registers.Change, now: int) -> Authority:
        before = getattr(self, "register", None)
        return registers.following(before, None, UNIT, change, now)


def duty(role: CardRole, key: Key, area: str, level: Level = "normal") -> Duty:
    return Duty(card(role, key), [area], level)


class Hamlet:
    """A node with this district's root pinned and its register held."""

    def __init__(self, district: District) -> None:
        pinned = signed(district.root, *district.holders[:2])
        self.now = NOW
        self.shelf, self.journal = FakeShelf(), FakeJournal()
        self.standing = Standing(NODE, UNIT, pinned, self.shelf)
        self.intake = Intake(self.standing, self.shelf, Diary(self.journal, {}), "b1")
        self.intake.authority(signed(district.register, district.authority), self.clock)
        self.give("assignment", sealed(an_assignment(), district.place))
        assert self.standing.assignment is not None

    @property
    def clock(self) -> Clock:
        return Clock("synced", self.now, NOW - DAY, mono_ms=1_000, boot="b1")

    def give(self, what: str, payload: bytes) -> News:
        area = what in ("bulletin", "manifest")
        topic = topics.area(HAMLET, what) if area else topics.down(NODE, what)
        return self.intake.message(topic, payload, self.clock)

    def hear(self, bulletin: Bulletin, *keys: Key) -> bool:
        """Whether it is on the shelf now."""
        self.give("bulletin", sealed(bulletin, *keys))
        return bulletin.id in self.held()

    def held(self) -> set[str]:
        return {one.bulletin.id for one in self.shelf.bulletins()}

    def refused(self) -> list[str]:
        return [fact.reason or "" for fact in self.journal.facts if fact.fact == "refused"]

    def is_told(self, version: int) -> None:
        said = msgspec.json.encode(Pointer(version=version, sha256="0" * 64))
        self.intake.message(topics.unit_authority(UNIT), said, self.clock)


@pytest.fixture
def district() -> District:
    return District()


@pytest.fixture
def hamlet(district: District) -> Hamlet:
    return Hamlet(district)


def test_a_root_holder_is_replaced_and_has_no_say_any_more(
    district: District, hamlet: Hamlet
) -> None:
    gone, *stay = district.holders
    come = Key()
    second = roots.following(
        district.root, roots.Change(add=[card("root", come)], remove=[gone.keyid]), NOW
    )
    hamlet.intake.root(signed(second, *stay), hamlet.clock)
    third = roots.following(second, roots.Change(), NOW + HOUR)

    hamlet.intake.root(signed(third, gone, stay[0]), hamlet.clock)
    without = hamlet.standing.root.version
    hamlet.intake.root(signed(third, come, stay[0]), hamlet.clock)

    assert (without, hamlet.standing.root.version) == (2, 3)
    assert hamlet.refused() == ["signatures"]
    assert hamlet.standing.register == district.register


def test_a_stolen_authority_key_that_ran_the_version_forward_is_recovered_from(
    district: District, hamlet: Hamlet
) -> None:
    honest = a_bulletin(id=ulid(1))
    assert hamlet.hear(honest, district.commune)
    thief, fresh = Key(), Key()
    taken = registers.Change(add=[duty("bulletin", thief, PROVINCE, "emergency")])
    far = msgspec.structs.replace(district.next_register(taken, NOW), version=2**40)
    hamlet.is_told(far.version)
    hamlet.intake.authority(signed(far, district.authority), hamlet.clock)
    assert hamlet.hear(a_bulletin(id=ulid(2)), thief)

    change = roots.Change(authorities={UNIT: [card("authority", fresh)]})
    second = roots.following(district.root, change, NOW + HOUR)
    register = district.next_register(registers.Change(), NOW + HOUR)
    hamlet.is_told(register.version)
    hamlet.intake.root(signed(second, *district.holders[:2]), hamlet.clock)
    between, wanted = hamlet.held(), hamlet.standing.register_to_fetch
    hamlet.intake.authority(signed(register, fresh), hamlet.clock)

    assert register.version == wanted == 2
    assert hamlet.standing.register == register
    assert honest.id in between
    assert hamlet.held() == {honest.id}
    assert hamlet.hear(a_bulletin(id=ulid(3)), district.commune)
    again = msgspec.structs.replace(far, version=2**41)
    hamlet.intake.authority(signed(again, district.authority), hamlet.clock)
    assert hamlet.standing.register == register


def test_a_commune_key_is_retired_while_its_bulletin_is_on_the_way(
    district: District, hamlet: Hamlet
) -> None:
    new = Key()
    on_the_way = a_bulletin(id=ulid(1), iat=NOW)
    change = registers.Change(
        retire=[district.commune.keyid], add=[duty("bulletin", new, COMMUNE, "priority")]
    )
    hamlet.now = NOW + HOUR
    register = district.next_register(change, hamlet.now)
    hamlet.intake.authority(signed(register, district.authority), hamlet.clock)

    late = hamlet.hear(on_the_way, district.commune)
    after = a_bulletin(id=ulid(2), iat=hamlet.now, nbf=hamlet.now)
    by_the_old = hamlet.hear(after, district.commune)
    by_the_new = hamlet.hear(after, new)

    assert (late, by_the_old, by_the_new) == (True, False, True)


def test_what_a_revoked_commune_key_signed_is_dropped(district: District, hamlet: Hamlet) -> None:
    new = Key()
    assert hamlet.hear(a_bulletin(id=ulid(1)), district.commune)
    change = registers.Change(
        revoke=[district.commune.keyid], add=[duty("bulletin", new, COMMUNE, "priority")]
    )
    register = district.next_register(change, NOW + HOUR)

    news = hamlet.intake.authority(signed(register, district.authority), hamlet.clock)

    assert hamlet.held() == set()
    assert news.silenced == {ulid(1): "dropped_unknown_key"}
    assert not hamlet.hear(a_bulletin(id=ulid(2)), district.commune)
    assert hamlet.hear(a_bulletin(id=ulid(3), iat=NOW), new)


def test_acks_beacons_and_manifests_go_on_under_a_new_ops_key(
    district: District, hamlet: Hamlet
) -> None:
    new = Key()
    hamlet.give("ack", sealed(an_ack(iat=NOW), district.ops))
    change = registers.Change(revoke=[district.ops.keyid], add=[duty("ops", new, PROVINCE)])
    register = district.next_register(change, NOW + HOUR)
    hamlet.intake.authority(signed(register, district.authority), hamlet.clock)

    stale = hamlet.give("manifest", sealed(a_manifest(version=7), district.ops))
    fresh = hamlet.give("manifest", sealed(a_manifest(version=2), new))
    hamlet.now = NOW + HOUR
    hamlet.give("ack", sealed(an_ack(iat=NOW + HOUR), new))

    hamlet.standing.asking = asked(hamlet.standing.asking, NONCE, 500)
    known = Known(version=2, sha256="0" * 64)
    beacon = Beacon(node=NODE, nonce=NONCE, time=NOW + HOUR, authority=known, root=known)
    by_the_old = hamlet.give("beacon", sealed(beacon, district.ops))
    by_the_new = hamlet.give("beacon", sealed(beacon, new))

    assert (by_the_old.proved, by_the_new.proved) == (False, True)
    assert (stale.missing, fresh.missing) == (False, True)
    assert hamlet.standing.manifests[HAMLET].version == 2
    assert hamlet.shelf.version_of("ack") == NOW + HOUR
    assert set(hamlet.refused()) == {"unknown_key"}


def test_the_release_key_is_named_and_replaced_by_the_root(
    district: District, hamlet: Hamlet
) -> None:
    first, second = Key(), Key()
    named = roots.following(district.root, roots.Change(release=[card("release", first)]), NOW)
    hamlet.intake.root(signed(named, *district.holders[:2]), hamlet.clock)
    before = hamlet.standing.root.release
    replaced = roots.following(named, roots.Change(release=[card("release", second)]), NOW + HOUR)

    hamlet.intake.root(signed(replaced, *district.holders[1:]), hamlet.clock)

    after = hamlet.standing.root.release
    assert before is not None
    assert after is not None
    assert (before.keyids, after.keyids) == ([first.keyid], [second.keyid])
    assert first.keyid not in hamlet.standing.root.keys


def test_an_authority_of_two_people_takes_two_to_change(district: District, hamlet: Hamlet) -> None:
    other = Key()
    both = [card("authority", district.authority), card("authority", other)]
    change = roots.Change(authorities={UNIT: both}, authority_thresholds={UNIT: 2})
    second = roots.following(district.root, change, NOW)
    hamlet.intake.root(signed(second, *district.holders[:2]), hamlet.clock)
    register = district.next_register(registers.Change(), NOW + HOUR)

    hamlet.intake.authority(signed(register, other), hamlet.clock)
    alone = hamlet.standing.register
    hamlet.intake.authority(signed(register, other, district.authority), hamlet.clock)

    assert alone is None
    assert hamlet.standing.register == register
