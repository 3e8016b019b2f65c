"""`loa-server keys make, root, register, show, sign, check, ceremony`: the offline verbs.

They need this program and a folder, nothing else. Exit code 0: done; 1: refused, with a sentence
in both languages, and nothing was changed; 2: the command line was wrong.
"""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from typing import Any

from loa_server.ceremony import keyfile, registers, verbs
from loa_server.ceremony.refusal import CeremonyError, Finding
from loa_wire.localtime import at_local


def add_to(into: Any) -> None:
    """`into` is what add_subparsers returned."""
    _add_make(into)
    _add_root(into)
    _add_register(into)
    for name, verb, text in (
        ("show", verbs.show, "a root or register in plain words, and what changes"),
        ("check", verbs.check, "would a node accept it?"),
        ("sign", verbs.sign, "show it, ask, and add one signature"),
    ):
        sub = into.add_parser(name, help=text)
        sub.add_argument("document", type=Path)
        _about_before(sub)
        if name == "sign":
            sub.add_argument("--key", type=Path, required=True, metavar="FILE")
            _passphrase(sub)
        sub.set_defaults(verb=verb)
    sub = into.add_parser("ceremony", help="how to make the keys, step by step, to be printed")
    sub.add_argument("--unit", default="don-vi", help="id of the unit, as server.toml has it")
    sub.set_defaults(verb=verbs.ceremony)


def run(args: argparse.Namespace) -> int:
    try:
        code: int = args.verb(args)
    except CeremonyError as e:
        print(e.finding)  # noqa: T201
        return 1
    except OSError as e:
        print(Finding("file", f"không đọc hoặc ghi được: {e}", f"cannot read or write: {e}"))  # noqa: T201
        return 1
    except (KeyboardInterrupt, EOFError):
        print("\nĐã dừng, không có gì thay đổi. / Stopped, nothing was changed.")  # noqa: T201
        return 1
    return code


def _add_make(into: Any) -> None:
    sub = into.add_parser("make", help="a new key under a passphrase, and its public card")
    sub.add_argument("role", choices=keyfile.ROLES)
    sub.add_argument("--holder", required=True, help="whose it is: a person, or an office")
    sub.add_argument("--name", help="of the two files; else ROLE-<first 8 of the keyid>")
    sub.add_argument("--folder", type=Path, default=Path())
    _passphrase(sub)
    sub.set_defaults(verb=verbs.make)


def _add_root(into: Any) -> None:
    root = into.add_parser("root", help="who may replace every other key").add_subparsers(
        required=True, metavar="WHICH"
    )
    new = root.add_parser("new", help="the first root of an installation")
    new.add_argument("--installation", required=True, metavar="NAME", help="a-z 0-9 _ -")
    new.add_argument("--holder", action="append", type=Path, required=True, metavar="CARD")
    new.add_argument("--authority", action="append", type=_pair, required=True, metavar="UNIT=CARD")
    new.add_argument("--threshold", type=int, default=2)
    new.set_defaults(verb=verbs.root_new)
    following = root.add_parser("next", help="rotation: what is to change")
    following.add_argument("--after", type=Path, required=True, metavar="ROOT")
    following.add_argument("--add", action="append", type=Path, default=[], metavar="CARD")
    following.add_argument("--remove", action="append", default=[], metavar="KEYID")
    following.add_argument(
        "--replace", action="append", type=_pair, default=[], metavar="KEYID=CARD"
    )
    following.add_argument(
        "--authority", action="append", type=_pair, default=[], metavar="UNIT=CARD"
    )
    following.add_argument(
        "--authority-threshold", action="append", type=_pair, default=[], metavar="UNIT=N"
    )
    following.add_argument("--threshold", type=int, default=0)
    following.set_defaults(verb=verbs.root_next)
    for sub in (new, following):
        sub.add_argument("--release", action="append", type=Path, default=[], metavar="CARD")
        sub.add_argument("--years", type=int, default=5)
        sub.add_argument("--out", type=Path, help="else root-<n>.json in this folder")


def _add_register(into: Any) -> None:
    register = into.add_parser("register", help="which keys speak where").add_subparsers(
        required=True, metavar="WHICH"
    )
    sub = register.add_parser("next", help="the next register of a unit, at most 90 days")
    sub.add_argument("--root", type=Path, required=True)
    sub.add_argument("--unit", help="only needed where the root names several")
    sub.add_argument(
        "--after", type=Path, metavar="REGISTER", help="else the newest beside the root"
    )
    sub.add_argument("--request", type=Path, help="as `keys request` wrote it on the server")
    sub.add_argument("--revoke", action="append", default=[], metavar="KEYID", help="stolen, lost")
    sub.add_argument(
        "--retire", action="append", default=[], metavar="KEYID", help="what it signed stays good"
    )
    sub.add_argument("--add", action="append", type=Path, default=[], metavar="CARD")
    sub.add_argument("--scope", action="append", default=[], metavar="AREA[,AREA]")
    sub.add_argument(
        "--max-level", action="append", default=[], metavar="LEVEL|KEYID=LEVEL",
        help="of the cards added, or of a key already named",
    )  # fmt: skip
    sub.add_argument("--nbf", type=_date, help="new keys count from (YYYY-MM-DD)")
    sub.add_argument("--exp", type=_date, help="new keys count until (YYYY-MM-DD)")
    sub.add_argument("--days", type=int, default=registers.DAYS)
    sub.add_argument("--out", type=Path, help="else register-<n>.json in this folder")
    sub.set_defaults(verb=verbs.register_next)


def _about_before(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--after", type=Path, metavar="PREVIOUS", help="else looked for beside it")
    sub.add_argument("--root", type=Path, help="for a register; else the newest beside it")
    sub.add_argument("--request", type=Path, help="for names; else request.json beside it")


def _passphrase(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--passphrase-fd", type=int, metavar="N", help="read it there, do not ask")


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not (name and sign and value):
        raise argparse.ArgumentTypeError(f"NAME=VALUE is needed, got {text!r}")
    return name, value


def _date(text: str) -> int:
    try:
        return at_local(date.fromisoformat(text), "00:00")
    except ValueError as e:
        raise argparse.ArgumentTypeError("a date is YYYY-MM-DD") from e
