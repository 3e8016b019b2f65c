"""node.toml, read once, complete or refused with a sentence an operator can act on.

The commented file with every setting is provisioning/node.toml.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class ConfigError(ValueError):
    """node.toml cannot be used; the message says which line to change and to what."""


@dataclass(frozen=True, slots=True)
class PlayerConfig:
    output: str = "auto"  # auto | alsa | pulse | file | none
    device: str = ""  # ALSA device name; empty is the default card
    file: str = ""  # with output = "file": the WAV that receives the sound
    microphone: str = "auto"  # auto | alsa | file | none
    microphone_device: str = ""  # ALSA device name; empty is the default card
    microphone_file: str = ""  # with microphone = "file": the WAV it is read from


@dataclass(frozen=True, slots=True)
class ScreenConfig:
    driver: str = "auto"  # auto | kmsdrm | x11 | wayland | dummy | off
    size: str = "1920x1080"  # used where the driver has no size of its own
    picture: str = ""  # a PNG that mirrors what is on the screen; empty writes none
    fonts: str = ""  # folder of the fonts; empty is where the package keeps them
    fps: int = 30


@dataclass(frozen=True, slots=True)
class AgentConfig:
    sounds: str = ""  # folder of chime and clips; empty is where the package keeps them
    link: str = ""  # wired | metered; empty: as the district's settings say
    self_test: str = "2 16:30"  # weekday (1 is Monday) and hour of the weekly test; empty: none
    heartbeat_s: int = 0  # 0: as the link profile says (60 s wired)
    sysfs: str = "/"  # root under which /sys and /proc are read
    simulate_proved_clock: bool = False  # take the host's clock as synced (laptops, demo)


@dataclass(frozen=True, slots=True)
class NodeConfig:
    state_dir: Path = Path("/var/lib/loa-node")
    runtime_dir: Path = Path("/run/loa-node")
    player: PlayerConfig = PlayerConfig()
    screen: ScreenConfig = ScreenConfig()
    agent: AgentConfig = AgentConfig()

    @property
    def identity_dir(self) -> Path:
        return self.state_dir / "identity"

    @property
    def media_dir(self) -> Path:
        return self.state_dir / "media"

    @property
    def brought_dir(self) -> Path:
        """Between who plugs a stick in and the agent."""
        return self.state_dir / "brought"

    @property
    def player_socket(self) -> Path:
        return self.runtime_dir / "player.sock"

    @property
    def screen_socket(self) -> Path:
        return self.runtime_dir / "screen.sock"


_CHOICES = {
    "player.output": ("auto", "alsa", "pulse", "file", "none"),
    "agent.link": ("", "wired", "metered"),
    "player.microphone": ("auto", "alsa", "file", "none"),
    "screen.driver": ("auto", "kmsdrm", "x11", "wayland", "dummy", "off"),
}
_WEEKLY = re.compile(r"\A[1-7] ([01][0-9]|2[0-3]):[0-5][0-9]\Z")
_RANGES = {"screen.fps": (1, 60), "agent.heartbeat_s": (0, 3600)}


def read(path: Path) -> NodeConfig:
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as e:
        raise ConfigError(f"{path}: cannot be read: {e.strerror}") from e
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise ConfigError(f"{path.name}: not valid TOML: {e}") from e
    config = NodeConfig(
        state_dir=Path(_take(raw, "", "state_dir", "/var/lib/loa-node")),
        runtime_dir=Path(_take(raw, "", "runtime_dir", "/run/loa-node")),
        player=PlayerConfig(**_section(raw, "player", PlayerConfig())),
        screen=ScreenConfig(**_section(raw, "screen", ScreenConfig())),
        agent=AgentConfig(**_section(raw, "agent", AgentConfig())),
    )
    if raw:
        raise ConfigError(f"node.toml: unknown setting {sorted(raw)[0]!r}")
    if config.agent.self_test and not _WEEKLY.match(config.agent.self_test):
        raise ConfigError(
            'node.toml: agent.self_test must be a weekday 1-7 and an hour, as "2 16:30",'
            f" or empty, got {config.agent.self_test!r}"
        )
    if config.player.microphone == "file" and not config.player.microphone_file:
        raise ConfigError('node.toml: player.microphone = "file" needs player.microphone_file')
    if config.player.output == "file" and not config.player.file:
        raise ConfigError('node.toml: player.output = "file" needs player.file, the WAV to write')
    return config


def _section(raw: dict[str, Any], name: str, defaults: Any) -> dict[str, Any]:
    table = raw.pop(name, {})
    if not isinstance(table, dict):
        raise ConfigError(f"node.toml: [{name}] must be a table")
    fields = type(defaults).__dataclass_fields__
    values = {key: _take(table, name, key, getattr(defaults, key)) for key in fields}
    if table:
        raise ConfigError(f"node.toml: unknown setting {name + '.' + sorted(table)[0]!r}")
    return values


def _take(table: dict[str, Any], section: str, key: str, default: Any) -> Any:
    name = f"{section}.{key}" if section else key
    value = table.pop(key, default)
    if type(value) is not type(default):
        kind = {str: "text", int: "a whole number", bool: "true or false"}[type(default)]
        raise ConfigError(f"node.toml: {name} must be {kind}, got {value!r}")
    if name in _CHOICES and value not in _CHOICES[name]:
        raise ConfigError(
            f"node.toml: {name} must be one of {', '.join(filter(None, _CHOICES[name]))},"
            f" got {value!r}"
        )
    if name in _RANGES and not _RANGES[name][0] <= value <= _RANGES[name][1]:
        low, high = _RANGES[name]
        raise ConfigError(f"node.toml: {name} must be {low}-{high}, got {value}")
    return value
