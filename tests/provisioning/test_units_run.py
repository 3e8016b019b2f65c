"""Our units under a real systemd: what they allow a program, and the player playing in its own."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from parts.broker import free_port
from parts.sound import a_tone, heard
from parts.systemd import OURS, Systemd, usable
from provisioning.settle import settle

pytestmark = pytest.mark.parts

WHY_NOT = usable()
MOSQUITTO = Path("/lib/systemd/system/mosquitto.service")
UNITS = sorted(unit.stem for unit in OURS.glob("*.service"))
# What somebody would try who has taken over the program of a unit.
PROBE = """
import ctypes, json, mmap, os, re, socket, subprocess, sys
from pathlib import Path

def fails(action):
    try:
        action()
    except OSError:
        return True
    return False

def runs_own_file_in(folder):
    own = Path(folder, f"x{os.getpid()}")  # two units may share a user and a folder
    try:
        own.write_text("#!/bin/sh\\n")
        own.chmod(0o755)
        return subprocess.run([own]).returncode == 0
    except OSError:
        return False
    finally:
        fails(own.unlink)

def folders():
    for top in ("/tmp", "/var/tmp", "/dev/shm", "/run", "/var/lib", "/etc"):
        yield top
        yield from (folder for folder, _, _ in os.walk(top) if not folder.startswith("/run/out"))

if len(sys.argv) == 1:  # everything is tried by a child, which has no more than its parent
    sys.exit(subprocess.call([sys.executable, __file__, "child"]))
families = ["AF_UNIX", "AF_INET", "AF_INET6", "AF_NETLINK", "AF_PACKET", "AF_VSOCK"]
kinds = {"AF_NETLINK": socket.SOCK_RAW, "AF_PACKET": socket.SOCK_RAW}
status = dict(re.findall(r"(?m)^(\\w+):\\t(.*)$", Path("/proc/self/status").read_text()))
libc = ctypes.CDLL(None)
print(json.dumps({
    "opens": [f for f in families if not fails(
        lambda: socket.socket(getattr(socket, f), kinds.get(f, socket.SOCK_STREAM)).close())],
    "interfaces": re.findall(r"(?m)^ *(\\w+):", Path("/proc/self/net/dev").read_text()),
    "user": os.getuid(),
    "capabilities": [status["CapEff"], status["CapPrm"], status["CapBnd"]],
    "no_new_privileges": status["NoNewPrivs"],
    "runs_in": [folder for folder in folders() if runs_own_file_in(folder)],
    "refused": {
        "write_system": fails(lambda: Path("/usr/bin/x").touch()),
        "write_settings": fails(lambda: Path("/etc/loa/x").touch()),
        "code_in_data": fails(lambda: mmap.mmap(-1, 4096, prot=7)),
        "new_namespace": libc.unshare(0x10000000) != 0,
        "listen_to_others": fails(lambda: Path("/proc/1/environ").read_bytes()),
        "homes": fails(lambda: os.listdir("/root")),
    },
}))
"""
# What the agent does, under the agent's user: one order, and the outcome.
AGENT = """
import json, sys, time
from pathlib import Path
from loa_node.lines import dial
end, wire, seen = time.monotonic() + 30, None, {}
while wire is None and time.monotonic() < end:
    wire = dial(Path("/run/loa-node/player.sock")); time.sleep(0.05)
tone = {"do": "play", "play": "01B", "path": "/run/out/tone.opus", "duration_ms": 2000}
while "outcome" not in seen and time.monotonic() < end:
    for message in wire.receive():
        if message["is"] == "hello" and not seen:
            wire.send({**tone, "volume": 100, "lead_ms": 0})
        seen[message["is"]] = message
    time.sleep(0.02)
print(json.dumps(seen))
"""

CAGE = """
import json
from pathlib import Path
from loa_server.media import cage
held = sorted(cage.locks(Path("/tmp")))
done = cage.run(cage.Cage(write=Path("/tmp")), ("ffmpeg", "-version"))
print(json.dumps({"locks": held, "ffmpeg": done.code}))
"""

# What the console does with its neighbours, under the console's user: once they are there.
NEIGHBOURS = """
import json, os, socket, sys, time, urllib.request
from pathlib import Path
def answered(path):
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(path)
        line.sendall(b'{"sign": "nothing"}\\n')
        return json.loads(line.makefile().readline())
def soon(action):
    end = time.monotonic() + 30
    while True:
        try:
            return action()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
