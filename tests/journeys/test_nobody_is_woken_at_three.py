"""It is quiet hours in the hamlet. Whatever is published, whoever approved it, nobody is woken;
an emergency that two keys have signed sounds all the same."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from loa_wire.localtime import LOCAL
from parts.installation import Installation
from parts.sound import a_tone, heard

pytestmark = [pytest.mark.parts, pytest.mark.journey]


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installation]:
    """The quiet hours began two hours ago and last four more."""
    now = datetime.now(UTC).astimezone(LOCAL)
    made = Installation(tmp_path)
    made.make(
        **{
            "limits.quiet_from": f"{now - timedelta(hours=2):%H:%M}",
            "limits.quiet_until": f"{now + timedelta(hours=4):%H:%M}",
        }
    )
    made.start()
    yield made
    made.close()


def test_nobody_is_woken_and_an_emergency_sounds(here: Installation, tmp_path: Path) -> None:
    tones = {"normal": 600, "priority": 800, "emergency": 1000}
    voices = {
        level: a_tone(tmp_path / f"{level}.wav", hertz, seconds=2) for level, hertz in tones.items()
    }

    held = [
        here.publish(voices["normal"], "Tin thường"),
        here.publish(voices["priority"], "Tin ưu tiên", level="priority"),
    ]
    for bulletin in held:
        here.until(
            f"{bulletin} is on the node",
            lambda b=bulletin: "ready" in here.facts(b),  # type: ignore[misc]
        )
    time.sleep(5)  # longer than anything takes that is said at once
    assert here.facts(held[0]) == here.facts(held[1]) == ["received", "ready"]
    assert not here.node.wav.exists() or set(heard(here.node.wav)) & set(tones.values()) == set()

    alarm = here.write(voices["emergency"], "Lũ về", level="emergency", alert="flood")
    here.approve(alarm)
    here.countersign(alarm)

    assert here.wait_for(alarm, "played").plays >= 1
    time.sleep(2)
    assert heard(here.node.wav).count(1000) >= 15
    assert not {600, 800} & set(heard(here.node.wav))
