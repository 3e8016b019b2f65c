"""Before it is sent: how many, how many cannot hear it now, how long, how much."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from fakes.paper import a_draft, a_submitted
from fakes.people import a_node
from fakes.town import Town
from loa_server.areas.models import Area
from loa_server.bulletins.models import Revision
from loa_server.console.dryrun import dry_run
from loa_server.console.reading import read
from loa_server.fleet.models import Node, NodeDocument
from loa_wire.bulletin import Bulletin
from loa_wire.place import Settings
from loa_wire.trusted import Window

DAY, NIGHT = (datetime(2026, 11, 24, hour, tzinfo=UTC) for hour in (3, 16))  # 10:00, 23:00


@pytest.fixture
def asked(town: Town) -> Bulletin:
    a_submitted(town.author, town.commune, town.hamlet)
    return read(bytes(Revision.objects.get().payload)).bulletin


def test_it_counts_who_is_there_and_who_is_not(town: Town, asked: Bulletin) -> None:
    for n in range(4):
        a_node(town.empty, f"n{n}")
    Node.objects.filter(pk__in=["n0", "n1"]).update(seen_at=DAY, online=True)
    Node.objects.filter(pk="n2").update(seen_at=DAY - timedelta(days=2))
    Node.objects.filter(pk="n3").update(status=Node.Status.REVOKED)

    found = dry_run(asked, [town.commune.path], DAY)

    assert (found.nodes, found.communes, found.offline) == (4, 1, 2)
    assert (found.sounds_ms, found.each_bytes) == (4200, 10)
    over_all = dry_run(asked, [town.commune.path, town.next_door.path], DAY)
    assert (over_all.nodes, over_all.communes) == (5, 2)


def test_quiet_hours_are_the_districts_and_each_nodes_own(town: Town, asked: Bulletin) -> None:
    a_node(town.hamlet, "n1")
    siesta = Settings(node="n1", version=1, iat=0, quiet_hours=[Window("09:00", "11:00")])
    NodeDocument.objects.create(
        node_id="n1", typ="settings", version=1, payload=siesta.encode(), envelope=b""
    )

    assert dry_run(asked, [town.hamlet.path], DAY).quiet == 1
    assert dry_run(asked, [town.hamlet.path], NIGHT).quiet == 2


def test_the_author_and_the_approver_both_read_it(
    town: Town, seat: Callable[..., Client], asked: Bulletin
) -> None:
    draft = a_draft(town.author, town.commune, town.hamlet)

    for page in (
        seat(town.author).get(f"/bulletins/{draft.id}/check"),
        seat(town.approver).get(f"/approve/{asked.id}"),
    ):
        said = page.content.decode()
        assert "1 đang mất kết nối" in said
        assert "mỗi cụm tải 1 kB" in said


def test_hundreds_of_nodes_cost_one_question(town: Town, asked: Bulletin) -> None:
    for n in range(50):
        a_node(town.hamlet, f"x{n}")

    with CaptureQueriesContext(connection) as queries:
        assert dry_run(asked, [town.commune.path], DAY).nodes == 51

    assert len(queries) == 1


def test_whoever_lacks_a_language_is_told_how_many_places_hear_it_first(
    town: Town, asked: Bulletin
) -> None:
    spoken = {"vn-25351-01": ["vi"], "vn-25351-02": ["sti", "vi"], "vn-25345-01": ["sti"]}
    for area, languages in spoken.items():
        for n in range(2):  # two loudspeakers of one place are one place
            node = a_node(Area.objects.get(pk=area), f"{area}-{n}")
            paper = Settings(node=node.id, version=1, iat=0, languages=languages).encode()
            row = {"typ": "settings", "version": 1, "payload": paper, "envelope": b""}
            NodeDocument.objects.create(node=node, **row)

    found = dry_run(asked, [town.commune.path, town.next_door.path], DAY)

    assert found.unspoken == (("sti", 2),)
