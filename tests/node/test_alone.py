"""What is left of the network for player and screen, and for whatever they start: nothing."""

from __future__ import annotations

import errno
import json
import platform
import socket
import struct
import subprocess
import sys

import pytest

from loa_node.alone import FAMILIES, MACHINES, Machine, give_up_network, rules_for

ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.EAFNOSUPPORT
HERE = MACHINES.get((platform.machine(), struct.calcsize("P")))
TRY_ALL = """
import json, socket, sys
def opens(family, kind):
    try:
        socket.socket(family, kind).close()
    except OSError as e:
        return e.errno
    return 0
names = ["AF_INET", "AF_INET6", "AF_NETLINK", "AF_PACKET", "AF_VSOCK", "AF_BLUETOOTH", "AF_UNIX"]
kinds = {"AF_NETLINK": socket.SOCK_RAW, "AF_PACKET": socket.SOCK_RAW}
print(json.dumps({n: opens(getattr(socket, n), kinds.get(n, socket.SOCK_STREAM)) for n in names}))
"""
LOCKED = "from loa_node.alone import give_up_network; assert give_up_network() == ''; "
CHILD = "import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-c', sys.argv[1]]))"


def tried(program: str, *arguments: str) -> dict[str, int]:
    command = [sys.executable, "-c", program, *arguments]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return dict(json.loads(said))


def verdict(machine: Machine, audit: int, call: int, first: int = 0) -> int:
    """The filter as the kernel runs it: a load, three jumps and a return are all that it has."""
    data = struct.pack("=IIQ6Q", call, audit, 0, first, 0, 0, 0, 0, 0)
    rules, at, held = [struct.unpack("HBBI", rule) for rule in rules_for(machine)], 0, 0
    while True:
        code, yes, no, value = rules[at]
        at += 1
        match code:
            case 0x20:
                (held,) = struct.unpack_from("=I", data, value)
            case 0x15:
                at += yes if held == value else no
            case 0x35:
                at += yes if held >= value else no
            case _:
                return int(value)


@pytest.mark.parametrize("machine", MACHINES.values(), ids=map(str, MACHINES))
def test_the_filter_lets_through_everything_but_foreign_sockets(machine: Machine) -> None:
    audit = machine.audit
    for call in (*range(600), 0xF0005):
        if call not in (machine.socket, machine.io_uring_setup):
            assert verdict(machine, audit, call, socket.AF_INET) == ALLOW
    assert verdict(machine, audit, machine.socket, socket.AF_UNIX) == ALLOW
    for family in (0, 2, 10, 16, 17, 38, 40, 0xFFFFFFFF):
        assert verdict(machine, audit, machine.socket, family) == REFUSE


@pytest.mark.parametrize("machine", MACHINES.values(), ids=map(str, MACHINES))
def test_there_is_no_way_around_it(machine: Machine) -> None:
    assert verdict(machine, machine.audit, machine.io_uring_setup) == REFUSE
    assert verdict(machine, machine.audit, 0x40000000 + 41, socket.AF_INET) == REFUSE
    for foreign in {0x40000003, 0x40000028, 0xC000003E, 0xC00000B7} - {machine.audit}:
        assert verdict(machine, foreign, 102, 1) == REFUSE
    # the kernel reads a family as 32 bits: what stands above them changes nothing
    assert verdict(machine, machine.audit, machine.socket, (1 << 32) | socket.AF_INET) == REFUSE


@pytest.mark.skipif(HERE is None, reason="no filter for this kind of machine")
def test_neither_the_program_nor_its_child_can_open_a_network_socket() -> None:
    before = tried(TRY_ALL)
    itself, child = tried(LOCKED + TRY_ALL), tried(LOCKED + CHILD, TRY_ALL)

    assert (before["AF_INET"], before["AF_UNIX"]) == (0, 0)
    for found in (itself, child):
        opened = {family for family, error in found.items() if error == 0}
        assert opened == set(FAMILIES)
        assert {e for f, e in found.items() if f not in FAMILIES} == {errno.EAFNOSUPPORT}


@pytest.mark.skipif(HERE is None, reason="no filter for this kind of machine")
def test_nobody_gets_the_network_back_not_even_by_a_program_with_more_rights() -> None:
    status = "print(open('/proc/self/status').read())"
    command = [sys.executable, "-c", LOCKED + CHILD, status]

    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout

    facts = dict(line.split(":\t", 1) for line in said.splitlines() if ":\t" in line)
    assert (facts["NoNewPrivs"], facts["Seccomp"]) == ("1", "2")


def test_a_machine_nobody_knows_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "pdp11")

    assert give_up_network() == "no socket filter for pdp11"
