"""The other pages with 5,000 nodes and 2,000 bulletins, beside the sign-in page."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.bench_console import GOAL_MS, GOAL_QUERIES, NODES, TIMES, a_fleet, asked
from fakes.paper import WORDS, a_draft, a_medium, a_submitted
from fakes.people import a_person
from fakes.town import seated
from loa_server.areas.models import Area, Person, Role
from loa_server.bulletins import ulid
from loa_server.bulletins.models import Bulletin, Revision, State
from loa_server.bulletins.services import Working
from loa_server.dispatch.models import Delivery
from loa_server.fleet.models import Node

BULLETINS = 2000
STATES = (State.PUBLISHED, State.ENDED, State.RECALLED, State.DRAFT)


def bench_pages(database: Path) -> None:
    del database
    top = a_fleet(NODES)
    a_medium()
    author = a_person("soan", (Role.AUTHOR, top))
    judge = a_person("duyet", (Role.APPROVER, top), (Role.DUTY, top), (Role.REGISTRAR, top))
    wide = many(author, top)
    draft, waiting = a_draft(author, top, top), a_submitted(author, top, top)
    alarm = a_ledger(a_draft(author, top, top, words=_flood()), State.PUBLISHED)
    steps = ("content", "media", "areas", "when", "check")
    pages = [
        *((author, path) for path in ("/", "/bulletins/", "/bulletins/?group=out", "/schedule/")),
        *((author, f"/bulletins/{draft.id}/{step}") for step in steps),
        (author, "/inbox/"),
        *((judge, path) for path in ("/", "/approve/", f"/approve/{waiting.id}")),
        *((judge, f"/bulletins/{wide.id}{rest}") for rest in ("", "?state=failed", "?part=totals")),
        *((judge, path) for path in ("/emergency/", f"/emergency/{alarm.id}?part=board", "/hush/")),
        *((judge, path) for path in ("/alarms/", "/people/", "/areas/", "/audit/")),
    ]
    print(f"\npages, {NODES} nodes, {BULLETINS} bulletins, {TIMES} times each", end=" ")
    print(f"(goal p95 <= {GOAL_MS} ms, <= {GOAL_QUERIES} queries)")
    clients = {person.pk: seated(person) for person in (author, judge)}
    floor, _, _ = asked(clients[author.pk], "/sign-in")
    print(f"  floor, the sign-in page: p50 {floor:.1f} ms")
    for person, address in pages:
        p50, p95, queries = asked(clients[person.pk], address)
        shown = address.replace(wide.id, "<id>").replace(draft.id, "<id>").replace(alarm.id, "<id>")
        late = " *" if p95 > GOAL_MS or queries > GOAL_QUERIES else ""
        print(
            f"  {person.username:6} {shown[:44]:44} p50 {p50:5.1f} p95 {p95:5.1f} ms,",
            f"{p95 / floor:4.1f}x the floor, {queries} queries{late}",
        )


def _flood() -> Working:
    return replace(WORDS, level="emergency", alert="flood")


def many(author: Person, home: Area) -> Bulletin:
    """Over a year, in every state; one of them with a line for each node."""
    began = datetime.now(UTC) - timedelta(days=365)
    rows = [
        Bulletin(
            id=ulid.new(round((began + timedelta(hours=4 * n)).timestamp() * 1000)),
            home=home,
            author=author,
            state=STATES[n % len(STATES)],
            rev=1,
            genre="notice",
            title={"vi": f"Thông báo số {n}"},
            text={"vi": "Mời bà con chú ý."},
            schedule={"mode": "now"},
            created_at=began + timedelta(hours=4 * n),
            changed_at=began + timedelta(hours=4 * n),
        )
        for n in range(BULLETINS)
    ]
    Bulletin.objects.bulk_create(rows)
    through = Bulletin.areas.through
    through.objects.bulk_create(through(bulletin_id=row.id, area_id=home.pk) for row in rows)
    Revision.objects.bulk_create(
        Revision(bulletin=row, rev=1, payload=b"{}", sha256="0" * 64, author=author,
                 submitted_at=row.created_at)
        for row in rows
    )  # fmt: skip
    return a_ledger(rows[-4], State.PUBLISHED)


def a_ledger(bulletin: Bulletin, state: str) -> Bulletin:
    """A line for every node, in all the states there are."""
    now = datetime.now(UTC)
    states = Delivery.State.values
    Delivery.objects.bulk_create(
        Delivery(
            bulletin=bulletin, node_id=node, rev=1, state=states[n % len(states)],
            first_sound_at=now if n % 3 else None, changed_at=now, seq=n + 1,
        )
        for n, node in enumerate(Node.objects.values_list("pk", flat=True))
    )  # fmt: skip
    Bulletin.objects.filter(pk=bulletin.pk).update(state=state, rev=1)
    return bulletin
