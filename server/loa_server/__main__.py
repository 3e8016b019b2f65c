"""`loa-server init | up | web | engine | signer | duty | people | card | export | import | …`.

Each takes `--config FILE` (else $LOA_SERVER_CONFIG, else /etc/loa/server.toml). Programs are
imported only once the settings file is known, because Django's settings are made from it.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from loa_server.audit import command
from loa_server.config import ENV, ConfigError, ServerConfig, read
from loa_server.init import accounts, batches, card, keys

DEFAULT = "/etc/loa/server.toml"


def main(argv: Sequence[str] | None = None) -> int:
    args = _parser().parse_args(argv)
    if "alone" in args:  # it also reads files of others, without any settings
        alone: Callable[[argparse.Namespace], int] = args.alone
        return alone(args)
    try:
        config = read(args.config)
    except ConfigError as e:
        print(e, file=sys.stderr)  # noqa: T201
        return 2
    os.environ[ENV] = str(args.config.resolve())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "loa_server.settings")
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    program: Callable[[ServerConfig, argparse.Namespace], int] = args.program
    return program(config, args)


def _init(config: ServerConfig, args: argparse.Namespace) -> int:
    from loa_server.init.run import init

    return init(config, demo=args.demo, node_identity=args.node_identity, areas=args.areas)


def _up(config: ServerConfig, _args: argparse.Namespace) -> int:
    from loa_server.up import run

    return run(config)


def _web(config: ServerConfig, _args: argparse.Namespace) -> int:
    from loa_server.web.main import run

    return run(config)


def _engine(config: ServerConfig, _args: argparse.Namespace) -> int:
    from loa_server.engine.main import run

    return run(config)


def _signer(config: ServerConfig, _args: argparse.Namespace) -> int:
    os.environ["LOA_SERVER_READ_ONLY"] = "1"
    from loa_server.signer.main import run

    return run(config)


def _duty(config: ServerConfig, args: argparse.Namespace) -> int:
    from loa_server.duty import main

    if args.add or args.remove:
        change = main.add if args.add else main.remove
        return change(config.duty_dir, args.add or args.remove)
    return main.run(config)


def _people(config: ServerConfig, args: argparse.Namespace) -> int:
    return accounts.run(config, args)


def _card(config: ServerConfig, args: argparse.Namespace) -> int:
    return card.run(config, args)


def _batch(config: ServerConfig, args: argparse.Namespace) -> int:
    return batches.run(config, args)


def _export(config: ServerConfig, args: argparse.Namespace) -> int:
    import django

    django.setup()
    from loa_server.init import stick

    return stick.export(config, args.folder, args.area)


def _import(config: ServerConfig, args: argparse.Namespace) -> int:
    import django

    django.setup()
    from loa_server.init import stick

    return stick.take_in(config, args.folder)


def _manage(_config: ServerConfig, args: argparse.Namespace) -> int:
    from django.core.management import execute_from_command_line

    execute_from_command_line(["loa-server manage", *args.arguments])
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="loa-server", description=__doc__.splitlines()[0])
    programs = parser.add_subparsers(required=True, metavar="PROGRAM")
    for name, program, text in _PROGRAMS:
        sub = programs.add_parser(name, help=text)
        sub.add_argument("--config", type=Path, default=Path(os.environ.get(ENV, DEFAULT)))
        sub.set_defaults(program=program)
        _arguments(name, sub)
    audit = programs.add_parser("audit", help="check, note and export the audit log")
    command.add_to(audit, Path(os.environ.get(ENV, DEFAULT)))
    audit.set_defaults(alone=command.run)
    sub = programs.add_parser("keys", help="who may speak: ceremony, rotation, revocation")
    keys.add_to(sub, Path(os.environ.get(ENV, DEFAULT)))
    sub.set_defaults(alone=keys.run)
    return parser


def _arguments(name: str, sub: argparse.ArgumentParser) -> None:
    if name == "init":
        sub.add_argument("--demo", action="store_true", help="areas, accounts and a node")
        sub.add_argument("--areas", type=Path, help="area tree to import (JSON)")
        sub.add_argument("--node-identity", type=Path, help="folder for the demo node's keys")
    if name == "duty":
        one = sub.add_mutually_exclusive_group()
        one.add_argument("--add", metavar="NAME", help="make NAME a duty officer, show the code")
        one.add_argument("--remove", metavar="NAME", help="NAME is one no longer")
    own = {"people": accounts, "card": card, "batch": batches}
    if name in own:
        own[name].add_to(sub)
    if name in ("export", "import"):
        sub.add_argument("folder", type=Path, metavar="DIR", help="the stick")
    if name == "export":
        sub.add_argument("--area", default="", help="only its hamlets (an area's id)")
    if name == "manage":
        sub.add_argument("arguments", nargs=argparse.REMAINDER, help="for Django")


_PROGRAMS = (
    ("init", _init, "make the state folder, keys and certificates; harmless to repeat"),
    ("up", _up, "web, engine and signer together, until Ctrl-C"),
    ("web", _web, "the console and the nodes' HTTPS listener"),
    ("engine", _engine, "publish what was approved, take in what nodes report"),
    ("signer", _signer, "the only program that holds the district's keys"),
    ("duty", _duty, "the second signature of an emergency; its officers"),
    ("people", _people, "accounts: the first one, a way back in"),
    ("card", _card, "write what an SD card needs to ask to be taken in; nothing secret"),
    ("batch", _batch, "a token for many cards of one commune: make, list, close"),
    ("export", _export, "write what hamlets without a line need onto a stick"),
    ("import", _import, "take in the journals that a stick brings from hamlets"),
    ("manage", _manage, "Django's own commands"),
)

if __name__ == "__main__":
    sys.exit(main())
