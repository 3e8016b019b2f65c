"""The other lists as files: accounts, alarms, lots of cards, the inbox."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from loa_server.areas.models import Person
from loa_server.areas.reach import within
from loa_server.console import alarms, plain, words
from loa_server.console.desk import Desk, reach
from loa_server.console.pages import signed_in
from loa_server.console.tables import MOST, table
from loa_server.console.templatetags.console import place, plain_title
from loa_server.console.views.inbox import READERS
from loa_server.console.views.people import seen_by
from loa_server.dispatch.models import InboxItem


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
