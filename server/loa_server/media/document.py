"""A Word or PDF document becomes words for the form: read in a cage, joined, composed to NFC.

PDF by poppler's pdftotext: it finds reading order and spaces where pure Python readers put words
together wrongly, Debian mends it, and the cage holds whatever its C++ does not.
"""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path

from loa_server.media import cage
from loa_server.media.refusal import MediaRefusedError
from loa_server.media.sentences import from_lines, from_paragraphs, in_an_old_font

LARGEST = 20_000_000
MOST_PAGES = 60
MOST_TEXT = 60_000
"""Characters: whoever has more chooses a part of it in Word first."""
WORKER = Path(__file__).with_name("document_worker.py")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # Word before 2007, and any Office file under a password


def text_of(source: Path, workdir: Path) -> str:
    """What a person would have typed from it. `workdir`: the caller's, for this job only.

    Raises MediaRefusedError with a sentence for the clerk.
    """
    source, workdir = source.resolve(), workdir.resolve()
    head = refuse_at_sight(source)
    text = _of_pdf(source, workdir) if b"%PDF-" in head else _of_docx(source, workdir)
    if len(text) > MOST_TEXT:
        raise MediaRefusedError("document_too_long")
    if in_an_old_font(text):
        raise MediaRefusedError("old_font")
    if not text:
        raise MediaRefusedError("document_empty")
    return text


def refuse_at_sight(source: Path) -> bytes:
    size = source.stat().st_size
    if size == 0:
        raise MediaRefusedError("empty")
    if size > LARGEST:
        raise MediaRefusedError("document_too_heavy", size=size // 10**6, limit=LARGEST // 10**6)
    with source.open("rb") as f:
        head = f.read(1024)
    if head.startswith(OLE):
        locked = "EncryptedPackage".encode("utf-16-le") in source.read_bytes()
        if locked:
            raise MediaRefusedError("document_locked")
        raise MediaRefusedError("old_document")
    if b"%PDF-" not in head and not zipfile.is_zipfile(source):
        raise MediaRefusedError("not_document")
    return head


def _of_docx(source: Path, workdir: Path) -> str:
    locked = cage.Cage(
        write=workdir, read=(source, WORKER.parent), memory=512 << 20, cpu_s=20, wall_s=40
    )
    finished = cage.run(locked, (sys.executable, "-I", "-S", str(WORKER), str(source)))
    try:
        said = json.loads(finished.out[-1]) if finished.out and finished.code == 0 else {}
    except ValueError:
        said = {}
    match said:
        case {"paragraphs": list(paragraphs)}:
            return from_paragraphs(str(each) for each in paragraphs)
        case {"refused": str(code)}:
            raise MediaRefusedError(code)
        case _:
            raise MediaRefusedError("document_bomb")


def _of_pdf(source: Path, workdir: Path) -> str:
    out = workdir / "words.txt"
    command = ("pdftotext", "-enc", "UTF-8", "-l", str(MOST_PAGES + 1), str(source), str(out))
    locked = cage.Cage(
        write=workdir, read=(source,), memory=512 << 20, cpu_s=20, wall_s=40, file_bytes=8 << 20
    )
    finished = cage.run(locked, command)
    if finished.timed_out or finished.code < 0:
        raise MediaRefusedError("document_bomb")
    if "password" in finished.err.lower():
        raise MediaRefusedError("document_locked")
    if finished.code != 0 or not out.exists():
        raise MediaRefusedError("damaged_document")
    words = out.read_text(encoding="utf-8", errors="replace")
    pages = words.split("\f")[:-1] or [words]
    if len(pages) > MOST_PAGES:
        raise MediaRefusedError("document_too_long")
    if not "".join(words.split()):
        raise MediaRefusedError("document_scanned")
    return from_lines(pages)
