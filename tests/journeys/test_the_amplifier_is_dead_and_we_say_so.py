"""A sound card plays for nobody when the amplifier behind it is dead. A microphone in the room
makes the difference, and the district reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from parts.installation import ROOT, Installation
from parts.room import LiveRoom

pytestmark = [pytest.mark.parts, pytest.mark.journey]

VOICE = ROOT / "content" / "sounds" / "drill-vi.opus"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path)
    made.make()
    yield made
    made.close()


@pytest.fixture
def room(here: Installation) -> Iterator[LiveRoom]:
    microphone = here.node.folder / "microphone.wav"
    settings = here.node.settings.read_text().replace(
        "[player]\n", f'[player]\nmicrophone = "file"\nmicrophone_file = "{microphone}"\n'
    )
    here.node.settings.write_text(settings)
    made = LiveRoom(here.node.wav, microphone)
    yield made
    made.close()


def test_the_amplifier_is_dead_and_we_say_so(here: Installation, room: LiveRoom) -> None:
    here.start()
    heard = here.publish(VOICE, "Ampli còn chạy")
    row = here.wait_for(heard, "played", "failed", "partial")
    assert (row.state, row.evidence, row.plays, row.reason) == ("played", "heard", 1, "")

    room.amplifier = False
    unheard = here.publish(VOICE, "Ampli đã hỏng")
    row = here.wait_for(unheard, "played", "failed", "partial")

    assert (row.state, row.evidence, row.plays, row.reason) == ("failed", "decoder", 0, "not_heard")
    page = here.author.open(f"/bulletins/{unheard}").html
    assert re.search(r'data-cell="reason"[^>]*>Máy đã phát nhưng micro .*: kiểm tra điện', page)
