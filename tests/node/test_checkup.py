"""What ails a board: told when it begins and when it is over, and never at each tick."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from fakes.journal import FakeJournal
from loa_node.adapters.board import Board
from loa_node.checkup import CANARY_MS, MINUTE_MS, Checkup
from loa_node.clock import Clock
from loa_node.diary import Diary
from loa_node.health import MB, Raw, versions

DAY_MS = 86_400_000
VOLT, HEAT = "rpi_volt/in0_lcrit_alarm", "sys/class/thermal/thermal_zone0/temp"


@dataclass
class SickBoard:
    """A board whose gauges the test turns."""

    texts: dict[str, str] = field(default_factory=dict)
    free: int = 9000 * MB
    writable: bool = True
    read_only: bool = False
    probed: int = 0
    remembered: frozenset[str] = frozenset()

    def readings(self, *, probe: bool) -> Raw:
        self.probed += probe
        return Raw(dict(self.texts), self.free, 30_000 * MB, self.writable, self.read_only)

    def recall(self) -> frozenset[str]:
        return self.remembered

    def remember(self, codes: frozenset[str]) -> None:
        self.remembered = codes


class Examined:
    """Lets time go by in steps of a second; keeps what was told."""

    def __init__(self, board: SickBoard) -> None:
        self.board = board
        self.store = FakeJournal()
        self.log: list[str] = []
        self.checkup = Checkup(board, Diary(self.store, {}), self.log.append)
        self.mono = 0

    def goes_on(self, ms: int, step: int = 1000) -> None:
        for _ in range(0, ms, step):
            self.mono += step
            self.checkup.work(Clock("synced", self.mono, 0, self.mono, "b1"))

    @property
    def told(self) -> list[tuple[str, str | None, str | None]]:
        return [(fact.fact, fact.reason, fact.detail) for fact in self.store.facts]


@pytest.fixture
def board() -> SickBoard:
    return SickBoard()


@pytest.fixture
def node(board: SickBoard) -> Examined:
    return Examined(board)


def test_a_healthy_board_says_nothing_all_day(node: Examined, board: SickBoard) -> None:
    board.texts = {VOLT: "0", HEAT: "51000"}

    node.goes_on(DAY_MS, step=10_000)

    assert (node.told, node.log) == ([], [])
    assert board.probed == DAY_MS // CANARY_MS


def test_a_weak_supply_that_flutters_is_one_alarm_and_its_dips_are_counted(
    node: Examined, board: SickBoard
) -> None:
    for _ in range(60):
        for volt in ("1", "0"):
            board.texts = {VOLT: volt}
            node.goes_on(2000)
    fluttering = node.checkup.readings
    node.goes_on(11 * MINUTE_MS)

    assert (fluttering.under_voltage, fluttering.power_dips) == (True, 60)
    assert [fact[:2] for fact in node.told] == [
        ("alarm", "under_voltage"),
        ("recovered", "under_voltage"),
    ]
    assert len(node.log) == 2
    assert node.checkup.readings.under_voltage is False


def test_heat_is_over_only_when_it_is_clearly_cooler(node: Examined, board: SickBoard) -> None:
    for heat in ("81000", "79000", "80500", "76000"):
        board.texts = {HEAT: heat}
        node.goes_on(2 * MINUTE_MS)
    hot = list(node.told)
    board.texts = {HEAT: "74000"}
    node.goes_on(2 * MINUTE_MS)

    assert hot == [("alarm", "hot", "81 °C")]
    assert node.told[1][:2] == ("recovered", "hot")


@pytest.mark.parametrize(
    ("fault", "code"), [("writable", "card_failing"), ("read_only", "card_read_only")]
)
def test_a_card_that_failed_once_has_failed_until_the_next_boot(
    node: Examined, board: SickBoard, fault: str, code: str
) -> None:
    good = getattr(board, fault)
    setattr(board, fault, not good)
    node.goes_on(MINUTE_MS)
    setattr(board, fault, good)
    node.goes_on(DAY_MS, step=60_000)
    again = Examined(board)  # the program was started again, in the same boot
    again.goes_on(MINUTE_MS)

    assert node.told == [("alarm", code, None)]
    assert again.told == []
    for one in (node, again):
        said = one.checkup.readings
        assert (said.card_writable is False, said.card_read_only) == (
            code == "card_failing",
            code == "card_read_only",
        )


def test_a_card_that_fills_up_and_is_emptied_is_told_twice(
    node: Examined, board: SickBoard
) -> None:
    for free in (199, 250, 199, 400):
        board.free = free * MB
        node.goes_on(2 * MINUTE_MS)

    assert node.told == [("alarm", "card_low", "199 MB"), ("recovered", "card_low", None)]


def test_what_a_boot_remembers_is_forgotten_by_the_next_one(tmp_path: Path) -> None:
    boot = tmp_path / "proc/sys/kernel/random/boot_id"
    boot.parent.mkdir(parents=True)
    remembered = []
    for name in ("b1", "b1", "b2"):
        boot.write_text(name)
        board = Board(tmp_path, tmp_path, believed=True, runtime=tmp_path)
        remembered.append(board.recall())
        board.remember(frozenset({"card_failing"}))

    assert remembered == [frozenset(), {"card_failing"}, frozenset()]


def test_what_the_node_stands_on_is_told() -> None:
    told = versions('NAME="Debian"\nPRETTY_NAME="Debian 13 (trixie)"\n', "6.12.1", "3.13.5")

    assert told == {"os": "Debian 13 (trixie)", "kernel": "6.12.1", "python": "3.13.5"}
