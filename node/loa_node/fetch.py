"""Step 5 of 10. What this node is missing, in which order to fetch it, and when to try again. Pure.

Everything is fetched by HTTPS under a name that cannot change its meaning: a hash, or a version
that the signature inside must repeat. A failure delays its own item only, with full jitter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from loa_wire.bulletin import Bulletin, Media
from loa_wire.down import Manifest, ManifestItem, Page
from loa_wire.fields import level_rank
from loa_wire.limits import BULLETIN_ENVELOPE, DOWN_ENVELOPE, HTTPS_DOCUMENT
from loa_wire.place import Settings
from loa_wire.programme import voices

Kind = Literal["root", "authority", "manifest", "page", "envelope", "media", "beacon"]
FIRST_RETRY_S: Final = 2.0
LONGEST_RETRY_S: Final = 300.0
LONGEST_URGENT_RETRY_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class Want:
    """`name` identifies it: a sha256, an area, a version. `size` in bytes: exact for media, else
    the most that is read."""

    kind: Kind
    name: str
    path: str
    size: int
    urgent: bool = False
    any_hour: bool = True  # also outside the hours of a line that is paid by the megabyte
    etag: str = ""  # of the copy held; the answer may be "unchanged"
    body: bytes = b""  # what is posted there; empty: nothing is

    @property
    def key(self) -> str:
        return f"{self.kind}/{self.name}"


@dataclass(frozen=True, slots=True)
class Fetched:
    """`body` is empty for media: the file is in its place, whole, hashed and on disk."""

    want: Want
    body: bytes = b""
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Unchanged:
    want: Want


@dataclass(frozen=True, slots=True)
class Failed:
    """`reason`: unreachable, cut, status_<n>, too_long, wrong_bytes, no_room, disk."""

    want: Want
    reason: str
    progress: bool = False  # more of the file is on the card than before


Result = Fetched | Unchanged | Failed


class Downloads(Protocol):
    """Three lanes: urgent, not urgent, and questions; one at a time in each. `begin` returns at
    once."""

    def begin(self, want: Want) -> None: ...
    def results(self) -> list[Result]:
        """What has ended since last asked; never blocks."""


class MediaFolder(Protocol):
    """Files named by their SHA-256."""

    def holds(self, sha256: str) -> bool: ...
    def intact(self, sha256: str) -> str | None:
        """Its absolute path after hashing it again; a file that changed is removed: None."""

    def remove(self, sha256: str) -> None: ...
    def inspect(self) -> Iterator[str]:
        """Reads every file once, a piece at a time; yields the name of a damaged one, else ""."""

    def keep_only(self, wanted: frozenset[str]) -> None: ...


@dataclass(frozen=True, slots=True)
class Try:
    failures: int
    not_before: int  # monotonic ms


def authority(unit: str, version: int) -> Want:
    path = f"/authority/{unit}/{version}"
    return Want("authority", str(version), path, HTTPS_DOCUMENT, urgent=True)


def root(version: int) -> Want:
    return Want("root", str(version), f"/root/{version}", HTTPS_DOCUMENT, urgent=True)


def beacon(nonce: str, question: bytes) -> Want:
    return Want("beacon", nonce, "/beacon", DOWN_ENVELOPE, urgent=True, body=question)


def manifest(area: str, etag: str) -> Want:
    return Want("manifest", area, f"/areas/{area}/manifest", DOWN_ENVELOPE, etag=etag)


def envelopes(
    manifests: Iterable[Manifest],
    pages: Mapping[str, Page],
    known: Callable[[ManifestItem], bool],
    earliest_ms: int,
) -> list[Want]:
    """Of bulletins that the manifests name and this node has never judged; then missing pages."""
    wants: dict[str, Want] = {}
    for one in manifests:
        items = [*one.items]
        for sha256 in one.pages:
            if sha256 in pages:
                items += pages[sha256].items
            else:
                path = f"/envelopes/{sha256}"
                wants[sha256] = Want("page", sha256, path, HTTPS_DOCUMENT)
        for item in items:
            if item.exp > earliest_ms and not known(item):
                path = f"/envelopes/{item.sha256}"
                wants[item.sha256] = Want("envelope", item.sha256, path, BULLETIN_ENVELOPE)
    return list(wants.values())


def media(
    bulletins: Sequence[Bulletin], settings: Settings, holds: Callable[[str], bool]
) -> list[Want]:
    """Sounds before pictures, "now" and higher levels before the rest; then the first to be due."""
    ranked: list[tuple[tuple[int, ...], Want]] = []
    for b in bulletins:
        now = b.schedule is not None and b.schedule.mode == "now"
        ranked += _fingerprints(b, settings, holds)
        for n, one in enumerate(needed(b, settings)):
            if not holds(one.sha256):
                is_sound = n < len(voices(b, settings))
                pressing = now or b.level != "normal"
                urgent = is_sound and pressing
                rank = (not urgent, -level_rank(b.level), not is_sound, b.nbf, n)
                path = f"/media/{one.sha256}"
                want = Want("media", one.sha256, path, one.bytes, urgent, any_hour=pressing)
                ranked.append((rank, want))
    ranked.sort(key=lambda pair: pair[0])
    first: dict[str, Want] = {}
    for _, want in ranked:
        first.setdefault(want.name, want)
    return list(first.values())


def _fingerprints(
    b: Bulletin, settings: Settings, holds: Callable[[str], bool]
) -> list[tuple[tuple[int, ...], Want]]:
    """Three thousand bytes, just before their sound; an alarm's own voice waits for nothing."""
    pressing = b.level != "normal" or (b.schedule is not None and b.schedule.mode == "now")
    after = b.level == "emergency"
    rank = (not pressing, -level_rank(b.level), after, b.nbf, -1)
    prints = [m.fingerprint for _, m in voices(b, settings) if m.fingerprint]
    return [
        (rank, Want("media", p.sha256, f"/media/{p.sha256}", p.bytes, pressing, any_hour=pressing))
        for p in prints
        if not holds(p.sha256)
    ]


