"""A ceremony in a folder: keys made, documents signed, by the command that people type."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

WITHOUT_DJANGO = (
    "import sys; sys.modules['django'] = None; from loa_server.__main__ import main; "
    "sys.exit(main(sys.argv[1:]))"
)


@dataclass(frozen=True, slots=True)
class Said:
    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Laptop:
    """Offline: no settings file, no database, and Django cannot even be imported."""

    folder: Path

    def keys(self, *words: str, typed: str = "", secret: str = "") -> Said:
        """`secret` comes through a file descriptor, as from a password store."""
        options: list[str] = []
        pipe = -1
        if secret:
            pipe, end = os.pipe()
            os.write(end, f"{secret}\n".encode())
            os.close(end)
            options = ["--passphrase-fd", str(pipe)]
        command = [sys.executable, "-c", WITHOUT_DJANGO, "keys", *words, *options]
        done = subprocess.run(
            command,
            cwd=self.folder,
            input=typed,
            capture_output=True,
            text=True,
            check=False,
            pass_fds=[pipe] if secret else [],
            env={k: v for k, v in os.environ.items() if not k.startswith(("LOA_", "DJANGO"))},
        )
        if secret:
            os.close(pipe)
        return Said(done.returncode, done.stdout + done.stderr)

    def make(self, role: str, name: str) -> str:
        """The keyid; the passphrase is made of the name, the holder too."""
        done = self.keys("make", role, "--holder", holder(name), "--name", name, secret=of(name))
        assert done.code == 0, done.text
        return done.text.split("keyid:")[-1].replace(" ", "").strip()

    def sign(self, document: str, *names: str, word: str = "ký") -> Said:
        said = Said(0, "")
        for name in names:
            key = f"{name}.key.pem"
            said = self.keys("sign", document, "--key", key, typed=f"{word}\n", secret=of(name))
        return said

    def done(self, *words: str) -> str:
        said = self.keys(*words)
        assert said.code == 0, said.text
        return said.text

    def root(self, *names: str, unit: str = "don-vi", authority: str = "so-khoa") -> Path:
        """root-1.json: three holders and an authority, signed by two."""
        for name in names:
            self.make("root", name)
        self.make("authority", authority)
        holders = [word for name in names for word in ("--holder", f"{name}.card.json")]
        said = ["--installation", unit, "--authority", f"{unit}={authority}.card.json"]
        self.done("root", "new", *said, *holders)
        signed = self.sign("root-1.json", *names[:2])
        assert signed.code == 0, signed.text
        return self.folder / "root-1.json"


def holder(name: str) -> str:
    return f"Người giữ {name}"


def of(name: str) -> str:
    """The passphrase of this key."""
    return f"bốn từ của {name}"
