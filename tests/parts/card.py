"""An SD card: ext4 in a file, mounted. What lies in that file is what a power cut would leave."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

MB = 1024 * 1024


class Card:
    """`path` is its root; `cut(folder)` is the card as it would be found after a power cut."""

    def __init__(self, folder: Path, megabytes: int = 24) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.image = folder / "card.img"
        self.path = folder / "card"
        self.path.mkdir()
        with self.image.open("wb") as file:
            file.truncate(megabytes * MB)
        _run("mkfs.ext4", "-q", "-b", "4096", str(self.image))
        self._mount()

    def cut(self, folder: Path) -> Card:
        """The kernel's unwritten pages are lost; ext4 finds its own way back at the mount."""
        other = Card.__new__(Card)
        folder.mkdir(parents=True, exist_ok=True)
        other.image, other.path = folder / "card.img", folder / "card"
        other.path.mkdir(exist_ok=True)
        _run("cp", "--sparse=always", str(self.image), str(other.image))
        other._mount()
        return other

    def take_out(self) -> None:
        """At once, also where a test that failed left a file open."""
        _run("umount", "--lazy", str(self.path))
        self.image.unlink()

    def fill(self, leave: int) -> Path:
        """A file that leaves so many bytes free for root, and fewer for everybody else."""
        fat = self.path / "fat"
        free = shutil.disk_usage(self.path).free - leave
        with fat.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(1, free))
        return fat

    def _mount(self) -> None:
        # a Raspberry Pi's own options
        _run("mount", "-o", "loop,noatime,data=ordered", str(self.image), str(self.path))


def usable() -> str:
    """Why there can be no card here; "" when there can."""
    if os.geteuid() != 0:
        return "needs root"
    if shutil.which("mkfs.ext4") is None:
        return "mkfs.ext4 is not installed"
    found = subprocess.run(["losetup", "-f"], capture_output=True, text=True, check=False)
    return "" if found.returncode == 0 else f"no loop devices here: {found.stderr.strip()}"


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
