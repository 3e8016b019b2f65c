"""A loudspeaker that does what the test says: the Sound port for the channel."""

from __future__ import annotations

from pathlib import Path

from loa_node.player.sound import Reading


class FakeSound:
    def __init__(self) -> None:
        self.started: list[tuple[str, str, int]] = []  # name, file name, volume
        self.asserted: list[int] = []
        self.now = Reading()  # what the next look finds
        self.stops = 0
        self.turn = 0

    def open(self) -> None:
        pass

    def start(self, play: str, path: Path, volume: int) -> int:
        self.started.append((play, path.name, volume))
        self.now = Reading()
        self.turn += 1
        return self.turn

    def stop(self) -> None:
        self.stops += 1

    def finish(self) -> None:
        pass

    def assert_volume(self, volume: int) -> None:
        self.asserted.append(volume)

    def reading(self, now: float) -> Reading:
        assert now >= 0
        return self.now

    def close(self) -> None:
        pass
