"""An intent of the outbox becomes signed messages, in one transaction, exactly once.

The engine calls `next_intent` and `carry_out`, places the files of the Outcome in public/, and
only then hands the messages to the broker: a node never hears of what it cannot fetch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction
from django.db.models import Case, Max, Value, When

from loa_server.areas.models import Area
from loa_server.areas.scope import ids_of
from loa_server.bulletins.models import Bulletin as BulletinRow
from loa_server.bulletins.models import Countersign, Ending, Revision, State
from loa_server.bulletins.services import note
from loa_server.config import ServerConfig
from loa_server.dispatch import node_documents, orders, publish
from loa_server.dispatch.hushed import wholly_in
from loa_server.dispatch.models import (
    Delivery,
    Emergencies,
    Envelope,
    Intent,
    Manifest,
    ManifestItem,
    Message,
    Retained,
)
from loa_server.dispatch.public import PublicFile, items_of
from loa_server.dispatch.publish import Post, Spread
from loa_server.dispatch.signing import Signer, SigningError
from loa_server.fleet.models import Node, NodeDocument
from loa_wire import place, topics
from loa_wire.bulletin import Bulletin
from loa_wire.dsse import Signature
from loa_wire.parse import decode


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is to be done outside the database once the transaction has committed."""

    files: tuple[PublicFile, ...]
    messages: tuple[int, ...]  # ids of the Message rows, in the order they are to go out


OVERTAKEN = ("superseded", "expired", "recalled")
"""Refusals that asking again cannot change, and that nobody did anything wrong to get."""


