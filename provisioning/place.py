"""Where `make run` keeps everything it makes: one folder, .loa/ of the checkout unless told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from provisioning.outlets import Outlets
from provisioning.settle import Value, settle

ROOT = Path(__file__).resolve().parent.parent
LONGEST_SOCKET = 107  # bytes of a Unix socket's path, man 7 unix

# How a desk differs from a district, written into new files and then the operator's to change:
# one node reconnects and fetches at once, it shows every language of the sample programme, no
# neighbour is asleep, and the machine's clock is right.
DESK: dict[str, dict[str, Value]] = {
    "server.toml": {
        "fleet.reconnect_w": 1,
        "fleet.fetch_spread": 0,
        "fleet.languages": ["vi", "km", "sti"],
        "fleet.language_mode": "all",
        "limits.quiet_from": "",
        "limits.quiet_until": "",
    },
    "node.toml": {"agent.simulate_proved_clock": True},
}


class PlaceError(RuntimeError):
    """This folder cannot hold the state; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Place:
    state: Path

    @property
    def server(self) -> Path:
        return self.state / "server"

    @property
    def node(self) -> Path:
        return self.state / "node"

    @property
    def pki(self) -> Path:
        return self.server / "pki"

    @property
    def accounts(self) -> Path:
        return self.server / "demo" / "accounts.json"

    @property
    def logs(self) -> Path:
        return self.state / "log"

    @property
    def server_toml(self) -> Path:
        return self.server / "server.toml"

    @property
    def node_toml(self) -> Path:
        return self.node / "node.toml"

    @property
    def node_sockets(self) -> list[Path]:
        return [self.node / "run" / name for name in ("player.sock", "screen.sock")]

    def make(self) -> None:
        """Raises PlaceError where sockets could not be opened later, with a worse message."""
        longest = max(len(bytes(path)) for path in [*self.node_sockets, self.server / "run/x.sock"])
        if longest + len("signer") > LONGEST_SOCKET:
            over = longest + len("signer") - LONGEST_SOCKET
            raise PlaceError(
                f"{self.state}: this path is too long for the sockets in it, by {over} "
                "characters. Move the folder nearer to the top and start again."
            )
        for folder in (self.server, self.node):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def write_settings(self, ports: dict[str, int], found: Outlets) -> None:
        """Only what this machine decides is written; every other line stays the operator's."""
        server: dict[str, Value] = {
            "state_dir": str(self.server),
            "console.port": ports["console"],
            "nodes.port": ports["nodes"],
            "broker.port": ports["broker"],
            "broker.acl": str(self.state / "broker" / "acl"),
            "broker.pid_file": str(self.state / "broker" / "mosquitto.pid"),
            "demo.screen_picture": str(found.settings["screen.picture"]),
            "demo.loudspeaker_wav": found.wav,
        }
        node: dict[str, Value] = {
            "state_dir": str(self.node),
            "runtime_dir": str(self.node / "run"),
            **found.settings,
        }
        for path, values in ((self.server_toml, server), (self.node_toml, node)):
            text = _standing(path)
            path.write_text(settle(text, values), encoding="utf-8")


def _standing(path: Path) -> str:
    """The file as it is, or as it begins: the commented one with what a desk needs."""
    if path.exists():
        return path.read_text(encoding="utf-8")
    template = ROOT / "provisioning" / path.name
    return settle(template.read_text(encoding="utf-8"), DESK[path.name])
