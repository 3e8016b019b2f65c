"""Everything that was ever sent was signed by the right people. Recorded, it comes again."""

from __future__ import annotations

from dataclasses import replace

from fakes.attacker import NO_CLOCK, PROVED, SYNCED, Attacker, Hamlet, later
from fakes.wire import (
    DAY,
    HAMLET,
    HOUR,
    NOW,
    People,
    a_bulletin,
    a_command,
    a_manifest,
    an_ack,
    an_item,
    changed,
    some_emergencies,
    some_settings,
    ulid,
)
from loa_node import trust
from loa_node.facts import a_fact
from loa_wire.bulletin import Bulletin, Stops


def test_a_bulletin_that_was_heard_comes_again(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    hamlet.hears(attacker.records(district.sealed(a_bulletin(), "publisher")))

    news = hamlet.hears(attacker.replays())

    assert not news.bulletins
    assert hamlet.would_believe(attacker.replays(), without=trust.not_seen_before)


def test_it_comes_again_after_a_reboot(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    hamlet.hears(attacker.records(district.sealed(a_bulletin(), "publisher")))
    hamlet.reboots(NO_CLOCK)

    news = hamlet.hears(attacker.replays())

    assert not news.bulletins
    assert hamlet.would_believe(attacker.replays(), without=trust.not_seen_before)


def test_it_comes_again_in_other_bytes(hamlet: Hamlet, district: People) -> None:
    """The same signed payload with one signature more is another envelope, not another bulletin."""
    hamlet.hears(district.sealed(a_bulletin(), "publisher"))
    rewrapped = district.sealed(a_bulletin(), "publisher", "province")

    assert hamlet.refuses(rewrapped) == "known"
    assert hamlet.would_believe(rewrapped, without=trust.not_seen_before)


def test_an_old_revision_comes_after_its_correction(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    attacker.records(district.sealed(a_bulletin(rev=1), "publisher"))
    hamlet.hears(district.sealed(a_bulletin(rev=2), "publisher"))

    assert hamlet.refuses(attacker.replays()) == "rollback"
    assert hamlet.would_believe(attacker.replays(), without=trust.not_seen_before)


def test_a_stopped_bulletin_comes_again(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    hamlet.hears(attacker.records(district.sealed(a_bulletin(), "publisher")))
    hamlet.hears(district.sealed(a_stop(ids=[ulid(1)]), "publisher"))
    hamlet.reboots()

    assert not hamlet.hears(attacker.replays()).bulletins
    assert ulid(1) not in hamlet.holds()
    assert hamlet.would_believe(attacker.replays(), without=trust.not_seen_before)


def test_a_bulletin_that_was_withheld_until_its_stop_had_come(
    hamlet: Hamlet, district: People
) -> None:
    """The stop was heard first: what it names cannot follow it."""
    hamlet.hears(district.sealed(a_stop(ids=[ulid(1)]), "publisher"))
    withheld = district.sealed(a_bulletin(), "publisher")

    assert hamlet.refuses(withheld) == "stopped"
    hamlet.hears(district.sealed(a_bulletin(id=ulid(2)), "publisher"))
    assert ulid(2) in hamlet.holds()  # the stop is all that was in the way


def test_an_old_bulletin_that_was_never_heard(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    attacker.records(district.sealed(a_bulletin(), "publisher"))
    hamlet.clock = later(SYNCED, 2 * DAY)

    assert hamlet.refuses(attacker.replays()) == "expired"
    assert hamlet.would_believe(attacker.replays(), without=trust.time_window)


def test_an_old_bulletin_to_a_node_that_only_knows_what_time_it_cannot_be(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    attacker.records(district.sealed(a_bulletin(), "publisher"))
    hamlet.clock = replace(NO_CLOCK, now_ms=NOW + 2 * DAY, floor_ms=NOW + 2 * DAY)

    assert hamlet.refuses(attacker.replays()) == "expired"
    assert hamlet.would_believe(attacker.replays(), without=trust.time_window)


def test_one_that_was_heard_and_pruned_comes_to_a_node_with_no_clock(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    """An id is forgotten only when the floor is past its end: one or the other always refuses."""
    hamlet.clock = PROVED
    hamlet.hears(attacker.records(district.sealed(a_bulletin(), "publisher")))
    hamlet.clock = later(PROVED, 3 * DAY)
    newer = district.register(version=2, iat=NOW + 2 * DAY)
    hamlet.fetches(district.sealed_register(newer), "authority")
    hamlet.forgets_what_is_over()
    assert hamlet.shelf.revision_of(ulid(1)) is None
    floor = hamlet.standing.floor_ms
    hamlet.reboots(replace(NO_CLOCK, now_ms=floor, floor_ms=floor))

    assert hamlet.refuses(attacker.replays()) == "expired"
    assert hamlet.would_believe(attacker.replays(), without=trust.time_window)


def test_nothing_is_pruned_by_a_clock_that_only_ntp_told(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    """The floor is proved or it stays: so a lie about the time cannot make a hamlet forget."""
    hamlet.hears(attacker.records(district.sealed(a_bulletin(), "publisher")))
    hamlet.clock = later(SYNCED, 40 * DAY)
    hamlet.fetches(
        district.sealed_register(
            district.register(version=2, iat=NOW + 39 * DAY, exp=NOW + 60 * DAY)
        ),
        "authority",
    )
    hamlet.forgets_what_is_over()
    hamlet.clock = SYNCED  # the lie is over

    assert not hamlet.hears(attacker.replays()).bulletins
    assert hamlet.shelf.revision_of(ulid(1)) == 1
    hamlet.shelf.forget(NOW + 40 * DAY)  # had the lie been the floor …
    assert hamlet.hears(attacker.replays()).bulletins  # … it would be heard twice


def test_an_old_stop_all_is_replayed_to_silence_what_came_later(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    old = attacker.records(
        district.sealed(a_stop(area=HAMLET, issued_upto=NOW, exp=NOW + 40 * DAY), "publisher")
    )
    hamlet.hears(district.sealed(a_bulletin(iat=NOW + HOUR, nbf=NOW + HOUR), "publisher"))

    news = hamlet.hears(old)

    assert news.silenced == {}
    assert ulid(1) in hamlet.holds()


def test_the_same_stop_all_does_silence_what_came_before_it(
    hamlet: Hamlet, district: People
) -> None:
    """The other direction of the story above: `issued_upto` is the one thing that decides."""
    hamlet.hears(district.sealed(a_bulletin(iat=NOW + HOUR, nbf=NOW + HOUR), "publisher"))

    later = a_stop(
        area=HAMLET, issued_upto=NOW + HOUR, iat=NOW + HOUR, nbf=NOW + HOUR, exp=NOW + 40 * DAY
    )
    news = hamlet.hears(district.sealed(later, "publisher"))

    assert news.silenced == {ulid(1): "stop"}


def test_a_command_is_replayed_after_a_reboot(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    attacker.records(district.sealed(a_command(exp=NOW + DAY), "ops"))
    hamlet.reboots()

    assert hamlet.refuses(attacker.replays(), "command") == "ticket"
    assert hamlet.would_believe(attacker.replays(), "command", without=trust.not_seen_before)


def test_a_command_is_replayed_in_the_same_boot(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    """The agent takes a new ticket with every command that it has obeyed."""
    assert hamlet.hears(attacker.records(_test_tone(district)), "command").commands
    hamlet.intake.ticket = "t2"

    assert hamlet.refuses(attacker.replays(), "command") == "ticket"
    assert hamlet.would_believe(attacker.replays(), "command", without=trust.not_seen_before)


def test_a_command_is_held_back_for_a_day(hamlet: Hamlet, district: People) -> None:
    held_back = district.sealed(a_command(), "ops")

    assert hamlet.refuses(held_back, "command") == "expired"
    assert hamlet.would_believe(held_back, "command", without=trust.time_window)


def test_old_settings_come_back_with_their_loud_volume(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    attacker.records(district.sealed(some_settings(version=1), "settings"))
    hamlet.hears(district.sealed(some_settings(version=2), "settings"), "settings")

    assert hamlet.refuses(attacker.replays(), "settings") == "rollback"
    assert hamlet.would_believe(attacker.replays(), "settings", without=trust.not_seen_before)


def test_an_old_index_of_the_area_comes_back(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    attacker.records(district.sealed(a_manifest(version=1), "ops"))
    hamlet.hears(district.sealed(a_manifest(version=2), "ops"), "manifest")

    assert hamlet.refuses(attacker.replays(), "manifest") == "rollback"
    assert hamlet.would_believe(attacker.replays(), "manifest", without=trust.not_seen_before)


def test_the_emergencies_of_an_hour_ago_come_back_after_the_all_clear(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    alarm = a_bulletin(level="emergency", alert="flood", exp=NOW + 2 * HOUR)
    envelope = district.sealed(alarm, "province", "duty")
    hamlet.clock = PROVED
    hamlet.hears(
        attacker.records(district.sealed(some_emergencies(envelope), "ops")), "emergencies"
    )
    assert alarm.id in hamlet.holds()
    clear = a_bulletin(
        kind="all_clear", id=ulid(2), level="emergency", ends=alarm.id, iat=NOW + HOUR,
        nbf=NOW + HOUR, exp=NOW + 2 * HOUR, schedule=None,
    )  # fmt: skip
    hamlet.hears(district.sealed(clear, "province", "duty"))
    hamlet.hears(district.sealed(some_emergencies(version=2), "ops"), "emergencies")

    assert hamlet.refuses(attacker.replays(), "emergencies") == "rollback"
    hamlet.hears(envelope)
    assert alarm.id not in hamlet.holds()


def test_an_acknowledgement_of_before_comes_back(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    epoch = hamlet.diary.epoch
    attacker.records(district.sealed(an_ack(epoch=epoch, iat=NOW), "ops"))
    hamlet.hears(district.sealed(an_ack(epoch=epoch, iat=NOW + 1), "ops"), "ack")

    assert hamlet.refuses(attacker.replays(), "ack") == "rollback"
    assert hamlet.would_believe(attacker.replays(), "ack", without=trust.not_seen_before)


def test_acks_are_forged_to_make_the_journal_forget(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    hamlet.diary.write(hamlet.clock, [a_fact("rebooted")])
    ack = an_ack(epoch=hamlet.diary.epoch, upto=hamlet.diary.last)

    assert hamlet.refuses(attacker.forges(ack, "ops"), "ack") == "signature"
    assert hamlet.refuses(district.sealed(ack, "publisher"), "ack") == "may"
    assert hamlet.refuses(district.sealed(changed(ack, node="tq-02"), "ops"), "ack") == "not_here"
    assert hamlet.diary.acked == 0
    forged = attacker.forges(changed(ack, iat=NOW + 5), "ops")
    assert hamlet.would_believe(forged, "ack", without=trust.verified_keys)


def test_an_ack_of_another_journal_makes_this_one_forget_nothing(
    hamlet: Hamlet, district: People
) -> None:
    """After a new card the numbers begin again: an ack says which journal it means."""
    hamlet.diary.write(hamlet.clock, [a_fact("rebooted")])
    upto = hamlet.diary.last

    hamlet.hears(district.sealed(an_ack(epoch="another", upto=upto), "ops"), "ack")
    assert hamlet.diary.acked == 0

    ours = an_ack(epoch=hamlet.diary.epoch, upto=upto, iat=NOW + 1)
    hamlet.hears(district.sealed(ours, "ops"), "ack")
    assert hamlet.diary.acked == upto


def test_an_index_names_an_old_revision(hamlet: Hamlet, district: People) -> None:
    """An index is never authority: what it leads to is judged as if it had come alone."""
    old = district.sealed(a_bulletin(rev=1), "publisher")
    hamlet.hears(district.sealed(a_bulletin(rev=2), "publisher"))
    hamlet.hears(district.sealed(a_manifest(an_item(a_bulletin(), old)), "ops"), "manifest")

    assert hamlet.refuses(old) == "rollback"
    assert hamlet.would_believe(old, without=trust.not_seen_before)


def a_stop(
    ids: list[str] | None = None, area: str | None = None, issued_upto: int | None = None,
    **changes: int,
) -> Bulletin:  # fmt: skip
    stops = Stops(ids=ids or [], area=area, issued_upto=issued_upto)
    return a_bulletin(kind="stop", id=ulid(9), schedule=None, audio={}, stops=stops, **changes)


def _test_tone(district: People) -> bytes:
    return district.sealed(a_command(exp=NOW + DAY), "ops")
