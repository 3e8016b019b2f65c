"""One hamlet and the smallest district there can be, all on real parts: broker, HTTPS, libVLC."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fakes.wire import (
    COMMUNE,
    NODE,
    a_bulletin,
    a_command,
    a_media,
    an_assignment,
    sealed,
    some_settings,
    ulid,
)
from loa_wire import topics
from loa_wire.bulletin import Bulletin, Schedule, Stops
from loa_wire.place import PlacedArea
from loa_wire.up import Health
from parts.broker import Broker
from parts.district import District
from parts.node import Node
from parts.pki import Certificates
from parts.sound import a_tone, heard

pytestmark = [pytest.mark.parts, pytest.mark.journey]


@pytest.fixture
def now() -> int:
    return time.time_ns() // 1_000_000


@pytest.fixture
def district(broker: Broker, pki: Certificates, now: int) -> Iterator[District]:
    made = District(broker, pki, now)
    yield made
    made.close()


@pytest.fixture
def node(tmp_path: Path, district: District) -> Iterator[Node]:
    made = Node(tmp_path / "node")
    district.identity(made.identity)
    district.register()
    district.place(an_assignment(iat=district.now), some_settings(iat=district.now))
    yield made
    made.close()


@pytest.fixture(scope="session")
def tone(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return a_tone(tmp_path_factory.mktemp("tone") / "tone.opus", hertz=1000, seconds=2).read_bytes()


def a_said(district: District, tone: bytes, now: int, n: int = 1, **changes: object) -> Bulletin:
    district.https.put_media(tone)
    life = {"iat": now, "nbf": now, "exp": now + 3_600_000, "id": ulid(n)}
    return a_bulletin(**{**life, "audio": {"vi": a_media(tone)}, **changes})


def test_a_bulletin_published_now_is_heard_and_proved(
    district: District, node: Node, tone: bytes, now: int
) -> None:
    node.start("player", "agent")
    district.wait_for("config_applied", count=3)

    bulletin = a_said(district, tone, now)
    district.publish(bulletin)
    ended = district.wait_for("ended", bulletin.id)

    assert (ended.result, ended.reason) == ("played", None)
    assert ended.evidence in ("decoder", "device")
    assert district.names(bulletin.id) == ["received", "ready", "started", "ended"]
    assert heard(node.wav).count(1000) in range(17, 23)


def test_a_node_started_after_the_publish_catches_up(
    district: District, node: Node, tone: bytes, now: int
) -> None:
    bulletin = a_said(district, tone, now)
    district.publish(bulletin, live=False)

    node.start("player", "agent")

    assert district.wait_for("ended", bulletin.id).result == "played"


def test_the_same_message_twice_is_played_once(
    district: District, node: Node, tone: bytes, now: int
) -> None:
    node.start("player", "agent")
    bulletin = a_said(district, tone, now)
    envelope = district.publish(bulletin)
    for _ in range(3):
        district.say(f"loa/1/area/{bulletin.areas[0]}/bulletin", envelope)
    district.wait_for("ended", bulletin.id)
    district.publish_manifest()
    second = a_said(district, tone, now, n=2)
    district.publish(second)
    district.wait_for("ended", second.id)

    assert district.names(bulletin.id) == ["received", "ready", "started", "ended"]


def test_a_stop_silences_what_is_being_said(
    district: District, node: Node, tmp_path: Path, now: int
) -> None:
    long = a_tone(tmp_path / "long.opus", seconds=30).read_bytes()
    node.start("player", "agent")
    bulletin = a_said(district, long, now, audio={"vi": a_media(long, duration_ms=30_000)})
    district.publish(bulletin)
    district.wait_for("started", bulletin.id)

    district.publish(a_stop(now, bulletin), live=True)
    stopped = district.wait_for("stopped", bulletin.id, count=2)
    after = a_said(district, long[:-1], now + 5, n=3, audio={})
    district.publish(after)

    assert {f.occurrence for f in district.facts if f.fact == "stopped"} == {
        None,
        f"{bulletin.id}/0",
    }
    assert stopped.reason == "stop"
    district.wait_for("received", after.id)  # the stop does not silence what came later
    assert "ended" not in district.names(bulletin.id)


def a_stop(now: int, bulletin: Bulletin) -> Bulletin:
    return a_bulletin(
        kind="stop",
        id=ulid(99),
        iat=now,
        nbf=now,
        exp=bulletin.exp,
        schedule=None,
        audio={},
        stops=Stops(ids=[bulletin.id]),
    )


def test_a_power_cut_in_the_middle_of_a_play_is_told_and_not_repeated(
    district: District, node: Node, tmp_path: Path, now: int
) -> None:
    long = a_tone(tmp_path / "long.opus", seconds=30).read_bytes()
    node.start("player", "agent")
    bulletin = a_said(district, long, now, audio={"vi": a_media(long, duration_ms=30_000)})
    district.publish(bulletin)
    district.wait_for("started", bulletin.id)

    node.kill("agent")
    node.kill("player")
    node.start("player", "agent")
    ended = district.wait_for("ended", bulletin.id)

    assert (ended.result, ended.reason) == ("partial", "crash")
    assert district.names(bulletin.id).count("started") == 1


def test_an_agent_that_is_killed_takes_up_what_the_player_goes_on_saying(
    district: District, node: Node, tmp_path: Path, now: int
) -> None:
    tone = a_tone(tmp_path / "tone.opus", seconds=8).read_bytes()
    node.start("player", "agent")
    bulletin = a_said(district, tone, now, audio={"vi": a_media(tone, duration_ms=8_000)})
    district.publish(bulletin)
    district.wait_for("started", bulletin.id)

    node.kill("agent")
    node.start("agent")
    ended = district.wait_for("ended", bulletin.id)

    assert (ended.result, ended.reason) == ("played", None)
    assert district.names(bulletin.id).count("ended") == 1


def test_a_player_killed_in_the_middle_leaves_one_outcome_and_the_next_one_is_heard(
    district: District, node: Node, tmp_path: Path, tone: bytes, now: int
) -> None:
    long = a_tone(tmp_path / "long.opus", seconds=30).read_bytes()
    node.start("player", "agent")
    bulletin = a_said(district, long, now, audio={"vi": a_media(long, duration_ms=30_000)})
    district.publish(bulletin)
    district.wait_for("started", bulletin.id)

    node.kill("player")
    node.start("player")
    ended = district.wait_for("ended", bulletin.id)
    second = a_said(district, tone, now, n=2)
    district.publish(second)

    assert (ended.result, ended.reason) == ("failed", "player_restarted")
    assert district.wait_for("ended", second.id).result == "played"


def test_garbage_forgery_and_strangers_are_told_and_disturb_nothing(
    district: District, node: Node, tone: bytes, now: int
) -> None:
    node.start("player", "agent")
    first = a_said(district, tone, now)
    district.publish(first)
    district.wait_for("started", first.id)

    topic = f"loa/1/area/{first.areas[0]}/bulletin"
    forged = a_said(district, tone, now, n=7)
    district.say(topic, b"\x00garbage")
    district.say(topic, b"x" * 60_000)
    district.say(topic, sealed(forged, district.people.stranger))
    district.say(topic, district.people.sealed(forged, "neighbour"))
    district.say(topic, b"")
    district.wait_for("refused", count=4)

    assert [f.reason for f in district.facts if f.fact == "refused"] == [
        "json",
        "size",
        "unknown_key",
        "scope",
    ]
    assert district.wait_for("ended", first.id).result == "played"


def test_a_download_cut_half_way_is_resumed_and_heard(
    district: District, node: Node, tone: bytes, now: int
) -> None:
    node.start("player", "agent")
    district.wait_for("config_applied", count=3)
    bulletin = a_said(district, tone, now)
    district.https.faults.cut_after = [len(tone) // 2]
    district.publish(bulletin)

    assert district.wait_for("ended", bulletin.id).result == "played"
    asked = [r for r in district.https.asked if r.path.startswith("/media/")]
    assert len(asked) == 2
    assert asked[1].range


def test_what_happens_while_the_broker_is_dead_is_told_when_it_is_back(
    district: District, node: Node, broker: Broker, tone: bytes, now: int
) -> None:
    node.start("player", "agent")
    bulletin = a_said(district, tone, now)
    district.publish(bulletin)
    district.wait_for("started", bulletin.id)

    broker.kill()
    wait_until(lambda: heard(node.wav).count(1000) >= 18)
    broker.start()
    district.connect()
    ended = district.wait_for("ended", bulletin.id)

    assert ended.result == "played"
    seqs = sorted(f.seq for f in district.facts)
    assert seqs == list(range(1, len(seqs) + 1))


def test_facts_that_are_not_acknowledged_are_told_again_after_a_restart(
    district: District, node: Node, tone: bytes, now: int
) -> None:
    district.acking = False
    node.start("player", "agent")
    bulletin = a_said(district, tone, now)
    district.publish(bulletin)
    district.wait_for("ended", bulletin.id)
    district.facts.clear()

    node.end("agent")
    district.acking = True
    node.start("agent")

    district.wait_for("ended", bulletin.id)
    assert district.names(bulletin.id) == ["received", "ready", "started", "ended"]


def test_a_node_moved_to_another_hamlet_no_longer_says_the_first_ones_bulletins(
    district: District, node: Node, now: int, tone: bytes
) -> None:
    node.start("player", "agent")
    later = a_said(district, tone, now, schedule=Schedule(mode="slots"))
    district.publish(later)
    district.wait_for("ready", later.id)

    moved = an_assignment(iat=now, version=2, areas=[PlacedArea(id="ap-4", above=[COMMUNE])])
    district.say_signed(topics.down(NODE, "assignment"), moved, "place")

    assert district.wait_for("stopped", later.id).reason == "dropped_not_here"


def test_health_tells_what_is_applied_and_what_plays(
    district: District, node: Node, tone: bytes, now: int
) -> None:
    node.start("player", "agent")
    bulletin = a_said(district, tone, now)
    district.publish(bulletin)
    district.wait_for("ended", bulletin.id)

    told = next_health(district, lambda h: h.last_play is not None and h.playing is None)

    assert told.last_play is not None
    assert (told.last_play.bulletin, told.last_play.result) == (bulletin.id, "played")
    assert (told.applied.authority, told.applied.assignment, told.applied.settings) == (1, 1, 1)
    assert told.clock == "synced"
    assert told.player is not None
    assert told.player.alive
    assert told.readings.card_writable


def test_a_node_that_ends_says_goodbye_and_one_that_is_killed_is_said_to_be_gone(
    district: District, node: Node
) -> None:
    node.start("player", "agent")
    district.wait_for("config_applied", count=3)
    node.end("agent")
    wait_until(lambda: [s.online for s in district.statuses] == [True, False])

    node.start("agent")
    wait_until(lambda: len(district.statuses) == 3)
    node.kill("agent")
    wait_until(lambda: len(district.statuses) == 4)

    assert [s.online for s in district.statuses] == [True, False, True, False]
    pairs = [(s.boots, s.connects) for s in district.statuses]
    assert pairs == sorted(pairs)


def test_a_command_is_obeyed_once(district: District, node: Node) -> None:
    node.start("player", "agent")
    district.wait_for("config_applied", count=3)
    wait_until(lambda: bool(district.statuses))
    status = district.statuses[-1]
    times = {"iat": district.now, "exp": district.now + 60_000}
    command = a_command(boot=status.boot, ticket=status.ticket, **times)
    sealed_command = district.people.sealed(command, "ops")

    district.say(topics.down(NODE, "command"), sealed_command)
    wait_until(lambda: district.statuses[-1].ticket != status.ticket)
    district.say(topics.down(NODE, "command"), sealed_command)

    assert district.wait_for("refused").reason == "ticket"
    wait_until(lambda: node.wav.exists() and any(heard(node.wav)))


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.1)


def next_health(district: District, wanted: Callable[[Health], bool]) -> Health:
    while not wanted(told := district.health.get(timeout=20)):
        pass
    return told


def test_the_three_programs_together_are_kept_running_and_end_in_order(
    district: District, node: Node, tone: bytes, now: int
) -> None:
    node.start("run")
    bulletin = a_said(district, tone, now)
    district.publish(bulletin)
    district.wait_for("ended", bulletin.id)

    for name in ("player", "screen", "agent"):
        os.kill(node.child_of("run", name), signal.SIGKILL)
    second = a_said(district, tone, now, n=2)
    district.publish(second)

    assert district.wait_for("ended", second.id).result == "played"
    assert node.picture.read_bytes().startswith(b"\x89PNG")
    assert node.end("run") == 0
    wait_until(lambda: not district.statuses[-1].online)


def test_a_file_of_the_shelf_that_is_damaged_is_told_and_filled_again(
    district: District, node: Node, tone: bytes, now: int
) -> None:
    node.start("player", "agent")
    bulletin = a_said(district, tone, now, schedule=Schedule(mode="slots"))
    district.publish(bulletin)
    district.wait_for("ready", bulletin.id)
    node.end("agent")
    shelf = node.state / "shelf.sqlite"
    shelf.write_bytes(b"SQLite format 3\0" + b"\xee" * shelf.stat().st_size)

    node.start("agent")

    assert district.wait_for("shelf_lost").reason == "damaged"
    district.wait_for("received", bulletin.id, count=2)


def test_a_picture_of_the_screen_comes_when_it_is_asked_for(district: District, node: Node) -> None:
    node.start("player", "screen", "agent")
    district.wait_for("config_applied", count=3)
    next_health(district, lambda h: h.screen is not None and h.screen.alive)
    status = district.statuses[-1]
    times = {"iat": district.now, "exp": district.now + 600_000}
    command = a_command(boot=status.boot, ticket=status.ticket, command="screenshot", **times)

    district.say(topics.down(NODE, "command"), district.people.sealed(command, "ops"))

    wait_until(lambda: bool(district.pictures))
    assert district.pictures[0].startswith(b"\x89PNG")
