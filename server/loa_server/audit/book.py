"""Writing into the audit log, and its head.

    record("approve", who=person.username, subject=bulletin.id, at=now, place=area.path)

inside the transaction of the act itself: what is undone was never said, what is done was. Writers
take turns because a transaction here is IMMEDIATE, so two processes never follow the same head.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from django.db import transaction

from loa_server.audit import chain
from loa_server.audit.chain import Head
from loa_server.audit.models import Entry

LONGEST: Final = 1000
"""Characters of one detail: the log is not where texts are kept."""


def record(
    verb: str,
    *,
    who: str,
    subject: str = "",
    detail: Mapping[str, str | int] | None = None,
    at: datetime,
    place: str = "",
) -> None:
    """`place` is the path of the area it concerns; auditors of that area see it.

    Without one, only who audits the whole installation does. `who` is a user name, or the program
    that acted as it is called, "loa-server engine": with its space it is nobody's user name.
    """
    with transaction.atomic(savepoint=False):
        before = last()
        line = _line(before.seq + 1, verb, who, subject, place, detail or {}, at)
        Entry.objects.bulk_create(
            [
                Entry(
                    seq=before.seq + 1,
                    line=line,
                    sha256=chain.link(before.sha256, chain.digest(line)),
                )
            ]
        )


def last() -> Head:
    """Read from the end of the primary key: the length of the log does not matter."""
    found = Entry.objects.order_by("-seq").values_list("seq", "sha256").first()
    return Head(*found) if found else Head()


def head() -> str:
    """64 hex digits that stand for the whole log; "" while it is empty."""
    return last().sha256


def holds(sha256: str) -> bool:
    """Whether the log ever had this head. An empty log's head is part of every log."""
    return sha256 == chain.EMPTY or Entry.objects.filter(sha256=sha256).exists()


def moment(at: datetime) -> str:
    """As the lines say it: one length, so that text sorts as time does."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _line(  # noqa: PLR0913, PLR0917 - a line is these seven things
    seq: int,
    verb: str,
    who: str,
    subject: str,
    place: str,
    detail: Mapping[str, str | int],
    at: datetime,
) -> str:
    said = {
        "n": seq,
        "at": moment(at),
        "who": who,
        "verb": verb,
        "subject": subject,
        "place": place,
        "detail": {k: v[:LONGEST] if isinstance(v, str) else v for k, v in detail.items()},
    }
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
    # half a surrogate pair, which JSON may carry into a form, has no bytes to be hashed
    return text.encode("utf-8", "replace").decode()
