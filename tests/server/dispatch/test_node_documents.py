"""What server.toml says of a node's line becomes its signed settings."""

from __future__ import annotations

from loa_server.config import FleetConfig
from loa_server.dispatch.node_documents import link
from loa_wire.place import Link
from loa_wire.trusted import Window


def test_a_line_is_a_wire_with_no_hours_unless_somebody_says_so() -> None:
    assert link(FleetConfig()) == Link()


def test_a_metered_line_and_its_hours_over_midnight() -> None:
    told = link(FleetConfig(link="metered", download_hours=("22:00-04:30", "12:00-13:00")))

    assert told.profile == "metered"
    assert told.download_hours == [
        Window(start="22:00", end="04:30"),
        Window(start="12:00", end="13:00"),
    ]
