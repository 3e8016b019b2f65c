"""The tree changes, or a node stands elsewhere: people's acts, and the nodes are told.

Each takes a fresh code and is one transaction with its line in the audit log, like taking a node
in. No card is written anew: a node's signed assignment says where it stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from django.db.models import Max, QuerySet

from loa_server.areas import importing, planning, tree
from loa_server.areas.importing import AreaRow
from loa_server.areas.models import Area
from loa_server.areas.reach import standing_of, within
from loa_server.areas.scope import ids_of, outermost
from loa_server.areas.tree import Naming
from loa_server.audit.book import record
from loa_server.dispatch.admission import (
    NO_NAME,
    NO_PLACE,
    NOT_ACTIVE,
    Act,
    RefusedError,
    settled,
    spend,
)
from loa_server.dispatch.models import Delivery, Intent, Manifest, ManifestItem
from loa_server.fleet.models import Node
from loa_server.refusal import Refusal
from loa_wire.localtime import LOCAL

KEEPERS: Final = ("registrar",)
"""Who changes the tree, in their own areas."""

_TO_COME: Final = (Delivery.State.EXPECTED, Delivery.State.ACCEPTED, Delivery.State.READY)
_AT_ONCE: Final = 200  # places in one question: the database counts conditions

NOT_YOURS = Refusal(
    "area_outside",
    "Nơi này ngoài địa bàn mà bạn quản trị.",
    "This place is outside the areas that you administer.",
)


def add(parent_id: str, naming: Naming, act: Act) -> Area | Refusal:
    def done() -> Area:
        parent = _theirs(parent_id, act)
        spend(act)
        made = _must(tree.add(parent, naming, _today(act)))
        _tell("area_made", made, act, {"name": made.name, "kind": made.kind})
        return made

    return settled(done)


def rename(area_id: str, naming: Naming, act: Act) -> Area | Refusal:
    def done() -> Area:
        area = _theirs(area_id, act)
        spend(act)
        said = {"from": f"{area.kind} {area.name}", "to": f"{naming.kind} {naming.name}"}
        _pass(tree.rename(area, naming, _today(act)))
        if naming.since is not None:
            said["since"] = naming.since.isoformat()
        _tell("area_renamed", area, act, said)
        tell_nodes([area.path], act.now)
        return area

    return settled(done)


def speak(area_id: str, languages: Sequence[str], act: Act) -> Area | Refusal:
    """What is spoken there, the most familiar first; none: as above it. The nodes are told."""

    def done() -> Area:
        area = _theirs(area_id, act)
        spend(act)
        area.languages = list(dict.fromkeys(languages))
        area.save(update_fields=["languages"])
        _tell("area_languages", area, act, {"languages": ", ".join(area.languages) or "–"})
        tell_nodes([area.path], act.now)
        return area

    return settled(done)


def move(area_id: str, parent_id: str, act: Act) -> Area | Refusal:
    def done() -> Area:
        area, parent = _theirs(area_id, act), _theirs(parent_id, act)
        old = area.parent
        if old is None or not _may(old.path, act):
            raise RefusedError(NOT_YOURS)
        spend(act)
        _pass(tree.move(area, parent))
        _tell("area_moved", area, act, {"from": old.pk, "to": parent.pk})
        tell_nodes([area.path], act.now)
        _let_go([area.path], act.now)
        return area

    return settled(done)


def merge(area_id: str, into_id: str, since: date, act: Act) -> Area | Refusal:
    """Its nodes stand in the other place from now on; roles given in it stay behind, for a person
    to look at."""

    def done() -> Area:
        area, into = _theirs(area_id, act), _theirs(into_id, act)
        spend(act)
        _pass(tree.merge(area, into, since, _today(act)))
        here = Node.objects.filter(area=area, status=Node.Status.ACTIVE)
        _leave(here, area)
        here.update(area=into)
        said = {"from": area.name, "to": f"{into.name} ({into.pk})", "since": since.isoformat()}
        _tell("area_merged", area, act, said)
        tell_nodes([into.path], act.now)
        _let_go([into.path], act.now)
        return into

    return settled(done)


def take_in(rows: Sequence[AreaRow], since: date, act: Act) -> int | Refusal:
    """A file's rows, as `planning` let them pass: whole or not at all. Nodes below what changed
    are told."""

    def done() -> int:
        standing = standing_of(act.person, act.now)
        found = planning.plan(list(enumerate(rows, 1)), standing.scopes(*KEEPERS))
        if found.faults:
            raise RefusedError(found.faults[0].why)
        spend(act)
        importing.store(found.rows, since)
        touched = [change.row.id for change in found.changes]
        record(
            "areas_imported",
            who=act.person.username,
            detail={"new": found.count("new"), "changed": len(touched) - found.count("new")},
            at=act.now,
            place=common(standing.scopes(*KEEPERS)),
        )
        paths = Area.objects.filter(pk__in=touched).values_list("path", flat=True)
        tell_nodes(outermost(paths), act.now)
        return len(touched)

    return settled(done)


def move_node(node_id: str, area_id: str, name: str, act: Act) -> Node | Refusal:
    def done() -> Node:
        node = Node.objects.select_related("area").get(pk=node_id)
        if node.status != Node.Status.ACTIVE:
            raise RefusedError(NOT_ACTIVE)
        area = Area.objects.filter(tree.open_on(_today(act)), pk=area_id).first()
        if area is None or not (act.may(node.area.path) and act.may(area.path)):
            raise RefusedError(NO_PLACE)
        if not name.strip():
            raise RefusedError(NO_NAME)
        spend(act)
        said = {"from": node.area.name, "to": f"{area.name} ({area.pk})", "name": name.strip()}
        _leave(Node.objects.filter(pk=node.pk), node.area)
        node.area, node.name = area, name.strip()[:120]
        node.save(update_fields=["area", "name"])
        record(
            "node_moved",
            who=act.person.username,
            subject=node.id,
            detail=said,
            at=act.now,
            place=area.path,
        )
        _announce([node], act.now)
        _let_go([area.path], act.now)
        return node

    return settled(done)


def tell_nodes(paths: Sequence[str], now: datetime) -> int:
    """Everything in or below: what it is called and what lies above it is in its assignment."""
    nodes: dict[str, Node] = {}
    for some in (paths[n : n + _AT_ONCE] for n in range(0, len(paths), _AT_ONCE)):
        near = Node.objects.filter(within(some, "area__path"), status=Node.Status.ACTIVE)
        nodes |= {node.pk: node for node in near.select_related("area")}
    return _announce(list(nodes.values()), now)


def _announce(nodes: Sequence[Node], now: datetime) -> int:
    """Intents for the engine: each node's documents, and an index for areas that have none yet."""
    waiting = set(
        Intent.objects.filter(what="node", done_at=None, tries=0).values_list("node_id", flat=True)
    )
    told = [node for node in nodes if node.pk not in waiting]
    over = {area for node in nodes for area in ids_of(node.area.path)}
    held = set(Manifest.objects.filter(area_id__in=over).values_list("area_id", flat=True))
    Intent.objects.bulk_create(
        [
            *(Intent(what="node", node=node, made_at=now) for node in told),
            *(Intent(what="area", area_id=area, made_at=now) for area in sorted(over - held)),
        ]
    )
    return len(nodes)


