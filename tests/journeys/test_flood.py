"""A thousand forged orders a second while a bulletin plays."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.wire import HAMLET
from loa_node.intake import MOST_TOLD
from loa_wire import topics
from parts.besieged import Besieged
from parts.broker import Broker
from parts.hostile import Message
from parts.pki import Certificates

# no journey: of those two run at once, and this one wants the machine for itself
pytestmark = pytest.mark.parts


def test_the_bulletin_is_heard_without_a_gap(
    tmp_path: Path, broker: Broker, pki: Certificates
) -> None:
    besieged = Besieged(tmp_path, broker, pki, seconds=6)
    try:
        bulletin = besieged.plays()
        noise = [Message(topics.area(HAMLET, "bulletin"), b"\xff" * 300)]

        besieged.flooded([*besieged.forgeries()[:500], *noise], a_second=1000, seconds=4)
        ended = besieged.district.wait_for("ended", bulletin)
        refused = [fact for fact in besieged.district.facts if fact.fact == "refused"]

        assert (ended.result, ended.reason) == ("played", None)
        assert besieged.heard_whole()
        assert 0 < len(refused) <= MOST_TOLD
        assert {fact.reason for fact in refused} <= {"signature", "json"}
    finally:
        besieged.close()
