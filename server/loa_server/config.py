"""server.toml, read once, complete or refused with a sentence an operator can act on.

The commented file with every setting is provisioning/server.toml.
"""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

ENV: Final = "LOA_SERVER_CONFIG"
"""Names the file for programs that are not started through `loa-server`."""
TIMEZONE: Final = "Asia/Ho_Chi_Minh"


class ConfigError(ValueError):
    """server.toml cannot be used; the message says which line to change and to what."""


@dataclass(frozen=True, slots=True)
class UnitConfig:
    id: str = "don-vi"  # the operating unit, as topics and registers call it
    name: str = "Đơn vị vận hành"
    area: str = ""  # id of the topmost area it answers for; empty is the top of the tree


@dataclass(frozen=True, slots=True)
class ConsoleConfig:
    bind: str = "127.0.0.1"
    port: int = 8000
    tls: bool = False
    cert: str = ""  # empty: a certificate of our own CA
    key: str = ""
    public_url: str = ""  # as people type it; empty is made from bind and port
    languages: tuple[str, ...] = ("vi", "km", "sti")  # that a bulletin may be written in
    # the movable days off (Tết, Giỗ Tổ) as the state announces them each year; the fixed are known
    holidays: tuple[str, ...] = (
        *("2027-02-05", "2027-02-06", "2027-02-07", "2027-02-08", "2027-02-09"),
        "2027-04-16",
    )
    session_hours: int = 10  # from the sign-in, whatever happens
    idle_minutes: int = 60  # without a click
    public_pages: bool = True  # /tin/: what was broadcast, for everybody who reaches this address
    metrics_token: str = ""  # empty: /metrics answers this machine only


@dataclass(frozen=True, slots=True)
class NodesConfig:
    bind: str = "127.0.0.1"
    port: int = 8443
    address: str = "localhost"  # the host name or address that nodes call


@dataclass(frozen=True, slots=True)
class BrokerConfig:
    host: str = "localhost"  # as engine and nodes call it
    port: int = 8883
    acl: str = ""  # its acl file, where revoked nodes are written; empty: nobody does
    pid_file: str = ""  # whom to tell by SIGHUP; empty: a unit that watches the file does


@dataclass(frozen=True, slots=True)
class SignerConfig:
    keys_dir: str = ""  # empty: keys/ in the state folder
    client_user: str = ""  # the user the engine runs as; empty: the signer's own


@dataclass(frozen=True, slots=True)
class DutyConfig:
    """The second signature of an emergency, best on another machine."""

    socket: str = ""  # empty: duty.sock in the state folder's run/
    keys_dir: str = ""  # empty: duty/ in the state folder
    client_user: str = ""  # the user the console runs as; empty: the duty signer's own
    elsewhere: bool = False  # True: another machine's; the socket is a forwarded one


@dataclass(frozen=True, slots=True)
class FleetConfig:
    """What a new node is told until someone tells it otherwise."""

    languages: tuple[str, ...] = ("vi",)
    language_mode: str = "first"
    interrupted: str = "restart"
    slots: tuple[str, ...] = ("05:00", "17:00")
    slot_minutes: int = 30
    link: str = "wired"
    screen_off: tuple[str, ...] = ()  # hours in which a screen at rest is dark
    answer_at: str = ""  # where people answer back: a QR code on the screen
    download_hours: tuple[str, ...] = ()  # metered: media of the calendar's normal bulletins
    reconnect_w: int = 0  # seconds; 0: from the size of the fleet
    fetch_spread: int = -1  # seconds; -1: from the size of the fleet


@dataclass(frozen=True, slots=True)
class LimitsConfig:
    """What no settings and no bulletin but a proved emergency may pass."""

    quiet_from: str = "21:30"  # both empty: no quiet hours
    quiet_until: str = "04:45"
    max_session_s: int = 2700
    max_volume: int = 100
    repeat_guard_s: int = 0


GENRES: Final = (
    *("policy", "project", "know_how", "news", "health", "weather", "correction", "notice"),
    *("enrolment", "recruitment", "charity"),  # by their forms only, see bulletins/notices.py
)
"""What a bulletin may be about; their words are the console's."""


@dataclass(frozen=True, slots=True)
class ApprovalConfig:
    two: tuple[str, ...] = ()  # genres that two people besides the author have to approve


@dataclass(frozen=True, slots=True)
class MediaConfig:
    tts: str = "espeak-ng"  # the program that reads Vietnamese aloud
    upload_mb: int = 100
    preview: str = "loa-node"  # the program that draws a bulletin as a node's screen; empty: none