def _leave(nodes: QuerySet[Node], area: Area) -> None:
    """What was for them there stays in the ledger of there."""
    Delivery.objects.filter(node__in=nodes, stood_in=None).update(stood_in=area)


def _let_go(paths: Sequence[str], now: datetime) -> None:
    """What they have not played yet and is not for where they stand now, they never will."""
    standing = Delivery.objects.filter(
        within(paths, "node__area__path"), state__in=_TO_COME
    ).select_related("node__area")
    where: dict[str, list[Delivery]] = {}
    for line in standing:
        where.setdefault(line.node.area.path, []).append(line)
    gone = []
    for path, lines in where.items():
        items = ManifestItem.objects.filter(area_id__in=ids_of(path))
        meant = set(items.values_list("bulletin_id", flat=True))
        gone += [line.pk for line in lines if line.bulletin_id not in meant]
    if gone:
        seq = (Delivery.objects.aggregate(last=Max("seq"))["last"] or 0) + 1
        Delivery.objects.filter(pk__in=gone).update(
            state=Delivery.State.MISSED, reason="moved", changed_at=now, seq=seq
        )


def _theirs(area_id: str, act: Act) -> Area:
    area = Area.objects.select_related("parent").filter(pk=area_id).first()
    if area is None or not _may(area.path, act):
        raise RefusedError(NOT_YOURS)
    if not tree.is_open(area, _today(act)):
        raise RefusedError(tree.CLOSED)
    return area


def _may(path: str, act: Act) -> bool:
    return any(standing_of(act.person, act.now).may(role, path) for role in KEEPERS)


def common(scopes: Sequence[str]) -> str:
    return scopes[0] if len(scopes) == 1 else ""


def _today(act: Act) -> date:
    return act.now.astimezone(LOCAL).date()


def _pass(refused: Refusal | None) -> None:
    if refused is not None:
        raise RefusedError(refused)


def _must(made: Area | Refusal) -> Area:
    if isinstance(made, Refusal):
        raise RefusedError(made)
    return made


def _tell(verb: str, area: Area, act: Act, detail: dict[str, str]) -> None:
    who = act.person.username
    record(verb, who=who, subject=area.pk, detail=detail, at=act.now, place=area.path)
