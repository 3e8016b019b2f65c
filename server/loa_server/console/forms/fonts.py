"""Text that a hamlet's screen could not show is refused where it is typed."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import get_language

from loa_server.media import words
from loa_server.media.refusal import MediaRefusedError, Warned


def fonts_dir() -> Path:
    """The fonts that travel with the nodes."""
    folder: Path = settings.LOA.samples_dir.parent / "fonts"
    return folder


def refuse_unshowable(text: str) -> None:
    try:
        words.refuse_uncovered(text, fonts_dir())
    except MediaRefusedError as e:
        raise ValidationError(in_words(e), code=e.code) from e


def in_words(refusal: MediaRefusedError | Warned) -> str:
    """A refusal's or a warning's sentence in the reader's language."""
    return refusal.en if get_language() == "en" else refusal.vi
