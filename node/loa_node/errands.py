"""Fetching what is missing: the decisions are fetch.py's, the bytes go to the intake."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import assert_never

from loa_node import fetch
from loa_node.clock import Clock
from loa_node.diary import Diary
from loa_node.facts import a_fact
from loa_node.fetch import Downloads, Failed, Fetched, MediaFolder, Try, Unchanged, Want
from loa_node.inbox import Shelf, surely_over
from loa_node.intake import Intake, News
from loa_node.standing import Standing
from loa_wire.bulletin import Bulletin
from loa_wire.down import ManifestItem, Page
from loa_wire.limits import DAY_MS
from loa_wire.localtime import window_end
from loa_wire.parse import UnreadableError, decode

LOOK_AGAIN_MS = 60_000
RECONCILE_MS = (600_000, 900_000)  # wired: manifests by HTTPS, with jitter
PERSISTENT_FAILURES = 5
INSPECT_MS = 1000
"""Between two pieces that are read again: a gigabyte takes an hour, and no sound waits for it."""


class Errands:
    def __init__(  # noqa: PLR0913 - a composition of ports
        self,
        standing: Standing,
        shelf: Shelf,
        diary: Diary,
        intake: Intake,
        downloads: Downloads,
        media: MediaFolder,
        *,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._standing = standing
        self._shelf = shelf
        self._diary = diary
        self._intake = intake
        self._downloads = downloads
        self._media = media
        self._chance = chance
        self._active: dict[str, Want] = {}
        self._tries: dict[str, Try] = {}
        self._etags: dict[str, str] = {}
        self._reconcile: list[str] = []  # areas whose manifest is to be asked for
        self._reconcile_at = 0
        self._ready: set[str] = set()  # `<id>/<rev>` said to be ready
        self._look_at = 0
        self._asking = False
        self._round: Iterator[str] | None = None
        self._inspect_at = 0
        self.missing_media = 0

    def look_again(self) -> None:
        self._look_at = 0

    def start_over(self) -> None:
        """The district is back: what failed before may work now."""
        self._tries.clear()
        self._look_at = 0

    def resync(self) -> None:
        self._etags.clear()
        self._reconcile = self._standing.areas
        self.start_over()

    def ask(self, nonce: str, question: bytes) -> None:
        """The time, by HTTPS: where the broker is away, or keeps the answer to itself.

        One at a time: questions behind one that hangs would be too old when they are sent.
        """
        if not self._asking:
            self._asking = True
            self._downloads.begin(fetch.beacon(nonce, question))

    def missing(self, clock: Clock) -> list[tuple[str, int]]:
        """(sha256, bytes) of what bulletins on the shelf need and the card has not."""
        live = [b for b in self._live(clock) if b.kind != "stop"]
        wants = fetch.media(live, self._standing.settings, self._media.holds)
        return [(want.name, want.size) for want in wants]

    def ready(self, bulletin: Bulletin) -> bool:
        return fetch.sounds_ready(bulletin, self._standing.settings, self._media.holds)

    def work(self, clock: Clock) -> News:
        news = News()
        for result in self._downloads.results():
            self._active.pop(result.want.key, None)
            self._look_at = 0
            news.add(self._arrived(result, clock))
        if clock.mono_ms >= self._look_at:
            self._begin(clock)
            news.bulletins |= self._announce_ready(clock)
        self._inspect(clock)
        return news

    def _inspect(self, clock: Clock) -> None:
        """A card rots where nobody reads: all files after a start, then once a day."""
        if clock.mono_ms < self._inspect_at:
            return
        self._inspect_at = clock.mono_ms + INSPECT_MS
        self._round = self._round or self._media.inspect()
        damaged = next(self._round, None)
        if damaged is None:
            self._round, self._inspect_at = None, clock.mono_ms + DAY_MS
        elif damaged:
            self._diary.write(clock, [a_fact("media_failed", reason="damaged", detail=damaged)])
            self._look_at = 0

    def _arrived(self, result: fetch.Result, clock: Clock) -> News:
        if result.want.kind == "beacon":
            self._asking = False
            body = result.body if isinstance(result, Fetched) else b""
            return self._intake.document(body, "beacon", clock) if body else News()
        match result:
            case Fetched():
                self._tries.pop(result.want.key, None)
                return self._fetched(result, clock)
            case Failed():
                self._failed(result, clock)
            case Unchanged():
                self._done(result.want)
        return News()

    def _fetched(self, fetched: Fetched, clock: Clock) -> News:
        want, body = fetched.want, fetched.body
        match want.kind:
            case "root":
                news = self._intake.root(body, clock)
            case "authority":
                news = self._intake.authority(body, clock)
            case "manifest":
                self._done(want)
                self._etags[want.name] = fetched.etag
                news = self._intake.document(body, "manifest", clock)
            case "envelope":
                news = self._intake.document(body, "bulletin", clock)
            case "page":
                news = self._page(want.name, body)
            case "media" | "beacon":
                news = News(bulletins=True)
            case _:
                assert_never(want.kind)
        self._hold_back_if_useless(want, clock)
        return news

    def _hold_back_if_useless(self, want: Want, clock: Clock) -> None:
        """A register that was fetched and refused must not be fetched again at once."""
        if want.kind in ("root", "authority"):
            self._tries[want.key] = fetch.after_failure(
                self._tries.get(want.key), want, clock.mono_ms, self._chance()
            )

    def _page(self, sha256: str, body: bytes) -> News:
        try:
            self._standing.pages[sha256] = decode(body, Page)
        except UnreadableError:
            self._standing.pages[sha256] = Page(area="unreadable", items=[])
        return News(missing=True)

    def _failed(self, failed: Failed, clock: Clock) -> None:
        want = failed.want
        self._done(want)
        if failed.reason == "no_room" and want.kind == "media" and self._make_room(want, clock):
            self._tries.pop(want.key, None)
            return
        # a road that breaks all the time but carries something each time is worth staying on
        before = None if failed.progress else self._tries.get(want.key)
        tried = fetch.after_failure(before, want, clock.mono_ms, self._chance())
        self._tries[want.key] = tried
        lasting = failed.reason in ("wrong_bytes", "too_long", "no_room", "disk")
        if want.kind == "media" and (lasting or tried.failures == PERSISTENT_FAILURES):
            fact = a_fact("media_failed", reason=failed.reason, detail=want.name)
            self._diary.write(clock, [fact])

    def _make_room(self, want: Want, clock: Clock) -> bool:
        """The sounds of what is over go, the oldest first, until there is room for this one."""
        shelved = self._shelf.bulletins()
        over = surely_over(shelved, clock)
        gone = {b.id for b in over}
        needed = {
            m.sha256 for o in shelved if o.bulletin.id not in gone for m in o.bulletin.media()
        }
        freed = 0
        for b in over:
            for one in b.media():
                if freed < want.size and one.sha256 not in needed and self._media.holds(one.sha256):
                    self._media.remove(one.sha256)
                    freed += one.bytes
        return freed > 0

    def _done(self, want: Want) -> None:
        if want.kind == "manifest" and want.name in self._reconcile:
            self._reconcile.remove(want.name)

    def _begin(self, clock: Clock) -> None:
        self._plan_reconcile(clock)
        wants = self._wants(clock)
        active = self._active.values()
        for want in fetch.choose(wants, self._tries, active, clock.mono_ms):
            self._active[want.key] = want
            self._downloads.begin(want)
        retry = fetch.next_try(wants, self._tries, clock.mono_ms)
        self._look_at = min(retry or clock.mono_ms + LOOK_AGAIN_MS, clock.mono_ms + LOOK_AGAIN_MS)

    def _wants(self, clock: Clock) -> list[Want]:
        standing = self._standing
        wants: list[Want] = []
        if (version := standing.root_to_fetch) is not None:
            wants.append(fetch.root(version))
        if (version := standing.register_to_fetch) is not None:
            wants.append(fetch.authority(standing.unit, version))
        areas = dict.fromkeys([*standing.areas_behind, *self._reconcile])
        wants += [fetch.manifest(area, self._etags.get(area, "")) for area in areas]
        wants += self._envelopes(clock)
        return wants + self._media_wants(clock)

    def _envelopes(self, clock: Clock) -> list[Want]:
        standing = self._standing
        manifests = list(standing.manifests.values())
        wants = fetch.envelopes(manifests, standing.pages, self._known, clock.earliest_ms)
        spread = max((one.fetch_spread for one in manifests), default=0)
        for want in wants:
            if want.key not in self._tries:
                turn = fetch.spread(want, spread, clock.mono_ms, self._chance())
                if turn is not None:
                    self._tries[want.key] = turn
        return wants

    def _known(self, item: ManifestItem) -> bool:
        held = self._shelf.revision_of(item.id)
        return (held is not None and held >= item.rev) or self._intake.refused_before(item.sha256)

    def _media_wants(self, clock: Clock) -> list[Want]:
        live = [b for b in self._live(clock) if b.kind != "stop"]
        wants = fetch.media(live, self._standing.settings, self._media.holds)
        self.missing_media = len(wants)
        link = self._standing.link
        if link.profile != "metered" or not link.download_hours or not clock.calendar:
            return wants
        if window_end(link.download_hours, clock.now_ms) is not None:
            return wants
        return [want for want in wants if want.any_hour]

    def _live(self, clock: Clock) -> list[Bulletin]:
        held = [one.bulletin for one in self._shelf.bulletins()]
        return [b for b in held if b.exp > clock.earliest_ms]

    def _announce_ready(self, clock: Clock) -> bool:
        """`ready` is said once for each revision: from then on it can be heard."""
        fresh = [
            b
            for b in self._live(clock)
            if b.kind in ("play", "drill")
            and f"{b.id}/{b.rev}" not in self._ready
            and self.ready(b)
        ]
        self._ready.update(f"{b.id}/{b.rev}" for b in fresh)
        unsaid = [b for b in fresh if self._shelf.version_of(f"ready/{b.id}") != b.rev]
        self._diary.write(clock, [a_fact("ready", bulletin=b.id, rev=b.rev) for b in unsaid])
        for b in unsaid:
            self._shelf.put(f"ready/{b.id}", b.rev, b"")
        return bool(fresh)

    def _plan_reconcile(self, clock: Clock) -> None:
        if self._standing.link.profile != "wired":
            return
        if self._reconcile_at and clock.mono_ms >= self._reconcile_at:
            self._reconcile = self._standing.areas
            self._reconcile_at = 0
        if self._reconcile_at == 0:
            low, high = RECONCILE_MS
            self._reconcile_at = clock.mono_ms + int(low + (high - low) * self._chance())
