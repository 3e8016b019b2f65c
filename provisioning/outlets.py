"""Where the demo node's sound and picture go: what this machine has, else files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from provisioning.settle import Value


@dataclass(frozen=True, slots=True)
class Outlets:
    settings: dict[str, Value]  # of node.toml
    sound: str  # for a person to read
    picture: str

    @property
    def wav(self) -> str:
        """Where the sound is kept as a file, or empty."""
        into_file = self.settings["player.output"] == "file"
        return str(self.settings["player.file"]) if into_file else ""


def find(folder: Path, environment: dict[str, str], cards: str) -> Outlets:
    """`cards` is the text of /proc/asound/cards, empty where there is none."""
    settings: dict[str, Value] = {
        "player.output": "file",
        "player.file": str(folder / "sound.wav"),
        "screen.driver": "dummy",
        "screen.size": "1280x720",
        "screen.picture": str(folder / "screen.png"),
    }
    sound, picture = f"{folder / 'sound.wav'} (no sound card here)", f"{folder / 'screen.png'}"
    if "[" in cards or _sound_server(environment):
        settings["player.output"] = "pulse" if _sound_server(environment) else "alsa"
        sound = "the sound server" if _sound_server(environment) else "the sound card"
    if environment.get("WAYLAND_DISPLAY") or environment.get("DISPLAY"):
        settings["screen.driver"] = "wayland" if environment.get("WAYLAND_DISPLAY") else "x11"
        picture = f"a window, and {picture}"
    return Outlets(settings, sound, picture)


def here(folder: Path) -> Outlets:
    cards = Path("/proc/asound/cards")
    return find(folder, dict(os.environ), cards.read_text() if cards.exists() else "")


def _sound_server(environment: dict[str, str]) -> bool:
    if environment.get("PULSE_SERVER"):
        return True
    runtime = environment.get("XDG_RUNTIME_DIR", "")
    return bool(runtime) and (Path(runtime) / "pulse" / "native").exists()
