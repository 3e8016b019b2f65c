"""Makers of bulletins at each stage of their life, through the real services."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from django.conf import settings

from fakes.people import a_code
from loa_server.areas.models import Area, Person
from loa_server.bulletins import services
from loa_server.bulletins.models import Approval, Bulletin, Media, Revision
from loa_server.bulletins.refusal import Refusal
from loa_server.bulletins.services import Sound, Working
from loa_server.dispatch import approve
from loa_server.dispatch.models import Envelope, ManifestItem

WORDS = Working(
    title={"vi": "Lịch tiêm chủng"},
    text={"vi": "Mời bà con đưa trẻ đến trạm y tế xã vào sáng thứ tư."},
    schedule={"mode": "now"},
    genre="health",
)


def a_medium(body: bytes = b"OggS voice", kind: str = "audio/ogg; codecs=opus") -> Media:
    """A prepared file on the private shelf, and its row."""
    sha256 = hashlib.sha256(body).hexdigest()
    shelf = settings.LOA.private_dir / "media"
    shelf.mkdir(parents=True, exist_ok=True)
    (shelf / sha256).write_bytes(body)
    return Media.objects.create(
        sha256=sha256,
        bytes=len(body),
        type=kind,
        duration_ms=4200,
        lufs_tenths=-160,
        origin="upload",
        made_at=datetime.now(UTC),
    )


def a_draft(author: Person, home: Area, *areas: Area, words: Working = WORDS) -> Bulletin:
    """Complete: it could be submitted as it stands."""
    media = Media.objects.first() or a_medium()
    working = replace(
        words,
        areas=tuple(area.id for area in areas),
        voices={"vi": Sound(media.sha256)},
    )
    made = services.create(author, home.id, working, datetime.now(UTC))
    assert not isinstance(made, Refusal), made
    return Bulletin.objects.get(id=made)


def a_submitted(author: Person, home: Area, *areas: Area) -> Bulletin:
    bulletin = a_draft(author, home, *areas)
    done = services.submit(bulletin.id, author, datetime.now(UTC))
    assert isinstance(done, Revision), done
    bulletin.refresh_from_db()
    return bulletin


def an_approved(author: Person, approver: Person, home: Area, *areas: Area) -> Bulletin:
    bulletin = a_submitted(author, home, *areas)
    shown = Revision.objects.get(bulletin=bulletin).sha256
    spent = Approval.objects.filter(approver=approver).count()
    now = datetime.now(UTC) + timedelta(seconds=30 * spent)  # each code is good once
    word = approve.Word(shown, a_code(approver, now))
    done = approve.approve(bulletin.id, approver, word, now)
    assert not isinstance(done, Refusal), done
    bulletin.refresh_from_db()
    return bulletin


def a_published(
    author: Person, approver: Person, home: Area, *areas: Area, words: Working = WORDS
) -> Bulletin:
    """As the engine leaves it: an envelope nobody looks at, and a line in each area's manifest."""
    bulletin = a_draft(author, home, *areas, words=words)
    done = services.submit(bulletin.id, author, datetime.now(UTC))
    assert isinstance(done, Revision), done
    spent = Approval.objects.filter(approver=approver).count()
    now = datetime.now(UTC) + timedelta(seconds=30 * spent)
    approved = approve.approve(
        bulletin.id, approver, approve.Word(done.sha256, a_code(approver, now)), now
    )
    assert not isinstance(approved, Refusal), approved
    return published(done)


def published(revision: Revision) -> Bulletin:
    sha256 = hashlib.sha256(bytes(revision.payload) + b"sealed").hexdigest()
    now = datetime.now(UTC)
    Envelope.objects.create(sha256=sha256, revision=revision, body=b"", published_at=now)
    exp = json.loads(bytes(revision.payload))["exp"]
    for area in revision.bulletin.areas.all():
        ManifestItem.objects.update_or_create(
            area=area,
            bulletin=revision.bulletin,
            defaults={"rev": revision.rev, "sha256": sha256, "exp": exp},
        )
    Bulletin.objects.filter(pk=revision.bulletin_id).update(state="published")
    return Bulletin.objects.get(pk=revision.bulletin_id)
