"""An alarm whose time nobody proves is not heard; the same one is, once the district answers.

Somebody has the broker and the media server and lets everything through but the answers to the
node's questions. The alarm itself is genuine: signer and duty signer have signed it.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from parts.hostile import HostileBroker, HostileMedia, Message
from parts.installation import Installation
from parts.sound import a_tone, heard

pytestmark = [pytest.mark.parts, pytest.mark.journey]

ALARM_HZ: Final = 1000
REFUSED_WITHIN_S: Final = 90.0


class NoAnswers:
    """Between a node and its district: everything passes but what tells the time."""

    def __init__(self, here: Installation) -> None:
        pki, identity = here.state / "pki", here.node.identity
        self.kept_back: list[Message] = []
        self.broker = HostileBroker(
            here.ports["broker"],
            (pki / "broker.crt", pki / "broker.key"),
            (identity / "cert", identity / "key"),
            pki / "ca.crt",
        )
        self.media = HostileMedia(
            here.ports["nodes"], (pki / "nodes-https.crt", pki / "nodes-https.key"), pki / "ca.crt"
        )
        self.broker.decide = self._decide
        self.media.swap["/beacon"] = b"not now"
        server = json.loads((identity / "server").read_text())
        server["broker"] = f"localhost:{self.broker.port}"
        server["https"] = f"https://localhost:{self.media.port}"
        (identity / "server").write_text(json.dumps(server))

    def gives_way(self) -> None:
        self.broker.decide = lambda message: [message]
        self.media.swap.clear()

    def close(self) -> None:
        self.broker.close()
        self.media.close()

    def _decide(self, message: Message) -> list[Message]:
        if not message.topic.endswith("/beacon"):
            return [message]
        self.kept_back.append(message)
        return []


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path)
    made.make()
    yield made
    made.close()


@pytest.fixture
def between(here: Installation) -> Iterator[NoAnswers]:
    with contextlib.closing(NoAnswers(here)) as made:
        here.start()
        yield made
        here.stop_node()


def sounded(here: Installation) -> bool:
    return here.node.wav.exists() and ALARM_HZ in heard(here.node.wav)


def refusals(here: Installation, bulletin: str) -> list[str]:
    query = "SELECT raw FROM ingest_storedfact WHERE fact = 'refused' AND bulletin = ?"
    return [json.loads(raw)["reason"] for (raw,) in here.rows(query, bulletin)]


def test_an_alarm_without_a_proof_of_time_is_refused_and_heard_after_one(
    between: NoAnswers, here: Installation, tmp_path: Path
) -> None:
    voice = a_tone(tmp_path / "alarm.wav", ALARM_HZ, seconds=5)
    here.officer.open("/duty/")
    alarm = here.write(voice, "Lũ về", level="emergency", alert="flood")
    here.approve(alarm)
    here.countersign(alarm)

    here.until(
        "the district knows that it was refused",
        lambda: refusals(here, alarm) == ["no_proof"],
        lambda: str((here.facts(alarm), refusals(here, alarm))),
        patience_s=REFUSED_WITHIN_S,
    )
    assert between.kept_back  # it had asked, and the district had answered
    assert not sounded(here)

    between.gives_way()

    here.until("the alarm sounds", lambda: sounded(here), patience_s=REFUSED_WITHIN_S)
    assert refusals(here, alarm) == ["no_proof"]
