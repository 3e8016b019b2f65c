"""One node behind a hostile broker that floods it while it plays."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Final

from fakes.attacker import Attacker
from fakes.wire import HAMLET, a_bulletin, a_media, an_assignment, some_settings, ulid
from loa_wire import topics
from parts.broker import Broker
from parts.district import District
from parts.hostile import HostileBroker, Message
from parts.node import Node
from parts.pki import Certificates
from parts.sound import a_tone, heard

HERTZ: Final = 1000
DIFFERENT: Final = 2000
BATCHES_A_SECOND: Final = 50


class Besieged:
    """`plays`, then `flooded`, then `heard_whole`."""

    def __init__(self, folder: Path, broker: Broker, pki: Certificates, seconds: int) -> None:
        self.now = time.time_ns() // 1_000_000
        self.seconds = seconds
        self.district = District(broker, pki, self.now)
        self.node = Node(folder / "node")
        self.tone = a_tone(folder / "tone.opus", HERTZ, seconds).read_bytes()
        self.district.identity(self.node.identity)
        self.district.register()
        place = an_assignment(iat=self.now), some_settings(iat=self.now)
        self.district.place(*place)
        server, identity = pki.server(), self.node.identity
        self.hostile = HostileBroker(
            broker.port,
            (server.cert, server.key),
            (identity / "cert", identity / "key"),
            pki.cafile,
        )
        told = json.loads((identity / "server").read_text())
        told["broker"] = f"localhost:{self.hostile.port}"
        (identity / "server").write_text(json.dumps(told))
        self.node.start("player", "agent")
        self.district.wait_for("config_applied", count=3)

    def plays(self) -> str:
        """The bulletin's id, once it sounds."""
        self.district.https.put_media(self.tone)
        voice = a_media(self.tone, duration_ms=self.seconds * 1000)
        life = {"iat": self.now, "nbf": self.now, "exp": self.now + 3_600_000}
        bulletin = a_bulletin(audio={"vi": voice}, **life)
        self.district.publish(bulletin)
        self.district.wait_for("started", bulletin.id)
        return bulletin.id

    def forgeries(self) -> list[Message]:
        """The dearest there are: under a known keyid, each of its own, so each is verified."""
        attacker = Attacker(self.district.people)
        there = topics.area(HAMLET, "bulletin")
        return [
            Message(there, attacker.forges(a_bulletin(id=ulid(n)), "publisher"))
            for n in range(100, 100 + DIFFERENT)
        ]

    def flooded(self, messages: Sequence[Message], a_second: int, seconds: float) -> float:
        """Sends so many a second; the share of one core that the agent needed meanwhile."""
        endless = cycle(messages)
        began, used = time.monotonic(), self.cpu_s()
        for batch in range(round(BATCHES_A_SECOND * seconds)):
            self.hostile.says(*islice(endless, a_second // BATCHES_A_SECOND))
            time.sleep(max(0.0, began + (batch + 1) / BATCHES_A_SECOND - time.monotonic()))
        return (self.cpu_s() - used) / (time.monotonic() - began)

    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.node.pid('agent')}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def heard_whole(self) -> bool:
        """The tone, in one piece and as long as it is."""
        windows = heard(self.node.wav)
        first, last = windows.index(HERTZ), len(windows) - windows[::-1].index(HERTZ)
        whole = all(window == HERTZ for window in windows[first + 1 : last - 1])
        return whole and abs(last - first - 10 * self.seconds) <= 3

    def close(self) -> None:
        self.node.close()
        self.hostile.close()
        self.district.close()
