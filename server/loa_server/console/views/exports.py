"""The other lists as files: accounts, alarms, lots of cards, the inbox, the queue, watched words,
keys, what a node has told, who heard what was wrong."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from loa_server.areas.models import Person
from loa_server.areas.reach import within
from loa_server.bulletins.models import WatchWord
from loa_server.bulletins.watching import KEEPERS
from loa_server.console import alarms, keybook, plain, words
from loa_server.console.desk import Desk, reach
from loa_server.console.pages import signed_in
from loa_server.console.tables import MOST, table
from loa_server.console.templatetags.console import place, plain_title, title_of
from loa_server.console.views.approve import waiting_for
from loa_server.console.views.batches import seen_by as seen_by_lots
from loa_server.console.views.correcting import Line as Heard
from loa_server.console.views.correcting import who_heard
from loa_server.console.views.inbox import READERS
from loa_server.console.views.keys import READERS as KEY_READERS
from loa_server.console.views.ledger import seen as bulletin_seen
from loa_server.console.views.node import seen as node_seen
from loa_server.console.views.node import told_by
from loa_server.console.views.people import seen_by
from loa_server.console.views.watch import kept_by
from loa_server.dispatch.models import InboxItem
from loa_server.fleet.models import Batch


@signed_in
def people(_request: HttpRequest, desk: Desk) -> HttpResponse:
    """Who may do what, as an inspector asks for it."""
    if not desk.holds("registrar"):
        raise Http404
    found = seen_by(desk).prefetch_related("grants__area").order_by("username")[:MOST]
    titles = [
        _("Tên đăng nhập"), _("Họ tên"), _("Quyền"), _("Xác nhận hai bước"), _("Tình trạng"),
        _("Đăng nhập gần nhất"),
    ]  # fmt: skip
    return table("tai-khoan", titles, map(_person, found))


@signed_in
def raised(request: HttpRequest, desk: Desk) -> HttpResponse:
    """`?group=past` as on the page."""
    past = request.GET.get("group") == "past"
    rows = alarms.raised(reach(desk, "area__path"), still_open=not past)[:MOST]
    titles = [
        _("Cảnh báo"), _("Nơi"), _("Điểm phát"), _("Mã"), _("Lần đầu"), _("Gần nhất"), _("Số lần"),
    ]  # fmt: skip
    return table("canh-bao", titles, (_alarm(alarms.shown(row)) for row in rows))


@signed_in
def inbox(_request: HttpRequest, desk: Desk) -> HttpResponse:
    scopes = desk.standing.scopes(*READERS)
    if not scopes:
        raise Http404
    rows = InboxItem.objects.filter(within(scopes, "area__path")).order_by("-at")
    found = rows.select_related("revision__bulletin__home", "area", "person")[:MOST]
    titles = [
        _("Mã"), _("Tiêu đề"), _("Mức độ"), _("Đơn vị"), _("Nơi"), _("Nhận lúc"),
        _("Tình trạng"), _("Người xử lý"), _("Lý do"),
    ]  # fmt: skip
    return table("hop-tin", titles, map(_item, found))


@signed_in
def queue(_request: HttpRequest, desk: Desk) -> HttpResponse:
    """As the page has it, the most urgent first."""
    if not desk.holds("approver"):
        raise Http404
    titles = [
        _("Mã"), _("Tiêu đề"), _("Mức độ"), _("Đơn vị"), _("Người soạn"), _("Trình lúc"),
        _("Tình trạng"),
    ]  # fmt: skip
    return table("cho-duyet", titles, map(_waiting, waiting_for(desk)[:MOST]))


@signed_in
def watch(_request: HttpRequest, desk: Desk) -> HttpResponse:
    if not desk.standing.scopes(*KEEPERS):
        raise Http404
    titles = [_("Từ"), _("Nơi"), _("Người ghi"), _("Ghi lúc")]
    return table("tu-can-xem", titles, map(_word, kept_by(desk)[:MOST]))


@signed_in
def batches(_request: HttpRequest, desk: Desk) -> HttpResponse:
    rows = seen_by_lots(desk).select_related("area", "made_by").order_by("-made_at")[:MOST]
    titles = [
        _("Lô"), _("Nơi"), _("Thẻ đã vào"), _("Nhiều nhất"), _("Hạn"), _("Đã đóng"), _("Người tạo"),
        _("Tạo lúc"),
    ]  # fmt: skip
    return table("lo-the", titles, map(_batch, rows))


@signed_in
def keys(_request: HttpRequest, desk: Desk) -> HttpResponse:
    if not desk.standing.scopes(*KEY_READERS):
        raise Http404
    book = keybook.book(timezone.now())
    titles = [
        _("Người giữ"), _("Mã"), _("Được ký"), _("Mức cao nhất"), _("Ở đâu"), _("Dùng đến"),
    ]  # fmt: skip
    return table("khoa", titles, map(_key, book.keys if book is not None else ()))


@signed_in
def history(_request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    rows = told_by(node_seen(desk, id))[:MOST]
    titles = [
        _("Lúc"), _("Về tới lúc"), _("Việc"), _("Bản tin"), _("Tiêu đề"), _("Kết quả"),
        _("Bằng chứng"), _("Lý do"), _("Điểm phát"),
    ]  # fmt: skip
    return table("diem-phat", titles, map(_fact, rows))


@signed_in
def heard(_request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    lines = who_heard(desk, bulletin_seen(desk, id))
    titles = [
        _("Nơi"), _("Điểm phát"), _("Mã"), _("Bản sai đã phát"), _("Bản đính chính"),
    ]  # fmt: skip
    return table("da-nghe-ban-sai", titles, map(_heard, lines))


def _waiting(row: Any) -> list[object]:
    return [
        row.pk, plain_title(row), words.say(words.LEVELS, row.level), place(row.home), row.author,
        plain.moment(row.changed_at), _("Chờ người thứ hai") if row.half else _("Chờ duyệt"),
    ]  # fmt: skip


def _word(row: WatchWord) -> list[object]:
    return [row.word, place(row.area), row.by, plain.moment(row.at)]


def _batch(row: Batch) -> list[object]:
    return [
        row.name, place(row.area), row.used, row.uses, plain.moment(row.until),
        plain.moment(row.closed_at) if row.closed_at else "", row.made_by,
        plain.moment(row.made_at),
    ]  # fmt: skip


def _key(key: keybook.Key) -> list[object]:
    until = plain.moment(plain.at_ms(key.until))
    return [key.holder, key.id, "; ".join(key.may), key.level, ", ".join(key.places), until]


def _fact(fact: Any) -> list[object]:
    return [
        plain.moment(fact.at), plain.moment(fact.received_at), words.say(words.FACTS, fact.fact),
        fact.bulletin, title_of(fact.title) if fact.title else "",
        words.say(words.DELIVERIES, fact.result), words.say(words.EVIDENCE, fact.evidence),
        words.say(words.REASONS, fact.reason), fact.node_id,
    ]  # fmt: skip


def _heard(line: Heard) -> list[object]:
    node = line.node
    said = words.say(words.DELIVERIES, line.state) if line.state else _("Chưa gửi tới")
    return [place(node.area), node.name, node.id, line.plays, said]


def _person(who: Person) -> list[object]:
    grants = [
        f"{words.say(words.ROLES, grant.role)} · {place(grant.area)}"
        + (f" ({_('đến')} {grant.until:%d/%m/%Y})" if grant.until else "")
        for grant in who.grants.all()
    ]
    seen = plain.moment(who.last_login) if who.last_login else _("Chưa lần nào")
    return [
        who.username, who.full_name, "; ".join(grants),
        _("Đang bật") if who.totp_secret else _("Chưa cài"),
        "" if who.is_active else _("Đã đóng"), seen,
    ]  # fmt: skip


def _alarm(shown: alarms.Shown) -> list[object]:
    node = shown.node
    return [
        shown.title, place(node.area), node.name, node.id,
        plain.moment(shown.first_at), plain.moment(shown.last_at), shown.times,
    ]  # fmt: skip


def _item(item: InboxItem) -> list[object]:
    above = item.revision.bulletin
    return [
        above.id, plain_title(above), words.say(words.LEVELS, above.level), place(above.home),
        place(item.area), plain.moment(item.at), words.say(words.INBOX, item.state),
        item.person or "", item.why,
    ]  # fmt: skip
