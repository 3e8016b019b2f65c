"""A thousand people at live pages: how soon each sees a change, and what they weigh.

Half watch the fleet, half the ledger of a bulletin, by connections of signed-in people to the
real web process. A change is a commit to its database, as the engine commits; the delay runs from
there to the last byte of the event at each viewer. The floor is one viewer alone in the same run.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bench.bench_whole import command_of, percentile, weight_mb
from parts.installation import Installation, children_of
from parts.sound import a_tone

VIEWERS = 1000
CHANGES = 40
OF_ONE_ADDRESS = 125
"""An office each: the server takes 256 connections of one address."""
AT_ONCE = 40
PATIENCE_S = 5.0
GOAL_MS = 150
GOAL_MB = 120
ROW = b"event: row"


@dataclass(slots=True)
class Viewer:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    seen: list[float] = field(default_factory=list)  # time.monotonic of each event

    async def watch(self) -> None:
        while said := await self.reader.readuntil(b"\n\n"):
            if ROW in said:
                self.seen.append(time.monotonic())


@dataclass(frozen=True, slots=True)
class Told:
    delays: list[float]  # ms
    missing: int


class District:
    """The web process under test, and the hand that changes what it shows."""

    def __init__(self, here: Installation) -> None:
        self._here = here
        self.port = here.ports["console"]
        self.web = next(p for p in children_of(here.server_pid) if command_of(p) == "web")
        voice = a_tone(here.folder / "tone.wav", seconds=1)
        self._bulletin = here.publish(voice, "Đo trang tự cập nhật")
        here.until("its line is there", lambda: here.row(self._bulletin) is not None)
        self.rooms = ("/live/fleet", f"/live/bulletin/{self._bulletin}")
        self.sessions = [key for (key,) in here.rows("SELECT session_key FROM django_session")]

    def weight_mb(self) -> float:
        """With whatever it has started."""
        return sum(map(weight_mb, (self.web, *children_of(self.web))))

    def change(self) -> float:
        """One transaction: the node is heard, its line is counted up; when it was committed."""
        now = datetime.now(UTC).replace(tzinfo=None).isoformat(" ")
        with closing(sqlite3.connect(self._here.state / "db.sqlite3", timeout=20)) as db:
            db.execute("UPDATE fleet_node SET seen_at = ?, online = 1", (now,))
            db.execute(
                "UPDATE dispatch_delivery SET plays = plays + 1, changed_at = ?,"
                " seq = (SELECT MAX(seq) + 1 FROM dispatch_delivery) WHERE bulletin_id = ?",
                (now, self._bulletin),
            )
            db.commit()
            return time.monotonic()  # before the connection is closed: that is no part of it


async def enter(district: District, n: int, turn: asyncio.Semaphore) -> Viewer | None:
    """None if the server does not let this one watch."""
    session = district.sessions[n % len(district.sessions)]
    room = district.rooms[n % len(district.rooms)]
    async with turn:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", district.port, local_addr=(f"127.0.1.{1 + n // OF_ONE_ADDRESS}", 0)
        )
        asked = f"GET {room} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: loa_session={session}\r\n\r\n"
        writer.write(asked.encode())
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in head.partition(b"\r\n")[0]:
            writer.close()
            return None
        await reader.readuntil(b"\n\n")  # it is told of every change from now on
        return Viewer(reader, writer)


async def watched(district: District, count: int) -> tuple[Told, float]:
    """What `count` viewers saw, and the web process's PSS in MB meanwhile."""
    turn = asyncio.Semaphore(AT_ONCE)
    came = await asyncio.gather(*(enter(district, n, turn) for n in range(count)))
    viewers = [viewer for viewer in came if viewer is not None]
    tasks = [asyncio.ensure_future(viewer.watch()) for viewer in viewers]
    await asyncio.sleep(1)
    delays, missing = [], count - len(viewers)
    for _ in range(CHANGES):
        before = [len(viewer.seen) for viewer in viewers]
        at = await asyncio.to_thread(district.change)
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end and not _all_saw(viewers, before):
            await asyncio.sleep(0.01)
        saw = [v.seen[n] - at for v, n in zip(viewers, before, strict=True) if len(v.seen) > n]
        delays += [1000 * delay for delay in saw]
        missing += len(viewers) - len(saw)
        await asyncio.sleep(random.uniform(0.05, 0.25))  # anywhere in the server's beat
    weight = district.weight_mb()
    for task, viewer in zip(tasks, viewers, strict=True):
        task.cancel()
        viewer.writer.close()
    return Told(delays, missing), weight


def _all_saw(viewers: list[Viewer], before: list[int]) -> bool:
    return all(len(v.seen) > n for v, n in zip(viewers, before, strict=True))


def bench_viewers() -> None:
    with tempfile.TemporaryDirectory() as folder:
        here = Installation(Path(folder))
        try:
            here.make()
            here.start_broker()
            here.start_server()
            district = District(here)
            idle = district.weight_mb()
            alone, _ = asyncio.run(watched(district, 1))
            asyncio.run(watched(district, 50))  # warm
            many, weight = asyncio.run(watched(district, VIEWERS))
        finally:
            here.close()
    floor, p50 = percentile(alone.delays, 50), percentile(many.delays, 50)
    print(f"\n{VIEWERS} live viewers, {CHANGES} changes: p50 {p50:.0f} ms,", end=" ")
    print(f"p95 {percentile(many.delays, 95):.0f} ms, unseen {many.missing}; goal p50 {GOAL_MS} ms")
    print(f"  one viewer alone p50 {floor:.0f} ms: {p50 / floor:.1f}x")
    print(f"  web process PSS {weight:.1f} MB, with nobody {idle:.1f} MB; goal {GOAL_MB} MB")
