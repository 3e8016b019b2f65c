"""Somebody has the broker's machine and the media server's: its keys, every line and every byte.

They forge, alter, bring back, hold back, turn round and swap; the node stands behind them with
nothing but its root. What reached the room is read from the loudspeaker's WAV: only what two
people in the district agreed on. And the district reads of the attempts on the node's own page.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pytest

from fakes.wire import Key, a_media, changed, sealed, ulid
from loa_wire import dsse, topics
from loa_wire.bulletin import Bulletin
from loa_wire.limits import PACKET
from loa_wire.parse import decode
from parts.hostile import HostileBroker, HostileMedia, Message
from parts.installation import AREA, Installation
from parts.sound import a_tone, heard

pytestmark = [pytest.mark.parts, pytest.mark.journey]

HONEST, LATER, LAST, FALSE = 600, 1000, 1400, 400
"""Hertz: the last is the attacker's."""
SECONDS: Final = 3
ENOUGH: Final = 12
"""Refusals in an hour that the district is warned of."""
BULLETINS: Final = topics.area(AREA, "bulletin")


class Hijacked:
    """An installation whose node has the hostile broker and media server before it."""

    def __init__(self, here: Installation, false_voice: bytes) -> None:
        pki, identity = here.state / "pki", here.node.identity
        ca = pki / "ca.crt"
        self.here = here
        self.own = Key()
        self.false_voice = false_voice
        self.broker = HostileBroker(
            here.ports["broker"],
            (pki / "broker.crt", pki / "broker.key"),
            (identity / "cert", identity / "key"),
            ca,
        )
        self.media = HostileMedia(
            here.ports["nodes"], (pki / "nodes-https.crt", pki / "nodes-https.key"), ca
        )
        server = json.loads((identity / "server").read_text())
        server["broker"] = f"localhost:{self.broker.port}"
        server["https"] = f"https://localhost:{self.media.port}"
        (identity / "server").write_text(json.dumps(server))

    def genuine(self) -> bytes:
        """The newest bulletin that the district sent."""
        return self.broker.heard("/bulletin")[-1].payload

    def forgery(self, n: int, **changes: Any) -> Bulletin:
        """Like the newest one, in the attacker's voice, which their media server has."""
        real = decode(dsse.open_envelope(self.genuine(), PACKET).payload, Bulletin)
        voice = a_media(self.false_voice, duration_ms=SECONDS * 1000)
        self.media.swap[f"/media/{voice.sha256}"] = self.false_voice
        return changed(real, id=ulid(n), audio={"vi": voice}, **changes)

    def says(self, *payloads: bytes, topic: str = BULLETINS) -> None:
        self.broker.says(*(Message(topic, payload) for payload in payloads))

    def close(self) -> None:
        self.broker.close()
        self.media.close()


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path)
    made.make()
    yield made
    made.close()


@pytest.fixture
def taken(here: Installation, tones: Mapping[int, Path]) -> Iterator[Hijacked]:
    made = Hijacked(here, tones[FALSE].read_bytes())
    here.start()
    yield made
    here.stop_node()
    made.close()


@pytest.fixture(scope="session")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Mapping[int, Path]:
    folder = tmp_path_factory.mktemp("tones")
    honest = {h: a_tone(folder / f"{h}.wav", h, SECONDS) for h in (HONEST, LATER, LAST)}
    return {**honest, FALSE: a_tone(folder / "false.opus", FALSE, SECONDS)}


def in_the_room(here: Installation) -> list[int]:
    """The tones that were heard, each as often as it began."""
    tones = (HONEST, LATER, LAST, FALSE)
    windows = pairwise([0, *heard(here.node.wav)])
    return [new for old, new in windows if new != old and new in tones]


def reasons(here: Installation) -> set[str]:
    """Of every refusal that the district knows of."""
    facts = here.rows("SELECT raw FROM ingest_storedfact WHERE fact = 'refused'")
    return {json.loads(raw)["reason"] for (raw,) in facts}