print(json.dumps({
    "page": soon(lambda: urllib.request.urlopen(sys.argv[1]).status),
    "signer": soon(lambda: answered("/var/lib/loa-server/run/signer.sock")).get("ok"),
    "duty": soon(lambda: answered("/run/loa-duty/duty.sock")).get("ok"),
    "reads": [p for p in ("server", "signer", "duty") if os.access(f"/var/lib/loa-{p}", os.R_OK)],
}))
"""

# The engine's part of a revocation, under the engine's user, beside two sessions that live.
REVOCATION = """
import json, sys, time
from pathlib import Path
import paho.mqtt.client as mqtt
from loa_server.files import place
rules, port = Path("/var/lib/loa-server/broker/acl"), int(sys.argv[1])
heard = {"stolen": [], "neighbour": []}
def session(user):
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=user)
    client.username_pw_set(user)
    client.on_connect = lambda c, *_: c.subscribe("bulletin")
    client.on_message = lambda _c, _u, m: heard[user].append(int(m.payload))
    client.connect("127.0.0.1", port)
    client.loop_start()
    return client
both = [session(user) for user in heard]
def said(number):
    both[1].publish("bulletin", number)
    end = time.monotonic() + 1
    while number not in heard["neighbour"] and time.monotonic() < end:
        time.sleep(0.02)
number, end = 1, time.monotonic() + 20
while not (heard["stolen"] and heard["neighbour"]) and time.monotonic() < end:
    said(number); number += 1
before = len(heard["stolen"])
place(rules, (rules.read_text() + "user stolen\\ntopic deny #\\n").encode(), mode=0o640)
muted = False
while not muted and time.monotonic() < end:
    said(number); time.sleep(0.2)
    muted = number not in heard["stolen"]
    number += 1
