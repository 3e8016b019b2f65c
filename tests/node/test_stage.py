"""Sound and picture together: what is recorded, in which order, and what a restart finds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fakes.downloads import FakeMedia
from fakes.journal import FakeJournal
from fakes.outlets import FakePlayerEnd, FakeScreenEnd
from fakes.shelf import FakeShelf
from fakes.wire import (
    AUDIO,
    DAY,
    HOUR,
    NODE,
    NOW,
    UNIT,
    People,
    a_bulletin,
    a_media,
    an_assignment,
    some_settings,
    ulid,
)
from loa_node.clock import Clock
from loa_node.diary import Diary
from loa_node.facts import a_fact
from loa_node.inbox import Shelved
from loa_node.outlets import Gone, Outcome, PlayerEvent, PlayerHello, Reference, ScreenHello
from loa_node.stage import GRACE_MS, HELLO_MS, Sounds, Stage
from loa_node.standing import Standing
from loa_wire.bulletin import Bulletin, Fingerprint, Repeat, Schedule
from loa_wire.trusted import HardLimits, Window

PEOPLE = People()
CLOCK = Clock("synced", NOW, NOW - DAY, mono_ms=1_000_000, boot="b1")
SOUNDS = Sounds(*(Path(f"/sounds/{n}") for n in ("chime", "closing", "drill", "tone")))


class House:
    """A culture house with everything but the sound and the light."""

    def __init__(self, journal: FakeJournal | None = None, **place: Any) -> None:
        self.shelf, self.journal = FakeShelf(), journal or FakeJournal()
        self.media = FakeMedia(a_media().sha256)
        self.player, self.screen = FakePlayerEnd(), FakeScreenEnd()
        self.standing = Standing(NODE, UNIT, PEOPLE.sealed_root(), self.shelf)
        self.standing.assignment = an_assignment(**place)
        self.standing.settings = some_settings()
        self.stage = Stage(
            self.standing,
            self.shelf,
            Diary(self.journal, {}),
            self.media,
            player=self.player,
            screen=self.screen,
            sounds=SOUNDS,
        )
        self.clock = CLOCK

    def boot(self, boot: str = "b1") -> House:
        self.clock = replace(CLOCK, boot=boot)
        self.stage.boot(self.clock)
        return self

    def shelve(self, *bulletins: Bulletin) -> House:
        for bulletin in bulletins:
            envelope = PEOPLE.sealed(bulletin, "publisher")
            self.shelf.keep(Shelved(bulletin, bulletin.id + str(bulletin.rev), envelope), [])
        self.stage.look_again()
        return self

    def work(self, *said: PlayerEvent, later_ms: int = 10) -> House:
        self.player.coming += said
        clock = self.clock
        mono, now = clock.mono_ms + later_ms, clock.now_ms + later_ms
        self.clock = replace(clock, mono_ms=mono, now_ms=now)
        self.stage.work(self.clock)
        return self

    def plays(self) -> list[str]:
        return [order[1] for order in self.player.ordered if order[0] == "play"]

    def told(self, *wanted: str) -> list[tuple[Any, ...]]:
        facts = self.journal.facts
        return [(f.fact, f.result, f.reason) for f in facts if f.fact in wanted or not wanted]


def good(play: str, result: str = "played", reason: str = "", played_ms: int = 2000) -> Outcome:
    return Outcome(play, result, "device", reason, played_ms)


FIRST = f"{ulid(1)}/0"


def test_a_bulletin_goes_from_chime_to_closing_and_is_recorded_once() -> None:
    house = House().boot().shelve(a_bulletin())

    house.work().work(good(f"{FIRST}:chime")).work(good(f"{FIRST}:vi")).work(
        good(f"{FIRST}:closing")
    )

    assert house.plays() == [f"{FIRST}:chime", f"{FIRST}:vi", f"{FIRST}:closing"]
    assert house.told() == [("started", None, None), ("ended", "played", None)]
    house.work().work()
    assert len(house.plays()) == 3


def test_an_outcome_is_confirmed_after_its_fact_is_written() -> None:
    house = House().boot().shelve(a_bulletin()).work().work(good(f"{FIRST}:chime"))
    seen: list[str] = []

    class Watching(FakePlayerEnd):
        def confirm(self, play: str) -> None:
            seen.append(f"{play} after {len(house.told('ended'))} fact")

    house.stage._player = Watching()
    house.stage._player.coming = [good(f"{FIRST}:vi")]
    house.stage.work(house.clock)

    assert seen == [f"{FIRST}:vi after 1 fact"]


def test_the_screen_shows_the_bulletin_while_it_is_said_and_rests_after() -> None:
    house = House().boot().shelve(a_bulletin()).work().work(good(f"{FIRST}:chime"))

    said = house.screen.shown[-1]
    house.work(good(f"{FIRST}:vi")).work(good(f"{FIRST}:closing"))

    assert (said["kind"], said["title"]) == ("bulletin", {"vi": "Lịch tiêm chủng ấp 3"})
    assert house.screen.shown[-1]["kind"] == "idle"


def test_a_screen_at_rest_is_dark_in_its_hours_and_lights_up_for_a_bulletin() -> None:
    house = House()
    whole_day = [Window(start="00:00", end="00:00")]
    house.standing.settings = some_settings(screen_off=whole_day)

    house.boot().work().shelve(a_bulletin()).work().work(good(f"{FIRST}:chime"))

    assert [scene["kind"] for scene in house.screen.shown] == ["dark", "bulletin"]


def test_the_screen_says_where_to_answer_what_the_settings_say() -> None:
    house = House()
    house.standing.settings = some_settings(answer_at="https://xa.example.vn/y")

    house.boot().work().shelve(a_bulletin()).work().work(good(f"{FIRST}:chime"))

    assert [scene["qr"] for scene in house.screen.shown] == ["https://xa.example.vn/y"] * 2


def an_all_clear(n: int = 9) -> Bulletin:
    title = {"vi": "Báo yên: Lũ về"}
    said = {"level": "emergency", "schedule": None, "audio": {}, "ends": ulid(1), "title": title}
    return a_bulletin(id=ulid(n), kind="all_clear", **said)


def test_an_all_clear_stays_on_the_screen_and_does_not_look_like_an_alarm() -> None:
    house = House().boot().shelve(an_all_clear()).work()

    shown = house.screen.shown[-1]
    assert (shown["kind"], shown["title"]) == ("bulletin", {"vi": "Báo yên: Lũ về"})
    assert house.plays() == []


def test_an_alarm_that_still_runs_is_shown_before_the_all_clear_of_another() -> None:
    fire = a_bulletin(id=ulid(5), level="emergency", alert="fire", title={"vi": "Cháy chợ"})
    house = House().boot().shelve(an_all_clear(3))
    envelope = PEOPLE.sealed(fire, "publisher")
    house.shelf.keep(Shelved(fire, "fire", envelope, silent=True), [])  # its time is not proved yet

    house.work()

    shown = house.screen.shown[-1]
    assert (shown["kind"], shown["title"]) == ("emergency", {"vi": "Cháy chợ"})


def test_a_screen_that_comes_back_is_told_again_what_to_show() -> None:
    house = House().boot().shelve(a_bulletin()).work().work(good(f"{FIRST}:chime"))
    house.screen.shown.clear()

    house.screen.coming = [ScreenHello("dummy")]
    house.work()

    assert house.screen.shown[0]["id"] == FIRST


def test_the_first_sound_of_a_session_waits_for_the_amplifier() -> None:
    house = House().boot().shelve(a_bulletin())
    house.standing.settings = some_settings(lead_in_ms=300, amplifier_lead_ms=900)

    house.work().work(good(f"{FIRST}:chime"))

    assert [play["lead"] for play in house.player.played] == [1200, 0]


def test_the_safety_maximum_holds_for_every_sound() -> None:
    house = House(limits=HardLimits(max_volume=40)).boot().shelve(a_bulletin())

    house.work().work(good(f"{FIRST}:chime"))

    assert {play["volume"] for play in house.player.played} == {40}


def test_a_drill_is_said_to_be_one_before_its_first_word() -> None:
    house = House().boot().shelve(a_bulletin(kind="drill"))

    house.work().work(good(f"{FIRST}:chime")).work(good(f"{FIRST}:drill"))

    assert house.plays()[1:] == [f"{FIRST}:drill", f"{FIRST}:vi"]
    assert house.player.played[1]["path"] == "/sounds/drill"
    assert house.screen.shown[-1]["kind"] == "drill"


def test_without_its_sound_nothing_begins_and_with_it_it_does() -> None:
    house = House().boot().shelve(a_bulletin(audio={"vi": a_media(b"on its way")})).work()
    assert house.plays() == []

    house.media.held.add(a_media(b"on its way").sha256)
    house.stage.look_again()
    house.work()

    assert house.plays() == [f"{FIRST}:chime"]


def test_a_file_that_rotted_on_the_card_is_told_and_not_played() -> None:
    house = House().boot().shelve(a_bulletin()).work()
    house.media.held.clear()

    house.work(good(f"{FIRST}:chime"))

    assert ("media_failed", None, "damaged") in house.told()
    assert ("ended", "failed", "media_damaged") in house.told()


def test_without_a_player_what_is_said_now_waits_for_it() -> None:
    house = House().boot().shelve(a_bulletin())
    house.player.present = False
    house.work()
    assert house.told() == []

    house.player.present = True
    house.work(PlayerHello("", [], "file"))

    assert house.plays() == [f"{FIRST}:chime"]


def test_a_player_that_does_not_come_back_ends_what_it_was_saying() -> None:
    house = House().boot().shelve(a_bulletin()).work().work(good(f"{FIRST}:chime"))

    house.player.present = False
    house.work(Gone()).work(later_ms=GRACE_MS)

    assert house.told("device_lost", "ended") == [
        ("device_lost", None, "no_player"),
        ("ended", "failed", "no_player"),
    ]


def test_a_player_that_only_lost_the_line_goes_on() -> None:
    house = House().boot().shelve(a_bulletin()).work().work(good(f"{FIRST}:chime"))

    house.work(Gone()).work(PlayerHello(f"{FIRST}:vi", [], "file")).work(good(f"{FIRST}:vi"))

    assert house.told("ended") == [("ended", "played", None)]


def test_an_outcome_that_was_not_heard_in_time_is_taken_from_the_hello() -> None:
    house = House().boot().shelve(a_bulletin()).work().work(good(f"{FIRST}:chime"))

    house.work(Gone()).work(PlayerHello("", [good(f"{FIRST}:vi")], "file"))

    assert house.told("ended") == [("ended", "played", None)]


def test_a_device_that_is_gone_is_told_once_and_told_when_it_is_back() -> None:
    house = House().boot().shelve(a_bulletin()).work()

    house.work(good(f"{FIRST}:chime", "failed", "device_lost", 0))
    house.work(good(f"{FIRST}:vi", "failed", "device_lost", 0))
    house.work(good(f"{FIRST}:closing"))

    assert house.told("device_lost", "device_back") == [
        ("device_lost", None, "device_lost"),
        ("device_back", None, None),
    ]


# what a restart finds


def begun(boot: str) -> FakeJournal:
    journal = FakeJournal()
    clock = replace(CLOCK, boot=boot)
    Diary(journal, {}).write(
        clock, [a_fact("started", bulletin=ulid(1), rev=1, occurrence=FIRST, outlet="sound")]
    )
    return journal


def test_what_a_power_cut_broke_off_is_partial_and_does_not_come_again() -> None:
    house = House(begun("b0")).shelve(a_bulletin()).boot("b1")

    house.work().work()

    assert house.told() == [("started", None, None), ("ended", "partial", "power")]
    assert house.plays() == []


def test_what_this_boot_began_and_nobody_knows_of_is_partial_after_a_while() -> None:
    house = House(begun("b1")).shelve(a_bulletin()).boot("b1")

    house.work(PlayerHello("", [], "file"))
    assert house.told("ended") == []
    house.work(later_ms=HELLO_MS)

    assert house.told("ended") == [("ended", "partial", "crash")]
    assert house.plays() == []


def test_what_the_player_finished_while_the_agent_was_away_counts_as_played() -> None:
    house = House(begun("b1")).shelve(a_bulletin()).boot("b1")

    house.work(PlayerHello("", [good(f"{FIRST}:vi")], "file")).work(later_ms=HELLO_MS)

    assert house.told("ended") == [("ended", "played", None)]
    assert ("confirm", f"{FIRST}:vi") in house.player.ordered


def test_what_the_player_still_says_is_taken_up() -> None:
    house = House(begun("b1")).shelve(a_bulletin()).boot("b1")

    house.work(PlayerHello(f"{FIRST}:vi", [], "file")).work(later_ms=HELLO_MS)
    house.work(good(f"{FIRST}:vi"))

    assert house.told("ended") == [("ended", "played", None)]
    assert ("stop", "*") not in house.player.ordered


# rules that hold while a session is going on


def test_a_correction_that_arrives_takes_the_place_of_what_waits() -> None:
    corrected = a_media(b"corrected")
    waiting = a_bulletin(id=ulid(2), audio={"vi": a_media(AUDIO)})
    house = House().boot().shelve(a_bulletin(), waiting).work().work(good(f"{FIRST}:chime"))
    house.media.held.add(corrected.sha256)

    newer = a_bulletin(id=ulid(2), rev=2, audio={"vi": corrected})
    house.shelve(newer).work().work(good(f"{FIRST}:vi"))

    assert house.player.played[-1]["path"] == f"/media/{corrected.sha256}"
    assert [f.rev for f in house.journal.facts if f.fact == "started"] == [1, 2]


def test_what_does_not_fit_into_the_longest_session_waits_for_the_next() -> None:
    long = {"vi": a_media(AUDIO, duration_ms=40_000)}
    house = House(limits=HardLimits(max_session_s=60)).boot()
    house.shelve(a_bulletin(audio=long)).work().work(good(f"{FIRST}:chime"))

    house.work(later_ms=30_000).shelve(a_bulletin(id=ulid(2), audio=long)).work()
    house.work(good(f"{FIRST}:vi"))

    assert house.plays()[-1] == f"{FIRST}:closing"
    house.work(good(f"{FIRST}:closing")).work()
    assert house.plays()[-1] == f"{ulid(2)}/0:chime"


def test_quiet_hours_are_a_rule_of_the_node_itself() -> None:
    always = HardLimits(quiet_hours=[Window(start="00:00", end="00:00")])
    house = House(limits=always).boot().shelve(a_bulletin()).work()

    assert house.plays() == []


ALL_NIGHT = HardLimits(quiet_hours=[Window(start="00:00", end="00:00")])
ALARM = ulid(8)


def an_alarm(times: int = 1, gap_s: int = 0) -> Bulletin:
    again = Schedule(mode="now", repeat=Repeat(times=times, gap_s=gap_s))
    return a_bulletin(id=ALARM, level="emergency", alert="flood", exp=NOW + HOUR, schedule=again)


def test_an_alarm_breaks_in_at_once_and_is_on_the_screen_and_the_news_comes_again() -> None:
    house = House().boot().shelve(a_bulletin()).work().work(good(f"{FIRST}:chime"))

    house.shelve(an_alarm()).work()

    assert house.plays()[-1] == f"{ALARM}/0:vi"
    assert house.screen.shown[-1]["kind"] == "emergency"
    house.work(good(f"{FIRST}:vi", "stopped", "preempted")).work(good(f"{ALARM}/0:vi"))
    assert house.plays()[-1].startswith(FIRST)
    assert house.told("preempted") == [("preempted", None, ALARM)]


def test_an_alarm_is_heard_in_quiet_hours_and_again_until_the_all_clear() -> None:
    house = House(limits=ALL_NIGHT).boot().shelve(an_alarm(times=3, gap_s=60)).work()
    house.work(good(f"{ALARM}/0:vi")).work(good(f"{ALARM}/0:closing"))
    house.work(later_ms=60_000).work()
    assert said(house) == [f"{ALARM}/0:vi", f"{ALARM}/1:vi"]

    clear = a_bulletin(id=ulid(9), kind="all_clear", level="emergency", schedule=None, ends=ALARM)
    house.shelf.keep(Shelved(clear, "clear", PEOPLE.sealed(clear, "publisher")), [ALARM])
    house.stage.silence({ALARM: "all_clear"}, house.clock)
    house.work().work(later_ms=60_000).work(later_ms=60_000)

    assert house.player.ordered[-1][0] == "stop"
    assert said(house) == [f"{ALARM}/0:vi", f"{ALARM}/1:vi"]
    assert house.told("stopped") == [("stopped", None, "all_clear")]
    assert house.screen.shown[-1]["kind"] != "emergency"


def said(house: House) -> list[str]:
    return [play for play in house.plays() if play.endswith(":vi")]


def test_a_clock_that_is_set_back_does_not_make_the_node_deaf() -> None:
    house = House().boot().work()
    house.clock = replace(house.clock, now_ms=NOW - 5 * DAY)
    asked = house.stage._ask_at_ms

    house.work()

    assert house.stage._ask_at_ms < asked


def test_health_says_what_plays_and_what_played() -> None:
    house = House().boot().shelve(a_bulletin()).work().work(good(f"{FIRST}:chime"))
    during = house.stage.playing

    house.work(good(f"{FIRST}:vi")).work(good(f"{FIRST}:closing"))

    assert during is not None
    assert during.occurrence == FIRST
    assert house.stage.playing is None
    assert house.stage.last_play is not None
    assert house.stage.last_play.result == "played"


def test_two_languages_are_two_panels_in_the_nodes_order() -> None:
    texts = {"vi": "một", "km": "មួយ"}
    bulletin = a_bulletin(title=texts, text=texts, schedule=Schedule(mode="now"))
    house = House().boot()
    house.standing.settings = some_settings(languages=["km", "vi"], language_mode="all")

    house.shelve(bulletin).work().work(good(f"{FIRST}:chime"))

    scene = house.screen.shown[-1]
    assert scene["languages"] == ["km", "vi"]
    assert scene["text"] == texts


def a_crash(house: House, bulletin: Bulletin, n: int) -> None:
    """As a restarted agent notes it: this play broke a program off."""
    fact = a_fact(
        "ended", bulletin=bulletin.id, rev=bulletin.rev, occurrence=f"{bulletin.id}/{n}",
        outlet="sound", result="failed", reason="crash",
    )  # fmt: skip
    house.stage._diary.write(house.clock, [fact])


def test_what_broke_a_program_off_three_times_is_set_aside_until_it_is_corrected() -> None:
    bad, good_one = a_bulletin(id=ulid(1)), a_bulletin(id=ulid(2))
    house = House().boot()
    for n in range(3):
        a_crash(house, bad, n + 100)

    house.shelve(bad, good_one).work()

    assert house.told("set_aside") == [("set_aside", None, "poison")]
    assert not [play for play in house.plays() if play.startswith(bad.id)]
    house.work(good(f"{ulid(2)}/0:chime")).work(good(f"{ulid(2)}/0:vi"))
    assert f"{ulid(2)}/0:vi" in house.plays()
    house.shelve(a_bulletin(id=ulid(1), rev=2)).work(good(f"{ulid(2)}/0:closing")).work().work()
    assert [play for play in house.plays() if play.startswith(bad.id)]
    assert len(house.told("set_aside")) == 1


@pytest.mark.parametrize("held", [["signs"], []])
def test_a_voice_is_ordered_with_what_the_ear_compares_it_with_if_that_is_here(
    held: list[str],
) -> None:
    signs = Fingerprint(sha256=a_media(b"signs").sha256, bytes=5, at_ms=1200)
    alarm = a_bulletin(audio={"vi": a_media(fingerprint=signs)}, level="emergency", alert="fire")
    house = House().boot()
    house.media.held.update(a_media(name.encode()).sha256 for name in held)
    house.shelve(alarm).work(PlayerHello("", [], "alsa"))

    expected = Reference(Path(f"/media/{signs.sha256}"), 1200) if held else None
    assert house.player.references == [expected]


def test_what_a_microphone_said_of_a_play_stands_in_its_fact() -> None:
    house = House().boot().shelve(a_bulletin(level="emergency", alert="fire")).work()
    play = house.player.ordered[-1][1]
    house.work(Outcome(play, "failed", "device", "not_heard", 2000, "not_heard"))

    ended = next(f for f in house.journal.facts if f.fact == "ended")
    assert (ended.result, ended.reason, ended.ear) == ("failed", "not_heard", "not_heard")
