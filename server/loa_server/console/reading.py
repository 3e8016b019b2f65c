"""The exact bytes of a revision, opened for reading: what will be signed is what is shown."""

from __future__ import annotations

import json
from dataclasses import dataclass

from loa_server.console import languages, plain
from loa_wire.bulletin import Bulletin, Media
from loa_wire.parse import decode


@dataclass(frozen=True, slots=True)
class Spoken:
    """One language of the bulletin; any part may be missing."""

    lang: str
    title: str
    text: str
    voice: Media | None


@dataclass(frozen=True, slots=True)
class Reading:
    bulletin: Bulletin
    tongues: list[Spoken]
    sentence: str
    source: str  # the payload itself, indented

    @property
    def areas(self) -> list[str]:
        return list(self.bulletin.areas)


def read(payload: bytes) -> Reading:
    bulletin = decode(payload, Bulletin)
    used = languages.in_order({*bulletin.title, *bulletin.text, *bulletin.audio})
    return Reading(
        bulletin,
        [
            Spoken(
                lang,
                bulletin.title.get(lang, ""),
                bulletin.text.get(lang, ""),
                bulletin.audio.get(lang),
            )
            for lang in used
        ],
        plain.when(bulletin.schedule) if bulletin.schedule else "",
        json.dumps(json.loads(payload), ensure_ascii=False, indent=1),
    )
