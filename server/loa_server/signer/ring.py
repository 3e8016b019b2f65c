"""The keys the signer may use now: those it holds, as the installed register names them.

A register that was installed while the signer runs counts from the next request on. What it does
not name is not used: a revoked key stays in its file and signs nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from loa_server.ceremony import trustfolder
from loa_server.ceremony.refusal import CeremonyError
from loa_server.signer import keystore
from loa_server.signer.keystore import HeldKey
from loa_wire.trusted import Authority, RegisterKey

log = logging.getLogger("loa.signer")


class Ring:
    def __init__(self, keys: Path, trust: Path, unit: str) -> None:
        self._keys = keys
        self._trust = trust
        self._unit = unit
        self._seen: tuple[object, ...] = ()
        self._register: Authority | None = None

    def changed(self) -> list[HeldKey] | None:
        """The keys, if either folder is another than when last asked. Raises KeystoreError."""
        now = tuple(_stamp(folder) for folder in (self._keys, self._trust))
        if now == self._seen:
            return None
        self._seen = now
        return self._read()

    def registered(self) -> Sequence[RegisterKey]:
        """Every key of the register in force, also those that other machines hold."""
        return self._register.keys if self._register else ()

    def _read(self) -> list[HeldKey]:
        held = keystore.load(self._keys)
        try:
            register = trustfolder.held(self._trust, self._unit).register
        except (CeremonyError, OSError) as e:
            raise keystore.KeystoreError(f"{self._trust}: {e}") from e
        self._register = register
        if register is None:
            log.warning("no register yet: nodes will believe none of these signatures")
            return held
        return as_named(held, register)


def as_named(held: Sequence[HeldKey], register: Authority) -> list[HeldKey]:
    """The register's word on each key counts, not the one in its file."""
    named = {key.keyid: key for key in register.keys}
    unnamed = [key.key.holder for key in held if key.key.keyid not in named]
    if unnamed:
        log.info("not named by register %d: %s", register.version, ", ".join(unnamed))
    return [HeldKey(named[k.key.keyid], k.private) for k in held if k.key.keyid in named]


def _stamp(folder: Path) -> object:
    """Names too: two changes within one tick of the file system's clock look alike."""
    try:
        return folder.stat().st_mtime_ns, tuple(sorted(path.name for path in folder.iterdir()))
    except OSError:
        return None
