"""Cards that are none: whoever fills the waiting room, so that a real one finds no place in it."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

import pytest

from fakes.card import Card
from fakes.people import SOME_DAY, a_commune, a_node, a_person
from fakes.signer import NearSigner
from loa_server import pki
from loa_server.addresses import household, neighbourhood
from loa_server.areas.models import Area, Role
from loa_server.config import ServerConfig
from loa_server.dispatch.enrolment import Enrolments, Told, fingerprint
from loa_server.dispatch.signing import SigningError
from loa_server.dispatch.waitingroom import LONGEST, Room, Waiting, crowded_out, forget_the_old
from loa_server.fleet.models import Batch, Enrolment

pytestmark = pytest.mark.usefixtures("database")

NOW = SOME_DAY + timedelta(minutes=10)
CA = pki.make_ca("Loa test", SOME_DAY - timedelta(days=1))


def a_district(room: Room) -> Enrolments:
    return Enrolments(ServerConfig(), NearSigner([], ca=CA), room)


def waits(card: Card) -> bool:
    return Enrolment.objects.filter(claim=card.claim, state=Enrolment.State.PENDING).exists()


def later(seconds: int) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_a_full_room_takes_in_a_card_from_elsewhere_and_the_squatter_gives_way() -> None:
    district = a_district(Room(in_all=6, of_one_address=6))
    early = Card("early")
    district.enrol(early.asks(), "10.0.0.1", NOW)
    for n in range(5):
        district.enrol(Card().asks(), f"203.0.113.{n}", later(n + 1))

    card = Card("hamlet")
    told = district.enrol(card.asks(), "10.0.0.2", later(60))

    assert isinstance(told, Told)
    assert waits(card)
    assert waits(early)  # the oldest of all, in a quiet neighbourhood
    assert Enrolment.objects.count() == 6


def test_behind_one_router_the_card_that_still_asks_outlives_those_made_up() -> None:
    district = a_district(Room(in_all=100, of_one_address=4))
    card = Card("hamlet")
    district.enrol(card.asks(), "10.0.0.1", NOW)
    for n in range(12):
        moment = later(70 * (n + 1))
        district.look(str(Enrolment.objects.get(claim=card.claim).pk), moment)
        district.enrol(Card().asks(), "10.0.0.1", moment)

    assert waits(card)
    assert Enrolment.objects.count() == 4


def test_a_card_with_a_token_finds_room_and_is_never_crowded_out() -> None:
    commune = a_commune()
    token = secrets.token_hex(8)
    Batch.objects.create(
        name="Lô 1",
        sha256=fingerprint(token),
        area=commune,
        uses=2,
        until=NOW + timedelta(days=30),
        made_by=a_person("quantri", (Role.REGISTRAR, commune)),
        made_at=NOW,
    )
    district = a_district(Room(in_all=2, of_one_address=2))
    card = Card("of-the-lot")
    district.enrol(card.asks(token), "203.0.113.1", NOW)
    for n in range(8):
        district.enrol(Card().asks("made up"), "203.0.113.1", later(n + 1))

    assert waits(card)
    assert Enrolment.objects.filter(batch=None).count() == 2


def test_what_waits_for_a_week_goes_however_often_it_asks() -> None:
    district = a_district(Room(in_all=9, of_one_address=9))
    squatter = Card()
    district.enrol(squatter.asks(), "203.0.113.1", NOW)
    Enrolment.objects.update(last_at=NOW + LONGEST)

    forget_the_old(NOW + LONGEST - timedelta(hours=1))
    assert waits(squatter)
    forget_the_old(NOW + LONGEST + timedelta(hours=1))
    assert not waits(squatter)
    assert isinstance(district.enrol(squatter.asks(), "10.0.0.1", NOW + LONGEST), Told)


def test_who_goes_is_the_silent_of_the_fullest_neighbourhood() -> None:
    room = Room(in_all=4, of_one_address=9)
    waiting = [
        Waiting("honest", "10.0.0.1", later(0)),
        Waiting("b", "2001:db8::2", later(2)),
        Waiting("a", "2001:db8::1", later(1)),
        Waiting("other", "203.0.113.9", later(0)),
    ]

    assert crowded_out(waiting, room, "10.0.0.7") == ["a"]
    assert crowded_out(waiting[:3], room, "10.0.0.7") == []


def test_a_household_is_an_address_or_a_64() -> None:
    assert household("::ffff:10.1.2.3") == household("10.1.2.3") == "10.1.2.3"
    assert household("2001:db8:1:2:aaaa::1") == household("2001:db8:1:2::9") == "2001:db8:1:2::"
    assert neighbourhood("10.1.2.3") == "10.1.2.0"
    assert household("") == ""


def test_whoever_asks_for_a_card_again_and_again_does_not_make_the_signer_work() -> None:
    commune = a_commune()
    hamlet = Area.objects.get(parent=commune, kind="ap")
    signer = CountingSigner()
    district = Enrolments(ServerConfig(), signer)
    card = Card("hamlet")
    district.enrol(card.asks(), "10.0.0.1", NOW)
    Enrolment.objects.update(state=Enrolment.State.ACTIVE, node=a_node(hamlet, "tq-01"))

    for n in range(200):
        district.look(card.keyhash, later(n // 100))
    in_a_burst = signer.asked
    signer.there = True
    told = district.look(card.keyhash, later(60))

    assert in_a_burst < 6
    assert isinstance(told, Told)
    assert told.answer.state == "active"


class CountingSigner:
    def __init__(self) -> None:
        self.asked = 0
        self.there = False

    def certificate(self, keyhash: str) -> bytes:
        self.asked += 1
        if not self.there:
            raise SigningError("no_signer", "it is away")
        key = pki.key_of_csr(Enrolment.objects.get(pk=keyhash).csr.encode())
        return pki.issue_node_cert(CA, "tq-01", key, NOW)