@dataclass(frozen=True, slots=True)
class DemoConfig:
    """Where the one node of `make run` leaves its screen and its sound, for its page to show."""

    node: str = ""  # its id; empty is any
    screen_picture: str = ""  # PNG; empty shows none
    loudspeaker_wav: str = ""


@dataclass(frozen=True, slots=True)
class ServerConfig:
    state_dir: Path = Path("/var/lib/loa-server")
    samples: str = ""  # folder of the demo's areas; empty is where the source tree keeps them
    unit: UnitConfig = UnitConfig()
    console: ConsoleConfig = ConsoleConfig()
    nodes: NodesConfig = NodesConfig()
    broker: BrokerConfig = BrokerConfig()
    signer: SignerConfig = SignerConfig()
    duty: DutyConfig = DutyConfig()
    fleet: FleetConfig = FleetConfig()
    limits: LimitsConfig = LimitsConfig()
    approval: ApprovalConfig = ApprovalConfig()
    media: MediaConfig = MediaConfig()
    demo: DemoConfig = DemoConfig()

    @property
    def database(self) -> Path:
        return self.state_dir / "db.sqlite3"

    @property
    def secret_file(self) -> Path:
        return self.state_dir / "secret"

    @property
    def public_dir(self) -> Path:
        return self.state_dir / "public"

    @property
    def private_dir(self) -> Path:
        return self.state_dir / "private"

    @property
    def static_dir(self) -> Path:
        return self.state_dir / "static"

    @property
    def pki_dir(self) -> Path:
        return self.state_dir / "pki"

    @property
    def demo_dir(self) -> Path:
        return self.state_dir / "demo"

    @property
    def trust_dir(self) -> Path:
        return self.state_dir / "trust"

    @property
    def keys_dir(self) -> Path:
        return Path(self.signer.keys_dir) if self.signer.keys_dir else self.state_dir / "keys"

    @property
    def duty_dir(self) -> Path:
        """The duty key and its officers; of no use to any other program."""
        return Path(self.duty.keys_dir) if self.duty.keys_dir else self.state_dir / "duty"

    @property
    def run_dir(self) -> Path:
        return self.state_dir / "run"

    @property
    def signer_socket(self) -> Path:
        return self.run_dir / "signer.sock"

    @property
    def duty_socket(self) -> Path:
        return Path(self.duty.socket) if self.duty.socket else self.run_dir / "duty.sock"

    @property
    def engine_socket(self) -> Path:
        return self.run_dir / "engine.sock"

    @property
    def console_url(self) -> str:
        if self.console.public_url:
            return self.console.public_url.rstrip("/")
        scheme = "https" if self.console.tls else "http"
        everywhere = self.console.bind in ("", "0.0.0.0", "::")  # noqa: S104  # compared, not bound
        host = "localhost" if everywhere else self.console.bind
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{self.console.port}"

    @property
    def samples_dir(self) -> Path:
        if self.samples:
            return Path(self.samples)
        return Path(__file__).resolve().parents[2] / "content" / "samples"


_SECTIONS: Final = {f.name: f.default for f in fields(ServerConfig)[2:]}
_CHOICES: Final = {
    "fleet.language_mode": ("first", "all"),
    "fleet.interrupted": ("restart", "resume", "drop"),
    "fleet.link": ("wired", "metered"),
}
_PORT: Final = (1, 65535)
_RANGES: Final = {
    "console.port": _PORT,
    "nodes.port": _PORT,
    "broker.port": _PORT,
    "console.session_hours": (1, 24),
    "console.idle_minutes": (5, 720),
    "fleet.slot_minutes": (1, 240),
    "fleet.reconnect_w": (0, 3600),
    "fleet.fetch_spread": (-1, 3600),
    "limits.max_session_s": (60, 14_400),
    "limits.max_volume": (0, 100),
    "limits.repeat_guard_s": (0, 86_400),
    "media.upload_mb": (1, 1000),
}
_CLOCK: Final = (r"([01][0-9]|2[0-3]):[0-5][0-9]", 'a time such as "05:00"')
_LANG: Final = (r"[a-z]{2,3}(-[A-Za-z]{4})?", 'a language code such as "vi"')
_NAME: Final = (r"[a-z0-9_-]{1,64}", "1-64 of a-z 0-9 _ -")
_SHAPES: Final = {
    "unit.id": _NAME,
    "unit.area": (rf"|{_NAME[0]}", _NAME[1]),
    "console.languages": _LANG,
    "console.holidays": (r"20\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", "a day: 2027-02-06"),
    "fleet.languages": _LANG,
    "fleet.slots": _CLOCK,
    "fleet.download_hours": (rf"({_CLOCK[0]})-({_CLOCK[0]})", 'hours such as "22:00-04:30"'),
    "fleet.screen_off": (rf"({_CLOCK[0]})-({_CLOCK[0]})", 'hours such as "22:00-04:30"'),
    "fleet.answer_at": (r"|https://[!-~]{1,192}", "an https address"),
    "limits.quiet_from": (rf"|{_CLOCK[0]}", _CLOCK[1]),
    "limits.quiet_until": (rf"|{_CLOCK[0]}", _CLOCK[1]),
    "nodes.address": (r"\S+", "a host name or an address"),
    "broker.host": (r"\S+", "a host name or an address"),
    "approval.two": ("|".join(GENRES), f"one of {', '.join(GENRES)}"),
    "media.tts": (r".+", "the name of a program"),
}


