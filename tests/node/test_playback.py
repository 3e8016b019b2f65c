"""The playback machine: what sounds, in which order, and that everything due ends exactly once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loa_node.playback import (
    CHIME,
    CLOSING,
    Closing,
    Due,
    Ended,
    Event,
    Idle,
    Item,
    Moment,
    Next,
    Opening,
    Order,
    Play,
    PlayerLost,
    Record,
    Rest,
    Said,
    Show,
    Showing,
    Shown,
    Silence,
    Speaking,
    State,
    Stopped,
    Tick,
    Voice,
    occupied,
    step,
    wakes_at,
)

NOW = Moment(mono=1_000, now=5_000)
GOOD = Said("played", "device", "", 2_000)


def an_item(name: str = "a", langs: tuple[str, ...] = ("vi",), **changes: Any) -> Item:
    voices = tuple(Voice(lang, f"{name}-{lang}", 2_000) for lang in langs)
    values: dict[str, Any] = {
        "occurrence": f"{name}/0",
        "bulletin": name,
        "rev": 1,
        "exp": 90_000,
        "order": (0, 0, name),
        "voices": voices,
        "seconds": 30,
    }
    return Item(**{**values, **changes})


ALARM = an_item("alarm", order=(-2, 0, "alarm"), urgent=True)
BOARD = an_item("board", langs=())


def run(state: State, *events: Event, at: Moment = NOW) -> tuple[State, list[Order]]:
    orders: list[Order] = []
    for event in events:
        state, more = step(state, event, at)
        orders += more
    return state, orders


def sounds(orders: list[Order]) -> list[str]:
    return [order.sound for order in orders if isinstance(order, Play)]


def facts(orders: list[Order]) -> list[tuple[str, str | None]]:
    return [(o.fact.fact, o.fact.occurrence) for o in orders if isinstance(o, Record)]


def ended(state: State, said: Said = GOOD) -> Event:
    assert isinstance(state, Opening | Speaking | Closing)
    return Ended(state.play, said)


def after(result: Next, said: Said = GOOD) -> Next:
    """What was playing has ended."""
    return step(result[0], ended(result[0], said), NOW)


def speaking(*items: Item) -> State:
    state, _ = run(Idle(), Due(items))
    return after((state, []))[0]


def test_a_session_is_chime_bulletins_and_closing() -> None:
    result = run(Idle(), Due((an_item("a"), an_item("b"))))
    heard = sounds(result[1])
    while not isinstance(result[0], Idle):
        result = after(result)
        heard += sounds(result[1])

    assert heard == [CHIME, "a-vi", "b-vi", CLOSING]
    assert result[1] == [Rest()]


def test_started_is_recorded_before_the_order_to_play() -> None:
    state, _ = run(Idle(), Due((an_item(),)))

    _, orders = after((state, []))

    assert [type(order) for order in orders] == [Record, Play, Show]
    assert facts(orders) == [("started", "a/0")]


def test_one_bulletin_is_said_in_each_language_and_ends_once() -> None:
    first = after(run(Idle(), Due((an_item(langs=("sti", "vi")),))))
    second = after(first)
    last = after(second)

    assert sounds(first[1]) + sounds(second[1]) == ["a-sti", "a-vi"]
    assert facts(second[1]) == []
    assert facts(last[1]) == [("ended", "a/0")]


@pytest.mark.parametrize(
    ("said", "result", "evidence", "reason"),
    [
        ((GOOD, GOOD), "played", "device", None),
        ((GOOD, Said("played", "decoder")), "played", "decoder", None),
        ((GOOD, Said("failed", "command", "missing_file")), "partial", "command", "missing_file"),
        ((Said("partial", "device", "truncated"), GOOD), "partial", "device", "truncated"),
        (
            (Said("failed", "command", "x"), Said("failed", "command", "y")),
            "failed",
            "command",
            "x",
        ),
    ],
)
def test_a_bulletin_is_as_good_as_its_worst_voice(
    said: tuple[Said, Said], result: str, evidence: str, reason: str | None
) -> None:
    state = speaking(an_item(langs=("sti", "vi")))
    state, _ = step(state, ended(state, said[0]), NOW)

    _, orders = step(state, ended(state, said[1]), NOW)

    fact = next(order.fact for order in orders if isinstance(order, Record))
    assert (fact.result, fact.evidence, fact.reason) == (result, evidence, reason)


def test_a_chime_that_fails_keeps_nothing_from_being_said() -> None:
    opening = run(Idle(), Due((an_item(),)))

    assert sounds(after(opening, Said("failed", "command", "missing_file"))[1]) == ["a-vi"]


def test_what_comes_due_meanwhile_joins_the_session_in_its_order() -> None:
    state = speaking(an_item("a"), an_item("c", order=(0, 9, "c")))

    joined, orders = run(state, Due((an_item("b", order=(-1, 0, "b")),)))

    assert orders == []
    assert [item.bulletin for item in joined.queue] == ["b", "c"]  # type: ignore[union-attr]


def test_what_waits_already_is_not_taken_twice() -> None:
    state = speaking(an_item("a"), an_item("b"))

    assert run(state, Due((an_item("a"), an_item("b")))) == (state, [])


def test_what_expired_while_it_waited_is_missed_and_not_said() -> None:
    state, _ = run(Idle(), Due((an_item("a", exp=4_000), an_item("b"))))

    _, orders = after((state, []))

    assert facts(orders) == [("missed", "a/0"), ("started", "b/0")]
    assert sounds(orders) == ["b-vi"]


def test_without_a_clock_nothing_is_called_expired() -> None:
    state, _ = run(Idle(), Due((an_item("a", exp=4_000),)))

    _, orders = step(state, ended(state), Moment(1_000, None))

    assert sounds(orders) == ["a-vi"]


def test_an_alarm_interrupts_without_chime_and_what_it_broke_off_comes_again() -> None:
    state = speaking(an_item("a"))

    alarm, orders = run(state, Due((ALARM,)))
    again = after((alarm, []))

    assert facts(orders) == [("preempted", "a/0"), ("started", "alarm/0")]
    assert sounds(orders) == ["alarm-vi"]
    assert sounds(again[1]) == ["a-vi"]


def test_an_alarm_does_not_interrupt_another() -> None:
    alarm, _ = run(Idle(), Due((ALARM,)))

    _, orders = run(alarm, Due((an_item("second", order=(-2, 1, "x"), urgent=True),)))

    assert orders == []


def test_a_stop_silences_what_sounds_and_goes_on_with_the_rest() -> None:
    state = speaking(an_item("a"), an_item("b"))

    after_stop, orders = run(state, Stopped(frozenset({"a"}), "stop"))

    assert orders[0] == Silence("*")
    assert facts(orders) == [("stopped", "a/0"), ("started", "b/0")]
    assert occupied(after_stop) == {"b/0"}


def test_a_stop_takes_what_waits_out_of_the_queue() -> None:
    state = speaking(an_item("a"), an_item("b"))

    after_stop, orders = run(state, Stopped(frozenset({"b"}), "stop"))

    assert facts(orders) == [("stopped", "b/0")]
    assert occupied(after_stop) == {"a/0"}


def test_a_stop_before_the_first_word_ends_the_chime() -> None:
    state, _ = run(Idle(), Due((an_item("a"),)))

    after_stop, orders = run(state, Stopped(frozenset({"a"}), "stop"))

    assert (after_stop, orders[0], orders[-1]) == (Idle(), Silence("*"), Rest())
    assert facts(orders) == [("stopped", "a/0")]


def test_a_stop_of_something_else_changes_nothing() -> None:
    state = speaking(an_item("a"))

    assert run(state, Stopped(frozenset({"z"}), "stop")) == (state, [])


def test_a_bulletin_without_sound_is_shown_for_its_time_and_proved_by_the_screen() -> None:
    state, orders = run(Idle(), Due((BOARD,)))
    state, _ = run(state, Shown("board/0"))

    later, more = step(state, Tick(), Moment(1_000 + 30_000, 6_000))

    assert sounds(orders + more) == []
    assert [o for o in orders if isinstance(o, Show)] == [Show(BOARD)]
    fact = next(o.fact for o in more if isinstance(o, Record))
    assert (fact.result, fact.evidence, fact.outlet) == ("played", "device", "screen")
    assert later == Idle()


def test_a_screen_that_never_said_so_proves_nothing() -> None:
    state, _ = run(Idle(), Due((BOARD,)))

    _, orders = step(state, Tick(), Moment(1_000 + 30_000, 6_000))

    fact = next(o.fact for o in orders if isinstance(o, Record))
    assert (fact.result, fact.reason) == ("failed", "no_screen")


def test_a_player_that_never_answers_is_given_up_after_the_signed_time() -> None:
    state = speaking(an_item())
    patience = wakes_at(state)
    assert patience is not None

    early, nothing = step(state, Tick(), Moment(patience - 1, None))
    _, orders = step(state, Tick(), Moment(patience, None))

    assert (early, nothing) == (state, [])
    fact = next(o.fact for o in orders if isinstance(o, Record))
    assert (fact.result, fact.reason) == ("failed", "no_answer")
    assert orders[0] == Silence("*")


def test_a_lost_player_ends_what_sounded_and_lets_the_queue_go() -> None:
    state = speaking(an_item("a"), an_item("b"))

    idle, orders = run(state, PlayerLost("no_player"))

    assert idle == Idle()
    assert facts(orders) == [("ended", "a/0")]


def test_an_outcome_of_something_else_is_ignored() -> None:
    state = speaking(an_item())

    assert run(state, Ended("yesterday:vi", GOOD)) == (state, [])


ITEMS = st.sampled_from([an_item("a"), an_item("b", langs=("sti", "vi")), BOARD, ALARM])
EVENTS = st.one_of(
    st.builds(Due, st.lists(ITEMS, max_size=3, unique=True).map(tuple)),
    st.just("end"),
    st.builds(Stopped, st.frozensets(st.sampled_from("ab")), st.just("stop")),
    st.just(PlayerLost("no_player")),
    st.just(Tick()),
    st.just(Shown("board/0")),
)


@given(st.lists(EVENTS, max_size=25))
def test_whatever_happens_every_start_has_one_end_before_the_next(events: list[Any]) -> None:
    state: State = Idle()
    mono, open_now, told = 0, "", []
    for event in events:
        mono += 5_000
        playing = isinstance(state, Opening | Speaking | Closing)
        if event == "end" and not playing:
            continue
        happens = ended(state) if event == "end" else event
        state, orders = step(state, happens, Moment(mono, None))
        for name, occurrence in facts(orders):
            told.append((name, occurrence))
            if name == "started":
                assert open_now == ""
                open_now = occurrence or ""
            elif occurrence == open_now:
                open_now = ""
    assert (open_now != "") == isinstance(state, Speaking | Showing)


BUSY = an_item("b", ("vi", "km"), order=(0, 0, "b"))
ALARM = an_item("alarm", order=(-2, 0, "alarm"), urgent=True)


def interrupted(policy: Any, item: Item = BUSY, after: int = 1) -> tuple[State, list[Order]]:
    """`item` was begun, `after` of its voices ended, and then an alarm came."""
    state, orders = step(Idle(), Due((item,)), NOW)
    state, more = step(state, Ended(f"{item.occurrence}:{CHIME}", GOOD), NOW)
    orders += more
    for voice in item.voices[:after]:
        state, more = step(state, Ended(f"{item.occurrence}:{voice.lang}", GOOD), NOW)
        orders += more
    state, more = step(state, Due((ALARM,), policy), NOW)
    return state, orders + more


def then(state: State, late: Moment = NOW) -> tuple[State, list[Order]]:
    """The alarm has been said."""
    return step(state, Ended(f"{ALARM.occurrence}:vi", GOOD), late)


def spoken(orders: list[Order]) -> list[str]:
    return [order.play for order in orders if isinstance(order, Play)]


def told(orders: list[Order]) -> list[tuple[Any, ...]]:
    facts = [order.fact for order in orders if isinstance(order, Record)]
    return [(f.fact, f.bulletin, f.result, f.reason) for f in facts]


def test_what_an_alarm_broke_off_begins_again() -> None:
    state, _ = interrupted("restart")

    _, orders = then(state)

    assert spoken(orders) == ["b/0:vi"]


def test_or_goes_on_with_the_language_that_was_being_said() -> None:
    state, _ = interrupted("resume")

    state, orders = then(state)
    _, last = step(state, Ended("b/0:km", GOOD), NOW)

    assert spoken(orders) == ["b/0:km"]
    assert told(last) == [("ended", "b", "played", None)]  # both were said


def test_or_is_not_said_again_and_has_come_to_its_end() -> None:
    state, orders = interrupted("drop")

    state, more = then(state)

    assert told(orders)[-2] == ("preempted", "b", "partial", "alarm")
    assert spoken(more) == [f"alarm/0:{CLOSING}"]
    assert occupied(state) == frozenset()


@pytest.mark.parametrize("policy", ["restart", "resume"])
def test_after_an_alarm_nothing_goes_on_into_the_quiet_hours(policy: Any) -> None:
    state, _ = interrupted(policy, an_item("b", ("vi", "km"), begin_by=9_000))

    _, orders = then(state, Moment(mono=9_000, now=9_001))

    assert told(orders) == [
        ("ended", "alarm", "played", None),
        ("ended", "b", "partial", "quiet_hours"),
    ]
    assert spoken(orders) == []


def test_what_waited_into_the_quiet_hours_is_let_go_to_come_due_again() -> None:
    waits = an_item("c", order=(0, 1, "c"), begin_by=9_000)
    state, _ = step(Idle(), Due((an_item("a"), waits)), NOW)
    state, _ = step(state, Ended(f"a/0:{CHIME}", GOOD), NOW)

    state, orders = step(state, Ended("a/0:vi", GOOD), Moment(mono=9_000, now=9_001))

    assert told(orders) == [("ended", "a", "played", None)]
    assert occupied(state) == frozenset()


def test_without_a_calendar_nobody_knows_of_quiet_hours() -> None:
    state, _ = interrupted("restart", an_item("b", ("vi", "km"), begin_by=9_000))

    _, orders = then(state, Moment(mono=9_000, now=None))

    assert spoken(orders) == ["b/0:vi"]
