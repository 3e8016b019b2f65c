from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.reports import (
    AT,
    BULLETIN,
    EPOCH,
    NODE,
    District,
    a_fact,
    a_life,
    a_play,
    health,
    journal,
    status,
)
from loa_server.ingest.apply import HeldNode
from loa_server.ingest.ledger import Expected
from loa_server.ingest.reports import Arrival
from loa_wire import topics


def test_a_bulletin_that_was_played_stands_in_the_ledger_with_its_evidence() -> None:
    district = District()

    district.take(journal(a_life()))

    line = district.line
    assert (line.state, line.evidence, line.plays) == ("played", "device", 1)
    assert line.first_sound_at == AT + 3000
    assert district.acks[NODE] == (EPOCH, 4)


@pytest.mark.parametrize(
    ("facts", "state"), [(1, "accepted"), (2, "ready"), (3, "playing"), (4, "played")]
)
def test_the_ledger_says_how_far_a_node_has_come(facts: int, state: str) -> None:
    district = District()

    district.take(journal(a_life()[:facts]))

    assert district.line.state == state


def test_a_message_that_comes_twice_changes_nothing_and_is_acknowledged_again() -> None:
    district = District()
    district.take(journal(a_life()))

    again = district.take(journal(a_life()))

    assert again.facts == []
    assert district.line.plays == 1
    assert again.acks == {NODE: (EPOCH, 4)}
    assert district.alarms == {}


def test_what_lies_beyond_a_hole_is_stored_and_shown_but_not_acknowledged() -> None:
    district = District()

    district.take(journal([a_fact(1)]), journal(a_play(3)))

    assert district.acks[NODE] == (EPOCH, 1)
    assert district.line.state == "played"
    assert district.alarms == {(NODE, "journal_gap"): 1}


def test_what_fills_the_hole_acknowledges_all_of_it() -> None:
    district = District()
    district.take(journal([a_fact(1)]), journal(a_play(3)))

    district.take(journal([a_fact(2, "ready")]))

    assert district.acks[NODE] == (EPOCH, 4)


def test_facts_that_a_full_card_gave_up_are_no_hole_but_an_alarm() -> None:
    district = District()
    gave_up = {**a_fact(10, "dropped_facts"), "from": 2, "to": 9}

    district.take(journal([a_fact(1)]), journal([gave_up]))

    assert district.acks[NODE] == (EPOCH, 10)
    assert district.alarms == {(NODE, "journal_gap"): 1}


def test_the_same_number_with_other_bytes_is_another_card_and_not_a_duplicate() -> None:
    district = District()
    district.take(journal([a_fact(1)]))

    district.take(journal([a_fact(1, "refused", reason="scope")]))

    assert district.alarms == {(NODE, "clone"): 1}
    assert district.line.state == "accepted"


def test_a_journal_that_goes_on_after_a_newer_one_is_another_card() -> None:
    district = District()
    district.take(journal([a_fact(1)], epoch="e1"))
    district.take(journal([a_fact(1, "journal_lost", reason="power")], epoch="e2"))

    district.take(journal([a_fact(2, "ready")], epoch="e1"))

    assert district.alarms == {(NODE, "journal_lost"): 1, (NODE, "clone"): 1}


def test_a_new_nodes_first_journal_alarms_nobody_and_a_second_new_one_does() -> None:
    district = District()

    district.take(journal([a_fact(1, "journal_lost", reason="new")], epoch="e1"))
    assert district.alarms == {}
    district.take(journal([a_fact(1, "journal_lost", reason="new")], epoch="e2"))

    assert district.alarms == {(NODE, "journal_lost"): 1}


def test_a_new_journal_starts_its_own_count() -> None:
    district = District()
    district.take(journal(a_life(), epoch="e1"))

    district.take(journal([a_fact(1, "journal_lost")], epoch="e2"))

    assert district.acks[NODE] == ("e2", 1)
    assert district.nodes[NODE].epoch == "e2"
    assert district.line.state == "played"


def test_a_fact_of_a_later_version_is_stored_as_it_came_and_acknowledged() -> None:
    district = District()
    strange = {"seq": 1, "fact": "sang_a_song", "at": "noon"}

    district.take(journal([strange, a_fact(2)]))

    stored = district.facts[NODE, EPOCH, 1]
    assert (stored.name, json.loads(stored.raw), stored.fact) == ("sang_a_song", strange, None)
    assert district.acks[NODE] == (EPOCH, 2)
    assert district.alarms == {(NODE, "unreadable"): 1}


def test_a_fact_without_a_number_stops_none_of_the_others() -> None:
    district = District()

    district.take(journal([{"fact": "received"}, a_fact(1)]))

    assert district.acks[NODE] == (EPOCH, 1)
    assert district.alarms == {(NODE, "unreadable"): 1}


@pytest.mark.parametrize(
    ("what", "payload"),
    [
        ("journal", b"\x00\xff"),
        ("journal", b"[]"),
        ("journal", b"[" * 60_000),
        ("journal", b'{"typ":"journal","v":1,"node":"tq-02","epoch":"e1","facts":[]}'),
        ("journal", b'{"typ":"journal","v":2,"node":"tq-01","epoch":"e1","facts":[]}'),
        ("health", b'{"typ":"status","v":1}'),
        ("status", b"{}"),
        ("health", b" " * 70_000),
    ],
)
def test_rubbish_is_an_alarm_and_nothing_else(what: str, payload: bytes) -> None:
    district = District()

    changes = district.take(Arrival(topics.up(NODE, what), payload))

    assert (changes.facts, changes.acks, district.lines) == ([], {}, {})
    assert district.alarms == {(NODE, "unreadable"): 1}