said(number); time.sleep(0.2)
expected = set(range(heard["neighbour"][0], number + 1))
print(json.dumps({
    "heard_before": before > 0,
    "muted": muted and number not in heard["stolen"],
    "neighbour_misses": sorted(expected - set(heard["neighbour"])),
    "both_connected": [client.is_connected() for client in both],
}))
"""


@pytest.fixture
def systemd(tmp_path: Path) -> Systemd:
    if WHY_NOT:
        pytest.skip(WHY_NOT)
    made = Systemd(tmp_path)
    (made.shared / "node.toml").write_text(
        '[player]\noutput = "file"\nfile = "/var/lib/loa-node/player/loudspeaker.wav"\n'
    )
    (made.shared / "server.toml").write_text("")
    return made


def setting(unit: str, name: str) -> str:
    said = re.findall(rf"(?m)^{name}=(.*)$", (OURS / f"{unit}.service").read_text())
    return str(said[-1]) if said else ""


def test_a_program_that_was_taken_over_has_only_what_its_unit_names(systemd: Systemd) -> None:
    (systemd.shared / "probe.py").write_text(PROBE)
    for unit in UNITS:
        systemd.program_in(unit, "/usr/bin/python3 -I /run/out/probe.py")

    systemd.run(*(f"in-{unit}.service" for unit in UNITS))

    for unit in UNITS:
        said = systemd.said(unit)
        assert set(said["opens"]) == set(setting(unit, "RestrictAddressFamilies").split()), unit
        if setting(unit, "PrivateNetwork"):
            assert said["interfaces"] == ["lo"], unit
        assert said["user"] != 0, unit
        assert set(said["capabilities"]) == {"0" * 16}, unit
        assert said["no_new_privileges"] == "1", unit
        assert said["runs_in"] == [], unit
        done = {act for act, refused in said["refused"].items() if not refused}
        # a display's driver makes code as it goes
        assert done <= ({"code_in_data"} if unit == "loa-node-screen" else set()), unit


def test_the_player_plays_in_its_unit(systemd: Systemd) -> None:
    a_tone(systemd.shared / "tone.opus")
    (systemd.shared / "agent.py").write_text(AGENT)
    systemd.delivered("loa-node-player")
    systemd.program_in("loa-node-agent", "/opt/loa/.loa/venv/bin/python /run/out/agent.py")
    keep = "/bin/cp /var/lib/loa-node/player/loudspeaker.wav /run/out/"
    systemd.unit(
        "keep.service",
        f"[Unit]\nAfter=in-loa-node-agent.service\n[Service]\nType=oneshot\nExecStart={keep}\n",
    )

    systemd.run("loa-node-player.service", "in-loa-node-agent.service", "keep.service")

    said = systemd.said("loa-node-agent")
    assert said["outcome"]["result"] == "played", json.dumps(said)
    assert heard(systemd.shared / "loudspeaker.wav").count(1000) >= 15


def test_the_converters_cage_works_inside_the_consoles_unit(systemd: Systemd) -> None:
    (systemd.shared / "cage.py").write_text(CAGE)
    systemd.program_in("loa-server-web", "/opt/loa/.loa/venv/bin/python /run/out/cage.py")

    systemd.run("in-loa-server-web.service")

    # without the namespace: the unit lets nobody make one, and no socket can be opened anyway
    assert systemd.said("loa-server-web") == {
        "locks": ["files", "limits", "privileges", "sockets"],
        "ffmpeg": 0,
    }


def test_the_district_starts_as_delivered_each_program_as_its_own_user(systemd: Systemd) -> None:
    port = free_port()
    settings: dict[str, str | int] = {
        "console.port": port,
        "nodes.port": free_port(),
        "broker.port": free_port(),
    }
    kept = {"signer": "/var/lib/loa-signer/keys", "duty": "/var/lib/loa-duty/keys"}
    for keeper, folder in kept.items():
        settings |= {f"{keeper}.keys_dir": folder, f"{keeper}.client_user": "loa-server"}
    settings["duty.socket"] = "/run/loa-duty/duty.sock"
    as_shipped = (OURS.parent / "server.toml").read_text(encoding="utf-8")
    (systemd.shared / "server.toml").write_text(settle(as_shipped, settings), encoding="utf-8")
    (systemd.shared / "neighbours.py").write_text(NEIGHBOURS)
    systemd.prepare = "loa-server init --demo --config /etc/loa/server.toml"
    programs = [f"loa-server-{name}" for name in ("signer", "duty", "engine", "web")]
    for program in programs:
        systemd.delivered(program)
    address = f"http://127.0.0.1:{port}/sign-in"
    systemd.program_in("loa-server-web", f"/usr/bin/python3 /run/out/neighbours.py {address}")

    systemd.run(*(f"{program}.service" for program in programs), "in-loa-server-web.service")

    assert {systemd.state(program) for program in programs} == {"active"}
    assert systemd.said("loa-server-web") == {
        "page": 200,
        "signer": False,
        "duty": False,
        "reads": ["server"],
    }


def test_the_hamlet_starts_as_delivered_each_program_as_its_own_user(systemd: Systemd) -> None:
    with (systemd.shared / "node.toml").open("a") as settings:
        settings.write('[screen]\ndriver = "dummy"\n')
    identity = "/var/lib/loa-node/identity"
    systemd.prepare = (
        f"loa-server init --demo --config /etc/loa/server.toml --node-identity {identity}\n"
        f"chown -R loa-agent:loa-node {identity}"
    )
    programs = [f"loa-node-{name}" for name in ("player", "screen", "agent")]
    for program in programs:
        systemd.delivered(program)

    systemd.run(*(f"{program}.service" for program in programs))

    assert {program: systemd.state(program) for program in programs} == dict.fromkeys(
        programs, "active"
    )


def test_a_revoked_node_is_muted_by_the_units_of_the_broker(systemd: Systemd) -> None:
    port = free_port()
    (systemd.shared / "revocation.py").write_text(REVOCATION)
    (systemd.shared / "mosquitto.conf").write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\nacl_file /var/lib/loa-broker/acl\n"
    )
    (systemd.shared / "acl").write_text("pattern readwrite bulletin\n")
    systemd.prepare = """
cp /run/out/mosquitto.conf /etc/mosquitto/mosquitto.conf
install -o loa-server -g loa-server -m 0640 /run/out/acl /var/lib/loa-server/broker/acl
install -o mosquitto -g mosquitto -m 0600 /run/out/acl /var/lib/loa-broker/acl
mkdir -p /var/log/mosquitto
"""
    systemd.unit("mosquitto.service", MOSQUITTO.read_text(encoding="utf-8"))
    systemd.delivered("loa-broker-acl")
    watched = (OURS / "loa-broker-acl.path").read_text(encoding="utf-8")
    systemd.unit("loa-broker-acl.path", watched)
    systemd.program_in(
        "loa-server-engine", f"/opt/loa/.loa/venv/bin/python /run/out/revocation.py {port}"
    )

    systemd.run("mosquitto.service", "loa-broker-acl.path", "in-loa-server-engine.service")

    assert systemd.said("loa-server-engine") == {
        "heard_before": True,
        "muted": True,
        "neighbour_misses": [],
        "both_connected": [True, True],
    }
