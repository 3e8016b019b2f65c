"""What root makes for an installation belongs to the users that its programs run as.

Each program has a folder of its own (systemd's StateDirectory=, tmpfiles.d), whose owner says to
whom the files in it must go: the keys to the signer, the duty key to the duty signer, the rest to
web and engine. On a desk all of it is one person's, and nothing changes hands.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from loa_server.config import ServerConfig


def hand_over(config: ServerConfig) -> None:
    """Gives away only what is root's: nothing is taken from anybody."""
    if os.geteuid() != 0:
        return
    for top in (config.state_dir, config.keys_dir, config.duty_dir):
        owner = owner_of(top)
        if owner is None:
            continue
        for path in (top, *_below(top)):
            if path.lstat().st_uid == 0:
                os.chown(path, *owner, follow_symlinks=False)


def owner_of(folder: Path) -> tuple[int, int] | None:
    """Of it or of the nearest folder above that is not root's; None where all of them are."""
    for place in (folder, *folder.parents):
        found = place.stat() if place.exists() else None
        if found is not None and found.st_uid != 0:
            return found.st_uid, found.st_gid
    return None


def _below(top: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(top):
        yield from (Path(folder, name) for name in (*folders, *files))
