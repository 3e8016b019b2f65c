"""A card without papers: it asks to be taken in, shows its claim code and says it aloud.

Ends when the district has made this card a node. Cut off at any moment, the next start goes on
with the same key, hence the same code.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

import msgspec

from loa_node import __version__, clock, enrol, sounds
from loa_node.clock import Clock, Reading
from loa_node.enrol import Answer, Asked, Desk, PapersError, Said, Talk, Unsaid
from loa_node.outlets import Gone, Outcome, Player, PlayerHello, Scene, Screen, ScreenHello
from loa_wire.claim import code_of, key_hash
from loa_wire.enrol import Enrol, Enrolment
from loa_wire.place import Volumes

STALLED_MS: Final = 30_000
"""A clip whose end is not told by then is given up: the player was started again."""
PLAY: Final = "claim"


class Papers(Protocol):
    def spki(self) -> bytes:
        """Of this card's own key, which is made when it is first asked for."""

    def csr(self) -> str: ...
    def accept(self, said: Enrolment) -> None:
        """Raises PapersError, and nothing has changed."""


class Newcomer:
    def __init__(  # noqa: PLR0913 - a composition of ports
        self,
        papers: Papers,
        desk: Desk,
        screen: Screen,
        speech: Speech,
        *,
        log: Callable[[str], None],
        token: str = "",
        serial: str = "",
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._papers = papers
        self._desk = desk
        self._screen = screen
        self._speech = speech
        self._log = log
        self._logged = ""
        self._token = token
        self._serial = serial
        self._chance = chance
        self._spki = b""
        self._code = ""
        self._talk: Talk | None = None
        self._asking = False
        self._shown: Scene = {}

    def work(self, reading: Reading) -> bool:
        """True once this card is a node."""
        now = clock.judge(reading, clock.BUILT_MS, None, None)
        self._watch_screen()
        if not self._code and not self._make_key():
            self._show(enrol.broken_card())
            return False
        talk = self._talk or enrol.begun(now.mono_ms)
        for answer in self._desk.answers():
            self._asking = False
            if self._taken_in(answer):
                return True
            talk = enrol.heard(talk, answer, now.mono_ms, self._chance())
            self._note(f"the district says {_told(answer)}")
        self._talk = talk
        self._show(enrol.scene(talk, self._code))
        self._ask(talk, reading)
        self._speech.work(self._code, now, allowed=enrol.may_speak(talk, now))
        return False

    def _make_key(self) -> bool:
        try:
            self._spki = self._papers.spki()
        except OSError as e:
            self._note(f"no key can be written: {e}")
            return False
        self._code = code_of(self._spki)
        return True

    def _ask(self, talk: Talk, reading: Reading) -> None:
        if self._asking or reading.mono_ms < talk.next_ms:
            return
        self._asking = True
        if talk.state != "unknown":
            self._desk.ask(Asked(f"/enrol/{key_hash(self._spki)}"))
            return
        document = Enrol(
            csr=self._papers.csr(),
            serial=self._serial,
            boot=reading.boot,
            software=__version__,
            token=self._token,
        )
        self._desk.ask(Asked("/enrol", msgspec.json.encode(document)))

    def _taken_in(self, answer: Answer) -> bool:
        if not isinstance(answer, Said) or answer.enrolment.state != "active":
            return False
        try:
            self._papers.accept(answer.enrolment)
        except (PapersError, OSError) as e:
            self._note(f"what the district sent is of no use: {e}")
            return False
        return True

    def _note(self, told: str) -> None:
        """A line in the log at each change, none in between."""
        if told != self._logged:
            self._logged = told
            self._log(f"agent: not enrolled: {told}")

    def _watch_screen(self) -> None:
        self._screen.dial()
        if any(isinstance(event, ScreenHello) for event in self._screen.events()):
            self._shown = {}

    def _show(self, scene: Scene) -> None:
        if scene != self._shown and self._screen.present:
            self._screen.show(scene)
            self._shown = scene


class Speech:
    """One clip after the other, each when the one before has sounded."""

    def __init__(self, player: Player, folder: Path) -> None:
        self._player = player
        self._folder = folder
        self._lengths = sounds.lengths(folder)
        self._voice = enrol.Voice()
        self._saying: str | None = None
        self._since = 0
        self._count = 0

    def work(self, code: str, now: Clock, *, allowed: bool) -> None:
        clips = enrol.spelled(code)
        self._player.dial()
        for event in self._player.events():
            if isinstance(event, Outcome):
                self._ended(event, clips, now)
            elif isinstance(event, PlayerHello):
                for outcome in event.outcomes:
                    self._ended(outcome, clips, now)
                self._saying = None
            elif isinstance(event, Gone):
                self._saying = None
        if self._saying is not None and now.mono_ms - self._since > STALLED_MS:
            self._saying = None
        silent = self._saying is None and now.mono_ms >= self._voice.not_before_ms
        if allowed and silent and self._player.present:
            self._say(clips[self._voice.next_clip].name, now)

    def end(self) -> None:
        if self._saying is not None:
            self._player.stop(self._saying)

    def _say(self, clip: str, now: Clock) -> None:
        self._count += 1
        self._saying, self._since = f"{PLAY}-{now.mono_ms}-{self._count}", now.mono_ms
        file = f"{clip}.opus"
        length, volume = self._lengths.get(file, 0), Volumes().normal
        self._player.play(self._saying, self._folder / file, length, volume, lead_ms=0)

    def _ended(self, outcome: Outcome, clips: tuple[enrol.Clip, ...], now: Clock) -> None:
        if not outcome.play.startswith(PLAY):  # another life's: the agent's to write down
            return
        self._player.confirm(outcome.play)
        if outcome.play == self._saying:
            self._saying = None
            self._voice = enrol.after_clip(self._voice, clips, now.mono_ms)


def _told(answer: Answer) -> str:
    return answer.reason if isinstance(answer, Unsaid) else answer.enrolment.state
