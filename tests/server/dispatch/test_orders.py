"""A node tried from afar: who may, when, what goes out, and what the signer makes of forged rows.
What comes out is judged as a node would judge it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import msgspec
import pytest

from fakes.desk import Town, a_town
from fakes.people import SOME_DAY, a_node, a_person
from fakes.signer import NOW, NearSigner, the_keys
from loa_server.areas.models import Area, Grant, Person, Role
from loa_server.audit.models import Entry
from loa_server.config import ServerConfig
from loa_server.dispatch import orders, services
from loa_server.dispatch.models import Emergencies, Message, NodeOrder
from loa_server.dispatch.orders import order
from loa_server.dispatch.services import Desk
from loa_server.dispatch.signing import SigningError
from loa_server.fleet.models import Node, NodeDocument
from loa_server.refusal import Refusal
from loa_wire import dsse
from loa_wire.down import Command
from loa_wire.limits import DOWN_ENVELOPE
from loa_wire.parse import decode
from loa_wire.place import Assignment, PlacedArea, Settings
from loa_wire.trusted import HardLimits, Window

pytestmark = pytest.mark.usefixtures("database")
MOMENT = services.moment(NOW)


@dataclass
class District:
    town: Town
    node: Node
    technician: Person
    signer: NearSigner
    config: ServerConfig

    def order(self, verb: str = "test_tone", why: str = "", who: Person | None = None) -> object:
        return order(self.node, verb, who or self.technician, MOMENT, why)

    def drain(self) -> None:
        desk = Desk(self.config, self.signer)
        while (intent := services.next_intent()) is not None:
            desk.carry_out(intent, NOW)

    def hush(self) -> None:
        """Quiet hours all day long."""
        always = HardLimits(quiet_hours=[Window(start="00:00", end="23:59")])
        place = Assignment(
            node=self.node.id, version=1, iat=0, unit="don-vi", areas=[PlacedArea(id="x")],
            limits=always,
        )  # fmt: skip
        for typ, paper in (
            ("assignment", place),
            ("settings", Settings(node=self.node.id, version=1, iat=0)),
        ):
            NodeDocument.objects.create(
                node=self.node, typ=typ, version=1, payload=paper.encode(), envelope=b""
            )


@pytest.fixture
def district(server_config: ServerConfig) -> District:
    town = a_town()
    hamlet = Area.objects.get(pk="vn-25351-01")
    node = Node.objects.filter(area=hamlet).first() or a_node(hamlet, "tq-01")
    now = {"seen_at": MOMENT, "online": True, "boot": "b1", "ticket": "t1"}
    Node.objects.filter(pk=node.pk).update(**now)
    technician = a_person("ky.thuat", (Role.TECHNICIAN, hamlet.parent))
    fresh = Node.objects.select_related("area").get(pk=node.pk)
    return District(town, fresh, technician, NearSigner(the_keys()), server_config)


def command_in(message: Message) -> Command:
    opened = dsse.open_envelope(bytes(message.payload), DOWN_ENVELOPE)
    return decode(opened.payload, Command)


def test_a_technicians_order_goes_out_signed_for_this_ticket_and_no_other(
    district: District,
) -> None:
    row = district.order("identify")
    district.drain()

    message = Message.objects.get(topic__endswith="/command")
    command = command_in(message)
    assert isinstance(row, NodeOrder)
    assert (command.node, command.boot, command.ticket) == (district.node.id, "b1", "t1")
    assert (command.command, command.in_quiet_hours) == ("identify", False)
    assert 0 < command.exp - command.iat <= 600_000
    assert not message.retain
    assert NodeOrder.objects.get().sent_at is not None
    said = json.loads(Entry.objects.last().line)
    assert "node_order" in json.dumps(said)


@pytest.mark.parametrize(
    ("role", "where"),
    [(Role.APPROVER, "vn-25351"), (Role.AUTHOR, "vn-25351"), (Role.TECHNICIAN, "vn-25345")],
)
def test_nobody_else_tries_it(role: Role, where: str, district: District) -> None:
    other = a_person("khac", (role, Area.objects.get(pk=where)))

    assert district.order(who=other) is orders.NOT_YOURS
    assert not NodeOrder.objects.exists()


def test_one_order_at_a_time(district: District) -> None:
    first, second = district.order(), district.order("restart")

    assert isinstance(first, NodeOrder)
    assert second is orders.WAIT


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"online": False}, orders.AWAY),
        ({"seen_at": SOME_DAY - timedelta(hours=1)}, orders.AWAY),
        ({"seen_at": None}, orders.AWAY),
        ({"ticket": ""}, orders.AWAY),
        ({"status": Node.Status.REVOKED}, orders.NOT_YOURS),
    ],
)
def test_what_cannot_arrive_is_said_at_once(
    change: dict[str, object], refusal: Refusal, district: District
) -> None:
    Node.objects.filter(pk=district.node.pk).update(**change)
    district.node.refresh_from_db()

    assert district.order() is refusal


def test_quiet_hours_want_a_reason_for_a_sound_and_none_for_a_restart(district: District) -> None:
    district.hush()

    assert district.order() is orders.AT_NIGHT
    assert district.order("identify") is orders.AT_NIGHT
    meant = district.order(why="  thay  loa sau bão ")

    district.drain()
    sent = Message.objects.get(topic__endswith="/command")
    command = command_in(sent)
    assert isinstance(meant, NodeOrder)
    assert meant.why == "thay loa sau bão"
    assert command.in_quiet_hours


def test_nothing_is_tried_while_an_emergency_runs(district: District) -> None:
    commune = Area.objects.get(pk="vn-25351")
    Emergencies.objects.create(area=commune, version=1, until=NOW + 60_000)

    assert district.order("restart") is orders.ALARM


def forged(district: District, **columns: object) -> NodeOrder:
    said = {
        "node": district.node, "verb": "test_tone", "person": district.technician,
        "boot": "b1", "ticket": "t1", "at": MOMENT,
    }  # fmt: skip
    return NodeOrder.objects.create(**(said | columns))


def _stranger(d: District) -> NodeOrder:
    return forged(d, person=d.town.author)


def _role_taken(d: District) -> NodeOrder:
    row = forged(d)
    Grant.objects.filter(person=d.technician).delete()
    return row


def _closed(d: District) -> NodeOrder:
    row = forged(d)
    Person.objects.filter(pk=d.technician.pk).update(is_active=False)
    return row


def _used_ticket(d: District) -> NodeOrder:
    return forged(d, ticket="t0")


def _yesterday(d: District) -> NodeOrder:
    return forged(d, at=MOMENT - timedelta(days=1))


def _tomorrow(d: District) -> NodeOrder:
    return forged(d, at=MOMENT + timedelta(days=1))


def _at_night(d: District) -> NodeOrder:
    d.hush()
    return forged(d)


def _in_an_alarm(d: District) -> NodeOrder:
    Emergencies.objects.create(area=Area.objects.get(pk="vn-25351"), version=1, until=NOW + 60_000)
    return forged(d)


def _all_day_long(d: District) -> NodeOrder:
    for n in range(30):
        forged(d, ticket=f"x{n}")
    return forged(d)


def _of_another_kind(d: District) -> NodeOrder:
    return forged(d, verb="screenshot")


def _revoked(d: District) -> NodeOrder:
    Node.objects.filter(pk=d.node.pk).update(status=Node.Status.REVOKED)
    return forged(d)


@pytest.mark.parametrize(
    ("forge", "code"),
    [
        (_stranger, "person"),
        (_role_taken, "person"),
        (_closed, "person"),
        (_used_ticket, "ticket"),
        (_yesterday, "expired"),
        (_tomorrow, "future"),
        (_at_night, "quiet_hours"),
        (_in_an_alarm, "emergency"),
        (_all_day_long, "rate"),
        (_of_another_kind, "order"),
        (_revoked, "unknown"),
    ],
)
def test_a_forged_row_is_not_enough(
    forge: Callable[[District], NodeOrder], code: str, district: District
) -> None:
    row = forge(district)

    with pytest.raises(SigningError) as refused:
        district.signer.command(row.pk)

    assert refused.value.code == code


def test_what_it_takes_is_signed(district: District) -> None:
    assert district.signer.command(forged(district).pk)


def test_nobody_hands_the_signer_the_bytes_of_an_order(district: District) -> None:
    command = Command(
        node=district.node.id, boot="b1", ticket="t1", command="restart", iat=NOW, exp=NOW + 1000
    )

    with pytest.raises(SigningError):
        district.signer.document("command", msgspec.json.encode(command))


def test_what_the_signer_refuses_is_over_and_the_reason_stands_beside_it(
    district: District,
) -> None:
    district.order()
    Grant.objects.filter(person=district.technician).delete()

    district.drain()

    row = NodeOrder.objects.get()
    assert row.sent_at is None
    assert row.error.startswith("person: ")
    assert services.next_intent() is None
