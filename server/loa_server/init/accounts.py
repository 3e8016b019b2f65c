"""`loa-server people`: the first account of an installation, and a way back in for the last one.

Whoever may run this on the server may do anything there; what it does stands in the audit log.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from loa_server.config import ServerConfig

if TYPE_CHECKING:
    from loa_server.areas.models import Person

WHO = "loa-server people"


def add_to(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    verbs.add_parser("list", help="who there is").set_defaults(people=_list)
    add = verbs.add_parser("add", help="a new account; prints its one-time link")
    add.add_argument("username")
    add.add_argument("--name", required=True, help="as colleagues call them")
    add.add_argument(
        "--may",
        required=True,
        nargs=2,
        action="append",
        metavar=("ROLE", "AREA"),
        help="author, approver, duty, registrar, technician or auditor; an area's id",
    )
    add.set_defaults(people=_add)
    for name, verb, text in (
        ("reset", _reset, "a new one-time link; no password, no second factor any more"),
        ("close", _close, "no way in, until it is opened"),
        ("open", _open, "the way in again"),
    ):
        sub = verbs.add_parser(name, help=text)
        sub.add_argument("username")
        sub.set_defaults(people=verb)


def run(config: ServerConfig, args: argparse.Namespace) -> int:
    import django  # noqa: PLC0415 - `loa-server keys` runs where there is none

    django.setup()
    from loa_server.areas.models import Area, Person  # noqa: PLC0415  # settings are ready

    try:
        print(args.people(config, args, datetime.now(UTC)))  # noqa: T201
    except Person.DoesNotExist:
        return _refused(f"there is no account {args.username!r}; see: loa-server people list")
    except Area.DoesNotExist:
        return _refused("there is no such area; ids are in the file that init imported")
    except ValueError as e:
        return _refused(str(e))
    return 0


def _refused(sentence: str) -> int:
    print(f"loa-server people: {sentence}", file=sys.stderr)  # noqa: T201
    return 1


def _list(_config: ServerConfig, _args: argparse.Namespace, _now: datetime) -> str:
    from loa_server.areas.models import Person  # noqa: PLC0415

    lines = []
    for person in Person.objects.prefetch_related("grants").order_by("username"):
        roles = ", ".join(f"{grant.role} {grant.area_id}" for grant in person.grants.all())
        factor = "two steps" if person.totp_secret else "password only"
        state = factor if person.is_active else "closed"
        lines.append(f"{person.username:<16} {state:<14} {person.full_name} · {roles or '-'}")
    return "\n".join(lines) or "nobody yet"


def _add(config: ServerConfig, args: argparse.Namespace, now: datetime) -> str:
    from loa_server.areas import accounts  # noqa: PLC0415
    from loa_server.areas.models import Area, Role  # noqa: PLC0415
    from loa_server.refusal import Refusal  # noqa: PLC0415

    held = [(Role(role), Area.objects.get(pk=area)) for role, area in args.may]
    by = accounts.By(WHO, now)
    made = accounts.make(args.username, args.name, accounts.Wanted(held), by)
    if isinstance(made, Refusal):
        raise ValueError(made.en)  # noqa: TRY004  # the words of a refusal, not a wrong type
    return _link(config, args.username, made[1])


def _reset(config: ServerConfig, args: argparse.Namespace, now: datetime) -> str:
    from loa_server.areas import accounts  # noqa: PLC0415

    token = accounts.reset(_person(args), accounts.By(WHO, now))
    return _link(config, args.username, str(token))


def _close(_config: ServerConfig, args: argparse.Namespace, now: datetime) -> str:
    from loa_server.areas import accounts  # noqa: PLC0415

    accounts.shut(_person(args), accounts.By(WHO, now))
    return f"{args.username}: closed"


def _open(_config: ServerConfig, args: argparse.Namespace, now: datetime) -> str:
    from loa_server.areas import accounts  # noqa: PLC0415

    accounts.reopen(_person(args), accounts.By(WHO, now))
    return f"{args.username}: open"


def _person(args: argparse.Namespace) -> Person:
    from loa_server.areas.models import Person  # noqa: PLC0415

    return Person.objects.get(username=args.username)


def _link(config: ServerConfig, username: str, token: str) -> str:
    return f"{username}: open once, within a day: {config.console_url}/welcome/{token}"