class Desk:
    """Carries out intents with one signer and one configuration."""

    def __init__(self, config: ServerConfig, signer: Signer) -> None:
        self._config = config
        self._signer = signer

    def carry_out(self, intent: Intent, now: int) -> Outcome:
        """`now` in ms UTC. Raises SigningError with nothing changed: the intent stays open.

        A bulletin that was overtaken while it waited closes its intent with the reason in it.
        """
        try:
            with transaction.atomic():
                outcome = self._carry_out(intent, now)
                Intent.objects.filter(pk=intent.pk).update(done_at=moment(now), error="")
        except SigningError as refused:
            if refused.code not in OVERTAKEN:
                raise
            return _give_up(intent, refused, now)
        return outcome

    def _carry_out(self, intent: Intent, now: int) -> Outcome:
        match intent.what:
            case "bulletin":
                return self._bulletin(intent, now)
            case "area":
                assert intent.area_id is not None  # noqa: S101 - an area intent has one
                return self._manifests([intent.area_id], now, before=[], files=[])
            case "emergencies":
                assert intent.area_id is not None  # noqa: S101 - an area's intent has one
                return Outcome((), tuple(post_all(self._running([intent.area_id], now), now)))
            case "node":
                assert intent.node is not None  # noqa: S101 - a node intent has one
                return self._node(intent.node, now)
            case "revoked":
                assert intent.node is not None  # noqa: S101 - a node's intent has one
                return Outcome((), tuple(_forget(intent.node, now)))
            case "order":
                assert intent.node is not None  # noqa: S101 - an order is for a node
                return Outcome(
                    (), tuple(post_all(orders.sent(intent.node, self._signer, now), now))
                )
            case other:
                raise ValueError(f"intent {intent.pk}: nobody carries out {other!r}")

    def _bulletin(self, intent: Intent, now: int) -> Outcome:
        revision = intent.revision
        assert revision is not None  # noqa: S101 - a bulletin intent has one
        envelope = Envelope.objects.filter(revision=revision).first() or self._envelope(
            revision, now
        )
        bulletin = decode(bytes(revision.payload), Bulletin)
        name, body = envelope.sha256, bytes(envelope.body)
        to = bulletin.areas if intent.only is None else list(intent.only)
        for area in to:
            ManifestItem.objects.update_or_create(
                area_id=area,
                bulletin_id=bulletin.id,
                defaults={"rev": bulletin.rev, "sha256": name, "exp": bulletin.exp},
            )
        self._expect(bulletin, to, now)
        self._published(bulletin, revision.sha256, now)
        dropped = _end_target(revision, bulletin.kind, now)
        files = [
            PublicFile(f"envelopes/{name}", body),
            *(PublicFile(f"media/{name}", None) for name in bulletin.files()),
        ]
        posts = publish.bulletin_posts(to, body)
        areas = list(dict.fromkeys([*to, *dropped]))
        if bulletin.level == "emergency":
            posts += self._running(areas, now)
        return self._manifests(areas, now, before=posts, files=files)

    def _envelope(self, revision: Revision, now: int) -> Envelope:
        """Signed once, however many of its places hear it later."""
        body = both_signatures(revision, self._signer.bulletin(revision.pk))
        return Envelope.objects.create(
            sha256=publish.sha256(body), revision=revision, body=body, published_at=moment(now)
        )

    def _expect(self, bulletin: Bulletin, to: Sequence[str], now: int) -> None:
        """The ledger's rows; a new revision is expected anew."""
        nodes = Node.objects.filter(status=Node.Status.ACTIVE).values_list("id", "area__path")
        rows = [
            self._expected(bulletin, node, _next_seq(), now) for node in publish.reached(to, nodes)
        ]
        Delivery.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["bulletin", "node"],
            update_fields=[
                "rev", "planned", "changed_at", "seq", "state", "evidence", "plays", "reason",
            ],
        )  # fmt: skip

    def _expected(self, bulletin: Bulletin, node: str, seq: int, now: int) -> Delivery:
        return Delivery(
            bulletin_id=bulletin.id,
            node_id=node,
            rev=bulletin.rev,
            planned=publish.planned(bulletin, slots=len(self._config.fleet.slots) * 45),
            changed_at=moment(now),
            seq=seq,
        )

    def _expect_of_newcomer(self, node: Node, now: int) -> None:
        """What still runs where a node was put is expected of it too."""
        running = ManifestItem.objects.filter(area_id__in=ids_of(node.area.path), exp__gt=now)
        known = Delivery.objects.filter(node=node).values("bulletin")
        names = running.exclude(bulletin__in=known).values("sha256")
        envelopes = Envelope.objects.filter(pk__in=names).select_related("revision")
        bulletins = [decode(bytes(e.revision.payload), Bulletin) for e in envelopes]
        seq = _next_seq()
        Delivery.objects.bulk_create(self._expected(b, node.id, seq, now) for b in bulletins)

    def _published(self, bulletin: Bulletin, sha256: str, now: int) -> None:
        BulletinRow.objects.filter(pk=bulletin.id, state=State.APPROVED, rev=bulletin.rev).update(
            state=State.PUBLISHED, changed_at=moment(now)
        )
        note(bulletin.id, None, "published", moment(now), sha256=sha256)

    def _manifests(
        self, areas: Iterable[str], now: int, before: list[Post], files: list[PublicFile]
    ) -> Outcome:
        posts = list(before)
        wide = self._spread()
        for area in areas:
            made, pages = self._manifest(area, now, wide)
            files.append(PublicFile(f"areas/{area}/manifest", made))
            files.extend(PublicFile(f"envelopes/{name}", body) for name, body in pages)
            posts.append(publish.manifest_post(area, made))
        return Outcome(tuple(files), tuple(post_all(posts, now)))

    def _running(self, areas: Iterable[str], now: int) -> list[Post]:
        """What runs in each area now, endings first; signed empty when nothing does any more."""
        posts = []
        for area in areas:
            row, _ = Emergencies.objects.get_or_create(area_id=area)
            items = _urgent_items(area, now)
            made = publish.running(area, row.version + 1, [body for body, _ in items], now)
            row.version += 1
            row.until = min((exp for _, exp in items), default=0)
            row.save(update_fields=["version", "until"])
            envelope = self._signer.document("emergencies", made.encode())
            posts.append(publish.emergencies_post(area, envelope))
        return posts

    def _manifest(
        self, area: str, now: int, wide: Spread
    ) -> tuple[bytes, tuple[tuple[str, bytes], ...]]:
        ManifestItem.objects.filter(area_id=area, exp__lte=now).delete()
        row, _ = Manifest.objects.get_or_create(area_id=area)
        index = publish.index(area, row.version + 1, items_of(area), now, wide)
        row.version += 1
        row.envelope = self._signer.document("manifest", index.manifest.encode())
        row.save(update_fields=["version", "envelope"])
        return row.envelope, index.pages

    def _node(self, node: Node, now: int) -> Outcome:
        standing = standing_of(node)
        limits, fleet = self._config.limits, self._config.fleet
        posts = []
        for typ in ("assignment", "settings"):
            held = NodeDocument.objects.filter(node=node, typ=typ).first()
            version = held.version + 1 if held else 1
            document: place.Assignment | place.Settings
            if typ == "assignment":
                document = node_documents.assignment(standing, limits, version, now)
            else:
                document = node_documents.settings(standing, fleet, version, now)
            payload = document.encode()
            envelope = self._signer.document(typ, payload)
            NodeDocument.objects.update_or_create(
                node=node,
                typ=typ,
                defaults={"version": version, "payload": payload, "envelope": envelope},
            )
            posts.append(Post(topics.down(node.id, typ), envelope, retain=True))
            if isinstance(document, place.Settings):
                Node.objects.filter(pk=node.pk).update(speaks=document.languages[0])
        if node.status == Node.Status.ACTIVE:
            self._expect_of_newcomer(node, now)
        return Outcome((), tuple(post_all(posts, now)))

    def _spread(self) -> Spread:
        nodes = Node.objects.filter(status=Node.Status.ACTIVE).count()
        fleet = self._config.fleet
        return publish.spread(nodes, fleet.reconnect_w, fleet.fetch_spread)


