"""May this person try this node now? What the signer reads for itself, and decides.

A row that was forged in the database must not be enough: who it names has to have the right over
the node's area today, the order has to be of this moment, and nothing may run that it would break.
It is worth a tone or a new start at most, so no code stands under it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from loa_server.areas.reach import standing_of
from loa_server.areas.scope import Standing
from loa_server.dispatch import orders
from loa_server.dispatch.models import NodeOrder
from loa_server.fleet.models import Node
from loa_server.signer.rules import AHEAD_MS, Refuse
from loa_wire.down import Command

MAY_ORDER: Final = ("registrar", "technician")
VERBS: Final = ("test_tone", "identify", "restart")
LONGEST_MS: Final = 600_000
MOST_IN_AN_HOUR: Final = 30
"""Of one node: whoever writes rows does not make a loudspeaker beep all day."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One order as the rows have it, and what stands around it."""

    verb: str
    command: Command
    person: Standing
    path: str  # of the node's area
    active: bool
    ticket: str  # of the node's latest status
    boot: str
    quiet: bool
    why: str
    emergency: bool
    before: int  # other orders to this node in the hour before


@transaction.atomic  # one moment of the database, not several
def asked_of(order: int, now: datetime) -> Asked | None:
    row = NodeOrder.objects.select_related("node__area", "person").filter(pk=order).first()
    if row is None or row.verb not in VERBS:
        return None
    node, quiet = row.node, orders.is_quiet(row.node, now)
    hour = NodeOrder.objects.filter(node=node, at__gt=now - orders.HOUR).exclude(pk=row.pk)
    return Asked(
        verb=row.verb,
        command=orders.command_of(row, quiet=quiet),
        person=standing_of(row.person, now),
        path=node.area.path,
        active=node.status == Node.Status.ACTIVE,
        ticket=node.ticket,
        boot=node.boot,
        quiet=quiet,
        why=row.why,
        emergency=orders.emergency_runs(node, now),
        before=hour.count(),
    )


def judge(asked: Asked, now: int) -> Refuse | None:
    """`now` in ms UTC. None where it may be signed."""
    return right_person(asked) or of_this_moment(asked, now) or breaks_nothing(asked)


def right_person(asked: Asked) -> Refuse | None:
    if not asked.active:
        return Refuse("unknown", "no such active node")
    if not asked.person.active:
        return Refuse("person", "the account is closed")
    if not any(asked.person.may(role, asked.path) for role in MAY_ORDER):
        return Refuse("person", "neither registrar nor technician where the node stands")
    return None


def of_this_moment(asked: Asked, now: int) -> Refuse | None:
    command = asked.command
    if command.iat > now + AHEAD_MS:
        return Refuse("future", "ordered at a time that has not come yet")
    if command.exp <= now or command.exp - command.iat > LONGEST_MS:
        return Refuse("expired", "its time is over")
    if (command.ticket, command.boot) != (asked.ticket, asked.boot):
        return Refuse("ticket", "the node has another ticket by now")
    return None


def breaks_nothing(asked: Asked) -> Refuse | None:
    if asked.emergency:
        return Refuse("emergency", "an emergency runs where the node stands")
    if asked.verb in orders.SOUNDING and asked.quiet and not asked.why:
        return Refuse("quiet_hours", "a sound in quiet hours, and nobody says why")
    if asked.before >= MOST_IN_AN_HOUR:
        return Refuse("rate", f"{asked.before} orders within the hour")
    return None
