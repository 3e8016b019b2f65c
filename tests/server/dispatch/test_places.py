"""A node stands elsewhere, or its commune is called otherwise: the newly signed assignment is
judged as a node would judge it. No card is touched."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from fakes.desk import a_town
from fakes.people import a_code, a_node, a_person
from fakes.shelf import FakeShelf
from fakes.signer import NOW, NearSigner, the_keys
from loa_node.clock import Clock
from loa_node.trust import Accepted, Held, judge
from loa_server.areas.models import Area, Person, Role
from loa_server.areas.tree import Naming
from loa_server.config import FleetConfig, ServerConfig
from loa_server.dispatch import admission, places, services
from loa_server.dispatch.admission import Act
from loa_server.dispatch.models import Retained
from loa_server.dispatch.services import Desk
from loa_server.fleet.models import Node, NodeDocument
from loa_server.init.node import announce
from loa_server.refusal import Refusal
from loa_wire import trusted
from loa_wire.limits import DAY_MS
from loa_wire.parse import decode
from loa_wire.place import Assignment, Settings

pytestmark = pytest.mark.usefixtures("database")

Drain = Callable[[], None]
SIGNER = NearSigner(the_keys())
ROLE = trusted.Role(keyids=["0" * 32], threshold=1)
ROOT = trusted.Root(
    installation="x", version=1, iat=NOW, exp=NOW + 1, keys={}, root=ROLE, authorities={}
)


@pytest.fixture
def drain(server_config: ServerConfig) -> Drain:
    """What the engine does, without its broker."""
    config = ServerConfig(
        state_dir=server_config.state_dir, fleet=FleetConfig(reconnect_w=1, fetch_spread=0)
    )

    def all_of_it() -> None:
        desk = Desk(config, SIGNER)
        while (intent := services.next_intent()) is not None:
            desk.carry_out(intent, NOW)

    return all_of_it


@pytest.fixture
def node(drain: Drain) -> Node:
    a_town()
    made = a_node(Area.objects.get(pk="vn-25351-01"))
    announce(made, datetime.now(UTC))
    drain()
    return made


@pytest.fixture
def registrar(node: Node) -> Person:
    assert node.area.path.startswith("/vn-75/")
    return a_person("quantri", (Role.REGISTRAR, Area.objects.get(pk="vn-75")))


def act(person: Person) -> Act:
    now = datetime.now(UTC)
    return Act(person, a_code(person, now), now)


def assignment(node: Node, before: Assignment | None = None) -> Assignment:
    """As the node takes it that holds the one before."""
    register = trusted.Authority(
        unit="don-vi",
        version=1,
        iat=NOW,
        exp=NOW + 30 * DAY_MS,
        keys=[key.key for key in SIGNER.keys],
    )
    held = Held(
        node=node.id,
        root=ROOT,
        register=register,
        newer_register=False,
        assignment=before,
        clock=Clock("proved", NOW, NOW, 0),
        seen=FakeShelf(),
    )
    payload = bytes(Retained.objects.get(topic=f"loa/1/node/{node.id}/down/assignment").payload)
    found = judge(payload, "assignment", held)
    assert isinstance(found, Accepted), found
    assert isinstance(found.document, Assignment)
    return found.document


def test_a_node_carried_to_another_commune_takes_its_new_place(
    node: Node, registrar: Person, drain: Drain
) -> None:
    before = assignment(node)

    done = places.move_node(node.id, "vn-25345-02", "Nhà văn hóa", act(registrar))
    drain()

    assert isinstance(done, Node)
    after = assignment(node, before)
    assert after.area_ids() == ["vn-25345-02", "vn-25345", "vn-75"]
    assert after.version == before.version + 1


def test_a_merged_communes_nodes_stand_in_the_other_and_say_its_name(
    node: Node, registrar: Person, drain: Drain
) -> None:
    before = assignment(node)

    since = datetime.now(UTC).date()
    done = places.merge("vn-25351", "vn-25345", since, act(registrar))
    drain()

    assert isinstance(done, Area)
    after = assignment(node, before)
    assert after.area_ids() == ["vn-25351-01", "vn-25345", "vn-75"]
    closed = Area.objects.get(pk="vn-25351")
    assert admission.accept("7K3M9QXT2RVA5WHJ", closed, "Loa", act(registrar)) == places.NO_PLACE
    assert after.place == "Ấp 1, xã Tân Hưng"


def test_a_commune_that_became_a_ward_is_called_so_on_its_nodes_screens(
    node: Node, registrar: Person, drain: Drain
) -> None:
    before = assignment(node)

    done = places.rename("vn-25351", Naming("ward", "Tân Quan"), act(registrar))
    drain()

    assert isinstance(done, Area)
    assert assignment(node, before).place == "Ấp 1, phường Tân Quan"


def test_nobody_keeps_the_tree_by_another_role_or_from_next_door(node: Node) -> None:
    technician = a_person("kythuat", (Role.TECHNICIAN, Area.objects.get(pk="vn-75")))
    neighbour = a_person("hangxom", (Role.REGISTRAR, Area.objects.get(pk="vn-25345")))

    answers = [
        places.rename("vn-25351", Naming("ward", "X"), act(technician)),
        places.rename("vn-25351", Naming("ward", "X"), act(neighbour)),
        places.merge("vn-25351", "vn-25345", datetime.now(UTC).date(), act(neighbour)),
        places.add("vn-25351", Naming("ap", "X"), act(neighbour)),
        places.move("vn-25351-01", "vn-25345", act(neighbour)),
    ]
    carried = places.move_node(node.id, "vn-25345-01", "X", act(neighbour))

    assert set(answers) == {places.NOT_YOURS}
    assert carried == places.NO_PLACE


def test_what_is_spoken_in_a_place_is_told_to_its_nodes_and_nearer_wins(
    node: Node, drain: Drain
) -> None:
    commune, hamlet = Area.objects.get(pk="vn-25351"), Area.objects.get(pk="vn-25351-01")
    keeper = a_person("dang-ky", (Role.REGISTRAR, commune))

    def told(area: Area, languages: list[str], minute: int) -> list[str]:
        now = datetime.now(UTC) + timedelta(minutes=minute)
        done = places.speak(area.pk, languages, Act(keeper, a_code(keeper, now), now))
        assert isinstance(done, Area), done
        drain()
        held = bytes(NodeDocument.objects.get(node=node, typ="settings").payload)
        return list(decode(held, Settings).languages)

    assert told(commune, ["km", "vi"], 0) == ["km", "vi"]
    assert told(hamlet, ["sti", "vi", "sti"], 1) == ["sti", "vi"]
    assert told(hamlet, [], 2) == ["km", "vi"]
    assert told(commune, [], 3) == ["vi"]


def test_a_stranger_sets_no_languages(node: Node) -> None:
    other = a_person("noi-khac", (Role.REGISTRAR, Area.objects.get(pk="vn-25345")))
    now = datetime.now(UTC)

    done = places.speak("vn-25351", ["km"], Act(other, a_code(other, now), now))

    assert isinstance(done, Refusal)
    assert done.code == places.NOT_YOURS.code
    assert not node.area.languages
