"""The agent: the only program of the node with network and keys. Composition root and loop.

Boot order is shelf, schedule, player, screen, then the link: the node never waits for the
district. Values pass from step to step here; the steps do not know each other.
"""

from __future__ import annotations

import contextlib
import signal
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from ssl import SSLContext
from types import FrameType
from typing import Final

from loa_node import __version__, births, endings, first_boot, inbox, sounds, supervision
from loa_node.adapters import identity
from loa_node.adapters.ballast import Ballast
from loa_node.adapters.board import Board
from loa_node.adapters.enrolment_https import EnrolmentHttps
from loa_node.adapters.media_folder import Folder
from loa_node.adapters.paho_link import PahoLink
from loa_node.adapters.papers import Papers
from loa_node.adapters.player_socket import PlayerSocket
from loa_node.adapters.requests_downloads import RequestsDownloads
from loa_node.adapters.screen_socket import ScreenSocket
from loa_node.adapters.spool import Spool
from loa_node.adapters.sqlite_file import open_checked
from loa_node.adapters.sqlite_journal import SqliteJournal
from loa_node.adapters.sqlite_shelf import SqliteShelf
from loa_node.adapters.tls import client_context
from loa_node.adapters.waker import Waker
from loa_node.brought import Brought
from loa_node.checkup import Checkup
from loa_node.clock import Clock, Reading
from loa_node.config import ConfigError, NodeConfig
from loa_node.diary import Diary
from loa_node.errands import Errands
from loa_node.facts import a_fact
from loa_node.intake import Intake, News
from loa_node.line import Line
from loa_node.obeying import Obeying
from loa_node.postbox import Condition, Postbox
from loa_node.pulse import Pulses
from loa_node.renewal import Renewal
from loa_node.report import Presence
from loa_node.restarts import Restarts
from loa_node.selftest import SelfTest, weekly
from loa_node.stage import Sounds, Stage
from loa_node.standing import Standing, UntrustedRootError
from loa_node.thrift import give_back
from loa_node.timekeeping import Timekeeping
from loa_wire.down import Command
from loa_wire.up import Fact, Outlet, Shelf

HOUSEKEEPING_MS: Final = 3_600_000
ENDINGS_MS: Final = 2_000
SETTLED_MS: Final = 60_000
SMALLEST_WAIT_MS: Final = 1
AFTER_AN_ERROR_S: Final = 1.0
MOST_ERRORS: Final = 60
"""In a row, with nothing done in between: a new start looks at the card's files again."""
PICTURE_WIDTH: Final = 480
SMALLEST_WIDTH: Final = 100
LARGEST_PICTURE: Final = 62 * 1024
"""Bytes of a screen's picture that still fit into one message."""


@dataclass(slots=True)
class Parts:
    """What must be closed again, in reverse."""

    shelf: SqliteShelf
    journal: SqliteJournal
    downloads: RequestsDownloads
    player: PlayerSocket
    screen: ScreenSocket
    waker: Waker
    pulses: Pulses
    ballast: Ballast


