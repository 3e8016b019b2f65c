"""What a newer version writes beside what is there already."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from fakes.people import an_area
from loa_server.fleet.models import Node, NodeDocument

pytestmark = pytest.mark.usefixtures("database")
NOW = datetime(2026, 11, 23, tzinfo=UTC)
HOT = {"typ": "health", "v": 1, "node": "hot", "at": 1, "clock": "synced", "boot": "b"}


def migrated(name: str) -> Any:
    executor = MigrationExecutor(connection)
    executor.migrate([("fleet", name)])
    return executor.loader.project_state([("fleet", name)]).apps


def test_a_node_that_has_long_been_silent_is_still_found_by_what_ailed_it() -> None:
    area = an_area("vn-1", "Xã", "commune").pk
    before = migrated("0005_node_point")
    rows = before.get_model("fleet", "Node").objects
    told = {**HOT, "readings": {"temperature_dc": 850}, "applied": {"assignment": 2, "settings": 3}}
    rows.create(id="hot", area_id=area, name="n", unit="u", created_at=NOW, health=told)
    rows.create(id="mute", area_id=area, name="n", unit="u", created_at=NOW)
    before.get_model("fleet", "NodeDocument").objects.create(
        node_id="hot",
        typ="settings",
        version=4,
        payload=b'{"languages":["sti","vi"]}',
        envelope=b"",
    )

    migrated("0007_node_papers")

    hot, mute = Node.objects.get(pk="hot"), Node.objects.get(pk="mute")
    assert (hot.ails, hot.took_assignment, hot.took_settings, hot.speaks) == (" hot ", 2, 3, "sti")
    assert (mute.ails, mute.took_assignment, mute.took_settings, mute.speaks) == ("", 0, 0, "")
    assert NodeDocument.objects.get().version == 4