def needed(bulletin: Bulletin, settings: Settings) -> list[Media]:
    """What this node says it in, and its pictures; not the languages it never speaks."""
    return [*(one for _, one in voices(bulletin, settings)), *bulletin.images]


def sounds_ready(bulletin: Bulletin, settings: Settings, holds: Callable[[str], bool]) -> bool:
    return all(holds(one.sha256) for _, one in voices(bulletin, settings))


def choose(
    wants: Sequence[Want], tries: Mapping[str, Try], active: Iterable[Want], mono: int
) -> list[Want]:
    """At most one more for each lane that is free; never the same twice."""
    busy = {want.urgent for want in active}
    running = {want.key for want in active}
    chosen: list[Want] = []
    for want in wants:
        held_back = tries.get(want.key)
        waits = held_back is not None and held_back.not_before > mono
        if want.urgent not in busy and want.key not in running and not waits:
            busy.add(want.urgent)
            chosen.append(want)
    return chosen


def next_try(wants: Sequence[Want], tries: Mapping[str, Try], mono: int) -> int | None:
    """The monotonic ms of the first retry that is being waited for."""
    times = [tries[w.key].not_before for w in wants if w.key in tries]
    return min([t for t in times if t > mono], default=None)


def after_failure(previous: Try | None, want: Want, mono: int, chance: float) -> Try:
    """Full jitter: uniform over a span that doubles. `chance` is in [0, 1)."""
    failures = (previous.failures if previous else 0) + 1
    longest = LONGEST_URGENT_RETRY_S if want.urgent else LONGEST_RETRY_S
    span = min(longest, FIRST_RETRY_S * 2 ** min(failures - 1, 10))
    return Try(failures, mono + int(span * 1000 * chance) + 100)


def spread(want: Want, fetch_spread_s: int, mono: int, chance: float) -> Try | None:
    """A thousand nodes learn of a new envelope at once: those in no hurry wait their turn."""
    if fetch_spread_s <= 0 or want.urgent:
        return None
    return Try(0, mono + int(fetch_spread_s * 1000 * chance))