class Agent:
    """`work_once` looks at everything that has happened and does what follows from it."""

    def __init__(  # noqa: PLR0913 - the composition
        self,
        *,
        board: Board,
        parts: Parts,
        standing: Standing,
        diary: Diary,
        intake: Intake,
        errands: Errands,
        brought: Brought,
        line: Line,
        renewal: Renewal,
        selftest: SelfTest,
        obeying: Obeying,
        stage: Stage,
        postbox: Postbox,
        checkup: Checkup,
        time: Timekeeping,
        media: Folder,
        runtime: Path,
        born: tuple[Fact, ...],
    ) -> None:
        self._board = board
        self._parts = parts
        self._standing = standing
        self._diary = diary
        self._intake = intake
        self._errands = errands
        self._brought = brought
        self._line = line
        self._renewal = renewal
        self._selftest = selftest
        self._obeying = obeying
        self._stage = stage
        self._postbox = postbox
        self._checkup = checkup
        self._time = time
        self._media = media
        self._runtime = runtime
        self._born = born
        self._restarts = Restarts()
        self._endings_at = 0
        self._error = ""
        self._state = ""
        self._tidy_at = 0
        self._settles_at: int | None = None
        self._width = 0
        self._line_told = ""
        self.restart = False

    def boot(self, reading: Reading) -> None:
        now = self._time.clock(reading)
        self._settles_at = now.mono_ms + SETTLED_MS
        self._parts.ballast.take()
        self._diary.write(now, self._born)
        self._note_endings(now)
        self._stage.boot(now)
        self._intake.ticket = self._line.new_ticket()
        self._take(self._intake.judge_again(now), now)
        self._line.start(now)

    def work_once(self, reading: Reading) -> bool:
        now = self._time.clock(reading)
        self._note_clock(now)
        self._note_endings(now)
        self._checkup.work(now)
        arrived, begun = self._line.work(now)
        self._note_line(now)
        if self._renewal.work(now):
            self._line.redial(now)
        if begun:
            self._postbox.connected()
            self._time.connected(now)
            self._errands.start_over()
        self._stage.wall.online(online=self._line.connected)
        news = News()
        for message in arrived:
            news.add(self._intake.message(message.topic, message.payload, now))
        now = self._follow(news, reading, now)
        now = self._follow(self._errands.work(now), reading, now)
        now = self._follow(self._brought.work(now), reading, now)
        self._take(self._intake.work(now), now)
        self._time.work(now, urgent=self._intake.in_doubt)
        busy = self._stage.work(now)
        self._selftest.work(now)
        self._obeying.work(now)
        self._send_picture()
        self._tidy(now)
        self._postbox.work(now, self._condition())
        return busy or bool(arrived) or self._brought.busy

    def wait(self, reading: Reading) -> None:
        """Until something happens, at most until the next thing is due."""
        times = (self._stage.next_ms(self._time.clock(reading)), self._time.next_ms())
        due = min(times) - reading.mono_ms
        player, screen = self._parts.player.fileno(), self._parts.screen.fileno()
        others = [fd for fd in (player, screen) if fd is not None]
        self._parts.waker.wait(others, max(SMALLEST_WAIT_MS, due))

    def reading(self) -> Reading:
        return self._board.clock()

    def wake(self) -> None:
        self._parts.waker.wake()

    @property
    def pulses(self) -> Pulses:
        return self._parts.pulses

    def stop(self, *, in_order: bool) -> None:
        if in_order:
            births.settled(self._parts.shelf)
            births.farewell(self._parts.shelf)
        self._line.goodbye()
        self._parts.downloads.close()
        self._parts.screen.close()
        self._parts.player.close()
        self._parts.journal.close()
        self._parts.shelf.close()
        self._parts.waker.close()

    def mishap(self, reading: Reading, error: Exception) -> None:
        """A defect of this program: told to the district once, and the loop goes on."""
        detail = f"{type(error).__name__}: {error}"[:200]
        if detail == self._error:
            return
        self._error = detail
        supervision.log(f"agent: {detail}", supervision.ERROR)
        fact = a_fact("alarm", reason="internal_error", detail=detail)
        with contextlib.suppress(OSError, sqlite3.Error):  # a card that fails must not end us
            self._diary.write(self._time.clock(reading), [fact])

    def _follow(self, news: News, reading: Reading, now: Clock) -> Clock:
        """What came down, and the clock after it: a beacon may have proved another time."""
        if news.proved:
            now = self._time.clock(reading)
            self._note_clock(now)
            news.add(self._intake.proved(now))
        self._take(news, now)
        return now

    def _take(self, news: News, now: Clock) -> None:
        if news.silenced:
            self._stage.silence(news.silenced, now)
        if news.bulletins:
            self._stage.look_again()
        if news.missing:
            self._errands.look_again()
        if news.place or news.behind:
            self._line.listen()
        if news.acked:
            self._postbox.acknowledged(now)
        for command in news.commands:
            self._obey(command, now)

    def _obey(self, command: Command, now: Clock) -> None:
        """Used once: whatever comes of it, the next command must name a new ticket."""
        self._intake.ticket = self._line.new_ticket()
        self._line.say_status()
        match command.command:
            case "test_tone" | "identify" | "restart":
                self._obeying.obey(command, now)
                self.restart |= self._obeying.restart
            case "self_test":
                self._selftest.ask()
            case "screenshot":
                self._width = PICTURE_WIDTH
                self._stage.wall.picture(self._runtime / "screen.png", self._width)
            case "resync":
                self._errands.resync()

    def _send_picture(self) -> None:
        """As the screen wrote it; one too large for a message is asked for again, smaller."""
        path = self._stage.wall.pictured
        if not path:
            return
        self._stage.wall.pictured = ""
        picture = Path(path).read_bytes()
        if len(picture) <= LARGEST_PICTURE:
            self._line.say("screen", picture)
        elif self._width > SMALLEST_WIDTH:
            self._width = self._width * 2 // 3
            self._stage.wall.picture(Path(path), self._width)

    def _condition(self) -> Condition:
        held = [one.bulletin for one in self._parts.shelf.bulletins()]
        ready = sum(self._errands.ready(b) for b in held)
        shelf = Shelf(held=len(held), ready=ready, media_missing=self._errands.missing_media)
        stage = self._stage
        return Condition(
            shelf,
            stage.playing,
            stage.last_play,
            Outlet(alive=self._parts.player.present, detail=stage.output),
            Outlet(alive=self._parts.screen.present, detail=stage.wall.driver),
        )

    def _note_line(self, now: Clock) -> None:
        """A line in the log at each change, none in between; deafness is for the district too."""
        for measure in self._line.take_measures():
            self._diary.write(now, [a_fact("alarm", reason="deaf_line", detail=measure)])
            supervision.log(f"agent: nothing comes down the line: {measure}", supervision.WARNING)
            self.restart |= measure == "restart"
        told = "connected" if self._line.connected else f"not connected: {self._line.reason}"
        if told != self._line_told:
            self._line_told = told
            supervision.log(f"agent: {told}", supervision.NOTICE)

    def stuck(self, reading: Reading, threads: Sequence[str]) -> None:
        """They do not move; the watchdog is not fed while it is so."""
        for thread in threads:
            supervision.log(f"agent: the thread {thread} does not move", supervision.ERROR)
            fact = a_fact("alarm", reason="thread_stuck", detail=thread)
            self._diary.write(self._time.clock(reading), [fact])

    def _note_endings(self, now: Clock) -> None:
        """Why this program, the player or the screen ended by itself."""
        if now.mono_ms < self._endings_at:
            return
        self._endings_at = now.mono_ms + ENDINGS_MS
        facts = self._restarts.facts(endings.take(self._runtime), now.mono_ms)
        self._diary.write(now, facts)
        endings.written(self._runtime)
        for fact in facts:
            supervision.log(f"{fact.detail}: {fact.reason}", supervision.WARNING)

    def _note_clock(self, now: Clock) -> None:
        if now.state == self._state:
            return
        if self._state:
            self._diary.write(now, [a_fact("clock_set", reason=now.state)])
        self._state = now.state
        supervision.log(f"agent: clock {now.state}", supervision.NOTICE)
        self._stage.look_again()

    def _note_card(self, now: Clock) -> None:
        if self._settles_at is not None and now.mono_ms >= self._settles_at:
            self._settles_at = None
            births.settled(self._parts.shelf)
        if self._parts.ballast.noted():
            supervision.log("agent: the card is full, its reserve is in use", supervision.ERROR)
            self._diary.write(now, [a_fact("alarm", reason="card_full")])
            self._tidy_at = 0

    def _tidy(self, now: Clock) -> None:
        """Once an hour: what is long over leaves the card."""
        self._note_card(now)
        if now.mono_ms < self._tidy_at:
            return
        self._tidy_at = now.mono_ms + HOUSEKEEPING_MS
        self._parts.ballast.take()
        shelf = self._parts.shelf
        over = inbox.long_over(shelf.bulletins(), now)
        shelf.mark(over, "over")
        for bulletin_id in over:
            shelf.remove(f"ready/{bulletin_id}")
        shelf.forget(self._standing.floor_ms)
        lost = self._diary.prune(now)
        if lost is not None:
            self._diary.write(now, [a_fact("dropped_facts", start=lost[0], to=lost[1])])
        self._media.keep_only(
            frozenset(name for one in shelf.bulletins() for name in one.bulletin.files())
            | frozenset(clip.sha256 for clip in self._standing.settings.alarms)
        )


