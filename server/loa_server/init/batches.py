"""`loa-server batch`: a token for many cards of one commune; it only lets them wait there.

Its maker is a person who may take nodes in at that place: the record names them.
"""

from __future__ import annotations

import argparse
import secrets
import sys
from datetime import UTC, datetime, timedelta
from typing import Final

from loa_server.config import ServerConfig

MOST: Final = 1000
LONGEST_DAYS: Final = 180


def add_to(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    make = verbs.add_parser("make", help="a new token; it is shown once")
    make.add_argument("area", help="the commune's id")
    make.add_argument("--name", required=True, help="as colleagues know this lot of cards")
    make.add_argument("--by", required=True, help="user name of a registrar or technician there")
    make.add_argument("--uses", type=int, default=50, help=f"cards, 1-{MOST}")
    make.add_argument("--days", type=int, default=30, help=f"until it ends, 1-{LONGEST_DAYS}")
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
    from django.db import transaction  # noqa: PLC0415  # settings are ready now

    from loa_server.areas.models import Area, Person  # noqa: PLC0415
    from loa_server.areas.reach import standing_of  # noqa: PLC0415
    from loa_server.audit.book import record  # noqa: PLC0415
    from loa_server.dispatch.enrolment import fingerprint  # noqa: PLC0415
    from loa_server.fleet.models import Batch  # noqa: PLC0415
    from loa_server.signer.certifying import TAKE_IN  # noqa: PLC0415

    area = Area.objects.filter(pk=args.area).first()
    person = Person.objects.filter(username=args.by).first()
    if area is None or person is None:
        raise ValueError("there is no such area" if area is None else "there is no such account")
    if not any(standing_of(person, now).may(role, area.path) for role in TAKE_IN):
        raise ValueError(f"{args.by} is neither registrar nor technician of {area.name}")
    if not (1 <= args.uses <= MOST and 1 <= args.days <= LONGEST_DAYS):
        raise ValueError(f"uses are 1-{MOST}, days 1-{LONGEST_DAYS}")
    token = secrets.token_hex(16)
    with transaction.atomic():
        made = Batch.objects.create(
            area=area, name=args.name, sha256=fingerprint(token), uses=args.uses,
            made_by=person, made_at=now, until=now + timedelta(days=args.days),
        )  # fmt: skip
        record(
            "batch_make", who=person.username, subject=area.pk, detail={"uses": args.uses}, at=now
        )
    return f"{made.pk}: {area.name}, {args.uses} cards until {made.until:%Y-%m-%d}\ntoken: {token}"


def _list(_args: argparse.Namespace, now: datetime) -> str:
    from loa_server.fleet.models import Batch  # noqa: PLC0415  # settings are ready now

    found = Batch.objects.select_related("area").order_by("pk")
    lines = []
    for b in found:
        over = b.closed_at is not None or b.until <= now or b.used >= b.uses
        state = "over" if over else f"until {b.until:%Y-%m-%d}"
        lines.append(f"{b.pk}: {b.area.name}, {b.name}: {b.used}/{b.uses} used, {state}")
    return "\n".join(lines) or "no batch yet: loa-server batch make"


def _close(args: argparse.Namespace, now: datetime) -> str:
    from django.db import transaction  # noqa: PLC0415  # settings are ready now

    from loa_server.audit.book import record  # noqa: PLC0415
    from loa_server.fleet.models import Batch  # noqa: PLC0415

    with transaction.atomic():
        if not Batch.objects.filter(pk=args.number, closed_at=None).update(closed_at=now):
            raise ValueError(f"there is no open batch {args.number}; see: loa-server batch list")
        area = Batch.objects.get(pk=args.number).area_id
        record("batch_close", who="loa-server batch", subject=area, at=now)
    return f"{args.number}: closed"