def read(path: Path) -> ServerConfig:
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as e:
        raise ConfigError(f"{path}: cannot be read: {e.strerror}") from e
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise ConfigError(f"{path.name}: not valid TOML: {e}") from e
    config = ServerConfig(
        state_dir=Path(_take(raw, "state_dir", "state_dir", "/var/lib/loa-server")),
        samples=_take(raw, "samples", "samples", ""),
        **{name: _section(raw, name, defaults) for name, defaults in _SECTIONS.items()},
    )
    if raw:
        raise ConfigError(f"server.toml: unknown setting {sorted(raw)[0]!r}")
    _agree(config)
    return config


def from_environment() -> ServerConfig:
    """The file that LOA_SERVER_CONFIG names; without one, every default."""
    path = os.environ.get(ENV)
    return read(Path(path)) if path else ServerConfig()


def _agree(config: ServerConfig) -> None:
    """What no single line can be blamed for."""
    if not config.state_dir.is_absolute():
        raise ConfigError(f"server.toml: state_dir must begin with /, got {config.state_dir}")
    if bool(config.console.cert) != bool(config.console.key):
        raise ConfigError("server.toml: console.cert and console.key go together, or both empty")
    if bool(config.limits.quiet_from) != bool(config.limits.quiet_until):
        raise ConfigError("server.toml: limits.quiet_from and limits.quiet_until go together")
    for name in ("console", "fleet"):
        if not getattr(config, name).languages:
            raise ConfigError(f"server.toml: {name}.languages must name at least one language")
    ports = [config.console.port, config.nodes.port, config.broker.port]
    if len(set(ports)) != len(ports):
        raise ConfigError("server.toml: console.port, nodes.port and broker.port must differ")


def _section(raw: dict[str, Any], name: str, defaults: Any) -> Any:
    table = raw.pop(name, {})
    if not isinstance(table, dict):
        raise ConfigError(f"server.toml: [{name}] must be a table")
    values = {
        f.name: _take(table, f"{name}.{f.name}", f.name, getattr(defaults, f.name))
        for f in fields(defaults)
    }
    if table:
        raise ConfigError(f"server.toml: unknown setting {name + '.' + sorted(table)[0]!r}")
    return type(defaults)(**values)


def _take(table: dict[str, Any], name: str, key: str, default: Any) -> Any:
    value = table.pop(key, default)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        value = tuple(value)
    if type(value) is not type(default):
        kinds = {
            str: "text",
            int: "a whole number",
            bool: "true or false",
            tuple: "a list of texts",
        }
        raise ConfigError(f"server.toml: {name} must be {kinds[type(default)]}, got {value!r}")
    if name in _CHOICES and value not in _CHOICES[name]:
        raise ConfigError(
            f"server.toml: {name} must be one of {', '.join(_CHOICES[name])}, got {value!r}"
        )
    if name in _RANGES and not _RANGES[name][0] <= value <= _RANGES[name][1]:
        low, high = _RANGES[name]
        raise ConfigError(f"server.toml: {name} must be {low} to {high}, got {value}")
    _shaped(name, value)
    return value


def _shaped(name: str, value: Any) -> None:
    if name not in _SHAPES:
        return
    pattern, wanted = _SHAPES[name]
    for text in value if isinstance(value, tuple) else (value,):
        if not re.fullmatch(pattern, text):
            raise ConfigError(f"server.toml: {name} must be {wanted}, got {text!r}")
