"""The engine as a process of its own, beside a real signer and a real Mosquitto."""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any

import pytest

from fakes.reports import a_fact, health, journal, status
from loa_server.ingest.reports import Arrival
from loa_wire import topics
from loa_wire.up import Ask
from parts.client import Client
from parts.engine_room import AREA, EngineRoom, heard_on, payload_of

pytestmark = pytest.mark.parts

LIVE = topics.area(AREA, "bulletin")
MANIFEST = topics.area(AREA, "manifest")
FACTS = "SELECT COUNT(*) FROM ingest_storedfact"
UNSENT = "SELECT COUNT(*) FROM dispatch_message WHERE sent_at IS NULL"


def say(client: Client, arrival: Arrival) -> None:
    client.publish(arrival.topic, arrival.payload)


def ack(client: Client, node: str) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(payload_of(heard_on(client, topics.down(node, "ack"))))
    return made


def a_life(bulletin: str) -> list[dict[str, Any]]:
    occurrence = f"{bulletin}/0"
    end = {"result": "played", "evidence": "device"}
    return [
        a_fact(1, bulletin=bulletin),
        a_fact(2, "ready", bulletin=bulletin),
        a_fact(3, "started", bulletin=bulletin, occurrence=occurrence),
        a_fact(4, "ended", bulletin=bulletin, occurrence=occurrence, **end),
    ]


def test_what_was_approved_reaches_the_hamlet_and_can_be_fetched_when_it_does(
    room: EngineRoom,
) -> None:
    medium = room.medium()
    with room.node("tq-01") as node:
        bulletin = room.approve(audio={"vi": medium})

        envelope = heard_on(node, LIVE)
        public = room.state / "public"
        assert (public / "media" / medium.sha256).read_bytes() == b"as if it were sound"
        assert (public / "envelopes" / hashlib.sha256(envelope).hexdigest()).exists()
        assert json.loads(payload_of(envelope))["id"] == bulletin
        manifest = json.loads(payload_of(heard_on(node, MANIFEST)))
        assert [item[0] for item in manifest["items"]] == [bulletin]
        assert (public / "areas" / AREA / "manifest").exists()
    assert room.state_of(bulletin) == "published"
    room.until("every message is answered", lambda: room.table.one(UNSENT) == 0)
    lines = room.table.rows("SELECT node_id, state FROM dispatch_delivery WHERE node_id = 'tq-01'")
    assert lines == [("tq-01", "expected")]


def test_an_approval_without_a_hint_is_found_all_the_same(room: EngineRoom) -> None:
    with room.node("tq-01") as node:
        room.approve(hint=False)

        heard_on(node, LIVE)


def test_what_a_node_reports_is_in_the_ledger_and_acknowledged(room: EngineRoom) -> None:
    with room.node("tq-01") as node:
        bulletin = room.approve()
        heard_on(node, LIVE)

        say(node, status(1, 1, online=True))
        say(node, journal(a_life(bulletin)))

        told = ack(node, "tq-01")
    assert (told["epoch"], told["upto"]) == ("e1", 4)
    query = "SELECT state, evidence, plays FROM dispatch_delivery WHERE node_id = 'tq-01'"
    assert room.table.rows(query) == [("played", "device", 1)]
    assert room.table.one("SELECT online FROM fleet_node WHERE id = 'tq-01'") == 1


def test_an_ack_waits_for_a_node_that_was_away(room: EngineRoom) -> None:
    with room.node("tq-01") as node:
        say(node, journal([a_fact(1)]))
        ack(node, "tq-01")

    with room.node("tq-01") as again:
        assert ack(again, "tq-01")["upto"] == 1


def test_who_asks_for_the_time_is_told_by_mqtt_and_nothing_is_kept_of_it(room: EngineRoom) -> None:
    nonce = "ab" * 16
    with room.node("tq-01") as node:
        say(node, Arrival(topics.up("tq-01", "ask"), Ask(node="tq-01", nonce=nonce).encode()))

        told = json.loads(payload_of(heard_on(node, topics.down("tq-01", "beacon"))))

    assert (told["node"], told["nonce"]) == ("tq-01", nonce)
    assert abs(told["time"] / 1000 - time.time()) < 60
    register = room.state / "public" / "authority" / "don-vi" / str(told["authority"]["version"])
    assert hashlib.sha256(register.read_bytes()).hexdigest() == told["authority"]["sha256"]
    with room.node("tq-01") as again:
        again.publish(topics.up("tq-01", "journal"), journal([a_fact(1)]).payload)
        assert ack(again, "tq-01")  # everything retained came before it: no beacon among it


def test_messages_of_a_name_that_nobody_enrolled_are_let_go(room: EngineRoom) -> None:
    with room.node("tq-01") as node, room.node("tq-02") as stranger:
        room.table.db.execute("DELETE FROM fleet_node WHERE id = 'tq-02'")
        say(stranger, journal([a_fact(1)], node="tq-02"))
        say(node, journal([a_fact(1)]))

        assert ack(node, "tq-01")["upto"] == 1
    assert room.table.rows("SELECT node_id FROM ingest_storedfact") == [("tq-01",)]


def test_a_server_killed_between_commit_and_acknowledgement_keeps_each_fact_once(
    room: EngineRoom,
) -> None:
    """Killed over and over while facts come in: whatever moment it was, each is there once."""
    with room.node("tq-01") as node:
        sent = 0
        for round_ in range(4):
            for _ in range(25):
                sent += 1
                say(node, journal([a_fact(sent, "rebooted")]))
            if round_:  # in the middle of a batch, after it, before its acknowledgement
                time.sleep(0.04 * round_)
            room.kill_program("engine")
            room.start_program("engine")

        for n in range(1, sent + 1):  # as a node does that heard no ack
            say(node, journal([a_fact(n, "rebooted")]))
        room.until("every fact has come", lambda: room.table.one(FACTS) == sent)
        room.until("they are acknowledged", lambda: ack(node, "tq-01")["upto"] == sent)
    assert room.table.rows("SELECT acked FROM fleet_node WHERE id = 'tq-01'") == [(sent,)]
    assert room.table.one("SELECT COUNT(*) FROM ingest_alarm") == 0