def test_only_what_the_district_agreed_on_is_heard(
    taken: Hijacked, here: Installation, tones: Mapping[int, Path]
) -> None:
    before = here.publish(tones[HONEST])
    here.wait_for(before, "played")
    first = taken.genuine()

    forge(taken, first)
    bring_back(taken, first)
    here.until(
        "the district knows why each was refused",
        lambda: reasons(here) >= {"signature", "unknown_key", "json", "type", "rollback"},
        lambda: str(reasons(here)),
    )
    held = hold_back(taken)
    second = here.publish(tones[LATER], "Bản tin bị giữ lại")
    here.until("bulletin and index were held back", lambda: len(held) >= 2)
    turn_round(taken, held)
    here.wait_for(second, "played")
    swap(taken)
    third = here.publish(tones[LAST], "Bản tin bị tráo tiếng")
    here.until("the swapped voice was tried", lambda: bool(taken.media.swapped))
    taken.media.swap.clear()
    here.wait_for(third, "played")

    assert in_the_room(here) == [HONEST, LATER, LAST]
    here.until("staff read it on the node's pages", lambda: warned(here))


def forge(taken: Hijacked, genuine: bytes) -> None:
    """In a known name, in their own, with a byte altered, as noise; more than accidents explain."""
    keyid = dsse.open_envelope(genuine, PACKET).signatures[0].keyid
    named = sealed(taken.forgery(1), taken.own).replace(taken.own.keyid.encode(), keyid.encode())
    taken.says(named, sealed(taken.forgery(2), taken.own), genuine[:-40], b"\xff" * 300)
    taken.says(*(sealed(taken.forgery(100 + n), taken.own) for n in range(ENOUGH)))
    louder = taken.forgery(3, level="emergency", alert="flood")
    louder = changed(louder, exp=louder.iat + 3_600_000)
    taken.says(sealed(louder, taken.own, taken.own))


def bring_back(taken: Hijacked, genuine: bytes) -> None:
    """What was heard, what is older, what is of another kind, and what time it was before."""
    index = topics.area(AREA, "manifest")
    taken.says(genuine, genuine)
    taken.says(taken.broker.heard(index)[0].payload, b"", topic=index)
    taken.says(taken.broker.heard("/settings")[-1].payload)
    taken.says(b"", topic=topics.down(taken.here.node_id, "assignment"))
    time = topics.down(taken.here.node_id, "beacon")
    recorded = [message.payload for message in taken.broker.heard(time)] + taken.media.told
    taken.says(*recorded, topic=time)
    assert recorded


def hold_back(taken: Hijacked) -> list[Message]:
    """The areas' messages stop here; what came is returned, and grows."""
    held: list[Message] = []

    def decide(message: Message) -> list[Message]:
        if "/area/" not in message.topic:
            return [message]
        held.append(message)
        return []

    taken.broker.decide = decide
    return held


def turn_round(taken: Hijacked, held: list[Message]) -> None:
    """The last first, and everything twice."""
    taken.broker.says(*reversed(held), *held)


def swap(taken: Hijacked) -> None:
    """Whatever is asked for from now on, the attacker's voice is what comes."""

    def decide(message: Message) -> list[Message]:
        if message.topic == BULLETINS:
            real = decode(dsse.open_envelope(message.payload, PACKET).payload, Bulletin)
            for one in real.media():
                same_size = taken.false_voice.ljust(one.bytes, b"\0")[: one.bytes]
                taken.media.swap[f"/media/{one.sha256}"] = same_size
        return [message]

    taken.broker.decide = decide


def warned(here: Installation) -> bool:
    page = here.author.open(f"/fleet/{here.node_id}").text()
    past = here.author.open(f"/fleet/{here.node_id}/history").text()
    return "Có kẻ giả mạo lệnh?" in page and "Chữ ký không đúng" in past
