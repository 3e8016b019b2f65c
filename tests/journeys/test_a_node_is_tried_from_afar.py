"""A technician presses a button in the district; the loudspeaker in the hamlet is heard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from parts.installation import Installation
from parts.sound import heard

pytestmark = [pytest.mark.parts, pytest.mark.journey]
TONE_HZ = 1000


@pytest.fixture
def district(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path / "district")
    made.make()
    try:
        made.start()
        yield made
    finally:
        made.close()


def press(district: Installation, verb: str) -> None:
    page = district.registrar.open(f"/fleet/{district.node_id}")
    district.registrar.send(page, page.form("/order"), {"verb": verb})


def answers(district: Installation, verb: str) -> list[tuple[str, str]]:
    """(result, reason) of each order of this kind that the node has answered."""
    return district.rows(
        "SELECT f.result, f.reason FROM dispatch_nodeorder o JOIN ingest_storedfact f"
        " ON f.node_id = o.node_id AND f.fact = 'obeyed' AND f.occurrence = o.ticket"
        " WHERE o.verb = ?",
        verb,
    )


def page_says(district: Installation, words: str) -> bool:
    return words in district.registrar.open(f"/fleet/{district.node_id}").text()


def ended(pid: int) -> bool:
    """A child that nobody has waited for yet."""
    return " Z " in Path(f"/proc/{pid}/stat").read_text()


def test_a_tone_its_name_and_a_new_start(district: Installation) -> None:
    query = "SELECT 1 FROM fleet_node WHERE online AND ticket != '' AND ticket != 'none'"
    district.until("the node has reported", lambda: bool(district.rows(query)))

    press(district, "test_tone")
    district.until("the tone is answered", lambda: bool(answers(district, "test_tone")))

    assert answers(district, "test_tone") == [("played", "")]
    tones = [hertz for hertz in heard(district.node.wav) if hertz]
    assert tones.count(TONE_HZ) >= 15  # of twenty windows of 100 ms
    assert page_says(district, "Loa đã kêu một tiếng")

    press(district, "identify")
    district.until("it has shown its name", lambda: bool(answers(district, "identify")))
    assert answers(district, "identify") == [("played", "")]

    before = district.rows("SELECT connects, ticket FROM fleet_node")
    agent = district.node.pid("agent")
    press(district, "restart")
    district.until("the program has ended", lambda: ended(agent))
    assert district.node.end("agent") == 0
    district.start_agent()
    district.until("the answer has come", lambda: bool(answers(district, "restart")))
    now = "SELECT connects, ticket FROM fleet_node"
    district.until("it is back, with another ticket", lambda: district.rows(now) != before)
    assert page_says(district, "Đang chạy lại chương trình")
