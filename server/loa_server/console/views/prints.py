"""An approved bulletin on paper: the leaflet and the speaker's notes, from the bytes that count."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from loa_server.bulletins.models import Bulletin, Revision
from loa_server.console import languages, plain, words
from loa_server.console.desk import Desk
from loa_server.console.forms.fonts import fonts_dir
from loa_server.console.pages import signed_in
from loa_server.console.prepare import shelf_path
from loa_server.console.reading import Reading, read
from loa_server.console.views.ledger import OUT, seen
from loa_server.paper import press
from loa_server.paper.values import Leaflet, Notes, Tongue


@signed_in
def leaflet(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002, ARG001
    row, revision, reading = _approved(desk, id)
    pictures = [shelf_path(image.sha256) for image in reading.bulletin.images]
    what = Leaflet(
        level=row.level,
        level_word=_level(row),
        issuer=row.home.name,
        tongues=_tongues(reading),
        pictures=[file for file in pictures if file.is_file()],
        facts=[*_facts(reading), _holds(reading)],
        foot=_foot(row, revision),
    )
    return _pdf(press.pressed(what, fonts_dir()), f"to-roi-{row.id}.pdf")


@signed_in
def notes(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002, ARG001
    row, revision, reading = _approved(desk, id)
    what = Notes(
        level=row.level,
        level_word=_level(row),
        issuer=row.home.name,
        tongues=_tongues(reading),
        facts=[*_facts(reading), _holds(reading)],
        length_word=_("Đọc chậm, khoảng {} phút."),
        signed=[_("Người đọc"), _("Ngày, giờ"), _("Nơi đọc"), _("Ký tên")],
        foot=_foot(row, revision),
    )
    return _pdf(press.pressed(what, fonts_dir()), f"ban-doc-{row.id}.pdf")


def _approved(desk: Desk, bulletin_id: str) -> tuple[Bulletin, Revision, Reading]:
    """What only waits is not put on paper: nobody could see that it is not agreed on."""
    row = seen(desk, bulletin_id)
    found = Revision.objects.filter(bulletin=row, approval__isnull=False).order_by("-rev").first()
    if row.state not in OUT or found is None:
        raise Http404
    reading = read(bytes(found.payload))
    if not reading.tongues:  # an order to stop says nothing
        raise Http404
    return row, found, reading


def _level(row: Bulletin) -> str:
    return str(words.KINDS["drill"] if row.kind == "drill" else words.LEVELS[row.level])


def _tongues(reading: Reading) -> list[Tongue]:
    return [Tongue(languages.name(t.lang), t.title, t.text) for t in reading.tongues]


def _facts(reading: Reading) -> list[str]:
    source = reading.bulletin.source
    said = ", ".join(part for part in (source.number, source.issuer) if part)
    facts = [_("Phát trên loa: {}").format(reading.sentence)] if reading.sentence else []
    return [*facts, _("Nguồn: {}").format(said)] if said else facts


def _holds(reading: Reading) -> str:
    return _("Có hiệu lực đến {}.").format(plain.moment(plain.at_ms(reading.bulletin.exp)))


def _foot(row: Bulletin, revision: Revision) -> str:
    printed = plain.moment(timezone.now())
    return _("Bản tin {id}, bản {rev} · in lúc {at}").format(
        id=row.id, rev=revision.rev, at=printed
    )


def _pdf(body: bytes, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(body, content_type="application/pdf", headers=headers)
