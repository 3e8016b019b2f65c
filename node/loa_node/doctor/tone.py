"""`--tone`: the test tone through the real player, so that somebody in front of it can say."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from loa_node import sounds
from loa_node.config import NodeConfig
from loa_node.doctor.finding import Finding, Two, bad, good
from loa_node.lines import Message, Wire, dial

PLAY: Final = "doctor:tone"
PATIENCE_S: Final = 20.0
_WIRES: Final = Two(
    "Xem dây loa, nguồn và núm âm lượng của ampli, jack cắm đúng lỗ.",
    "Check the loudspeaker's wires, the amplifier's power and volume, the right socket.",
)


def examine(config: NodeConfig, settings: Path) -> Finding:
    """The player that runs plays it; where none runs, one of our own does."""
    wire = dial(config.player_socket)
    if wire is not None:
        return _heard(wire, config)
    command = [sys.executable, "-m", "loa_node", "player", "--config", str(settings)]
    own = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
    try:
        return _heard(_dialled(config, own), config)
    finally:
        own.terminate()
        own.wait()


def _dialled(config: NodeConfig, own: subprocess.Popen[bytes]) -> Wire | None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and own.poll() is None:
        if wire := dial(config.player_socket):
            return wire
        time.sleep(0.1)
    return None


def _heard(wire: Wire | None, config: NodeConfig) -> Finding:
    if wire is None:
        return bad("Không phát thử được: bộ phát không chạy", "No tone: no player runs", _WIRES)
    path = sounds.folder(config) / "test-tone.opus"
    order = {"do": "play", "play": PLAY, "path": str(path), "duration_ms": 0}
    wire.send({**order, "volume": 80, "lead_ms": 0})
    outcome = _outcome(wire)
    if outcome is None:  # the agent has come back to its player, as it should
        return good("Đã ra lệnh phát thử: có nghe không?", "A tone was ordered: did you hear it?")
    result, reason = str(outcome.get("result")), str(outcome.get("reason") or "")
    if result != "played":
        return bad(f"Phát thử hỏng: {reason}", f"The tone failed: {reason}", _WIRES)
    asked = Two(f"Nếu không nghe thấy: {_WIRES.vi}", f"If you heard nothing: {_WIRES.en}")
    return Finding("good", Two("Đã phát thử một tiếng", "A tone was played"), asked)


def _outcome(wire: Wire) -> Message | None:
    end = time.monotonic() + PATIENCE_S
    while not wire.closed and time.monotonic() < end:
        for message in wire.receive():
            if message.get("is") == "outcome" and message.get("play") == PLAY:
                wire.send({"do": "confirm", "play": PLAY})
                return message
        time.sleep(0.05)
    return None
