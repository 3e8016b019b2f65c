"""The main job on real parts: console, signer, engine, Mosquitto, HTTPS, libVLC, pygame.

What was heard is read from the node's WAV by FFT, what was proved from the district's ledger.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from loa_wire.localtime import LOCAL
from parts.installation import ROOT, Installation
from parts.proxy import BadLine
from parts.sound import a_tone, heard

pytestmark = [pytest.mark.parts, pytest.mark.journey]

PICTURE = ROOT / "content" / "samples" / "pictures" / "vaccination.jpg"
LIFE = ["received", "ready", "started", "ended"]


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path)
    made.make()
    yield made
    made.close()


@pytest.fixture(scope="session")
def tones(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    folder = tmp_path_factory.mktemp("tones")
    return {hz: a_tone(folder / f"{hz}.wav", hz, seconds=4) for hz in (600, 1000)}


def windows(here: Installation, hertz: int) -> int:
    """How many tenths of a second of this tone the loudspeaker gave."""
    return heard(here.node.wav).count(hertz) if here.node.wav.exists() else 0


def once(count: int) -> bool:
    """Four seconds of tone, no more and no less than once."""
    return 36 <= count <= 44


def in_minutes(minutes: int) -> datetime:
    return datetime.now(LOCAL) + timedelta(minutes=minutes)


def test_what_is_published_is_heard_seen_and_proved(
    here: Installation, tones: dict[int, Path]
) -> None:
    here.start()
    here.until("the screen shows something", here.node.picture.exists)
    before = Image.open(here.node.picture).convert("RGB")

    bulletin = here.publish(tones[1000], "Tiêm chủng sáng thứ Bảy", pictures=[str(PICTURE)])
    here.wait_for(bulletin, "playing", "played")
    here.until("the picture changes", lambda: bool(changed(before, here.node.picture)))
    row = here.wait_for(bulletin, "played")

    assert (row.evidence, row.plays, row.reason) == ("decoder", 1, "")
    assert once(windows(here, 1000))
    assert here.facts(bulletin) == LIFE
    page = here.author.open(f"/bulletins/{bulletin}").text()
    assert "Tiêm chủng sáng thứ Bảy" in page
    assert "Đã phát" in page


def changed(before: Image.Image, picture: Path) -> object:
    now = Image.open(picture).convert("RGB")
    difference = ImageChops.difference(before, now).getbbox()
    if difference is None:
        return None
    left, top, right, bottom = difference
    return difference if (right - left) * (bottom - top) > now.width * now.height / 3 else None


def test_a_node_started_after_the_publish_plays_it(
    here: Installation, tones: dict[int, Path]
) -> None:
    here.start_broker()
    here.start_server()
    bulletin = here.publish(tones[1000])
    here.until("it was sent", lambda: here.row(bulletin) is not None)
    row = here.row(bulletin)
    assert row is not None
    assert row.state == "expected"

    here.start_node()

    assert here.wait_for(bulletin, "played").evidence == "decoder"
    assert once(windows(here, 1000))


def test_a_node_off_for_three_days_catches_up_and_does_not_play_what_expired(
    here: Installation, tones: dict[int, Path]
) -> None:
    here.start()
    here.stop_node()
    tomorrow = in_minutes(24 * 60).strftime("%Y-%m-%dT%H:%M")
    next_week = in_minutes(7 * 24 * 60).strftime("%Y-%m-%dT%H:%M")
    over = here.publish(tones[600], "Hết hạn", schedule={"mode": "now", "ends_at": tomorrow})
    lasts = here.publish(tones[1000], "Còn hạn", schedule={"mode": "now", "ends_at": next_week})
    here.until("both were sent", lambda: bool(here.row(over) and here.row(lasts)))
    here.stop_server()
    here.kill_broker()

    here.later = "+3d"
    here.start()

    assert here.wait_for(lasts, "played").plays == 1
    assert once(windows(here, 1000))
    assert windows(here, 600) == 0
    row = here.row(over)
    assert row is not None
    assert row.state not in ("played", "partial", "playing")


def test_the_broker_killed_between_publish_and_play_changes_nothing_in_the_hamlet(
    here: Installation, tones: dict[int, Path]
) -> None:
    here.start()
    due = datetime.now(LOCAL) + timedelta(seconds=85)
    day = due.date().isoformat()
    schedule = {"mode": "at", "times": [due.strftime("%H:%M")], "from": day, "until": day}
    bulletin = here.publish(tones[1000], schedule=schedule)
    here.wait_for(bulletin, "ready")

    here.kill_broker()
    here.until("it is heard", lambda: once(windows(here, 1000)), patience_s=150)
    here.start_broker()

    assert here.wait_for(bulletin, "played").evidence == "decoder"
    assert here.facts(bulletin) == LIFE


def test_the_server_killed_between_report_and_commit_loses_and_doubles_nothing(
    here: Installation, tones: dict[int, Path]
) -> None:
    here.start()
    bulletin = here.publish(tones[1000])
    here.wait_for(bulletin, "playing")

    with closing(sqlite3.connect(here.state / "db.sqlite3", isolation_level=None)) as lock:
        lock.execute("BEGIN IMMEDIATE")  # the report arrives, its commit has to wait
        here.until("it was all heard", lambda: once(windows(here, 1000)))
        time.sleep(2)  # the broker has handed the report over by now
        here.kill_server()
    assert here.facts(bulletin) == LIFE[:-1]
    here.start_server()

    assert here.wait_for(bulletin, "played").plays == 1
    assert here.facts(bulletin) == LIFE
    doubled = "SELECT count(*) - count(DISTINCT epoch || '/' || seq) FROM ingest_storedfact"
    assert here.rows(doubled) == [(0,)]
    assert once(windows(here, 1000))


def test_a_download_cut_half_way_is_resumed(here: Installation, tones: dict[int, Path]) -> None:
    here.start_broker()
    here.start_server()
    bulletin = here.publish(tones[1000], pictures=[str(PICTURE)])
    here.until("it was sent", lambda: here.row(bulletin) is not None)
    ((size,),) = here.rows("SELECT max(bytes) FROM bulletins_media")

    with BadLine(here.ports["nodes"]) as line:
        line.cut_after, line.cuts = size // 2, 1
        server = json.loads((here.node.identity / "server").read_text())
        server["https"] = f"https://localhost:{line.port}"
        (here.node.identity / "server").write_text(json.dumps(server))
        here.start_node()
        here.wait_for(bulletin, "played")

    ((total,),) = here.rows("SELECT sum(bytes) FROM bulletins_media")
    assert len(line.done) == 1
    assert sum(line.passed) < total + size // 2, "what had come through was fetched again"
    assert here.facts(bulletin) == LIFE


def test_the_same_message_twice_is_played_once(here: Installation, tones: dict[int, Path]) -> None:
    here.start()
    bulletin = here.publish(tones[1000])
    here.wait_for(bulletin, "played")

    with closing(sqlite3.connect(here.state / "db.sqlite3", timeout=20)) as db, db:
        sent = db.execute(
            "INSERT INTO dispatch_message (topic, payload, retain, made_at)"
            " SELECT topic, payload, retain, made_at FROM dispatch_message"
            " WHERE topic LIKE '%/bulletin'"
        ).rowcount
    unsent = "SELECT count(*) FROM dispatch_message WHERE sent_at IS NULL"
    here.until("it was sent again", lambda: here.rows(unsent) == [(0,)])
    second = here.publish(tones[600], "Bản tin sau")
    here.wait_for(second, "played")

    assert sent == 1
    assert here.facts(bulletin) == LIFE
    assert once(windows(here, 1000))
