"""An alarm from the first word to the all-clear, on real parts; heard by FFT, seen in the ledger.

Three people, three programs with keys of their own (signer, duty signer, node), one loudspeaker.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from parts.installation import Installation
from parts.sound import a_tone, heard

pytestmark = [pytest.mark.parts, pytest.mark.journey]

NEWS_HZ, ALARM_HZ, OTHER_HZ = 600, 1000, 1500
QUIET_S = 3.0


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = Installation(tmp_path_factory.mktemp("here"))
    made.make()
    made.start()
    yield made
    made.close()


def silent(here: Installation, hertz: int) -> bool:
    """After a moment for what is still in the loudspeaker, nothing more of this tone comes."""
    time.sleep(1)
    before = windows(here, hertz)
    time.sleep(QUIET_S)
    return windows(here, hertz) == before


def windows(here: Installation, hertz: int) -> int:
    """How many tenths of a second of this tone the loudspeaker gave."""
    return heard(here.node.wav).count(hertz) if here.node.wav.exists() else 0


def test_an_alarm_needs_three_people_plays_at_once_and_ends_with_the_all_clear(
    here: Installation, tmp_path: Path
) -> None:
    news = a_tone(tmp_path / "news.wav", NEWS_HZ, seconds=20)
    voice = a_tone(tmp_path / "alarm.wav", ALARM_HZ, seconds=40)
    here.officer.open("/duty/")
    everyday = here.publish(news, "Tiêm chủng tại ấp")
    here.until("the everyday bulletin sounds", lambda: windows(here, NEWS_HZ) > 5)

    alarm = here.write(voice, "Lũ về", level="emergency", alert="flood")
    here.approve(alarm)
    time.sleep(QUIET_S)
    assert here.row(alarm) is None  # approved, and nothing has left the house
    assert windows(here, ALARM_HZ) == 0
    here.countersign(alarm)

    here.until("the alarm's voice sounds", lambda: windows(here, ALARM_HZ) > 5)
    spoken = windows(here, NEWS_HZ)
    assert "preempted" in here.facts(everyday) or spoken < 350  # over the everyday bulletin
    here.end(alarm, "all-clear")
    here.until("it is stopped", lambda: "stopped" in here.facts(alarm))
    here.until("the bulletin is said again", lambda: windows(here, NEWS_HZ) > spoken + 5)
    assert here.facts(everyday).count("started") == 2
    assert silent(here, ALARM_HZ)
    assert windows(here, ALARM_HZ) < 350
    page = here.author.open(f"/bulletins/{alarm}").text()
    assert "Báo yên" in page
    assert here.rows("SELECT state FROM bulletins_bulletin WHERE id = ?", alarm) == [("ended",)]
    told = [v for (v,) in here.rows("SELECT verb FROM audit_entry ORDER BY seq")]
    assert [v for v in told if v in ("countersign", "all_clear")] == ["countersign", "all_clear"]


def test_a_drill_says_so_and_a_stop_silences_it_by_one_hand(
    here: Installation, tmp_path: Path
) -> None:
    voice = a_tone(tmp_path / "drill.wav", OTHER_HZ, seconds=40)
    bulletin = here.publish(voice, "Diễn tập sơ tán", drill="on")
    here.until("it sounds", lambda: windows(here, OTHER_HZ) > 5)

    assert "Diễn tập" in here.author.open(f"/bulletins/{bulletin}").text()

    here.end(bulletin, "stop")

    here.until("it is stopped", lambda: "stopped" in here.facts(bulletin))
    assert silent(here, OTHER_HZ)
    assert windows(here, OTHER_HZ) < 350
    assert here.rows("SELECT state FROM bulletins_bulletin WHERE id = ?", bulletin) == [
        ("recalled",)
    ]
