"""`loa-server audit verify | head | export`: the log, for whoever wants to check it.

    loa-server audit verify audit.jsonl                 an export, anywhere, offline
    loa-server audit verify --config server.toml        this installation's own log
    loa-server audit verify db.sqlite3 --head HEX       a copy, against a head noted on paper
    journalctl -u loa-server-engine | loa-server audit verify --config server.toml --heads -

Exit code 0: sound; 1: broken, or a head is missing; 2: there is nothing to check.
"""

from __future__ import annotations

import argparse
import re
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, assert_never

from loa_server.audit import export, files
from loa_server.audit.chain import Broken, Finding, Sound
from loa_server.config import ConfigError, read

WHY: Final = {
    "missing": "is missing: something was cut out there",
    "order": "stands where it does not belong",
    "edited": "was changed, or what stands before it was",
    "head": "is the last, and a head that this log once had is not in it: its end was cut "
    "off, or it was written anew",
}
NOTHING: Final = 2


def add_to(parser: argparse.ArgumentParser, default: Path) -> None:
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    for name, verb, text in (
        ("verify", _verify, "is it as it was written?"),
        ("head", _head, "number and hash of the last entry: note them elsewhere"),
        ("export", _export, "all of it as JSON lines, to standard output"),
    ):
        sub = verbs.add_parser(name, help=text)
        sub.add_argument("--config", type=Path, default=default)
        sub.set_defaults(verb=verb)
        if name == "verify":
            sub.add_argument("file", type=Path, nargs="?", help="an export, or a SQLite file")
            sub.add_argument("--head", action="append", default=[], type=_hash, metavar="HEX")
            sub.add_argument("--heads", type=Path, help="a log of the engine; - for standard input")


def run(args: argparse.Namespace) -> int:
    try:
        code: int = args.verb(args)
    except (ConfigError, OSError, sqlite3.Error, export.ExportError) as e:
        print(f"loa-server audit: {e}", file=sys.stderr)  # noqa: T201
        return NOTHING
    return code


def _verify(args: argparse.Namespace) -> int:
    file = args.file or read(args.config).database
    expected = [*args.head, *files.heads_in(_text(args.heads))]
    found = files.check(file, expected)
    print(sentence(found, len(set(expected))))  # noqa: T201
    return 0 if isinstance(found, Sound) else 1


def _head(args: argparse.Namespace) -> int:
    with closing(files.reading(read(args.config).database)) as database:
        head = files.last(database)
    print(head.seq, head.sha256 or "-")  # noqa: T201
    return 0


def _export(args: argparse.Namespace) -> int:
    with closing(files.reading(read(args.config).database)) as database:
        database.execute("BEGIN")  # one moment's log, also while others write
        lines = export.whole(files.entries(database), files.last(database), datetime.now(UTC))
        sys.stdout.writelines(lines)
    return 0


def sentence(found: Finding, heads: int) -> str:
    match found:
        case Sound(head):
            held = f", with all {heads} heads asked for" if heads else ""
            return f"sound: {head.seq} entries{held}; head {head.sha256 or '-'}"
        case Broken(seq, why):
            return f"BROKEN: entry {seq} {WHY[why]}"
        case _:
            assert_never(found)


def _hash(text: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{64}", text):
        raise argparse.ArgumentTypeError("a head is 64 hex digits")
    return text.lower()


def _text(file: Path | None) -> str:
    if file is None:
        return ""
    return sys.stdin.read() if str(file) == "-" else file.read_text("utf-8", "replace")
