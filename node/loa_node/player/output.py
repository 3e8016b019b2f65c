"""Where the sound goes: the card, a sound server, or a WAV file on a laptop without either."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from loa_node.config import NodeConfig

NAME = "loudspeaker.wav"


@dataclass(frozen=True, slots=True)
class Output:
    name: str  # alsa | pulse | file | none
    arguments: tuple[str, ...] = ()  # for libVLC
    file: Path | None = None


def choose(config: NodeConfig, environment: Mapping[str, str]) -> Output:
    """`,none`: else libVLC takes any other output where this one fails, and then keeps that."""
    wanted = config.player.output
    name = _find(config, environment) if wanted == "auto" else wanted
    if name == "alsa":
        device = config.player.device
        chosen = (f"--alsa-audio-device={device}",) if device else ()
        return Output(name, ("--aout=alsa,none", *chosen))
    if name == "file":
        file = Path(config.player.file) if config.player.file else config.state_dir / NAME
        return Output(name, ("--aout=amem",), file)
    return Output(name, ("--aout=none",) if name == "none" else (f"--aout={name},none",))


def _find(config: NodeConfig, environment: Mapping[str, str]) -> str:
    if has_card(Path(config.agent.sysfs)):
        return "alsa"
    runtime = environment.get("XDG_RUNTIME_DIR")
    socket = Path(runtime, "pulse", "native") if runtime else None
    if environment.get("PULSE_SERVER") or (socket and socket.exists()):
        return "pulse"
    return "file"


def has_card(root: Path) -> bool:
    try:
        cards = (root / "proc/asound/cards").read_text()
    except OSError:
        return False
    return any(line.strip()[:1].isdigit() for line in cards.splitlines())


def device_pointers(root: Path) -> dict[str, int]:
    """hw_ptr of every running playback stream: the kernel's word that samples moved."""
    pointers: dict[str, int] = {}
    for status in root.glob("proc/asound/card*/pcm*p/sub*/status"):
        try:
            named = (line.partition(":") for line in status.read_text().splitlines())
            pointers[str(status)] = int({key.strip(): value for key, _, value in named}["hw_ptr"])
        except (OSError, KeyError, ValueError):
            continue  # closed: the file says just that
    return pointers
