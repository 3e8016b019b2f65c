"""An upload or a text becomes a prepared file on the private shelf, and its row.

Whatever people sent stays in a folder of this one job and is gone when it ends.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from loa_server.bulletins.models import Media
from loa_server.media import shelfmark, speech
from loa_server.media.document import text_of
from loa_server.media.picture import prepare_picture
from loa_server.media.refusal import MediaRefusedError, Warned
from loa_server.media.voice import Progress, Voice, prepare_voice

_Made = TypeVar("_Made")


def _nobody(_part: float) -> None:
    """Hears how far it is where no page waits."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """`warnings`: usable, but the author should hear it again."""

    media: Media
    warnings: tuple[Warned, ...] = ()


def voice_from_upload(
    upload: UploadedFile, origin: str = "upload", progress: Progress = _nobody
) -> Prepared:
    """`origin`: upload | recording. `progress` hears 0..1. Raises MediaRefusedError."""

    def prepared(job: Path) -> Prepared:
        voice = prepare_voice(_saved(upload, job), job, progress=progress)
        return _shelve_voice(voice, origin)

    return _job(prepared)


def voice_from_text(text: str, lang: str, progress: Progress = _nobody) -> Prepared:
    """Raises MediaRefusedError."""

    def read_aloud(job: Path) -> Prepared:
        program = settings.LOA.media.tts
        engine = replace(speech.ESPEAK, command=(program, *speech.ESPEAK.command[1:]))
        said = speech.text_to_speech(text, lang, job, engine)
        return _shelve_voice(prepare_voice(said.path, job, progress=progress), said.origin)

    return _job(read_aloud)


def picture_from_upload(upload: UploadedFile) -> Prepared:
    """Raises MediaRefusedError."""
    return _job(lambda job: _shelve_picture(_saved(upload, job), job))


def text_from_upload(upload: UploadedFile) -> str:
    """The words of a Word or PDF document. Raises MediaRefusedError."""
    return _job(lambda job: text_of(_saved(upload, job), job))


def shelf_path(sha256: str) -> Path:
    path: Path = settings.LOA.private_dir / shelfmark.MEDIA / sha256
    return path


def _job(work: Callable[[Path], _Made]) -> _Made:
    settings.LOA.private_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.LOA.private_dir, prefix="job-") as folder:
        return work(Path(folder))


def _saved(upload: UploadedFile, job: Path) -> Path:
    """Under a name of ours: theirs says nothing and may hold anything."""
    limit = settings.LOA.media.upload_mb
    if (upload.size or 0) > limit * 1_000_000:
        raise MediaRefusedError("too_large", size=(upload.size or 0) // 1_000_000, limit=limit)
    source = job / "source"
    with source.open("wb") as f:
        for chunk in upload.chunks():
            f.write(chunk)
    return source


def _shelve_voice(voice: Voice, origin: str) -> Prepared:
    shelfmark.place(voice.path, settings.LOA.private_dir)
    shelfmark.place(voice.fingerprint.path, settings.LOA.private_dir)
    media, _made = Media.objects.get_or_create(
        sha256=voice.sha256,
        defaults={
            "bytes": voice.bytes,
            "type": voice.type,
            "duration_ms": voice.duration_ms,
            "lufs_tenths": round(voice.lufs * 10),
            "peak_tenths": round(voice.true_peak * 10),
            "print_sha256": voice.fingerprint.sha256,
            "print_bytes": voice.fingerprint.bytes,
            "print_at_ms": voice.fingerprint.at_ms,
            "origin": origin,
            "made_at": timezone.now(),
        },
    )
    return Prepared(media, voice.warnings)


def _shelve_picture(source: Path, job: Path) -> Prepared:
    picture = prepare_picture(source, job)
    shelfmark.place(picture.path, settings.LOA.private_dir)
    media, _made = Media.objects.get_or_create(
        sha256=picture.sha256,
        defaults={
            "bytes": picture.bytes,
            "type": picture.type,
            "width": picture.width,
            "height": picture.height,
            "origin": "upload",
            "made_at": timezone.now(),
        },
    )
    return Prepared(media)
