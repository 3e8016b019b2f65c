"""The lists of the console as files: bulletins, a bulletin's ledger, the fleet."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from loa_server.areas.models import Area
from loa_server.areas.reach import areas_within
from loa_server.bulletins.models import Bulletin
from loa_server.console import plain, sieve, words
from loa_server.console.desk import Desk, bulletins_seen_by, reach
from loa_server.console.pages import signed_in
from loa_server.console.tables import MOST, table
from loa_server.console.templatetags.console import place, plain_title
from loa_server.console.views.ledger import seen
from loa_server.dispatch.models import Delivery
from loa_server.fleet import status
from loa_server.fleet.models import Node


@signed_in
def bulletins(_request: HttpRequest, desk: Desk) -> HttpResponse:
    rows = bulletins_seen_by(desk).select_related("home", "author").order_by("-changed_at")[:MOST]
    titles = [
        _("Mã"), _("Tiêu đề"), _("Mức độ"), _("Trạng thái"), _("Lĩnh vực"), _("Đơn vị"),
        _("Người soạn"), _("Thay đổi"),
    ]  # fmt: skip
    return table("ban-tin", titles, map(_bulletin, rows))


@signed_in
def ledger(_request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    row = seen(desk, id)
    mine = Delivery.objects.filter(reach(desk, "node__area__path"), bulletin=row)
    rows = mine.select_related("node__area__parent").order_by("node__area__path", "node_id")[:MOST]
    titles = [
        _("Đơn vị"), _("Nơi"), _("Điểm phát"), _("Mã"), _("Tình trạng"), _("Số lần phát"),
        _("Dự kiến"), _("Bằng chứng"), _("Lý do"), _("Bắt đầu kêu"),
    ]  # fmt: skip
    return table("so-phat", titles, map(_delivery, rows))


@signed_in
def fleet(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The rows that the page's filter shows, on however many pages."""
    now, asked = timezone.now(), sieve.read(request.GET)
    place = areas_within(desk.standing.scopes()).filter(pk=asked.area).first()
    found = sieve.chosen(sieve.sifted(desk, asked, place, now), asked.state)
    rows = found.select_related("area__parent").order_by("area__path", "id")[:MOST]
    titles = [
        _("Đơn vị"), _("Nơi"), _("Điểm phát"), _("Mã"), _("Kết nối"), _("Báo về lúc"),
        _("Phần mềm"),
    ]  # fmt: skip
    return table("diem-phat", titles, map(_node, rows))


def _bulletin(row: Bulletin) -> list[object]:
    return [
        row.id, plain_title(row), words.say(words.LEVELS, row.level),
        words.say(words.STATES, row.state), words.say(words.GENRES, row.genre),
        place(row.home), row.author, plain.moment(row.changed_at),
    ]  # fmt: skip


def _delivery(row: Delivery) -> list[object]:
    node, heard = row.node, row.first_sound_at
    return [
        _above(node.area), place(node.area), node.name, node.id,
        words.say(words.DELIVERIES, row.state), row.plays, row.planned,
        words.say(words.EVIDENCE, row.evidence) if row.evidence else "",
        words.say(words.REASONS, row.reason) if row.reason else "",
        plain.moment(heard) if heard else "",
    ]  # fmt: skip


def _node(node: Node) -> list[object]:
    if node.status == Node.Status.REVOKED:
        presence = _("Đã thu hồi")
    else:
        heard = status.Heard(node.seen_at, node.online, node.every_s)
        presence = words.say(words.PRESENCES, status.presence(heard, timezone.now()))
    at = plain.moment(node.seen_at) if node.seen_at else ""
    area = node.area
    return [_above(area), place(area), node.name, node.id, presence, at, node.software]


def _above(area: Area) -> str:
    return place(area.parent) if area.parent else ""
