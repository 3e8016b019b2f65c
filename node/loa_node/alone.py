"""No network any more, for this program and all its children, until they end.

libVLC fetches whatever a playlist names, whatever its options say, and so may a picture decoder
one day. The units of player and screen leave them without a network; here the kernel is asked
directly, so that it holds on a laptop too, and under a unit that somebody loosened.

A filter (seccomp, classic BPF) lets socket() make AF_UNIX sockets only: the agent, ALSA's mixer,
PulseAudio and X are all reached by those. It cannot be taken off again.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import socket
import struct
import sys
from dataclasses import dataclass
from typing import Final

FAMILIES: Final = ("AF_UNIX",)
"""What is left. The units of systemd say the same: a test compares."""

_SET_NO_NEW_PRIVS = 38
_SET_MODE_FILTER, _ALL_THREADS = 1, 1
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000
_X32 = 0x40000000


@dataclass(frozen=True, slots=True)
class Machine:
    """What the kernel calls this kind of machine, and its numbers for three calls."""

    audit: int
    socket: int
    seccomp: int
    io_uring_setup: int = 425


# Python's own word length decides: a 64-bit kernel also runs a 32-bit system.
MACHINES: Final = {
    ("x86_64", 8): Machine(0xC000003E, 41, 317),
    ("aarch64", 8): Machine(0xC00000B7, 198, 277),
    ("aarch64", 4): Machine(0x40000028, 281, 383),
    ("armv7l", 4): Machine(0x40000028, 281, 383),
    ("armv6l", 4): Machine(0x40000028, 281, 383),
    ("riscv64", 8): Machine(0xC00000F3, 198, 277),
}


def give_up_network() -> str:
    """Why the kernel would not, "" when it is done: for every thread, also those that run already.

    Some libraries start one as soon as they are imported.
    """
    machine = MACHINES.get((platform.machine(), struct.calcsize("P")))
    if machine is None or sys.byteorder != "little":
        return f"no socket filter for {platform.machine()}"
    libc = ctypes.CDLL(None, use_errno=True)
    rules = rules_for(machine)
    code = ctypes.create_string_buffer(b"".join(rules))
    program = ctypes.create_string_buffer(struct.pack("HP", len(rules), ctypes.addressof(code)))
    if libc.prctl(_SET_NO_NEW_PRIVS, *map(ctypes.c_ulong, (1, 0, 0, 0))) != 0:
        return os.strerror(ctypes.get_errno())
    asked = ctypes.c_ulong(_SET_MODE_FILTER), ctypes.c_ulong(_ALL_THREADS), program
    failed = libc.syscall(ctypes.c_long(machine.seccomp), *asked)
    if failed > 0:
        return f"thread {failed} would not be locked"
    return os.strerror(ctypes.get_errno()) if failed else ""


def rules_for(machine: Machine) -> list[bytes]:
    """Over struct seccomp_data: the call's number at 0, the machine at 4, its arguments from 16.

    A jump counts the rules it leaves out.
    """
    load, equal, at_least, ret = 0x20, 0x15, 0x35, 0x06

    def rule(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
        return struct.pack("HBBI", code, yes, no, value)

    return [
        rule(load, 4),
        rule(equal, machine.audit, no=7),  # calls of another machine go by other numbers
        rule(load, 0),
        rule(at_least, _X32, yes=5),
        rule(equal, machine.io_uring_setup, yes=4),  # it opens sockets without socket()
        rule(equal, machine.socket, no=2),
        rule(load, 16),
        rule(equal, socket.AF_UNIX, no=1),
        rule(ret, _ALLOW),
        rule(ret, _REFUSE | errno.EAFNOSUPPORT),
    ]
