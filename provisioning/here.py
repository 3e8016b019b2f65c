"""The whole product on this machine: broker, district server, one hamlet node.

`python -m provisioning.here run` stays until Ctrl-C; `demo` publishes the sample programme
through the console's own forms and ends with the ledger; `code` shows what the telephones of the
demo's accounts would show now. All state lives in one folder; a second
start finds it there, on the same ports while they are free.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import itertools
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from provisioning import authenticator, broker, demo, outlets, ports
from provisioning.children import Child, ChildError, Children
from provisioning.place import ROOT, Place, PlaceError

PROGRAMS = Path(sys.executable).parent


class Stop(Exception):  # noqa: N818  # not an error: someone asked us to end
    """Ctrl-C or SIGTERM."""


@dataclass(frozen=True, slots=True)
class Running:
    """What is up, and what a person needs to know of it."""

    place: Place
    children: Children
    address: str
    outlets: outlets.Outlets
    keys: list[str]


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


def bring_up(place: Place, children: Children) -> Running:
    place.make()
    chosen = ports.settled(place.state / "ports.json")
    found = outlets.here(place.node)
    place.write_settings(chosen, found)
    with step("keys, certificates, accounts, areas"):
        keys = initialise(place)
    with step(f"broker on port {chosen['broker']}"):
        start_broker(place, children, chosen["broker"])
    with step("district server"):
        address = start_server(place, children)
    with step("hamlet node: agent, player, screen"):
        start_node(place, children)
    return Running(place, children, address, found, keys)


def initialise(place: Place) -> list[str]:
    """Returns what init says of the keys."""
    command = [str(PROGRAMS / "loa-server"), "init", "--config", str(place.server_toml)]
    command += ["--demo", "--node-identity", str(place.node / "identity")]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise ChildError(f"loa-server init refused:\n{made.stdout}{made.stderr}")
    _, _, after = made.stdout.partition("  keys, root and register")
    said = itertools.takewhile(lambda line: line.startswith("    "), after.splitlines()[1:])
    return [line.strip() for line in said]


def start_broker(place: Place, children: Children, port: int) -> None:
    tls = broker.Tls(place.pki / "ca.crt", place.pki / "broker.crt", place.pki / "broker.key")
    conf = broker.render(place.state / "broker", port, tls)
    child = children.start("broker", [broker.PROGRAM, "-c", str(conf)])
    children.wait_until(child, lambda: _answers(port))


def start_server(place: Place, children: Children) -> str:
    """Returns the address of the console."""
    command = [str(PROGRAMS / "loa-server"), "up", "--config", str(place.server_toml)]
    child = children.start("server", command)
    children.wait_until(child, lambda: _ready_line(child) != "")
    return _ready_line(child)


def start_node(place: Place, children: Children) -> None:
    for leftover in place.node_sockets:
        leftover.unlink(missing_ok=True)  # what a killed run left would look like an answer
    command = [str(PROGRAMS / "loa-node"), "run", "--config", str(place.node_toml)]
    child = children.start("node", command)
    children.wait_until(child, lambda: all(path.exists() for path in place.node_sockets))


def tell(running: Running) -> None:
    print(f"\n  Console   {running.address}")
    for name, account in accounts(running.place).items():
        print(f"  Account   {name:<12} {account['password']:<18} {', '.join(account['roles'])}")
    print("            (each password is for one use: the first sign-in asks for a new one)")
    for line in running.keys:
        print(f"  Keys      {line}")
    print("  Codes     make code   shows the second factor's codes of these demo accounts")
    print(f"  Sound     {running.outlets.sound}")
    print(f"  Picture   {running.outlets.picture}")
    print(f"  Logs      {running.place.logs}")
    print("  Ctrl-C stops all of it.\n", flush=True)


def accounts(place: Place) -> demo.Accounts:
    """What `loa-server init` made; a password is worth something until its owner changes it."""
    read: demo.Accounts = json.loads(place.accounts.read_text(encoding="utf-8"))
    return read


def publish(running: Running) -> int:
    held = accounts(running.place)

    def keep() -> None:
        # A password that the console made us change is the one to print next time.
        text = json.dumps(held, ensure_ascii=False, indent=1)
        running.place.accounts.write_text(text, encoding="utf-8")

    return demo.run(running.address, held, running.children, keep)


def tell_codes(place: Place) -> int:
    """The telephones of the demo: whoever holds accounts.json holds them all."""
    if not place.accounts.exists():
        print("No accounts yet: `make run` makes them.")
        return 1
    for name, account in accounts(place).items():
        for app, where in (("totp", "console"), ("duty_totp", "the second signature")):
            if app in account:
                code = authenticator.shown(account[app], time.time())
                print(f"  {name:<12} {code}  ({where})")
    return 0


def stay(running: Running) -> int:
    """Until someone asks us to end, or one of the programs ended by itself."""
    while not (dead := running.children.the_dead()):
        time.sleep(0.2)
    for child in dead:
        print(f"  {child.name} ended by itself:\n{child.tail()}", flush=True)
    return 1


def main(arguments: list[str]) -> int:
    asked = _parser().parse_args(arguments)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _asked_to_stop)
    place = Place(asked.state.resolve())
    if asked.word == "code":
        return tell_codes(place)
    place.state.mkdir(parents=True, exist_ok=True)
    with (place.state / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print(f"It already runs from {place.state}; stop that one first (Ctrl-C there).")
            return 1
        return _main(asked.word, place)


def _main(word: str, place: Place) -> int:
    children = Children(place.logs)
    try:
        running = bring_up(place, children)
        tell(running)
        return stay(running) if word == "run" else publish(running)
    except Stop:
        return 0 if word == "run" else 1
    except (ChildError, PlaceError, demo.DemoError) as e:
        print(f"\n{e}", flush=True)
        return 1
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # one Ctrl-C is enough: the rest ends in order
        with step("stop"):
            children.stop()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="here", description=__doc__.splitlines()[0])
    parser.add_argument("word", choices=("run", "demo", "code"))
    parser.add_argument("--state", type=Path, default=ROOT / ".loa", help="default: %(default)s")
    return parser


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
    sys.exit(main(sys.argv[1:]))