def test_a_batch_that_was_committed_and_never_acknowledged_comes_again_and_is_known(
    room: EngineRoom,
) -> None:
    with room.node("tq-01") as node:
        say(node, journal([a_fact(1), a_fact(2, "ready")]))
        ack(node, "tq-01")
        room.kill_program("engine")
        # the broker hears the same again, as if its acknowledgement had been lost
        say(node, journal([a_fact(1), a_fact(2, "ready")]))
        say(node, journal([a_fact(3, "rebooted")]))

        room.start_program("engine")

        room.until("the third came", lambda: room.table.one(FACTS) == 3)
    assert room.table.one("SELECT COUNT(*) FROM ingest_alarm") == 0


def test_a_broker_that_lost_everything_holds_it_all_again(room: EngineRoom) -> None:
    with room.node("tq-01") as node:
        room.approve()
        heard_on(node, MANIFEST)
        say(node, journal([a_fact(1)]))
        ack(node, "tq-01")
    room.until("every message is answered", lambda: room.table.one(UNSENT) == 0)
    kept = {topic for (topic,) in room.table.rows("SELECT topic FROM dispatch_retained")}

    room.broker.kill()
    for file in room.broker.folder.glob("mosquitto.db*"):
        file.unlink()
    room.broker.start()

    with room.node("tq-01") as node:
        mine = {topics.down("tq-01", "ack"), MANIFEST}
        assert mine <= kept
        heard: set[str] = set()
        while not mine <= heard:
            heard.add(node.heard()[0])


def test_what_was_approved_while_the_broker_was_dead_goes_out_when_it_is_back(
    room: EngineRoom,
) -> None:
    room.broker.kill()
    bulletin = room.approve()
    room.until("it is signed", lambda: room.state_of(bulletin) == "published")

    room.broker.start()

    with room.node("tq-01") as node:
        while not (items := json.loads(payload_of(heard_on(node, MANIFEST))).get("items")):
            continue  # the empty one of before
        assert items[0][0] == bulletin
    room.until("every message is answered", lambda: room.table.one(UNSENT) == 0)


def test_what_was_approved_while_the_signer_was_dead_waits_and_says_why(room: EngineRoom) -> None:
    room.kill_program("signer")
    bulletin = room.approve()
    query = "SELECT error FROM dispatch_intent WHERE done_at IS NULL AND tries > 0"
    room.until("it was tried", lambda: room.table.one(query))
    assert "signer does not answer" in room.table.one(query)

    room.start_program("signer")

    room.until("it is signed", lambda: room.state_of(bulletin) == "published")


def test_a_forged_intent_is_refused_and_stops_nobody_else(room: EngineRoom) -> None:
    room.approve(1, hint=False)
    room.table.db.execute("DELETE FROM bulletins_approval")
    room.hint()
    room.until("it was refused", lambda: room.table.one("SELECT MAX(tries) FROM dispatch_intent"))

    good = room.approve(2)

    room.until("the other went out", lambda: room.state_of(good) == "published")
    assert room.table.one("SELECT error FROM dispatch_intent WHERE done_at IS NULL") != ""


def test_an_engine_killed_after_signing_places_the_files_before_it_sends(room: EngineRoom) -> None:
    bulletin = room.approve(audio={"vi": room.medium()})
    room.until("it is signed", lambda: room.state_of(bulletin) == "published")
    room.until("it was sent", lambda: room.table.one(UNSENT) == 0)
    room.kill_program("engine")
    for name in ("media", "envelopes"):
        for file in (room.state / "public" / name).iterdir():
            file.unlink()  # as if it had died before placing them
    room.table.db.execute("UPDATE dispatch_message SET sent_at = NULL")

    with room.node("tq-01") as node:
        room.start_program("engine")
        envelope = heard_on(node, LIVE)

    assert (room.state / "public" / "envelopes" / hashlib.sha256(envelope).hexdigest()).exists()
    assert len(list((room.state / "public" / "media").iterdir())) == 1


def test_a_bulletin_whose_time_is_over_ends(room: EngineRoom) -> None:
    bulletin = room.approve()
    room.until("it is published", lambda: room.state_of(bulletin) == "published")
    room.stop_program("engine")
    room.table.db.execute("UPDATE dispatch_manifestitem SET exp = 1")

    room.start_program("engine")

    room.until("it has ended", lambda: room.state_of(bulletin) == "ended")
    assert room.table.one("SELECT verb FROM bulletins_act WHERE verb = 'ended'") == "ended"
    lines = room.table.rows("SELECT DISTINCT state FROM dispatch_delivery")
    assert lines == [("expected",)]


def test_rubbish_from_a_node_is_an_alarm_and_stops_nobody(room: EngineRoom) -> None:
    with room.node("tq-01") as node:
        node.publish(topics.up("tq-01", "journal"), b"\xff\x00" * 50)
        node.publish(topics.up("tq-01", "health"), b"[" * 20_000)
        say(node, health())
        say(node, journal([a_fact(1)]))

        assert ack(node, "tq-01")["upto"] == 1
    assert room.table.rows("SELECT code, times FROM ingest_alarm") == [("unreadable", 2)]


def test_the_engine_stops_when_asked(room: EngineRoom) -> None:
    assert room.stop_program("engine") == 0
    assert not (room.state / "run" / "engine.sock").exists()
