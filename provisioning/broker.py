"""Write a Mosquitto configuration from the templates in provisioning/mosquitto.

`make run`, the tests and an installation all use what is written here, so they cannot differ.
"""

from __future__ import annotations

import getpass
from dataclasses import dataclass
from pathlib import Path
from string import Template

TEMPLATES = Path(__file__).resolve().parent / "mosquitto"
PROGRAM = "/usr/sbin/mosquitto"


@dataclass(frozen=True, slots=True)
class Tls:
    """The CA that both ends trust, and the broker's own certificate and key."""

    cafile: Path
    certfile: Path
    keyfile: Path


def render(folder: Path, port: int, tls: Tls, bind: str = "127.0.0.1", log: str = "stderr") -> Path:
    """Write mosquitto.conf and acl into `folder`, where the broker also keeps its state.

    `bind` is one address; empty means every address. Returns the configuration's path.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    acl = folder / "acl"
    acl.write_text(_rules(acl), encoding="utf-8")
    acl.chmod(0o600)
    conf = folder / "mosquitto.conf"
    template = Template((TEMPLATES / "mosquitto.conf.in").read_text(encoding="utf-8"))
    filled = template.substitute(
        names="$names",
        port=port,
        bind=bind,
        cafile=tls.cafile,
        certfile=tls.certfile,
        keyfile=tls.keyfile,
        acl_file=acl,
        state=folder,
        user=getpass.getuser(),  # started as root it would otherwise become another user
        log=log,
    )
    conf.write_text(filled, encoding="utf-8")
    return conf


def _rules(acl: Path) -> str:
    """The template, and below its last line the revoked nodes that the engine has written."""
    template = (TEMPLATES / "acl.in").read_text(encoding="utf-8")
    held = acl.read_text(encoding="utf-8") if acl.exists() else ""
    return template + held.partition(template.splitlines(keepends=True)[-1])[2]
