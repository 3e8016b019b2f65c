"""A part of the working copy changes, the rest stays: each page of the form saves its own part.

`services.save` takes the whole copy and the version it was written on; if the bulletin moved on
meanwhile nothing is written and the page tells the person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from loa_server.areas.models import Person
from loa_server.bulletins import payload, services
from loa_server.bulletins.models import Bulletin, Media, State
from loa_server.bulletins.refusal import Refusal
from loa_server.bulletins.services import Sound, Working

EDITABLE: Final = (State.DRAFT, State.RETURNED)
OUTDATED: Final = "0" * 64
"""No text has this hash: a machine voice marked so must be made again."""
AT_ONCE: Final = {"mode": "now", "repeat": {"times": 6, "gap_s": 300}}
"""An alarm that was slept through once is heard the next time, for half an hour."""
_TRIES = 3

Change = Callable[[Working], Working]


class MovedOnError(Exception):
    """Somebody else saved, submitted or approved the bulletin since this form was opened."""


def working_of(bulletin: Bulletin) -> Working:
    """What the database holds, as one value."""
    plain = (
        *("kind", "level", "alert", "genre"),
        *("source_number", "source_issuer", "ticker", "expires_at"),
    )
    return Working(
        title=bulletin.title,
        text=bulletin.text,
        areas=tuple(bulletin.areas.values_list("pk", flat=True)),
        schedule=bulletin.schedule,
        voices={v.lang: Sound(v.media_id, v.text_sha256) for v in bulletin.voices.all()},
        pictures=tuple(bulletin.pictures.values_list("media_id", flat=True)),
        **{name: getattr(bulletin, name) for name in plain},
    )


def save(bulletin: Bulletin, version: int, change: Change, person: Person, now: datetime) -> None:
    """Raises MovedOnError with nothing written."""
    saved = services.save(bulletin.id, version, change(working_of(bulletin)), person, now)
    if isinstance(saved, Refusal):
        raise MovedOnError(saved.code)
    bulletin.version = saved


def add(bulletin: Bulletin, change: Change, person: Person, now: datetime) -> None:
    """A voice or a picture adds to whatever is there by now: it needs no version of the form's."""
    for _try in range(_TRIES):
        bulletin.refresh_from_db()
        try:
            save(bulletin, bulletin.version, change, person, now)
        except MovedOnError as e:
            if str(e) != services.STALE.code:
                raise
        else:
            return
    raise MovedOnError(services.STALE.code)


def written(
    working: Working, title: Mapping[str, str], text: Mapping[str, str], **fields: str
) -> Working:
    """New words. A machine voice has read the title too: a new title outdates it.

    An emergency plays at once: it needs no step for its times, and gets none of before.
    """
    voices = {
        lang: replace(sound, text_sha256=OUTDATED)
        if sound.text_sha256 and title.get(lang, "") != working.title.get(lang, "")
        else sound
        for lang, sound in working.voices.items()
    }
    if fields.get("level") == "emergency" and working.schedule.get("mode") != "now":
        working = replace(working, schedule=AT_ONCE, expires_at=None)
    return replace(working, title=title, text=text, voices=voices, **fields)  # type: ignore[arg-type]


def with_voice(working: Working, lang: str, media: Media) -> Working:
    """One voice per language: a new one takes the old one's place."""
    by_machine = media.origin.startswith("tts:")
    read = payload.text_sha256(working.text.get(lang, "")) if by_machine else ""
    return with_sound(working, lang, Sound(media.sha256, read))


def with_sound(working: Working, lang: str, sound: Sound) -> Working:
    return replace(working, voices={**working.voices, lang: sound})


def without_voice(working: Working, lang: str) -> Working:
    rest = {held: sound for held, sound in working.voices.items() if held != lang}
    return replace(working, voices=rest)


def with_picture(working: Working, media: Media) -> Working:
    return with_pictures(working, media.sha256)


def with_pictures(working: Working, *sha256: str) -> Working:
    """The same picture twice is one picture."""
    return replace(working, pictures=tuple(dict.fromkeys((*working.pictures, *sha256))))


def without_picture(working: Working, sha256: str) -> Working:
    return replace(working, pictures=tuple(p for p in working.pictures if p != sha256))


def spoken(bulletin: Bulletin, lang: str) -> str:
    """What a machine voice reads aloud: the title, then the text."""
    parts = (bulletin.title.get(lang, ""), bulletin.text.get(lang, ""))
    return "\n\n".join(part for part in parts if part)
