"""`loa-server batch`: a token for many cards of one commune; it only lets them wait there.

Its maker is a person who may take nodes in at that place: the record names them.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime

from loa_server.config import ServerConfig


def add_to(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    make = verbs.add_parser("make", help="a new token; it is shown once")
    make.add_argument("area", help="the commune's id")
    make.add_argument("--name", required=True, help="as colleagues know this lot of cards")
    make.add_argument("--by", required=True, help="user name of a registrar or technician there")
    make.add_argument("--uses", type=int, default=50, help="cards, 1-1000")
    make.add_argument("--days", type=int, default=30, help="until it ends, 1-180")
    make.set_defaults(batch=_make)
    verbs.add_parser("list", help="which there are").set_defaults(batch=_list)
    close = verbs.add_parser("close", help="no further card may use it")
    close.add_argument("number", type=int)
    close.set_defaults(batch=_close)


def run(_config: ServerConfig, args: argparse.Namespace) -> int:
    import django  # noqa: PLC0415 - `loa-server keys` runs where there is none

    django.setup()
    try:
        print(args.batch(args, datetime.now(UTC)))  # noqa: T201
    except ValueError as e:
        print(f"loa-server batch: {e}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _make(args: argparse.Namespace, now: datetime) -> str:
    from loa_server.areas.models import Area, Person  # noqa: PLC0415  # settings are ready now
    from loa_server.dispatch import batches  # noqa: PLC0415

    area = Area.objects.filter(pk=args.area).first()
    person = Person.objects.filter(username=args.by).first()
    if area is None or person is None:
        raise ValueError("there is no such area" if area is None else "there is no such account")
    wanted = batches.Wanted(area, args.name, args.uses, args.days)
    done = batches.make_here(wanted, person, now)
    if isinstance(done, batches.Made):
        until = done.batch.until
        lot = f"{done.batch.pk}: {area.name}, {args.uses} cards until {until:%Y-%m-%d}"
        return f"{lot}\ntoken: {done.token}"
    raise ValueError(f"{args.by}, {area.name}: {done.en}")


def _list(_args: argparse.Namespace, now: datetime) -> str:
    from loa_server.dispatch import batches  # noqa: PLC0415  # settings are ready now
    from loa_server.fleet.models import Batch  # noqa: PLC0415

    lines = []
    for b in Batch.objects.select_related("area").order_by("pk"):
        state = "over" if batches.over(b, now) else f"until {b.until:%Y-%m-%d}"
        lines.append(f"{b.pk}: {b.area.name}, {b.name}: {b.used}/{b.uses} used, {state}")
    return "\n".join(lines) or "no batch yet: loa-server batch make"


def _close(args: argparse.Namespace, now: datetime) -> str:
    from loa_server.dispatch import batches  # noqa: PLC0415  # settings are ready now
    from loa_server.fleet.models import Batch  # noqa: PLC0415

    if isinstance(batches.close_here(args.number, now), Batch):
        return f"{args.number}: closed"
    raise ValueError(f"there is no open batch {args.number}; see: loa-server batch list")
