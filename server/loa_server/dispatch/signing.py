"""What dispatch asks of those who hold keys: the signer, and for an emergency the duty signer."""

from __future__ import annotations

from typing import Protocol

from loa_wire.dsse import Signature


class SigningError(Exception):
    """The signer refused, or does not answer. `code` says which; nothing was signed."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class Signer(Protocol):
    """All return the envelope's bytes or raise SigningError."""

    def bulletin(self, revision: int) -> bytes:
        """The signer reads revision and approval from the database itself before it signs."""

    def document(self, typ: str, payload: bytes) -> bytes:
        """manifest, assignment, settings, ack, beacon, emergencies: signed as given."""

    def command(self, order: int) -> bytes:
        """For this NodeOrder row: the signer reads it, decides, and makes the bytes itself."""


class Certifier(Protocol):
    def certificate(self, keyhash: str) -> bytes:
        """PEM, for the key of this Enrolment row, if the rows hold what it takes. SigningError."""


class DutySigner(Protocol):
    def countersign(self, payload: bytes, officer: str, code: str) -> Signature:
        """The second signature of an emergency; `code` is the officer's, fresh. SigningError."""
