"""What is asked of the person at the laptop: a passphrase that nobody sees, and a word."""

from __future__ import annotations

import getpass
import os
import sys
import unicodedata
from typing import Final

from loa_server.ceremony.keyfile import check_passphrase
from loa_server.ceremony.refusal import CeremonyError

YES: Final = ("ký", "sign")


def new_passphrase(fd: int | None) -> str:
    """Typed twice; from a file descriptor (a password store, a test) read once."""
    if fd is not None:
        return _line_of(fd)
    first = getpass.getpass("Câu mật khẩu mới / new passphrase: ")
    check_passphrase(first)
    if getpass.getpass("Gõ lại / once more: ") != first:
        raise CeremonyError("differ", "hai lần gõ khác nhau", "the two differ")
    return first


def passphrase(fd: int | None, name: str) -> str:
    return _line_of(fd) if fd is not None else getpass.getpass(f"Mật khẩu / passphrase ({name}): ")


def agrees() -> bool:
    """Whether the person typed the word, after having read what it is for."""
    print("\nGõ “ký” để ký / type “sign” to sign: ", end="", flush=True)  # noqa: T201
    said = unicodedata.normalize("NFC", sys.stdin.readline().strip().lower())
    return said in YES


def _line_of(fd: int) -> str:
    try:
        with os.fdopen(fd, encoding="utf-8") as pipe:
            return pipe.readline().rstrip("\n")
    except (OSError, ValueError) as e:
        raise CeremonyError(
            "passphrase", f"không đọc được từ số {fd}", f"nothing to read at descriptor {fd}"
        ) from e