def both_signatures(revision: Revision, envelope: bytes) -> bytes:
    """The duty key's beside the bulletin key's, where there is one."""
    row = Countersign.objects.filter(revision=revision).first()
    if row is None:
        return envelope
    return publish.with_signature(envelope, Signature(row.keyid, bytes(row.sig)))


def _end_target(revision: Revision, kind: str, now: int) -> list[str]:
    """What a stop or an all-clear ends leaves every index. Returns the areas it stood in."""
    order = (
        Ending.objects.select_related("area", "person", "target", "revision__bulletin")
        .filter(revision=revision)
        .first()
    )
    if order is None:
        return []
    if order.area is not None:
        return _hushed(order, order.area, now)
    state = State.RECALLED if kind == "stop" else State.ENDED
    running = BulletinRow.objects.filter(pk=order.target_id).exclude(state=State.RECALLED)
    running.update(state=state, changed_at=moment(now))
    ended = [order.target_id, *_recall_copies(order, now)]
    items = ManifestItem.objects.filter(bulletin__in=ended)
    areas = list(items.values_list("area_id", flat=True))
    items.delete()
    return areas


def _recall_copies(order: Ending, now: int) -> list[str]:
    """Of communes: a stop from above reaches them by their origin, also at the nodes."""
    if order.target is None or order.revision.bulletin.kind != "stop":
        return []
    out = order.target.copies.filter(state=State.PUBLISHED)
    ended = list(out.values_list("pk", flat=True))
    for copy in ended:
        note(copy, order.person, "stop", moment(now), why=order.why)
    out.update(state=State.RECALLED, changed_at=moment(now))
    return ended


def _hushed(order: Ending, area: Area, now: int) -> list[str]:
    """What no place outside hears is recalled; of the rest the loudspeakers themselves tell."""
    level = order.revision.bulletin.level
    ended = list(
        wholly_in(area, level).filter(changed_at__lte=order.at).values_list("pk", flat=True)
    )
    for bulletin in ended:
        note(bulletin, order.person, "stop", moment(now), why=order.why)
    BulletinRow.objects.filter(pk__in=ended).update(state=State.RECALLED, changed_at=moment(now))
    items = ManifestItem.objects.filter(bulletin__in=ended)
    areas = list(items.values_list("area_id", flat=True).distinct())
    items.delete()
    return areas


