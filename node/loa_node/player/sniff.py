"""What the first bytes of a file say: is it sound, and how long is one buffer of it?

libVLC looks at the content, not the name: an HLS playlist called x.mp3 makes it open what the
playlist names. So only what begins like sound is given to it.
"""

from __future__ import annotations

import stat
from pathlib import Path

HEAD = 16
PAGES = 4096  # Opus: the header page, the comment page and the beginning of the first sound


def refusal(path: Path) -> str:
    """ "" when it may be played, else missing_file | not_audio."""
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            # Reading the head of a pipe would block; the stall watchdog deals with those.
            return "" if stat.S_ISFIFO(mode) else "not_audio"
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError:
        return "missing_file"
    return "" if is_sound(head) else "not_audio"


def is_sound(head: bytes) -> bool:
    return (
        head.startswith((b"OggS", b"fLaC", b"ID3"))
        or (head[:4] == b"RIFF" and head[8:12] == b"WAVE")
        or head[4:8] == b"ftyp"
        or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0)  # MPEG frame sync
    )


def buffer_ms(path: Path) -> float:
    """The length of one decoder buffer of an Opus file, 0 where it is not known."""
    try:
        if not path.is_file():
            return 0
        with path.open("rb") as file:
            return opus_packet_ms(file.read(PAGES))
    except OSError:
        return 0


def opus_packet_ms(head: bytes) -> float:
    """RFC 7845: the third Ogg page begins the sound; its first packet's first byte tells."""
    pages = head.split(b"OggS", 3)
    if len(pages) < 4 or b"OpusHead" not in pages[1] or len(pages[3]) < 24:
        return 0
    sound = pages[3]
    toc = sound[23 + sound[22] :][:2]
    if len(toc) < 2:
        return 0
    config, packing = toc[0] >> 3, toc[0] & 3
    frame = _frame_ms(config)
    return frame * (1, 2, 2, toc[1] & 0x3F)[packing]


def _frame_ms(config: int) -> float:
    """RFC 6716, table 2."""
    if config < 12:
        return (10, 20, 40, 60)[config % 4]  # SILK
    if config < 16:
        return (10, 20)[config % 2]  # hybrid
    return (2.5, 5, 10, 20)[config % 4]  # CELT
