"""Every address of the console, asked by everybody, with GET and with POST.

The rows come from the list of addresses itself: a page that is added without a line here fails.
All people but the last two hold one role in the commune that the bulletin and the node belong
to; `next_door` holds every role in the commune beside it; `nobody` has not signed in.

200 shown · 302 done, or led on (nobody: to the sign-in page) · 401 the sign-in page, with what was
typed kept · 404 not theirs · 405 not that way · 422 seen, but
refused in words
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from fakes.offices import PEOPLE, Office, an_office
from fakes.people import LONG_AGO, SECRET, a_code
from fakes.town import Town, seated
from loa_server.areas import secondfactor
from loa_server.areas.models import Grant, Invitation, Person
from loa_server.areas.sealing import fingerprint
from loa_server.bulletins.models import Revision
from loa_server.fleet.models import Enrolment
from loa_server.ingest.models import Alarm

PERSON_PAGES = (
    "person", "person-roles", "person-end", "person-reset", "person-close", "person-open",
)  # fmt: skip
NINTH = "id,kind,name,parent\nvn-25351-09,ap,Ấp 9,vn-25351"
ACTS = ("add", "rename", "speak", "move", "merge")
LINK = "the-last-part-of-a-one-time-link"
CLAIM = "7K3M9QXT2RVA5WHJ"
TABLE = """
# address      way     author approver     duty registr. technic.  auditor nextdoor   nobody
home           GET        200      200      200      200      200      200      200      302
home           POST       200      200      200      200      200      200      200      401
sign-in        GET        200      200      200      200      200      200      200      200
sign-in        POST       200      200      200      200      200      200      200      200
sign-in-code   GET        200      200      200      200      200      200      200      200
sign-in-code   POST       200      200      200      200      200      200      200      200
sign-out       GET        405      405      405      405      405      405      405      405
sign-out       POST       302      302      302      302      302      302      302      302
password       GET        200      200      200      200      200      200      200      302
password       POST       200      200      200      200      200      200      200      401
factor         GET        200      200      200      200      200      200      200      302
factor         POST       200      200      200      200      200      200      200      401
factor-change  GET        405      405      405      405      405      405      405      405
factor-change  POST       422      302      302      302      422      422      302      401
factor-codes   GET        405      405      405      405      405      405      405      405
factor-codes   POST       422      200      200      200      422      422      200      401
welcome        GET        200      200      200      200      200      200      200      200
welcome        POST       302      302      302      302      302      302      302      302
language       GET        405      405      405      405      405      405      405      405
language       POST       302      302      302      302      302      302      302      302
bulletins      GET        200      200      200      200      200      200      200      302
bulletins      POST       200      200      200      200      200      200      200      401
new            GET        200      404      404      404      404      404      200      302
new            POST       302      404      404      404      404      404      302      401
new-notice     GET        200      404      404      404      404      404      200      302
new-notice     POST       302      404      404      404      404      404      302      401
notice         GET        302      404      404      404      404      404      404      302
notice         POST       302      404      404      404      404      404      404      401
bulletin       GET        200      200      200      200      200      200      404      302
bulletin       POST       200      200      200      200      200      200      404      401
paper          GET        200      200      200      200      200      200      404      302
paper          POST       200      200      200      200      200      200      404      401
leaflet        GET        200      200      200      200      200      200      404      302
leaflet        POST       200      200      200      200      200      200      404      401
notes          GET        200      200      200      200      200      200      404      302
notes          POST       200      200      200      200      200      200      404      401
content        GET        200      404      404      404      404      404      404      302
content        POST       302      404      404      404      404      404      404      401
media          GET        200      404      404      404      404      404      404      302
media          POST       200      404      404      404      404      404      404      401
record         GET        405      405      405      405      405      405      405      405
record         POST       404      404      404      404      404      404      404      401
areas          GET        200      404      404      404      404      404      404      302
areas          POST       302      404      404      404      404      404      404      401
areas-map      GET        200      404      404      404      404      404      404      302
areas-map      POST       200      404      404      404      404      404      404      401
when           GET        200      404      404      404      404      404      404      302
when           POST       302      404      404      404      404      404      404      401
when-preview   GET        405      405      405      405      405      405      405      405
when-preview   POST       200      404      404      404      404      404      404      401
check          GET        200      404      404      404      404      404      404      302
check          POST       200      404      404      404      404      404      404      401
submit         GET        405      405      405      405      405      405      405      405
submit         POST       302      404      404      404      404      404      404      401
withdraw       GET        405      405      405      405      405      405      405      405
withdraw       POST       302      422      422      422      422      422      404      401
discard        GET        405      405      405      405      405      405      405      405
discard        POST       302      422      422      422      422      422      404      401
restore        GET        405      405      405      405      405      405      405      405
restore        POST       422      422      422      422      422      422      404      401
progress       GET        200      200      200      200      200      200      200      302
progress       POST       200      200      200      200      200      200      200      401
screen-pages   GET        200      200      200      200      200      200      404      302
screen-pages   POST       200      200      200      200      200      200      404      401
screen-picture GET        404      404      404      404      404      404      404      302
screen-picture POST       404      404      404      404      404      404      404      401
file           GET        200      200      200      200      200      200      404      302
file           POST       200      200      200      200      200      200      404      401
queue          GET        404      200      404      404      404      404      200      302
queue          POST       404      200      404      404      404      404      200      401
queue-table    GET        404      200      404      404      404      404      200      302
queue-table    POST       404      200      404      404      404      404      200      401
review         GET        200      200      200      200      200      200      404      302
review         POST       200      200      200      200      200      200      404      401
approve        GET        405      405      405      405      405      405      405      405
approve        POST       422      302      422      422      422      422      404      401
return         GET        405      405      405      405      405      405      405      405
return         POST       422      302      422      422      422      422      404      401
copy           GET        405      405      405      405      405      405      405      405
copy           POST       302      404      404      404      404      404      404      401
correct        GET        200      404      404      404      404      404      404      302
correct        POST       302      404      404      404      404      404      404      401
heard          GET        200      200      200      200      200      200      404      302
heard          POST       200      200      200      200      200      200      404      401
heard-table    GET        200      200      200      200      200      200      404      302
heard-table    POST       200      200      200      200      200      200      404      401
posting        GET        404      200      404      404      404      404      404      302
posting        POST       404      302      404      404      404      404      404      401
public-places  GET        200      200      200      200      200      200      200      200
public-places  POST       405      405      405      405      405      405      405      405
public         GET        200      200      200      200      200      200      200      200
public         POST       405      405      405      405      405      405      405      405
public-feed    GET        200      200      200      200      200      200      200      200
public-feed    POST       405      405      405      405      405      405      405      405
public-file    GET        404      404      404      404      404      404      404      404
public-file    POST       405      405      405      405      405      405      405      405
bulletins-table GET        200      200      200      200      200      200      200      302
bulletins-table POST       200      200      200      200      200      200      200      401
ledger-table   GET        200      200      200      200      200      200      404      302
ledger-table   POST       200      200      200      200      200      200      404      401
fleet-table    GET        200      200      200      200      200      200      200      302
fleet-table    POST       200      200      200      200      200      200      200      401
stop           GET        404      200      200      404      404      404      404      302
stop           POST       404      302      302      404      404      404      404      401
all-clear      GET        404      200      200      404      404      404      404      302
all-clear      POST       404      302      302      404      404      404      404      401
explain        GET        200      200      200      200      200      200      200      302
explain        POST       200      200      200      200      200      200      200      401
people-table   GET        404      404      404      200      404      404      200      302
people-table   POST       404      404      404      200      404      404      200      401
alarms-table   GET        200      200      200      200      200      200      200      302
alarms-table   POST       200      200      200      200      200      200      200      401
inbox-table    GET        200      200      404      404      404      404      200      302
inbox-table    POST       200      200      404      404      404      404      200      401
inbox          GET        200      200      404      404      404      404      200      302
inbox          POST       200      200      404      404      404      404      200      401
inbox-item     GET        200      200      404      404      404      404      404      302
inbox-item     POST       200      200      404      404      404      404      404      401
inbox-take     GET        405      405      405      405      405      405      405      405
inbox-take     POST       302      422      404      404      404      404      404      401
inbox-decline  GET        405      405      405      405      405      405      405      405
inbox-decline  POST       302      422      404      404      404      404      404      401
inbox-reopen   GET        405      405      405      405      405      405      405      405
inbox-reopen   POST       422      422      404      404      404      404      404      401
emergency      GET        200      200      200      404      404      404      200      302
emergency      POST       200      200      200      404      404      404      200      401
emergency-new  GET        200      404      404      404      404      404      200      302
emergency-new  POST       422      404      404      404      404      404      422      401
board          GET        200      200      200      200      200      200      404      302
board          POST       200      200      200      200      200      200      404      401
hush           GET        404      200      200      404      404      404      200      302
hush           POST       404      422      422      404      404      404      422      401
duty           GET        404      404      200      404      404      404      200      302
duty           POST       404      404      200      404      404      404      200      401
duty-review    GET        200      200      200      200      200      200      404      302
duty-review    POST       200      200      200      200      200      200      404      401
countersign    GET        405      405      405      405      405      405      405      405
countersign    POST       422      422      422      422      422      422      404      401
duty-return    GET        405      405      405      405      405      405      405      405
duty-return    POST       422      422      302      422      422      422      404      401
schedule       GET        200      200      200      200      200      200      200      302
schedule       POST       200      200      200      200      200      200      200      401
skip           GET        404      404      404      404      404      404      404      302
skip           POST       422      422      422      422      422      422      404      401
fleet          GET        200      200      200      200      200      200      200      302
fleet          POST       200      200      200      200      200      200      200      401
view-add       GET        405      405      405      405      405      405      405      405
view-add       POST       302      302      302      302      302      302      302      401
view-remove    GET        405      405      405      405      405      405      405      405
view-remove    POST       404      404      404      404      404      404      404      401
map            GET        200      200      200      200      200      200      200      302
map            POST       200      200      200      200      200      200      200      401
map-points     GET        200      200      200      200      200      200      200      302
map-points     POST       200      200      200      200      200      200      200      401
map-draw       GET        404      404      404      200      404      404      200      302
map-draw       POST       404      404      404      422      404      404      422      401
node-point     GET        200      200      200      200      200      200      404      302
node-point     POST       422      422      422      302      302      422      404      401
add            GET        404      404      404      200      200      404      200      302
add            POST       404      404      404      302      422      404      422      401
revoke         GET        404      404      404      200      200      404      404      302
revoke         POST       404      404      404      302      422      404      404      401
replace        GET        404      404      404      200      200      404      404      302
replace        POST       404      404      404      302      422      404      404      401
node           GET        200      200      200      200      200      200      404      302
node           POST       200      200      200      200      200      200      404      401
node-history   GET        200      200      200      200      200      200      404      302
node-history   POST       200      200      200      200      200      200      404      401
history-table  GET        200      200      200      200      200      200      404      302
history-table  POST       200      200      200      200      200      200      404      401
node-order     GET        200      200      200      200      200      200      404      302
node-order     POST       422      422      422      422      422      422      404      401
node-wall      GET        404      404      404      404      404      404      404      302
node-wall      POST       404      404      404      404      404      404      404      401
screen         GET        404      404      404      404      404      404      404      302
screen         POST       404      404      404      404      404      404      404      401
loudspeaker    GET        404      404      404      404      404      404      404      302
loudspeaker    POST       404      404      404      404      404      404      404      401
keys           GET        404      404      404      200      404      200      200      302
keys           POST       404      404      404      200      404      200      200      401
keys-table     GET        404      404      404      200      404      200      200      302
keys-table     POST       404      404      404      200      404      200      200      401
watch          GET        404      200      404      200      404      404      200      302
watch          POST       404      302      404      302      404      404      302      401
watch-table    GET        404      200      404      200      404      404      200      302
watch-table    POST       404      200      404      200      404      404      200      401
unwatch        GET        405      405      405      405      405      405      405      405
unwatch        POST       404      302      404      302      404      404      404      401
audit          GET        404      404      404      200      404      200      200      302
audit          POST       404      404      404      200      404      200      200      401
audit-table    GET        404      404      404      200      404      200      200      302
audit-table    POST       404      404      404      200      404      200      200      401
audit-lines    GET        404      404      404      200      404      200      200      302
audit-lines    POST       404      404      404      200      404      200      200      401
alarms         GET        200      200      200      200      200      200      200      302
alarms         POST       200      200      200      200      200      200      200      401
alarm          GET        200      200      200      200      200      200      404      302
alarm          POST       422      422      422      302      302      422      404      401
batches        GET        404      404      404      200      200      404      200      302
batches        POST       404      404      404      200      200      404      200      401
batches-table  GET        404      404      404      200      200      404      200      302
batches-table  POST       404      404      404      200      200      404      200      401
batch-new      GET        404      404      404      200      200      404      200      302
batch-new      POST       404      404      404      200      422      404      422      401
batch-close    GET        404      404      404      200      200      404      404      302
batch-close    POST       404      404      404      302      422      404      404      401
places         GET        404      404      404      200      404      404      200      302
places         POST       404      404      404      200      404      404      200      401
places-import  GET        404      404      404      200      404      404      200      302
places-import  POST       404      404      404      422      404      404      422      401
places-confirm GET        405      405      405      405      405      405      405      405
places-confirm POST       404      404      404      302      404      404      422      401
places-table   GET        404      404      404      200      404      404      200      302
places-table   POST       404      404      404      200      404      404      200      401
place          GET        404      404      404      200      404      404      404      302
place          POST       404      404      404      200      404      404      404      401
place-add      GET        404      404      404      200      404      404      404      302
place-add      POST       404      404      404      302      404      404      404      401
place-speak    GET        404      404      404      200      404      404      404      302
place-speak    POST       404      404      404      302      404      404      404      401
place-rename   GET        404      404      404      200      404      404      404      302
place-rename   POST       404      404      404      302      404      404      404      401
place-move     GET        404      404      404      200      404      404      404      302
place-move     POST       404      404      404      422      404      404      404      401
place-merge    GET        404      404      404      200      404      404      404      302
place-merge    POST       404      404      404      302      404      404      404      401
node-move      GET        404      404      404      200      200      404      404      302
node-move      POST       404      404      404      302      422      404      404      401
people         GET        404      404      404      200      404      404      200      302
people         POST       404      404      404      200      404      404      200      401
person-new     GET        404      404      404      200      404      404      200      302
person-new     POST       404      404      404      200      404      404      422      401
person         GET        404      404      404      200      404      404      404      302
person         POST       404      404      404      200      404      404      404      401
person-roles   GET        404      404      404      200      404      404      404      302
person-roles   POST       404      404      404      302      404      404      404      401
person-end     GET        405      405      405      405      405      405      405      405
person-end     POST       404      404      404      302      404      404      404      401
person-reset   GET        405      405      405      405      405      405      405      405
person-reset   POST       404      404      404      200      404      404      404      401
person-close   GET        405      405      405      405      405      405      405      405
person-close   POST       404      404      404      302      404      404      404      401
person-open    GET        405      405      405      405      405      405      405      405
person-open    POST       404      404      404      302      404      404      404      401
"""
EXPECTED = {
    (name, method): tuple(int(status) for status in rest)
    for name, method, *rest in (line.split() for line in TABLE.strip().splitlines())
    if name != "#"
}


def names(resolver: URLResolver | None = None) -> Iterator[str]:
    """Of every view that Django serves, also in included lists of addresses."""
    for found in (resolver or get_resolver()).url_patterns:
        if isinstance(found, URLPattern):
            assert found.name, f"{found.pattern} has no name"
            yield found.name
        else:
            yield from names(found)


def subjects(office: Office) -> dict[str, dict[str, Any]]:
    """What stands in the address of each view that has something in it."""
    draft, waiting, out = ({"id": b.id} for b in (office.draft, office.waiting, office.out))
    alarm, running = {"id": office.alarm.id}, {"id": office.running.id}
    item = {"id": office.item.pk}
    node, empty = {"id": "node-1"}, {"id": "vn-25351-02"}
    assert office.people["author"] is not None
    author = {"id": office.people["author"].pk}
    return {
        **dict.fromkeys(
            ("content", "media", "areas", "areas-map", "when", "when-preview", "check"), draft
        ),
        **dict.fromkeys(("withdraw", "review", "approve", "return"), waiting),
        **dict.fromkeys(
            ("bulletin", "paper", "leaflet", "notes", "skip", "copy", "ledger-table"), out
        ),
        "posting": running,
        "public": {"id": "vn-25351"},
        "public-feed": {"id": "vn-25351"},
        "public-file": {"id": "vn-25351", "sha256": "0" * 64},
        **dict.fromkeys(("duty-review", "countersign", "duty-return"), alarm),
        **dict.fromkeys(("stop", "all-clear", "correct", "board"), running),
        **{name: {"id": office.correction.id} for name in ("heard", "heard-table")},
        **dict.fromkeys(
            (
                "node",
                "node-history",
                "history-table",
                "node-point",
                "node-order",
                "screen",
                "loudspeaker",
                "revoke",
                "replace",
                "node-move",
            ),
            node,
        ),
        **dict.fromkeys(PERSON_PAGES, author),
        **dict.fromkeys(("place", *(f"place-{act}" for act in ACTS)), empty),
        "welcome": {"token": LINK},
        "unwatch": {"id": office.word.pk},
        **dict.fromkeys(("inbox-item", "inbox-take", "inbox-decline", "inbox-reopen"), item),
        "view-remove": {"id": 404},
        "alarm": {**node, "code": "clone"},
        "batch-close": {"id": office.batch.pk},
        **dict.fromkeys(("submit", "discard", "restore"), draft),
        "record": {**draft, "lang": "vi"},
        "progress": {"job": "0123456789abcdef"},
        "screen-pages": draft,
        "new-notice": {"genre": "charity"},
        "notice": draft,
        "screen-picture": {**draft, "number": 99},
        "file": {**draft, "sha256": office.voice},
        "node-wall": {"id": "not-there"},  # who may see a node's: test_screens.py
    }


def typed(name: str, office: Office, person: Person | None) -> dict[str, Any]:
    """A form that would be taken from whoever may send it."""
    code = a_code(person, datetime.now(UTC)) if person is not None else ""
    version = office.draft.version
    words = {"version": version, "level": "normal", "genre": "health", "title_vi": "Tiêu đề",
             "text_vi": "Nội dung", "home": office.draft.home_id}  # fmt: skip
    shown = Revision.objects.get(bulletin=office.waiting).sha256
    called = {"kind": "soc", "name": "Sóc Mới", "since": "", "code": code}
    given = {"roles": ["author"], "areas": ["vn-25351"], "code": code}
    bodies: dict[str, dict[str, Any]] = {
        "new": words,
        "content": words,
        "new-notice": {
            "issuer": "Hội Chữ thập đỏ xã",
            "number": "7/KH-CTD",
            "what": "sách vở đầu năm học",
            "where": "trụ sở Hội",
            "person": "ông Ba",
            "phone": "02713666123",
            "deadline": "2099-01-31",
        },
        "areas": {"version": version, "areas": ["vn-25351-01"]},
        "when": {"version": version, "mode": "now", "repeat": "1"},
        "when-preview": {"version": version, "mode": "now", "repeat": "1"},
        "submit": {"version": version, "heard": "yes"},
        "approve": {"sha256": shown, "code": code},
        "return": {"reason": "sai ngày"},
        "inbox-decline": {"why": "đã phát tuần trước"},
        "duty-return": {"reason": "sai ngày"},
        "stop": {"code": code, "why": "sai tên"},
        "all-clear": {"code": code, "why": "nước rút"},
        "factor-change": {"code": code},
        "person-reset": {"code": code},
        "person-close": {"code": code},
        "person-open": {"code": code},
        "factor-codes": {"code": code},
        "welcome": {"new": "chim sẻ đậu mái nhà", "again": "chim sẻ đậu mái nhà"},
        "person-new": {"full_name": "Bà Tư", "username": "ba.tu", **given},
        "person-roles": given,
        "places-confirm": {"text": NINTH, "code": code},
        "place-add": called,
        "place-rename": called,
        "place-speak": {"first": "sti", "second": "vi", "code": code},
        "place-move": {"area": "vn-25351-01", "code": code},
        "place-merge": {"area": "vn-25351-01", "since": "2026-11-01", "code": code},
        "node-move": {"area": "vn-25351-02", "name": "Loa", "code": code},
        "person-end": {"grants": [Grant.objects.get(person__username="lan").pk], "code": code},
        "add": {"claim": CLAIM, "area": "vn-25351-01", "name": "Loa", "code": code},
        "skip": {"moment": "2026-12-01T05:00"},
        "posting": {"days": "7"},
        "watch": {"word": "số đề"},
        "node-order": {"verb": "test_tone"},
        "node-point": {"point": "11.65, 106.6"},
        "view-add": {"name": "Máy nóng", "query": "problem=hot"},
        "alarm": {"note": "đã xem", "times": "1"},
        "batch-new": {"area": "vn-25351", "name": "x", "uses": "3", "days": "3", "code": code},
        "batch-close": {"code": code},
        "revoke": {"reason": "mất trộm", "code": code},
        "replace": {"claim": CLAIM, "code": code},
    }
    return bodies.get(name, {})


@pytest.fixture
def office(
    town: Town, database: Path, _offices: list[tuple[Path, Office]], tmp_path_factory: Any
) -> Office:
    if not _offices:
        made = an_office(town)
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        kept = Path(shutil.copy(database, tmp_path_factory.mktemp("office") / "office.sqlite3"))
        _offices.append((kept, made))
    kept, made = _offices[0]
    connection.close()
    shutil.copy(kept, database)
    for person in filter(None, made.people.values()):
        if person.totp_secret:
            secondfactor.give(person, SECRET, LONG_AGO)  # nobody waits for a code
    return made


@pytest.fixture(scope="module")
def _offices() -> list[tuple[Path, Office]]:
    return []


def a_card_that_waits() -> None:
    now = datetime.now(UTC)
    Enrolment.objects.create(keyhash="ab" * 32, claim=CLAIM, first_at=now, last_at=now)


def a_newcomers_link() -> None:
    """As `invitations.invite` leaves it, for somebody who has no password yet."""
    Invitation.objects.create(
        person=Person.objects.create_user("ba.nam"),
        fingerprint=fingerprint(LINK, "invitation"),
        until=datetime.now(UTC) + timedelta(hours=1),
    )


def an_alarm() -> None:
    now = datetime.now(UTC)
    Alarm.objects.create(node_id="node-1", code="clone", first_at=now, last_at=now)


def asked(name: str, method: str, office: Office, person: Person | None) -> int:
    """The answer's status; what the request did is undone."""
    address = reverse(f"console:{name}", kwargs=subjects(office).get(name))
    with transaction.atomic():
        a_card_that_waits()
        a_newcomers_link()
        an_alarm()
        client = seated(person)
        send = client.get if method == "GET" else client.post
        status = send(address, typed(name, office, person) if method == "POST" else {}).status_code
        transaction.set_rollback(True)
    return int(status)