def build(config: NodeConfig) -> Agent:
    """Top to bottom. Raises ConfigError with what an operator must put right."""
    me = _identity(config)
    state = config.state_dir
    board = _board(config)
    boot = board.clock().boot
    shelf_file, journal_file = (open_checked(state / f"{n}.sqlite") for n in ("shelf", "journal"))
    ballast = Ballast(state / "ballast")
    shelf_file.db.relief = journal_file.db.relief = ballast.drop
    shelf, journal = SqliteShelf(shelf_file.db), SqliteJournal(journal_file.db)
    standing = _standing(config, me, shelf)
    born = births.found(shelf_file.lost, journal_file.lost, fresh=journal.fresh)
    born += births.rebooted(shelf, boot)
    born += births.suspect(shelf, births.began(shelf, boot))
    replayed = {o.bulletin.id: o.bulletin.rev for o in shelf.bulletins() if o.bulletin.replay}
    diary = Diary(journal, replayed)
    media = Folder(config.media_dir)
    waker, pulses = Waker(), Pulses()
    (ours, anyone), downloads = _network(config, me, standing, waker, pulses)
    link = PahoLink(me.node, me.broker, ours, waker.wake, pulses)
    player, screen = PlayerSocket(config.player_socket), ScreenSocket(config.screen_socket)
    checkup = Checkup(board, diary, supervision.log)
    intake = Intake(standing, shelf, diary, boot)
    connects = shelf.version_of("connects") or 0
    presence = Presence(me.node, births.counted(shelf), connects, boot, "none", __version__)
    line = Line(link, standing, shelf, presence, config.agent.heartbeat_s)
    errands = Errands(standing, shelf, diary, intake, downloads, media)
    stage = Stage(
        standing, shelf, diary, media, player=player, screen=screen, sounds=_sounds(config)
    )
    return Agent(
        board=board,
        parts=Parts(shelf, journal, downloads, player, screen, waker, pulses, ballast),
        standing=standing,
        diary=diary,
        intake=intake,
        errands=errands,
        brought=Brought(Spool(config.brought_dir, media.accept), standing, shelf, intake, errands),
        line=line,
        renewal=Renewal(
            Papers(config.identity_dir),
            EnrolmentHttps(me.https, anyone, waker.wake, pulses),
            diary,
            node=me.node,
            serial=board.serial(),
            renewed=lambda: ours.load_cert_chain(me.cert, me.key),
        ),
        selftest=SelfTest(weekly(config.agent.self_test), stage, standing, shelf, diary),
        obeying=Obeying(stage, standing, diary),
        stage=stage,
        postbox=Postbox(line, diary, standing, checkup, board.versions()),
        checkup=checkup,
        time=Timekeeping(standing, line, errands),
        media=media,
        runtime=config.runtime_dir,
        born=born,
    )


