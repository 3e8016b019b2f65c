"""`loa-server keys …`: the offline verbs of the ceremony, and those of the server's own machine."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from loa_server.ceremony import asking, command, keyfile, paper, words
from loa_server.ceremony.refusal import CeremonyError
from loa_server.config import ENV, ConfigError, ServerConfig, read
from loa_server.signer import keystore
from loa_wire.trusted import Authority

Verb = Callable[[ServerConfig, argparse.Namespace], int]


def add_to(parser: argparse.ArgumentParser, default: Path) -> None:
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    command.add_to(verbs)
    _add_server(verbs, default)
    sub = verbs.add_parser("unlock", help="put a key under a passphrase where a signer reads it")
    sub.add_argument("key", type=Path)
    sub.add_argument("--register", type=Path, required=True, help="which names this key")
    sub.add_argument("--into", type=Path, required=True, metavar="FOLDER")
    sub.add_argument("--passphrase-fd", type=int, metavar="N")
    sub.set_defaults(verb=_unlock)


def run(args: argparse.Namespace) -> int:
    return command.run(args)


def _add_server(verbs: Any, default: Path) -> None:
    sub = verbs.add_parser("request", help="on the server: what the registrar is asked to name")
    sub.add_argument("--folder", type=Path, default=Path(), help="a USB stick")
    sub.add_argument(
        "--replace", action="append", default=[], metavar="KEYID", help="make its successor"
    )
    sub.set_defaults(verb=_with_settings(_request))
    _config(sub, default)
    sub = verbs.add_parser("install", help="on the server: put signed documents in their place")
    sub.add_argument("documents", type=Path, nargs="+", metavar="DOCUMENT")
    sub.set_defaults(verb=_with_settings(_install))
    _config(sub, default)


def _config(sub: argparse.ArgumentParser, default: Path) -> None:
    sub.add_argument("--config", type=Path, default=default)


def _with_settings(verb: Verb) -> Callable[[argparse.Namespace], int]:
    """These need server.toml, and Django made from it."""

    def run_with(args: argparse.Namespace) -> int:
        try:
            config = read(args.config)
        except ConfigError as e:
            raise CeremonyError("config", str(e), str(e)) from e
        os.environ[ENV] = str(args.config.resolve())
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "loa_server.settings")
        import django  # noqa: PLC0415 - settings are known only now

        django.setup()
        try:
            return verb(config, args)
        except (keystore.KeystoreError, OSError) as e:
            raise CeremonyError("file", str(e), str(e)) from e

    return run_with


def _request(config: ServerConfig, args: argparse.Namespace) -> int:
    from loa_server.init import asking as request  # noqa: PLC0415

    now = datetime.now(UTC)
    made = request.write(config, args.folder, args.replace, int(now.timestamp() * 1000))
    for key in made.keys:
        _say(f"  · {key.holder} · {words.grouped(key.keyid)} · {', '.join(key.may)}")
    _say(
        f"→ {args.folder / 'request.json'}: {len(made.keys)} khóa xin ghi vào sổ",
        f"→ {len(made.keys)} keys ask to be named; the registrar judges them one by one",
    )
    return 0


def _install(config: ServerConfig, args: argparse.Namespace) -> int:
    from loa_server.init import installed, telling, trust  # noqa: PLC0415

    now = datetime.now(UTC)
    plan = installed.install(config, args.documents, now)
    for known in plan.known:
        _say(f"{known.name}: đã có từ trước / stood here already")
    for new in plan.new:
        _say(f"{new.name}: đã cài / installed")
    _say(*telling.lines(trust.look(config), int(now.timestamp() * 1000)))
    return 0


def _unlock(args: argparse.Namespace) -> int:
    register = paper.read(args.register).document
    if not isinstance(register, Authority):
        raise CeremonyError("type", "đây không phải sổ khóa", f"{args.register}: not a register")
    key = keyfile.open_key(args.key, lambda: asking.passphrase(args.passphrase_fd, args.key.name))
    entry = next((one for one in register.keys if one.keyid == key.keyid), None)
    if entry is None:
        raise CeremonyError(
            "unnamed", "sổ khóa này không ghi khóa ấy", "this register does not name that key"
        )
    if (args.into / f"{key.keyid}.json").exists():
        raise CeremonyError("taken", "khóa đã ở đó rồi", "the key is there already")
    keystore.save(args.into, keystore.HeldKey(entry, key.private))
    _say(
        f"{entry.holder}: → {args.into}",
        "Khóa nay không có mật khẩu trên máy này; khởi động lại `loa-server duty`.",
        "It lies there without a passphrase now; start `loa-server duty` again.",
    )
    return 0


def _say(*lines: str) -> None:
    for line in lines:
        print(line)  # noqa: T201