def test_every_address_has_its_line_and_every_line_its_address() -> None:
    there = {(name, method) for name in names() for method in ("GET", "POST")}

    assert sorted(there - set(EXPECTED)) == []
    assert sorted(set(EXPECTED) - there) == []


@pytest.mark.parametrize(("name", "method"), list(EXPECTED), ids=" ".join)
def test_who_may(name: str, method: str, office: Office) -> None:
    answers = tuple(asked(name, method, office, office.people[who]) for who in PEOPLE)

    assert dict(zip(PEOPLE, answers, strict=True)) == dict(
        zip(PEOPLE, EXPECTED[name, method], strict=True)
    )


FIRST = {"password", "factor", "factor-change", "factor-codes"}
PUBLIC = {"public-places", "public", "public-feed", "public-file"}
FOR_ALL = {"sign-in", "sign-in-code", "sign-out", "language", "welcome"} | PUBLIC


def led_to(name: str, office: Office, person: Person) -> str:
    address = reverse(f"console:{name}", kwargs=subjects(office).get(name))
    client = seated(person)
    method = client.get if EXPECTED[name, "GET"][0] != 405 else client.post
    with transaction.atomic():
        answer = method(address)
        transaction.set_rollback(True)
    return str(answer.headers.get("Location", answer.status_code))