def _board(config: NodeConfig) -> Board:
    proved = config.agent.simulate_proved_clock
    sysfs = Path(config.agent.sysfs)
    return Board(sysfs, config.state_dir, believed=proved, runtime=config.runtime_dir)


def _identity(config: NodeConfig) -> identity.Identity:
    try:
        return identity.read(config.identity_dir)
    except identity.IdentityError as e:
        raise ConfigError(str(e)) from e


def _standing(config: NodeConfig, me: identity.Identity, shelf: SqliteShelf) -> Standing:
    try:
        return Standing(me.node, me.unit, me.root, shelf, config.agent.link)
    except UntrustedRootError as e:
        raise ConfigError(f"{config.identity_dir}: {e}") from e


def _network(
    config: NodeConfig,
    me: identity.Identity,
    standing: Standing,
    waker: Waker,
    pulses: Pulses,
) -> tuple[tuple[SSLContext, SSLContext], RequestsDownloads]:
    """Both trust the same CA and judge its dates by the same floor."""

    def earliest_ms() -> int:
        return standing.floor_ms

    ours = client_context(me.ca, earliest_ms, (me.cert, me.key))
    anyone = client_context(me.ca, earliest_ms)  # public bytes need no certificate of ours
    downloads = RequestsDownloads(
        me.https, config.media_dir, anyone, me.ca, waker.wake, pulses=pulses
    )
    return (ours, anyone), downloads


def _sounds(config: NodeConfig) -> Sounds:
    folder = sounds.folder(config)
    names = ("chime", "closing", "drill-vi", "test-tone")
    return Sounds(*(folder / f"{name}.opus" for name in names))


def run(config: NodeConfig) -> int:
    """Until SIGTERM or SIGINT, or a signed restart; returns the exit code."""
    supervision.tell_where_it_hung()
    give_back()
    card = first_boot.needed(config)
    if card is not None and not first_boot.run(config, card):
        return 0
    agent = build(config)
    stopping = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True
        agent.wake()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    agent.boot(agent.reading())
    supervision.ready()
    watchdog, errors = supervision.Watchdog(agent.pulses), 0
    while not stopping and not agent.restart and errors < MOST_ERRORS:
        reading = agent.reading()
        try:
            if stuck := watchdog.work(time.monotonic()):
                agent.stuck(reading, stuck)
            if not agent.work_once(reading):
                agent.wait(reading)
            errors = 0
        except Exception as e:  # noqa: BLE001 - the loop at the top
            agent.mishap(reading, e)
            errors += 1
            time.sleep(AFTER_AN_ERROR_S)
    supervision.stopping()
    agent.stop(in_order=errors < MOST_ERRORS)
    return 0 if errors < MOST_ERRORS else 1
