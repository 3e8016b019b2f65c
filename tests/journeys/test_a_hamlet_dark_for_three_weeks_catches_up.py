"""Three weeks without power: the card comes back with its clock where it stopped, and no chip.

The district's machines are in the twenty-second day; the node is still in the first. It has to
pass TLS, be told the time, leave what is over, and play what it can still play.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from loa_wire.limits import DAY_MS
from loa_wire.localtime import LOCAL
from parts.installation import Installation
from parts.sound import a_tone, heard

pytestmark = [pytest.mark.parts, pytest.mark.journey]

WEEKS_MS: Final = 21 * DAY_MS
HOUR_MS: Final = 3_600_000
OVER, OLD, CALENDAR = 600, 1000, 1400  # hertz


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path)
    made.make()
    made.node.write_settings(believed=False)
    made.node.power_cycle()
    yield made
    made.close()


def test_a_hamlet_dark_for_three_weeks_catches_up(here: Installation, tmp_path: Path) -> None:
    voices = {hz: a_tone(tmp_path / f"{hz}.wav", hz, seconds=2) for hz in (OVER, OLD, CALENDAR)}
    here.start()
    here.until("it knows its place and the time", lambda: clock_states(here) == ["proved"])
    here.stop_node()
    began = datetime.now(LOCAL)

    tomorrow = (began + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    month = (began + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M")
    over = here.publish(voices[OVER], "Đã qua", schedule={"mode": "now", "ends_at": tomorrow})
    old = here.publish(voices[OLD], "Còn hạn", schedule={"mode": "now", "ends_at": month})
    due = here.publish(voices[CALENDAR], "Theo lịch", schedule=just_before(began, days=21))
    here.until("they were sent", lambda: all(map(here.row, (over, old, due))))
    here.stop_server()
    here.kill_broker()

    here.later = "+21d"
    here.start_broker()
    here.start_server()
    here.later = ""
    here.node.power_cycle()
    here.start_node()

    assert here.wait_for(old, "played").plays == 1
    assert here.wait_for(due, "played").plays == 1
    assert tones(here) == {OLD, CALENDAR}
    row = here.row(over)
    assert row is not None
    assert row.state not in ("played", "partial", "playing")
    assert clock_states(here) == ["proved", "proved"]
    assert the_node_was_in_its_own_day_until_it_was_told(here, began)


def just_before(began: datetime, days: int) -> dict[str, str | list[str]]:
    """A time that has just passed on that day: worth playing for an hour, so still to be heard."""
    moment = began + timedelta(days=days, minutes=-2)
    day = moment.date().isoformat()
    at = {"mode": "at", "times": [moment.strftime("%H:%M")], "from": day, "until": day}
    return at | {"late": "3600"}


def told(here: Installation) -> list[dict[str, Any]]:
    """The node's own journal, in its order."""
    if not (here.node.state / "journal.sqlite").exists():
        return []
    return [json.loads(data) for (data,) in here.journal("SELECT data FROM fact ORDER BY seq")]


def clock_states(here: Installation) -> list[str]:
    """What the node's clock became; it starts with none."""
    return [fact["reason"] for fact in told(here) if fact["fact"] == "clock_set"]


def the_node_was_in_its_own_day_until_it_was_told(here: Installation, began: datetime) -> bool:
    """The second boot's facts: with the first day's floor at first, then three weeks later."""
    first = int(began.timestamp() * 1000)
    late = [f["at"] for f in told(here) if f["clock"] == "proved" and f["at"] > first + DAY_MS]
    floor = [f["at"] for f in told(here) if f["clock"] == "floor"]
    return bool(late) and min(late) > first + WEEKS_MS - HOUR_MS and max(floor) < first + HOUR_MS


def tones(here: Installation) -> set[int]:
    return set(heard(here.node.wav)) & {OVER, OLD, CALENDAR}
