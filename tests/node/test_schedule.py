"""What is due on this node, with what it knows that the district does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fakes.wire import (
    DAY,
    HOUR,
    NOW,
    a_bulletin,
    an_assignment,
    some_settings,
    ulid,
)
from loa_node.clock import Clock
from loa_node.schedule import HORIZON_MS, Awake, Plan, Shelf, plan
from loa_wire.bulletin import Late, Schedule
from loa_wire.localtime import at_local, to_local
from loa_wire.place import Slot

CLOCK = Clock("synced", NOW, NOW - DAY, mono_ms=HOUR, boot="b1")
ALWAYS = Awake(NOW - 30 * DAY, NOW - 30 * DAY)
TODAY = to_local(NOW).date()


def ask(*bulletins: Any, **changes: Any) -> Plan:
    values: dict[str, Any] = {
        "shelf": Shelf(bulletins, {}),
        "assignment": an_assignment(),
        "settings": some_settings(),
        "past": {},
        "clock": CLOCK,
        "awake": ALWAYS,
    }
    return plan(**{**values, **changes})


def at(clock: str, **changes: Any) -> Any:
    life = {"iat": NOW - 2 * DAY, "nbf": NOW - 2 * DAY, "exp": NOW + 2 * DAY}
    return a_bulletin(schedule=Schedule(mode="at", times=[clock], **changes), **life)


def test_now_is_due_at_once_and_only_once() -> None:
    assert [item.occurrence for item in ask(a_bulletin()).due] == [f"{ulid(1)}/0"]
    assert ask(a_bulletin(), past={f"{ulid(1)}/0": "played"}).due == ()
    assert ask(a_bulletin(), past={f"{ulid(1)}/0": "queued"}).due == ()


def test_a_bulletin_whose_sound_has_not_arrived_waits_and_is_asked_for_again() -> None:
    waiting = ask(shelf=Shelf([a_bulletin()], {ulid(1): "no_media"}))

    assert waiting.due == ()
    assert waiting.missed == ()
    assert waiting.ask_again == NOW + HORIZON_MS


def test_the_next_planned_start_is_when_to_ask_again() -> None:
    soon = NOW + 20_000
    minute = to_local(soon).strftime("%H:%M")
    planned = at_local(TODAY, minute)
    clock = replace(CLOCK, now_ms=planned - 20_000)

    assert ask(at(minute), clock=clock).ask_again == planned


def test_a_time_that_passed_is_missed_with_the_reason_this_node_knows() -> None:
    early = to_local(NOW - 3 * HOUR).strftime("%H:%M")
    bulletin = at(early)
    off = Awake(NOW - HOUR, NOW - HOUR)
    no_clock = Awake(NOW - 30 * DAY, NOW - HOUR)

    assert {m.reason for m in ask(bulletin).missed} == {"late"}
    assert {m.reason for m in ask(bulletin, awake=off).missed} == {"off"}
    assert {m.reason for m in ask(bulletin, awake=no_clock).missed} == {"no_clock"}
    silent = ask(shelf=Shelf([bulletin], {bulletin.id: "no_media"}))
    assert {m.reason for m in silent.missed} == {"no_media"}


def test_a_late_start_is_made_up_for_only_within_what_the_schedule_allows() -> None:
    early = to_local(NOW - HOUR).strftime("%H:%M")
    past = {f"{ulid(1)}/{at_local(TODAY, early) - DAY}": "played"}

    assert ask(at(early), past=past).due == ()
    assert len(ask(at(early, late=Late(play_within_s=7200)), past=past).due) == 1


def test_what_has_expired_is_never_due() -> None:
    over = a_bulletin(exp=NOW - 1, iat=NOW - HOUR, nbf=NOW - HOUR)

    asked = ask(over)

    assert asked.due == ()
    assert [m.reason for m in asked.missed] == ["expired"]


def test_slots_are_the_nodes_own_sessions() -> None:
    slot = Slot(start=to_local(NOW).strftime("%H:%M"))
    start = at_local(TODAY, slot.start)
    life = {"iat": start - DAY, "nbf": start - DAY, "exp": start + DAY}
    bulletin = a_bulletin(schedule=Schedule(mode="slots"), **life)

    asked = ask(bulletin, settings=some_settings(slots=[slot]), clock=replace(CLOCK, now_ms=start))

    assert [item.planned for item in asked.due] == [start]


def test_with_only_a_floor_now_is_said_and_the_calendar_waits() -> None:
    floor = Clock("floor", NOW - 9 * DAY, NOW - 9 * DAY)
    calendar = a_bulletin(id=ulid(2), schedule=Schedule(mode="at", times=["05:00"]))

    asked = ask(a_bulletin(), calendar, clock=floor)

    assert [item.bulletin.id for item in asked.due] == [ulid(1)]
    assert asked.missed == ()
