"""The rows of a bulletin as the values that payload.freeze takes."""

from __future__ import annotations

from loa_server.bulletins.models import Bulletin
from loa_server.bulletins.models import Media as MediaRow
from loa_server.bulletins.payload import Draft
from loa_wire.bulletin import Fingerprint, Media, Origin, Source


def draft_of(bulletin: Bulletin) -> Draft:
    """As the next revision would be."""
    voices = bulletin.voices.select_related("media").order_by("lang")
    pictures = bulletin.pictures.select_related("media")
    expires, origin = bulletin.expires_at, bulletin.origin_id
    return Draft(
        id=bulletin.id,
        rev=bulletin.rev + 1,
        areas=tuple(bulletin.areas.order_by("pk").values_list("pk", flat=True)),
        schedule=bulletin.schedule,
        kind=bulletin.kind,
        level=bulletin.level,
        alert=bulletin.alert if bulletin.level == "emergency" else "",
        genre=bulletin.genre,
        source=Source(number=bulletin.source_number, issuer=bulletin.source_issuer),
        title=bulletin.title,
        text=bulletin.text,
        audio={voice.lang: media_of(voice.media) for voice in voices},
        images=tuple(media_of(picture.media) for picture in pictures),
        ticker=bulletin.ticker,
        replaces=bulletin.replaces_id,
        origin=Origin(id=origin, rev=bulletin.origin_rev) if origin else None,
        expires=int(expires.timestamp() * 1000) if expires else None,
    )


def media_of(row: MediaRow) -> Media:
    return Media(
        sha256=row.sha256,
        bytes=row.bytes,
        type=row.type,
        duration_ms=row.duration_ms,
        lufs=row.lufs_tenths,
        fingerprint=_fingerprint_of(row),
    )


def _fingerprint_of(row: MediaRow) -> Fingerprint | None:
    if not row.print_sha256:
        return None
    return Fingerprint(sha256=row.print_sha256, bytes=row.print_bytes, at_ms=row.print_at_ms)
