"""The duty officers of this machine and their codes, in a folder that only its user may read.

`known.json` {user name: {"totp": secret}} is written by people (`loa-server duty --add`);
`used.json` {user name: step} remembers the last code of each: a code is good once, also over a
restart, so it is on disk before anything is signed.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from loa_server.areas import totp
from loa_server.bucket import Buckets
from loa_server.duty.judge import Refuse
from loa_server.files import place

FOLDER: Final = "officers"
"""Inside the folder of the duty key."""
TRIES_A_SECOND, TRIES = 1 / 60, 5.0
"""Codes of one officer: a guesser gets a minute for each."""
_NAME: Final = re.compile(r"\A[A-Za-z0-9@.+_-]{1,150}\Z")


class OfficersError(Exception):
    """The file must not be used; the message says which and why."""


class Officer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    totp: str


@dataclass(frozen=True, slots=True)
class Register:
    """Who is an officer, read anew for each request: who was removed is removed."""

    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / "known.json"

    def read(self) -> dict[str, Officer]:
        """Raises OfficersError."""
        try:
            status = self.file.stat()
            body = self.file.read_bytes()
        except FileNotFoundError:
            return {}
        except OSError as e:
            raise OfficersError(f"{self.file}: cannot be read: {e.strerror}") from e
        if status.st_mode & 0o077 or status.st_uid not in (os.getuid(), 0):
            raise OfficersError(f"{self.file}: others may read or own it; chmod 600")
        try:
            return msgspec.json.decode(body, type=dict[str, Officer])
        except msgspec.MsgspecError as e:
            raise OfficersError(f"{self.file}: {e}") from e

    def add(self, name: str, secret: str) -> None:
        """Replaces the secret of one who is there. Raises OfficersError."""
        if not _NAME.match(name):
            raise OfficersError(f"{name!r} is no user name")
        self._write({**self.read(), name: Officer(totp=secret)})

    def remove(self, name: str) -> bool:
        held = self.read()
        if held.pop(name, None) is None:
            return False
        self._write(held)
        return True

    def _write(self, officers: dict[str, Officer]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        place(self.file, msgspec.json.format(msgspec.json.encode(officers)), mode=0o600)


class Codes:
    """Which codes are good, and that each is good once. One process's: the duty signer's."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._used_file = register.folder / "used.json"
        self._tries = Buckets(TRIES_A_SECOND, TRIES)

    def spend(self, name: str, typed: str, now_s: float, monotonic: float) -> Refuse | None:
        """None: it was good, and never will be again. Raises OfficersError, OSError."""
        if not self._tries.take(name, monotonic):
            return Refuse("rate", "too many codes; wait a minute")
        officer = self._register.read().get(name)
        code = totp.as_typed(typed)
        if officer is None:
            return Refuse("officer", "nobody of this name is a duty officer here")
        step = totp.step_of(officer.totp, code, now_s) if code else None
        if step is None:
            return Refuse("totp", "the code is not right")
        used = self._used()
        if step <= used.get(name, 0):
            return Refuse("totp_used", "this code has been used")
        place(self._used_file, msgspec.json.encode({**used, name: step}), mode=0o600)
        return None

    def _used(self) -> dict[str, int]:
        """A file that cannot be read stops everything: rather no alarm than a code used twice."""
        if not self._used_file.exists():
            return {}
        try:
            return msgspec.json.decode(self._used_file.read_bytes(), type=dict[str, int])
        except msgspec.MsgspecError as e:
            raise OfficersError(f"{self._used_file}: {e}") from e
