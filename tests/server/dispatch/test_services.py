"""From the outbox to signed messages, on the real tables and the signer's own rules; what comes
out is judged as a node would judge it."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fakes.desk import Town, a_town, an_approved, working
from fakes.people import SOME_DAY, a_code, a_node
from fakes.shelf import FakeShelf
from fakes.signer import NOW, NearSigner, the_keys
from loa_node.clock import Clock
from loa_node.trust import Accepted, Held, judge
from loa_server.areas.models import Area
from loa_server.bulletins import services as desk_of_people
from loa_server.bulletins.models import Act, Bulletin, Revision
from loa_server.config import FleetConfig, ServerConfig
from loa_server.dispatch import services
from loa_server.dispatch.approve import Word, approve
from loa_server.dispatch.models import (
    Delivery,
    Envelope,
    Intent,
    Manifest,
    ManifestItem,
    Message,
    Retained,
)
from loa_server.dispatch.public import public_files
from loa_server.dispatch.refresh import queue_outdated
from loa_server.dispatch.services import Desk, Outcome
from loa_server.dispatch.signing import SigningError
from loa_server.engine.pruning import PublicPruning
from loa_server.engine.shelf import PublicShelf
from loa_server.fleet.models import Node, NodeDocument
from loa_server.init.node import announce
from loa_wire import down, dsse
from loa_wire.limits import DAY_MS, DOWN_ENVELOPE
from loa_wire.parse import decode
from loa_wire.place import Assignment, Settings
from loa_wire.trusted import Authority, Role, Root

pytestmark = pytest.mark.usefixtures("database")


@dataclass
class District:
    town: Town
    signer: NearSigner
    config: ServerConfig

    def drain(self, now: int = NOW) -> list[Outcome]:
        """What the engine does, without its broker."""
        done = []
        desk = Desk(self.config, self.signer)
        while (intent := services.next_intent()) is not None:
            done.append(desk.carry_out(intent, now))
        return done


@pytest.fixture
def district(tmp_path: Path) -> District:
    fleet = FleetConfig(reconnect_w=1, fetch_spread=0)
    config = ServerConfig(state_dir=tmp_path, fleet=fleet)
    return District(a_town(), NearSigner(the_keys()), config)


def retained(topic: str) -> bytes:
    return bytes(Retained.objects.get(topic=topic).payload)


def manifest(area: str) -> down.Manifest:
    envelope = dsse.open_envelope(retained(f"loa/1/area/{area}/manifest"), DOWN_ENVELOPE)
    return decode(envelope.payload, down.Manifest)


def held_by(district: District, node: Node) -> Held:
    """What a node knows that has our register and its own signed place."""
    register = Authority(
        unit="don-vi",
        version=1,
        iat=NOW,
        exp=NOW + 30 * DAY_MS,
        keys=[key.key for key in district.signer.keys],
    )
    role = Role(keyids=["0" * 32], threshold=1)
    root = Root(
        installation="x", version=1, iat=NOW, exp=NOW + 1, keys={}, root=role, authorities={}
    )
    held = Held(
        node=node.id,
        root=root,
        register=register,
        newer_register=False,
        assignment=None,
        clock=Clock("proved", NOW, NOW, 0),
        seen=FakeShelf(),
    )
    found = judge(retained(f"loa/1/node/{node.id}/down/assignment"), "assignment", held)
    assert isinstance(found, Accepted), found
    assert isinstance(found.document, Assignment)
    return replace(held, assignment=found.document)


def a_placed_node(district: District, area: str = "vn-25351-01") -> Node:
    node = a_node(Area.objects.get(pk=area))
    announce(node, SOME_DAY)
    district.drain()
    return node


def test_a_new_node_learns_its_place_its_settings_and_its_areas(district: District) -> None:
    node = a_placed_node(district)

    held = held_by(district, node)
    settings = judge(retained(f"loa/1/node/{node.id}/down/settings"), "settings", held)

    assert held.assignment is not None
    assert held.assignment.area_ids() == ["vn-25351-01", "vn-25351", "vn-75"]
    assert held.assignment.place == "Ấp 1, xã Tân Quan"
    assert isinstance(settings, Accepted)
    assert isinstance(settings.document, Settings)
    assert [slot.start for slot in settings.document.slots] == ["05:00", "17:00"]
    assert Node.objects.get(pk=node.pk).speaks == settings.document.languages[0]
    for area in held.assignment.area_ids():
        found = judge(retained(f"loa/1/area/{area}/manifest"), "manifest", held)
        assert isinstance(found, Accepted), found


def test_an_approved_bulletin_is_what_the_hamlets_node_accepts(district: District) -> None:
    node = a_placed_node(district)
    revision = an_approved(district.town)

    (outcome,) = district.drain()

    sent = [Message.objects.get(pk=pk) for pk in outcome.messages]
    assert [m.topic.rsplit("/", 1)[1] for m in sent] == ["bulletin", "manifest"]
    found = judge(bytes(sent[0].payload), "bulletin", held_by(district, node))
    assert isinstance(found, Accepted), found
    assert found.document == decode(bytes(revision.payload), type(found.document))


def test_a_node_of_another_commune_refuses_it(district: District) -> None:
    elsewhere = a_placed_node(district, "vn-25345-01")
    an_approved(district.town)
    (outcome,) = district.drain()
    live = Message.objects.get(pk=outcome.messages[0])

    found = judge(bytes(live.payload), "bulletin", held_by(district, elsewhere))

    assert not isinstance(found, Accepted)
    assert found.code == "not_here"


def test_its_files_are_named_before_any_message_of_it(district: District) -> None:
    an_approved(district.town)

    (outcome,) = district.drain()

    envelope = Envelope.objects.get()
    paths = [file.path for file in outcome.files]
    assert paths == [
        f"envelopes/{envelope.sha256}",
        f"media/{'ab' * 32}",
        "areas/vn-25351/manifest",
    ]
    assert manifest("vn-25351").items[0].sha256 == envelope.sha256


def test_publishing_says_so_once_in_the_bulletin_and_in_its_acts(district: District) -> None:
    revision = an_approved(district.town)

    district.drain()

    assert Bulletin.objects.get().state == "published"
    act = Act.objects.get(verb="published")
    assert (act.person, act.sha256) == (None, revision.sha256)
    assert Intent.objects.get().done_at is not None
    assert district.drain() == []


def test_what_the_broker_kept_for_a_revoked_node_is_emptied(district: District) -> None:
    gone = a_placed_node(district)
    stays = a_placed_node(district, "vn-25345-01")
    branch = f"loa/1/node/{gone.id}/down"
    last = Message.objects.order_by("-pk").values_list("pk", flat=True)[0]
    Node.objects.filter(pk=gone.pk).update(status="revoked")
    Intent.objects.create(what="revoked", node=gone, made_at=SOME_DAY)

    district.drain()

    sent = Message.objects.filter(pk__gt=last)
    assert {(m.topic, bytes(m.payload), m.retain) for m in sent} == {
        (f"{branch}/{what}", b"", True) for what in ("assignment", "settings", "ack")
    }
    assert not Retained.objects.filter(topic__startswith=branch).exists()
    assert Retained.objects.filter(topic__startswith=f"loa/1/node/{stays.id}/down").count() == 2
    assert Intent.objects.get(what="revoked").done_at is not None


def test_every_active_node_below_is_expected_to_play_it(district: District) -> None:
    here = a_placed_node(district)
    a_placed_node(district, "vn-25345-01")
    gone = a_placed_node(district, "vn-25351-02")
    Node.objects.filter(pk=gone.pk).update(status="revoked")

    an_approved(district.town)
    district.drain()

    row = Delivery.objects.get()
    assert (row.node_id, row.state, row.rev, row.planned) == (here.id, "expected", 1, 1)


def test_a_correction_is_expected_anew(district: District) -> None:
    a_placed_node(district)
    first = an_approved(district.town)
    district.drain()
    Delivery.objects.update(state="played", evidence="device", plays=1)
    before = Delivery.objects.get().seq

    later = SOME_DAY + timedelta(minutes=5)
    people = district.town
    version = desk_of_people.save(
        first.bulletin_id, 1, working(text={"vi": "Đổi giờ."}), people.author, later
    )
    assert version == 2
    second = desk_of_people.submit(first.bulletin_id, people.author, later)
    assert isinstance(second, Revision)
    typed = a_code(people.approver, later)
    approve(first.bulletin_id, people.approver, Word(second.sha256, typed), later)
    district.drain()

    row = Delivery.objects.get()
    assert (row.rev, row.state, row.plays, row.evidence) == (2, "expected", 0, "")
    assert row.seq > before
    assert [item.rev for item in manifest("vn-25351").items] == [2]


def test_a_node_put_there_afterwards_is_expected_to_play_what_still_runs(
    district: District,
) -> None:
    revision = an_approved(district.town)
    district.drain()

    node = a_placed_node(district)

    row = Delivery.objects.get()
    assert (row.node_id, row.bulletin_id) == (node.id, revision.bulletin_id)


def test_versions_of_a_manifest_only_rise(district: District) -> None:
    for _ in range(3):
        an_approved(district.town)
    district.drain()

    assert manifest("vn-25351").version == Manifest.objects.get().version == 3
    assert len(manifest("vn-25351").items) == 3


def test_what_has_run_out_leaves_the_manifest(district: District) -> None:
    an_approved(district.town)
    district.drain()
    Intent.objects.create(what="area", area=district.town.commune, made_at=SOME_DAY)
    district.signer.now = later = NOW + 3 * DAY_MS

    district.drain(later)

    assert manifest("vn-25351").items == []
    assert not ManifestItem.objects.exists()


def test_above_sixty_items_a_manifest_pages_and_the_pages_can_be_made_again(
    district: District,
) -> None:
    revision = an_approved(district.town)
    (outcome,) = district.drain()
    item = ManifestItem.objects.get()
    copies = Bulletin.objects.bulk_create(
        Bulletin(
            id=f"01J{n:023d}",
            home=district.town.commune,
            author=district.town.author,
            created_at=SOME_DAY,
            changed_at=SOME_DAY,
        )
        for n in range(70)
    )
    ManifestItem.objects.bulk_create(
        ManifestItem(area=item.area, bulletin=b, rev=1, sha256="cd" * 32, exp=item.exp)
        for b in copies
    )
    Intent.objects.create(what="area", area=district.town.commune, made_at=SOME_DAY)

    (outcome,) = district.drain()

    pages = [file for file in outcome.files if file.path.startswith("envelopes/")]
    assert [file.path for file in pages] == [
        f"envelopes/{name}" for name in manifest("vn-25351").pages
    ]
    assert len(pages) == 1
    assert pages[0] in list(public_files(district.config, NOW))
    assert revision.rev == 1


def test_public_is_made_again_from_the_database(district: District) -> None:
    an_approved(district.town)
    (outcome,) = district.drain()

    assert set(outcome.files) <= set(public_files(district.config, NOW))
    after = {file.path for file in public_files(district.config, NOW + 3 * DAY_MS)}
    assert after == {"areas/vn-25351/manifest"}


def refused(district: District, code: str) -> None:
    intent = services.next_intent()
    assert intent is not None
    with pytest.raises(SigningError) as error:
        Desk(district.config, district.signer).carry_out(intent, NOW)
    assert error.value.code == code


def nothing_went_out() -> bool:
    tables: list[Any] = [Envelope, Message, ManifestItem, Delivery, Manifest]
    return not any(table.objects.exists() for table in tables)


def test_a_forged_row_changes_nothing_and_its_intent_stays_open(district: District) -> None:
    revision = an_approved(district.town)
    Revision.objects.filter(pk=revision.pk).update(payload=b"{}")

    refused(district, "hash")

    assert nothing_went_out()
    assert Intent.objects.get().done_at is None
    assert Bulletin.objects.get().state == "approved"


def test_what_fails_waits_behind_what_has_not_failed(district: District) -> None:
    an_approved(district.town)
    an_approved(district.town)
    first = services.next_intent()
    assert first is not None

    services.failed(first, "hash: the bytes are not those")

    second = services.next_intent()
    assert second is not None
    assert second.pk != first.pk
    assert Intent.objects.get(pk=first.pk).error == "hash: the bytes are not those"


def test_what_ran_out_before_it_was_signed_ends_with_its_reason(district: District) -> None:
    an_approved(district.town)
    district.signer.now = NOW + 3 * DAY_MS

    (outcome,) = district.drain(NOW + 3 * DAY_MS)

    assert outcome == Outcome((), ())
    assert nothing_went_out()
    assert (Bulletin.objects.get().state, Act.objects.get(verb="ended").why) == (
        "ended",
        "expired before it was signed",
    )
    assert Intent.objects.get().error.startswith("expired")


def test_nothing_is_signed_again_while_it_still_says_what_is_so(district: District) -> None:
    a_placed_node(district)
    assert queue_outdated(district.config, SOME_DAY) == 0

    asked = district.signer.asked
    district.config = replace(district.config, fleet=FleetConfig(slots=("06:00",)))

    # the settings changed for the node, the spread of reconnects for its three areas
    assert queue_outdated(district.config, SOME_DAY) == 4
    assert queue_outdated(district.config, SOME_DAY) == 0
    district.drain()
    assert district.signer.asked == asked + 5
    assert set(NodeDocument.objects.values_list("typ", "version")) == {
        ("assignment", 2),
        ("settings", 2),
    }
    assert queue_outdated(district.config, SOME_DAY) == 0


def test_public_forgets_what_no_node_may_ask_for_any_more(
    district: District, tmp_path: Path
) -> None:
    an_approved(district.town)
    (outcome,) = district.drain()
    public = tmp_path / "public"
    shelf = PublicShelf(public, tmp_path / "private")
    shelf.put(file for file in outcome.files if file.body is not None)
    (tmp_path / "public" / "media").mkdir(exist_ok=True)
    (public / "media" / ("ef" * 32)).write_bytes(b"of a bulletin of last year")
    for file in public.rglob("*"):
        os.utime(file, (0, 0))
    envelopes = {file.path for file in outcome.files if file.path.startswith("envelopes/")}
    forget = PublicPruning(district.config, shelf)

    forget(services.moment(NOW))
    now = {str(f.relative_to(public)) for f in public.rglob("*/*") if f.is_file()}
    forget(services.moment(NOW + 9 * DAY_MS))
    later = {str(f.relative_to(public)) for f in public.rglob("*/*") if f.is_file()}

    assert {name for name in now if not name.startswith("areas")} == envelopes
    assert {name for name in later if not name.startswith("areas")} == set()