def test_without_a_second_factor_every_address_leads_to_setting_it_up(office: Office) -> None:
    duty = office.people["duty"]
    assert duty is not None
    secondfactor.take_away(duty)

    led = {name: led_to(name, office, duty) for name in set(names()) - FIRST - FOR_ALL}

    assert {name: where for name, where in led.items() if where != "/factor"} == {}


def test_with_a_one_time_password_every_address_leads_to_ones_own(office: Office) -> None:
    author = office.people["author"]
    assert author is not None
    Person.objects.filter(pk=author.pk).update(must_change_password=True)

    led = {name: led_to(name, office, author) for name in set(names()) - {"password"} - FOR_ALL}

    assert {name: where for name, where in led.items() if where != "/password"} == {}


def test_no_form_is_taken_from_another_site(office: Office) -> None:
    """Whoever is signed in: without our own token nothing is done."""
    approver = office.people["approver"]
    assert approver is not None
    client = Client(enforce_csrf_checks=True)
    client.force_login(approver, backend="loa_server.areas.backends.PersonBackend")

    answers = {
        name: client.post(
            reverse(f"console:{name}", kwargs=subjects(office).get(name)),
            typed(name, office, approver),
        ).status_code
        for name in set(names())
    }

    assert {name: status for name, status in answers.items() if status != 403} == {}


def test_a_closed_account_opens_nothing(office: Office) -> None:
    Person.objects.update(is_active=False)
    somebody = office.people["approver"]

    for name in set(names()) - FOR_ALL:
        status = asked(name, "POST", office, somebody)
        assert status in {401, 405}, name
