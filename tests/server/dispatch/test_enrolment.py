"""From a card that asks to a node with a certificate, with the real signer's desk and tables."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography import x509

from fakes.card import Card
from fakes.people import SOME_DAY, a_code, a_commune, a_person
from fakes.signer import NearSigner
from loa_server import pki
from loa_server.areas import secondfactor
from loa_server.areas.models import Area, Grant, Person, Role
from loa_server.audit.models import Entry
from loa_server.config import ServerConfig
from loa_server.dispatch import admission, enrolment
from loa_server.dispatch.admission import Act
from loa_server.dispatch.enrolment import Declined, Enrolments, Told
from loa_server.dispatch.models import Intent
from loa_server.dispatch.waitingroom import ROOM, Room
from loa_server.fleet.models import Batch, Enrolment, Node
from loa_server.refusal import Refusal
from loa_wire.enrol import Enrolment as Paper

pytestmark = pytest.mark.usefixtures("database")
NOW = SOME_DAY + timedelta(minutes=10)
CA = pki.make_ca("Loa test", SOME_DAY - timedelta(days=1))


@pytest.fixture
def commune() -> Area:
    return a_commune()


@pytest.fixture
def hamlet(commune: Area) -> Area:
    return Area.objects.get(parent=commune, kind="ap")


@pytest.fixture
def registrar(commune: Area) -> Person:
    return a_person("quantri", (Role.REGISTRAR, commune))


class District:
    def __init__(self, room: Room = ROOM) -> None:
        self.signer = NearSigner([], ca=CA)
        self._enrolments = Enrolments(ServerConfig(), self.signer, room)

    def enrol(self, body: bytes, now: datetime = NOW, address: str = "10.0.0.1") -> Any:
        return self._enrolments.enrol(body, address, now)

    def renew(self, body: bytes, now: datetime) -> Any:
        self.signer.now = int(now.timestamp() * 1000)
        return self._enrolments.renew(body, now)

    def look(self, card: Card, now: datetime = NOW) -> Paper:
        self.signer.now = int(now.timestamp() * 1000)
        told = self._enrolments.look(card.keyhash, now)
        assert isinstance(told, Told), told
        card.cert = told.answer.cert or card.cert
        return told.answer


@pytest.fixture
def district() -> District:
    return District()


def act(person: Person, now: datetime = NOW) -> Act:
    return Act(person, a_code(person, now), now)


def taken_in(district: District, person: Person, area: Area, card: Card | None = None) -> Any:
    """(card with its certificate, node)"""
    card = card or Card()
    district.enrol(card.asks())
    node = admission.accept(card.claim, area, "Nhà văn hóa", act(person))
    assert isinstance(node, Node), node
    assert district.look(card).state == "active"
    return card, node


def subject(pem: str) -> str:
    name = x509.load_pem_x509_certificate(pem.encode()).subject
    return name.rfc4514_string()


def test_a_card_waits_until_a_person_takes_it_in(
    district: District, registrar: Person, hamlet: Area
) -> None:
    card = Card(name="CN=loa-engine")
    assert district.enrol(card.asks()).answer.state == "pending"
    assert district.look(card).state == "pending"

    node = admission.accept(card.claim, hamlet, "Nhà văn hóa", act(registrar))

    assert isinstance(node, Node)
    answer = district.look(card)
    assert (answer.state, answer.node, answer.broker) == ("active", node.id, "localhost:8883")
    assert subject(answer.cert) == f"CN={node.id}"
    assert Intent.objects.filter(what="node", node=node).exists()
    told = "".join(Entry.objects.values_list("line", flat=True))
    assert "node_enrol" in told
    assert "node_certificate" in told


def test_the_same_key_asks_twice_and_is_one_card(district: District) -> None:
    card = Card()
    district.enrol(card.asks())
    district.enrol(card.asks())

    assert Enrolment.objects.count() == 1


def test_two_boards_with_one_key_are_told_to_the_person_who_takes_it_in(
    district: District, registrar: Person
) -> None:
    card = Card("board-1")
    district.enrol(card.asks())
    district.enrol(card.asks(serial="board-2"))

    row = admission.find(card.claim, registrar, NOW)

    assert isinstance(row, Enrolment)
    assert row.twice


def test_two_boards_with_one_nodes_key_are_an_alarm(
    district: District, registrar: Person, hamlet: Area
) -> None:
    card, node = taken_in(district, registrar, hamlet)

    told = district.enrol(card.asks(serial="board-2"))

    assert (told.node, told.twins) == (node.id, "board-1 / board-2")


@pytest.mark.parametrize("wrong", [b"{", b'{"typ":"enrol","v":1,"csr":"x"}', b"x" * 20_000])
def test_what_cannot_be_read_leaves_nothing(wrong: bytes, district: District) -> None:
    outcome = district.enrol(wrong)

    assert isinstance(outcome, Declined)
    assert outcome.why == "unreadable"
    assert not Enrolment.objects.exists()


def test_cards_that_wait_are_bounded_and_forgotten() -> None:
    district = District(Room(in_all=2, of_one_address=9))
    first, second, third = Card(), Card(), Card()
    district.enrol(first.asks())
    district.enrol(second.asks(), NOW + timedelta(minutes=1))

    district.enrol(third.asks(), NOW + timedelta(minutes=2))
    then = {row.claim for row in Enrolment.objects.all()}
    district.enrol(first.asks(), NOW + timedelta(days=2))

    assert then == {second.claim, third.claim}
    assert [row.claim for row in Enrolment.objects.all()] == [first.claim]


def test_a_stranger_a_wrong_code_and_a_used_code_take_nothing_in(
    district: District, registrar: Person, hamlet: Area
) -> None:
    next_door = a_commune("vn-25345", "Tân Hưng")
    stranger = a_person("la", (Role.REGISTRAR, next_door))
    first, second = Card(), Card()
    district.enrol(first.asks())
    district.enrol(second.asks())
    word = act(registrar)

    assert admission.accept(first.claim, hamlet, "Loa", act(stranger)) is admission.NO_PLACE
    wrong = admission.accept(first.claim, hamlet, "Loa", Act(registrar, "000000", NOW))
    assert isinstance(wrong, Refusal)
    assert isinstance(admission.accept(first.claim, hamlet, "Loa", word), Node)
    again = admission.accept(second.claim, hamlet, "Loa", word)
    assert isinstance(again, Refusal)
    assert again.code == "totp_used"
    assert Node.objects.count() == 1


def forged(card: Card, node: Node, registrar: Person) -> None:
    """A row that says what a person should have said."""
    Enrolment.objects.filter(pk=card.keyhash).update(
        state="active", node=node, approved_by=registrar, approved_at=NOW, code="123456", step=1
    )


def test_the_signer_certifies_no_forged_row(
    district: District, registrar: Person, hamlet: Area
) -> None:
    _, node = taken_in(district, registrar, hamlet)
    thief = Card()
    district.enrol(thief.asks())
    forged(thief, node, registrar)

    assert district.look(thief).state == "pending"
    assert "totp" in Enrolment.objects.get(pk=thief.keyhash).error


def test_the_code_of_one_card_certifies_no_other(
    district: District, registrar: Person, hamlet: Area
) -> None:
    card, node = taken_in(district, registrar, hamlet)
    thief = Card()
    district.enrol(thief.asks())
    real = Enrolment.objects.get(pk=card.keyhash)
    spent = {"code": real.code, "step": real.step}
    forged(thief, node, registrar)
    Enrolment.objects.filter(pk=thief.keyhash).update(**spent)
    Enrolment.objects.filter(pk=card.keyhash).update(step=1)  # the trace wiped off the table

    assert district.look(thief).state == "pending"
    assert "totp" in Enrolment.objects.get(pk=thief.keyhash).error


def test_a_role_that_was_taken_away_certifies_nothing(
    district: District, registrar: Person, hamlet: Area
) -> None:
    card = Card()
    district.enrol(card.asks())
    admission.accept(card.claim, hamlet, "Loa", act(registrar))
    Grant.objects.filter(person=registrar).delete()

    assert district.look(card).state == "pending"
    assert "approver" in Enrolment.objects.get(pk=card.keyhash).error


def test_a_token_prepares_the_commune_and_nothing_else(
    district: District, registrar: Person, commune: Area
) -> None:
    token = secrets.token_hex(16)
    Batch.objects.create(
        area=commune,
        name="Đợt 1",
        sha256=enrolment.fingerprint(token),
        uses=1,
        made_by=registrar,
        made_at=NOW,
        until=NOW + timedelta(days=30),
    )
    first, second = Card(), Card()
    district.enrol(first.asks(token))
    district.enrol(second.asks(token))

    rows = [Enrolment.objects.get(pk=card.keyhash) for card in (first, second)]
    assert [(row.state, row.batch is not None) for row in rows] == [
        ("pending", True),
        ("pending", False),
    ]
    stranger = a_person("la", (Role.REGISTRAR, a_commune("vn-25345", "Tân Hưng")))
    assert admission.find(first.claim, stranger, NOW) is admission.ELSEWHERE


# renewal


def test_a_node_renews_with_a_new_key_vouched_for_by_the_old(
    district: District, registrar: Person, hamlet: Area
) -> None:
    old, node = taken_in(district, registrar, hamlet)
    new, later = Card(), NOW + timedelta(days=250)

    told = district.renew(old.renews(node.id, new), later)

    assert told.answer.state == "active"
    cert = x509.load_pem_x509_certificate(told.answer.cert.encode())
    assert cert.public_key() == new.key.public_key()
    assert cert.not_valid_after_utc > later + timedelta(days=300)


def test_an_answer_that_got_lost_is_given_again_and_another_new_key_too(
    district: District, registrar: Person, hamlet: Area
) -> None:
    old, node = taken_in(district, registrar, hamlet)
    lost, new = Card(), Card()

    first = district.renew(old.renews(node.id, lost), NOW)
    again = district.renew(old.renews(node.id, lost), NOW)
    other = district.renew(old.renews(node.id, new), NOW + timedelta(minutes=1))

    assert first.answer.cert == again.answer.cert
    assert isinstance(other, Told)


def test_a_node_that_makes_key_after_key_is_told_to_wait_and_still_gets_the_last_again(
    district: District, registrar: Person, hamlet: Area
) -> None:
    card, node = taken_in(district, registrar, hamlet)
    keys = [Card() for _ in range(5)]

    told = [district.renew(card.renews(node.id, key), NOW) for key in keys]
    again = district.renew(card.renews(node.id, keys[3]), NOW)
    tomorrow = district.renew(card.renews(node.id, keys[4]), NOW + timedelta(days=1))

    assert [getattr(one, "why", "") for one in told] == ["", "", "", "", "rate"]
    assert isinstance(again, Told)
    assert isinstance(tomorrow, Told)
    assert Entry.objects.filter(verb="node_renew").count() == 5


def test_a_key_two_renewals_ago_renews_nothing(
    district: District, registrar: Person, hamlet: Area
) -> None:
    first, node = taken_in(district, registrar, hamlet)
    second, third = Card(), Card()
    told = district.renew(first.renews(node.id, second), NOW + timedelta(seconds=1))
    second.cert = told.answer.cert
    district.renew(second.renews(node.id, third), NOW + timedelta(minutes=1))

    stolen = district.renew(first.renews(node.id, Card()), NOW + timedelta(minutes=2))

    assert isinstance(stolen, Declined)
    assert stolen.why == "superseded"


@pytest.mark.parametrize(("days", "renewed"), [(365 + 300, True), (365 + 400, False)])
def test_what_ran_out_renews_for_one_more_year(
    days: int,
    renewed: bool,  # noqa: FBT001
    district: District,
    registrar: Person,
    hamlet: Area,
) -> None:
    old, node = taken_in(district, registrar, hamlet)

    told = district.renew(old.renews(node.id, Card()), NOW + timedelta(days=days))

    assert isinstance(told, Told) == renewed


def test_nobody_renews_without_the_old_key_or_after_the_end(
    district: District, registrar: Person, hamlet: Area
) -> None:
    old, node = taken_in(district, registrar, hamlet)
    thief = Card()
    thief.cert = old.cert
    stolen = district.renew(thief.renews(node.id, Card()), NOW)
    later = NOW + timedelta(minutes=5)
    assert isinstance(admission.revoke(node.id, "mất trộm", act(registrar, later)), Node)
    revoked = district.renew(old.renews(node.id, Card()), later)

    assert (stolen.why, revoked.why) == ("proof", "revoked")


def test_the_signer_renews_nothing_on_a_forged_row(
    district: District, registrar: Person, hamlet: Area
) -> None:
    old, node = taken_in(district, registrar, hamlet)
    thief = Card()
    district.enrol(thief.asks())
    Enrolment.objects.filter(pk=thief.keyhash).update(
        state="active", node=node, renews_id=old.keyhash, proof="AAAA"
    )

    assert district.look(thief).state == "pending"
    assert "proof" in Enrolment.objects.get(pk=thief.keyhash).error


def test_a_renewal_from_another_board_is_an_alarm(
    district: District, registrar: Person, hamlet: Area
) -> None:
    old, node = taken_in(district, registrar, hamlet)

    told = district.renew(old.renews(node.id, Card(), serial="board-2"), NOW)

    assert told.twins == "board-1 / board-2"


# the end of an identity


def test_a_revoked_card_is_told_so_and_its_waiting_papers_are_dropped(
    district: District, registrar: Person, hamlet: Area
) -> None:
    card, node = taken_in(district, registrar, hamlet)

    done = admission.revoke(node.id, "mất trộm", act(registrar, NOW + timedelta(minutes=5)))

    assert isinstance(done, Node)
    assert district.look(card).state == "refused"
    waiting = Intent.objects.filter(node=node, done_at=None)
    assert [intent.what for intent in waiting] == ["revoked"]


def test_a_new_card_takes_the_place_and_the_old_one_ends_in_the_same_moment(
    district: District, registrar: Person, hamlet: Area
) -> None:
    _, old = taken_in(district, registrar, hamlet)
    card = Card("board-2")
    district.enrol(card.asks())

    new = admission.replace(
        old.id, card.claim, "thẻ hỏng", act(registrar, NOW + timedelta(minutes=5))
    )

    assert isinstance(new, Node)
    assert (new.area, new.name, new.status) == (hamlet, "Nhà văn hóa", "active")
    assert [n.id for n in admission.history(new)] == [new.id, old.id]
    assert Node.objects.get(pk=old.id).status == "revoked"
    assert district.look(card, NOW + timedelta(minutes=6)).node == new.id


def test_a_wrong_card_leaves_the_old_one_working(
    district: District, registrar: Person, hamlet: Area
) -> None:
    _, old = taken_in(district, registrar, hamlet)

    refused = admission.replace(
        old.id, Card().claim, "", act(registrar, NOW + timedelta(minutes=5))
    )

    assert refused is admission.NO_CARD
    assert Node.objects.get(pk=old.id).status == "active"


def test_what_was_revoked_is_not_revoked_again_nor_brought_back(
    district: District, registrar: Person, hamlet: Area
) -> None:
    card, node = taken_in(district, registrar, hamlet)
    admission.revoke(node.id, "mất", act(registrar, NOW + timedelta(minutes=5)))

    again = admission.revoke(node.id, "mất", act(registrar, NOW + timedelta(minutes=7)))
    back = admission.accept(card.claim, hamlet, "Loa", act(registrar, NOW + timedelta(minutes=8)))

    assert again is admission.NOT_ACTIVE
    assert isinstance(back, Refusal)
    assert back.code == admission.TAKEN.code


def test_the_second_of_two_people_hears_who_took_the_card_and_where_it_stands(
    district: District, registrar: Person, hamlet: Area
) -> None:
    card, node = taken_in(district, registrar, hamlet)
    colleague = a_person("dong-nghiep", (Role.TECHNICIAN, hamlet))
    stranger = a_person("xa", (Role.REGISTRAR, a_commune("vn-25345", "Tân Hưng")))

    told = admission.accept(card.claim, hamlet, "Loa", act(colleague))
    stranger_told = admission.find(card.claim, stranger, NOW)

    assert isinstance(told, Refusal)
    assert told.code == admission.TAKEN.code
    for said in (registrar.full_name, node.id, node.name, hamlet.name):
        assert said in told.vi
        assert said in told.en
    assert stranger_told is admission.TAKEN


def test_a_declined_card_stays_refused(district: District, registrar: Person) -> None:
    card = Card()
    district.enrol(card.asks())

    without = admission.decline(card.claim, Act(registrar, "", NOW))
    assert without is secondfactor.WRONG
    admission.decline(card.claim, act(registrar))

    assert district.enrol(card.asks()).answer.state == "refused"
