"""Downloads that end when a test says so, and a media folder in memory."""

from __future__ import annotations

from collections.abc import Iterator

from loa_node.fetch import Failed, Fetched, Result, Want


class FakeDownloads:
    def __init__(self) -> None:
        self.begun: list[Want] = []
        self._results: list[Result] = []

    def begin(self, want: Want) -> None:
        self.begun.append(want)

    def results(self) -> list[Result]:
        taken, self._results = self._results, []
        return taken

    def arrive(self, body: bytes = b"", etag: str = "") -> None:
        """The oldest one that runs has come through."""
        self._results.append(Fetched(self.begun.pop(0), body, etag))

    def fail(self, reason: str = "unreachable") -> None:
        self._results.append(Failed(self.begun.pop(0), reason))


class FakeMedia:
    def __init__(self, *held: str) -> None:
        self.held = set(held)
        self.rotten: set[str] = set()

    def holds(self, sha256: str) -> bool:
        return sha256 in self.held

    def intact(self, sha256: str) -> str | None:
        return f"/media/{sha256}" if sha256 in self.held else None

    def remove(self, sha256: str) -> None:
        self.held.discard(sha256)

    def inspect(self) -> Iterator[str]:
        for name in sorted(self.held):
            yield name if name in self.rotten else ""

    def keep_only(self, wanted: frozenset[str]) -> None:
        self.held &= wanted
