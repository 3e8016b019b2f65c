"""Typed text becomes a machine voice, for Vietnamese only, always labelled "giọng máy".

espeak-ng is plain but works without a network; a better engine is one line of configuration.
No offline voice speaks Khmer, Xtiêng or the other languages: they are recorded in the browser.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from pathlib import Path

from loa_server.media import cage
from loa_server.media.normaliser import spoken
from loa_server.media.refusal import MediaRefusedError

LONGEST_TEXT = 20_000  # about half an hour of reading, the longest voice
# Beside these a language is named by its code.
LANGUAGES = {
    "km": ("tiếng Khmer", "Khmer"),
    "sti": ("tiếng Xtiêng", "Xtiêng"),
    "stt": ("tiếng Xtiêng", "Xtiêng"),
    "cmo": ("tiếng M'nông", "M'nông"),
    "tyz": ("tiếng Tày", "Tày"),
    "nut": ("tiếng Nùng", "Nùng"),
    "cjm": ("tiếng Chăm", "Chăm"),
    "zh-Hant": ("tiếng Hoa", "Chinese"),
}


@dataclass(frozen=True, slots=True)
class Engine:
    """A program that reads {text} (a UTF-8 file) and writes {sound} (a WAV file)."""

    name: str = "espeak-ng"
    languages: frozenset[str] = frozenset({"vi"})
    command: tuple[str, ...] = (
        *("espeak-ng", "-v", "vi-vn-x-south", "-s", "145", "-g", "3"),
        *("-a", "60", "-b", "1", "-f", "{text}", "-w", "{sound}"),
    )
    reads: tuple[Path, ...] = ()  # its voices, when they are not under /usr


ESPEAK = Engine()


@dataclass(frozen=True, slots=True)
class Speech:
    """A WAV still to go through prepare_voice. `origin` is shown wherever the voice is."""

    path: Path
    origin: str  # "tts:espeak-ng": giọng máy
    spoken: str  # what was read, figures in words, for the author to check


def text_to_speech(text: str, lang: str, workdir: Path, engine: Engine = ESPEAK) -> Speech:
    """speech.wav in `workdir`. Raises MediaRefusedError with a sentence for the author."""
    if lang not in engine.languages:
        vi, en = LANGUAGES.get(lang, (f"ngôn ngữ “{lang}”", lang))
        raise MediaRefusedError("record_it", language=vi, language_en=en)
    if len(text) > LONGEST_TEXT:
        raise MediaRefusedError("text_too_long", length=len(text), limit=LONGEST_TEXT)
    said = spoken(text)
    if not any(c.isalnum() for c in said):
        raise MediaRefusedError("no_text")
    return Speech(_read_aloud(said, workdir.resolve(), engine), f"tts:{engine.name}", said)


def _read_aloud(said: str, workdir: Path, engine: Engine) -> Path:
    written, sound = workdir / "speech.txt", workdir / "speech.wav"
    written.write_text(_plain(said), encoding="utf-8")
    command = [part.format(text=written, sound=sound) for part in engine.command]
    locked = cage.Cage(write=workdir, read=engine.reads, cpu_s=120, wall_s=300)
    finished = cage.run(locked, command)
    written.unlink()
    if finished.code != 0 or not sound.exists() or sound.stat().st_size <= 1000:
        raise MediaRefusedError("voice_failed") from EngineError(finished.err)
    return sound


class EngineError(RuntimeError):
    """What the engine said, for the log."""


def _plain(said: str) -> str:
    """No control characters and nothing an engine could take for markup or an option."""
    kept = (c for c in said if c == "\n" or not unicodedata.category(c).startswith("C"))
    return "".join(kept).replace("<", " ").replace(">", " ").replace("[[", " ") + "\n"