def _urgent_items(area: str, now: int) -> list[tuple[bytes, int]]:
    """(envelope, exp) of the emergencies that run there; what ends one comes first."""
    found = ManifestItem.objects.filter(area_id=area, exp__gt=now).values("sha256")
    rows = Envelope.objects.filter(pk__in=found).select_related("revision")
    urgent = [
        (said, bytes(row.body))
        for row in rows.order_by("-published_at")
        # the frozen bytes say what it is: its working copy may be a draft of something else by now
        if (said := decode(bytes(row.revision.payload), Bulletin)).level == "emergency"
    ]
    urgent.sort(key=lambda item: item[0].kind == "play")
    return [(body, said.exp) for said, body in urgent]


def next_intent() -> Intent | None:
    """The oldest that is open; an emergency before all others, until it has failed once."""
    alarm = When(revision__bulletin__level="emergency", tries=0, then=Value(0))
    return (
        Intent.objects.filter(done_at__isnull=True)
        .select_related("revision", "node", "area")
        .order_by(Case(alarm, default=Value(1)), "tries", "id")
        .first()
    )


def _give_up(intent: Intent, refused: SigningError, now: int) -> Outcome:
    with transaction.atomic():
        Intent.objects.filter(pk=intent.pk).update(done_at=moment(now), error=str(refused)[:500])
        revision = intent.revision
        if revision is not None and refused.code == "expired":
            waiting = BulletinRow.objects.filter(
                pk=revision.bulletin_id, state=State.APPROVED, rev=revision.rev
            )
            if waiting.update(state=State.ENDED, changed_at=moment(now)):
                note(
                    revision.bulletin_id,
                    None,
                    "ended",
                    moment(now),
                    why="expired before it was signed",
                    sha256=revision.sha256,
                )
    return Outcome((), ())


def _next_seq() -> int:
    return (Delivery.objects.aggregate(last=Max("seq"))["last"] or 0) + 1


def failed(intent: Intent, error: str) -> None:
    """It stays open, behind those that have failed less often, and the console can say why."""
    Intent.objects.filter(pk=intent.pk).update(tries=intent.tries + 1, error=error[:500])


def post_all(posts: Iterable[Post], now: int) -> list[int]:
    """Messages for the broker, and for the retained ones what it should hold. Ids, in order."""
    ids = []
    for post in posts:
        message = Message.objects.create(
            topic=post.topic, payload=post.payload, retain=post.retain, made_at=moment(now)
        )
        ids.append(message.pk)
        if post.retain:
            Retained.objects.update_or_create(topic=post.topic, defaults={"payload": post.payload})
    return ids


def _forget(node: Node, now: int) -> list[int]:
    """The broker lets go of what it kept for a revoked node: an empty retained message each."""
    topics_held = [topics.down(node.id, what) for what in ("assignment", "settings", "ack")]
    Retained.objects.filter(topic__in=topics_held).delete()
    return [
        Message.objects.create(topic=topic, payload=b"", retain=True, made_at=moment(now)).pk
        for topic in topics_held
    ]


def standing_of(node: Node) -> node_documents.Standing:
    ids = ids_of(node.area.path)[::-1]
    areas = {area.id: area for area in Area.objects.filter(pk__in=ids)}
    chain = [
        place.PlacedArea(id=a, name=areas[a].name, kind=areas[a].kind, above=ids[n + 1 :])
        for n, a in enumerate(ids)
    ]
    spoken = next((tuple(areas[a].languages) for a in ids if areas[a].languages), ())
    return node_documents.Standing(node.id, node.name, node.unit, chain, spoken)


def moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
