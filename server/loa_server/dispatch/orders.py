"""A person tries one node from afar: a tone, its name on the screen, a new start.

Here the person is told at once what is not to be; the signer decides anew from its own reading of
the rows, and the node once more from its own clock. Each order names a ticket of the node's that is
good once.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from django.db import transaction

from loa_server.areas.models import Person
from loa_server.areas.scope import ids_of
from loa_server.audit.book import record
from loa_server.dispatch.admission import may_take_in
from loa_server.dispatch.hint import hint
from loa_server.dispatch.models import Emergencies, Intent, NodeOrder
from loa_server.dispatch.publish import Post
from loa_server.dispatch.signing import Signer, SigningError
from loa_server.fleet import status
from loa_server.fleet.models import Node, NodeDocument
from loa_server.refusal import Refusal
from loa_wire import topics
from loa_wire.down import Command, CommandName
from loa_wire.localtime import window_end
from loa_wire.place import Assignment, Settings
from loa_wire.programme import quiet_windows

LIFE: Final = timedelta(minutes=2)
"""An order that did not get there within this is over: nobody wants a tone an hour later."""
HOUR: Final = timedelta(hours=1)
AGAIN: Final = ("no_signer", "internal")
SOUNDING: Final = ("test_tone", "identify")

NOT_YOURS = Refusal(
    "role",
    "Chỉ người quản trị hoặc kỹ thuật của địa bàn thử được điểm phát.",
    "Only a registrar or technician of the place may try a node.",
)
UNKNOWN = Refusal("verb", "Không có việc này.", "There is no such order.")
AWAY = Refusal(
    "offline",
    "Điểm phát đang mất kết nối, lệnh không tới được. Hãy chờ nó báo về rồi bấm lại.",
    "The node is offline and cannot be reached. Wait until it reports, then press again.",
)
WAIT = Refusal(
    "waits",
    "Lệnh trước chưa được trả lời. Hãy chờ một chút.",
    "The order before this has no answer yet. Wait a little.",
)
ALARM = Refusal(
    "emergency",
    "Đang có báo động khẩn cấp ở đây: không thử gì cho tới khi báo yên.",
    "An emergency runs here: nothing is tried until the all-clear.",
)
AT_NIGHT = Refusal(
    "quiet_hours",
    "Đang trong giờ yên lặng. Nếu vẫn phải thử loa lúc này, hãy ghi lý do.",
    "These are quiet hours. If it has to sound all the same, say why.",
)


def order(
    node: Node, verb: str, person: Person, now: datetime, why: str = ""
) -> NodeOrder | Refusal:
    """`node` with its area. One transaction with its line in the audit log."""
    why = " ".join(why.replace("\0", "").split())[:200]
    with transaction.atomic():
        refused = _refused(node, verb, person, now, why)
        if refused is not None:
            return refused
        row = NodeOrder.objects.create(
            node=node,
            verb=verb,
            person=person,
            why=why if is_quiet(node, now) else "",
            boot=node.boot,
            ticket=node.ticket,
            at=now,
        )
        Intent.objects.create(what="order", node=node, made_at=now)
        record(
            "node_order",
            who=person.username,
            subject=node.id,
            detail={"order": verb, **({"why": row.why} if row.why else {})},
            at=now,
            place=node.area.path,
        )
    hint()
    return row


def _refused(node: Node, verb: str, person: Person, now: datetime, why: str) -> Refusal | None:
    if node.status != Node.Status.ACTIVE or not may_take_in(person, node.area.path, now):
        return NOT_YOURS
    if verb not in NodeOrder.Verb.values:
        return UNKNOWN
    if emergency_runs(node, now):
        return ALARM
    if verb in SOUNDING and is_quiet(node, now) and not why:
        return AT_NIGHT
    return _out_of_reach(node, now)


def _out_of_reach(node: Node, now: datetime) -> Refusal | None:
    heard = status.Heard(node.seen_at, node.online, node.every_s)
    if status.presence(heard, now) not in ("online", "late") or not node.ticket:
        return AWAY
    waits = NodeOrder.objects.filter(node=node, ticket=node.ticket)
    return WAIT if waits.exists() else None


def sent(node: Node, signer: Signer, now: int) -> list[Post]:
    """What goes out to it, within the transaction that says so. An order that the signer refuses
    is over, with the reason beside it; a signer that does not answer is asked again."""
    posts = []
    for row in NodeOrder.objects.filter(node=node, sent_at=None, error="").order_by("pk"):
        try:
            envelope = signer.command(row.pk)
        except SigningError as refused:
            if refused.code in AGAIN:
                raise
            row.error = str(refused)[:300]
        else:
            row.sent_at = datetime.fromtimestamp(now / 1000, UTC)
            posts.append(Post(topics.down(node.id, "command"), envelope, retain=False))
        row.save(update_fields=["sent_at", "error"])
    return posts


def command_of(row: NodeOrder, *, quiet: bool) -> Command:
    """What the node is sent; `quiet`: whether these are quiet hours there."""
    iat = int(row.at.timestamp() * 1000)
    return Command(
        node=row.node_id,
        boot=row.boot,
        ticket=row.ticket,
        command=msgspec.convert(row.verb, CommandName),
        iat=iat,
        exp=iat + int(LIFE.total_seconds() * 1000),
        in_quiet_hours=quiet and bool(row.why),
    )


def emergency_runs(node: Node, now: datetime) -> bool:
    ms = int(now.timestamp() * 1000)
    return Emergencies.objects.filter(area__in=ids_of(node.area.path), until__gt=ms).exists()


def is_quiet(node: Node, now: datetime) -> bool:
    """By the papers that were last published to it; one without papers has no quiet hours yet."""
    papers = dict(NodeDocument.objects.filter(node=node).values_list("typ", "payload"))
    if len(papers.keys() & {"assignment", "settings"}) < 2:
        return False
    assignment = msgspec.json.decode(bytes(papers["assignment"]), type=Assignment)
    own = msgspec.json.decode(bytes(papers["settings"]), type=Settings)
    return quiet_by(assignment, own, now)


def quiet_by(assignment: Assignment, own: Settings, now: datetime) -> bool:
    return window_end(quiet_windows(assignment, own), int(now.timestamp() * 1000)) is not None