@pytest.mark.parametrize("topic", ["loa/1/node/tq-01/down/ack", "loa/1/root", "x", ""])
def test_what_is_no_message_of_a_node_is_passed_over(topic: str) -> None:
    district = District()

    assert not district.take(Arrival(topic, b"{}")).alarms


def test_a_node_nobody_enrolled_leaves_no_trace() -> None:
    district = District(nodes={})

    changes = district.take(journal(a_life()), status(1, 1, online=True))

    assert (changes.facts, changes.acks, district.nodes) == ([], {}, {})
    assert changes.ignored == {"unknown_node": 2}


def test_a_revoked_node_is_not_believed_and_its_talking_is_an_alarm() -> None:
    district = District(nodes={NODE: HeldNode(active=False)})

    changes = district.take(journal(a_life()))

    assert (changes.facts, changes.acks, district.lines) == ([], {}, {})
    assert district.alarms == {(NODE, "revoked_speaks"): 1}


def test_a_late_will_does_not_end_a_newer_session() -> None:
    district = District()
    district.take(status(3, 7, online=True))

    district.take(status(3, 6, online=False))

    assert district.nodes[NODE].online


def test_the_will_of_this_session_ends_it() -> None:
    district = District()
    district.take(status(3, 7, online=True))

    district.take(status(3, 7, online=False))

    assert not district.nodes[NODE].online


def test_what_the_broker_kept_says_nothing_of_when_a_node_was_last_heard() -> None:
    district = District()

    district.take(status(3, 7, online=True, retained=True))

    assert district.nodes[NODE].online
    assert district.seen == set()


def test_a_lost_acknowledgement_is_said_again_when_health_shows_it() -> None:
    district = District()
    district.take(journal(a_life()))

    behind = district.take(health(journal={"epoch": EPOCH, "last": 4, "acked": 2}))
    level = district.take(health(journal={"epoch": EPOCH, "last": 4, "acked": 4}))

    assert behind.acks == {NODE: (EPOCH, 4)}
    assert level.acks == {}


def test_a_restored_district_asks_for_what_it_no_longer_has() -> None:
    district = District()
    district.take(journal(a_life()[:2]))

    changes = district.take(health(journal={"epoch": EPOCH, "last": 9, "acked": 9}))

    assert changes.acks == {NODE: (EPOCH, 2)}


def test_a_district_that_lost_everything_asks_from_the_first_fact_on() -> None:
    changes = District().take(health(journal={"epoch": EPOCH, "last": 9, "acked": 9}))

    assert changes.acks == {NODE: (EPOCH, 0)}


def test_a_bulletin_that_nobody_expected_there_changes_no_ledger() -> None:
    district = District(expected={})

    district.take(journal(a_life()))

    assert district.lines == {}
    assert district.acks[NODE] == (EPOCH, 4)


def _story() -> list[dict[str, object]]:
    """A long life: three occurrences, one missed, one broken off and played again, one failed."""
    third = f"{BULLETIN}/3"
    return [
        a_fact(1),
        a_fact(2, "ready"),
        *a_play(3, at=1, result="partial", reason="power", evidence="command"),
        *a_play(5, at=1),
        a_fact(7, "missed", occurrence=f"{BULLETIN}/2", reason="no_clock"),
        a_fact(8, "rebooted"),
        a_fact(9, "started", occurrence=third),
        a_fact(10, "preempted", occurrence=third),
        *a_play(11, at=3, result="failed", evidence="decoder", reason="device_lost"),
    ]


@given(st.data())
def test_any_order_any_split_any_repetition_gives_the_same_ledger(data: st.DataObject) -> None:
    facts = data.draw(st.permutations(_story()))
    repeated = [*facts, *data.draw(st.lists(st.sampled_from(_story()), max_size=8))]
    cuts = data.draw(st.lists(st.integers(0, len(repeated)), max_size=6).map(sorted))
    batches = [repeated[a:b] for a, b in zip([0, *cuts], [*cuts, len(repeated)], strict=True)]
    together = data.draw(st.booleans())
    district = District(expected={(BULLETIN, NODE): Expected(rev=1, planned=3)})

    if together:
        district.take(*(journal(batch) for batch in batches))
    else:
        for batch in batches:
            district.take(journal(batch))

    line = district.line
    assert (line.state, line.evidence, line.plays) == ("played", "device", 1)
    assert (line.reason, line.first_sound_at) == ("device_lost", AT + 3000)
    assert district.acks[NODE] == (EPOCH, len(_story()))
    assert len(district.facts) == len(_story())
    assert (NODE, "clone") not in district.alarms


@given(st.permutations([(1, 1, True), (1, 1, False), (1, 2, True), (2, 3, True), (2, 3, False)]))
def test_the_latest_session_decides_in_whatever_order_it_is_told(
    told: list[tuple[int, int, bool]],
) -> None:
    district = District()

    for boots, connects, online in told:
        district.take(status(boots, connects, online=online))

    node = district.nodes[NODE]
    assert (node.boots, node.connects, node.online) == (2, 3, False)


@given(st.binary(max_size=200), st.sampled_from(["status", "health", "journal", "ask", "screen"]))
def test_no_bytes_at_all_can_break_the_ingest(payload: bytes, what: str) -> None:
    District().take(Arrival(topics.up(NODE, what), payload))
