"""The whole product on this machine: broker, district server, one hamlet node.

`python -m provisioning.here run` stays until Ctrl-C; `demo` publishes the sample programme
through the console's own forms and ends with the ledger. All state lives in .loa/; a second
start finds it there, on the same ports while they are free.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from provisioning import broker, demo, outlets, ports
from provisioning.children import Child, ChildError, Children
from provisioning.settle import Value, settle

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".loa"
SERVER_TOML = STATE / "server" / "server.toml"
NODE_TOML = STATE / "node" / "node.toml"
ACCOUNTS = STATE / "server" / "demo" / "accounts.json"
# One node on a desk: it reconnects and fetches at once, and no neighbour is asleep.
LAPTOP: dict[str, Value] = {
    "fleet.reconnect_w": 1,
    "fleet.fetch_spread": 0,
    "limits.quiet_from": "",
    "limits.quiet_until": "",
}
PROGRAMS = Path(sys.executable).parent


class Stop(Exception):  # noqa: N818  # not an error: someone asked us to end
    """Ctrl-C or SIGTERM."""


@dataclass(frozen=True, slots=True)
class Running:
    """What is up, and what a person needs to know of it."""

    children: Children
    address: str
    outlets: outlets.Outlets


@contextlib.contextmanager
def step(name: str) -> Iterator[None]:
    """One progress line: what it is, then how long it took."""
    print(f"  {name} ...", end="", flush=True)
    began = time.monotonic()
    try:
        yield
    except BaseException:
        print(" failed", flush=True)
        raise
    print(f" {time.monotonic() - began:.1f} s", flush=True)


def write_settings(chosen: dict[str, int], found: outlets.Outlets) -> None:
    """Only what this machine decides is written; every other line stays the operator's."""
    files = {
        SERVER_TOML: {
            "state_dir": str(STATE / "server"),
            "console.port": chosen["console"],
            "nodes.port": chosen["nodes"],
            "broker.port": chosen["broker"],
            "demo.screen_picture": str(found.settings["screen.picture"]),
            "demo.loudspeaker_wav": found.wav,
            **LAPTOP,
        },
        NODE_TOML: {
            "state_dir": str(STATE / "node"),
            "runtime_dir": str(STATE / "node" / "run"),
            "agent.simulate_proved_clock": True,
            **found.settings,
        },
    }
    for path, values in files.items():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        source = path if path.exists() else ROOT / "provisioning" / path.name
        path.write_text(settle(source.read_text(encoding="utf-8"), values), encoding="utf-8")


def initialise() -> None:
    command = [str(PROGRAMS / "loa-server"), "init", "--config", str(SERVER_TOML)]
    command += ["--demo", "--node-identity", str(STATE / "node" / "identity")]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise ChildError(f"loa-server init refused:\n{made.stdout}{made.stderr}")


def start_broker(children: Children, port: int) -> None:
    folder = STATE / "server" / "pki"
    tls = broker.Tls(folder / "ca.crt", folder / "broker.crt", folder / "broker.key")
    conf = broker.render(STATE / "broker", port, tls)
    child = children.start("broker", [broker.PROGRAM, "-c", str(conf)])
    children.wait_until(child, lambda: _answers(port))


def start_server(children: Children) -> str:
    """Returns the address of the console."""
    command = [str(PROGRAMS / "loa-server"), "up", "--config", str(SERVER_TOML)]
    child = children.start("server", command)
    children.wait_until(child, lambda: _ready_line(child) != "")
    return _ready_line(child)


def start_node(children: Children) -> None:
    command = [str(PROGRAMS / "loa-node"), "run", "--config", str(NODE_TOML)]
    child = children.start("node", command)
    sockets = [STATE / "node" / "run" / name for name in ("player.sock", "screen.sock")]
    children.wait_until(child, lambda: all(path.exists() for path in sockets))


def bring_up(children: Children) -> Running:
    chosen = ports.settled(STATE / "ports.json")
    found = outlets.here(STATE / "node")
    write_settings(chosen, found)
    with step("keys, certificates, accounts, areas"):
        initialise()
    with step(f"broker on port {chosen['broker']}"):
        start_broker(children, chosen["broker"])
    with step("district server"):
        address = start_server(children)
    with step("hamlet node: agent, player, screen"):
        start_node(children)
    return Running(children, address, found)


def tell(running: Running) -> None:
    print(f"\n  Console   {running.address}")
    for name, account in accounts().items():
        print(f"  Account   {name:<12} {account['password']:<18} {', '.join(account['roles'])}")
    print("            (each password is for one use: the first sign-in asks for a new one)")
    print(f"  Sound     {running.outlets.sound}")
    print(f"  Picture   {running.outlets.picture}")
    print(f"  Logs      {STATE / 'log'}")
    print("  Ctrl-C stops all of it.\n", flush=True)


def accounts() -> demo.Accounts:
    """What `loa-server init` made; a password is worth something until its owner changes it."""
    read: demo.Accounts = json.loads(ACCOUNTS.read_text(encoding="utf-8"))
    return read


def publish(running: Running) -> int:
    held = accounts()
    # A password that the console made us change is the one to print next time.
    return demo.run(running.address, held, running.children, lambda: keep_accounts(held))


def keep_accounts(held: demo.Accounts) -> None:
    ACCOUNTS.write_text(json.dumps(held, ensure_ascii=False, indent=1), encoding="utf-8")


def stay(running: Running) -> int:
    """Until someone asks us to end, or one of the programs ended by itself."""
    while not (dead := running.children.the_dead()):
        time.sleep(0.2)
    for child in dead:
        print(f"  {child.name} ended by itself:\n{child.tail()}", flush=True)
    return 1


def main(word: str) -> int:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _asked_to_stop)
    STATE.mkdir(exist_ok=True)
    with (STATE / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print(f"It already runs from this folder: another program holds {STATE / 'lock'}.")
            return 1
        return _main(word, Children(STATE / "log"))


def _main(word: str, children: Children) -> int:
    try:
        running = bring_up(children)
        tell(running)
        return stay(running) if word == "run" else publish(running)
    except Stop:
        return 0 if word == "run" else 1
    except (ChildError, demo.DemoError) as e:
        print(f"\n{e}", flush=True)
        return 1
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # one Ctrl-C is enough: let the rest end in order
        with step("stop"):
            children.stop()


def _asked_to_stop(*_: object) -> None:
    raise Stop


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _ready_line(child: Child) -> str:
    """The address that `loa-server up` printed, once it has."""
    for line in child.log.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("ready: "):
            return line.removeprefix("ready: ").strip()
    return ""


if __name__ == "__main__":
    if sys.argv[1:] not in (["run"], ["demo"]):
        sys.exit("here.py run | demo")
    sys.exit(main(sys.argv[1]))
