"""Is a file one of the sound formats the player speaks? Pure but for the first bytes it reads.

libVLC looks at the content, not the name: an HLS playlist called x.mp3 makes it open what the
playlist names. So only what begins like sound is given to it.
"""

from __future__ import annotations

import stat
from pathlib import Path

HEAD = 16


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
