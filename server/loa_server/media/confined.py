"""The cage's inside: gives up all but its own files, then becomes the converter.

cage.py runs this file by path (`python -I -S confined.py '{…}' ffmpeg …`), so it uses the
standard library only. Limits are compulsory; each lock is taken when the kernel has it, and
cage.py tells the operator which ones hold (`locks()`), so a weak host is visible, not assumed.

    limits      memory, processor time, file size, no core files
    network     an empty network namespace (root, or an unprivileged user namespace)
    sockets     seccomp: socket() and io_uring_setup() are refused, so the signer's Unix socket,
                which no network namespace hides, is out of reach too
    files       Landlock: programs and libraries may be read, one folder may be written
    privileges  no_new_privs and an empty capability bounding set, also for root
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import platform
import resource
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

NEWUSER, NEWNET = 0x10000000, 0x40000000
SET_SECCOMP, CAPBSET_DROP, SET_NO_NEW_PRIVS = 22, 24, 38
LAST_CAPABILITY = 63
EPERM = 1
# (AUDIT_ARCH, socket, io_uring_setup) of the two kinds of machine the district may run on.
MACHINES = {"x86_64": (0xC000003E, 41, 425), "aarch64": (0xC00000B7, 198, 425)}
SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/dev/null", "/dev/urandom")

_libc = ctypes.CDLL(None, use_errno=True)


class NoLockError(OSError):
    """This kernel, or this user, does not have this lock."""


def _must(result: int) -> int:
    if result < 0:
        raise NoLockError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def _prctl(*args: int | ctypes.Array[ctypes.c_char]) -> int:
    numbers = [ctypes.c_ulong(a) if isinstance(a, int) else a for a in args]
    return int(_libc.prctl(*numbers, *[ctypes.c_ulong(0)] * (5 - len(args))))


def limit(memory: int, cpu_s: int, file_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 5))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError):  # a hardened unit may forbid it
        os.nice(5)  # a long recording never makes the console slow


def lock_network() -> None:
    if _libc.unshare(NEWNET) < 0:
        _must(_libc.unshare(NEWUSER | NEWNET))


def lock_privileges() -> None:
    for capability in range(LAST_CAPABILITY + 1):
        if _prctl(CAPBSET_DROP, capability) < 0:
            break
    _must(_prctl(SET_NO_NEW_PRIVS, 1))


def lock_sockets() -> None:
    machine = MACHINES.get(platform.machine())
    if machine is None:
        raise NoLockError(EPERM, f"no socket filter for {platform.machine()}")
    rules = _socket_filter(*machine)
    program = ctypes.create_string_buffer(b"".join(rules))
    # struct sock_fprog: u16 length, padding, pointer
    header = struct.pack("HxxxxxxQ", len(rules), ctypes.addressof(program))
    _must(_prctl(SET_SECCOMP, 2, ctypes.create_string_buffer(header)))


def _socket_filter(arch: int, socket: int, io_uring: int) -> list[bytes]:
    """Classic BPF over struct seccomp_data: nr at 0, arch at 4."""
    load, equal, at_least, ret = 0x20, 0x15, 0x35, 0x06
    kill, deny, allow = 0x80000000, 0x00050000 | EPERM, 0x7FFF0000

    def rule(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
        return struct.pack("HBBI", code, yes, no, value)

    return [
        rule(load, 4),
        rule(equal, arch, yes=1),
        rule(ret, kill),
        rule(load, 0),
        rule(at_least, 0x40000000, yes=3),  # the x32 numbers name the same calls
        rule(equal, socket, yes=2),
        rule(equal, io_uring, yes=1),
        rule(ret, allow),
        rule(ret, deny),
    ]


def lock_files(read: list[str], write: list[str]) -> None:
    create, add, restrict = 444, 445, 446
    abi = _must(_libc.syscall(create, None, 0, 1))
    every = (1 << 13) - 1 | (1 << 13 if abi >= 2 else 0) | (1 << 14 if abi >= 3 else 0)
    on_a_file = 0b111 | 1 << 14  # execute, write, read, truncate
    reading = 0b1101  # execute, read a file, list a folder
    ruleset = _must(_libc.syscall(create, struct.pack("Q", every), 8, 0))
    for path, rights in [(p, reading) for p in (*SYSTEM, *read)] + [(p, every) for p in write]:
        if not Path(path).exists():
            continue
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        allowed = rights if Path(path).is_dir() else rights & on_a_file
        rule = struct.pack("=Qi", allowed & every, descriptor)
        _must(_libc.syscall(add, ruleset, 1, rule, 0))
        os.close(descriptor)
    _must(_libc.syscall(restrict, ruleset, 0))
    os.close(ruleset)


def take_locks(read: list[str], write: list[str]) -> list[str]:
    """Network first: it needs what `privileges` gives away. The names of those that hold."""
    steps: list[tuple[str, Callable[[], None]]] = [
        ("network", lock_network),
        ("privileges", lock_privileges),
        ("files", lambda: lock_files(read, write)),
        ("sockets", lock_sockets),
    ]
    held = ["limits"]
    for name, lock in steps:
        try:
            lock()
        except OSError:
            continue
        held.append(name)
    return held


def main(argv: list[str]) -> None:
    asked: dict[str, Any] = json.loads(argv[1])
    limit(asked["memory"], asked["cpu_s"], asked["file_bytes"])
    held = take_locks(asked["read"], asked["write"])
    if not argv[2:]:
        sys.stdout.write(json.dumps(held))
        return
    os.execvp(argv[2], argv[2:])  # noqa: S606  becoming the converter is the point


if __name__ == "__main__":
    main(sys.argv)
