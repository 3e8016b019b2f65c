"""The identity folder: who this node is and whom it belongs to.

{key, cert, ca, root.json, server}, each written by rename; enrolment and a demo write the same.
A new card has only {ca, root.json, server {"https"}}, and perhaps a batch's `token`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


class IdentityError(Exception):
    """The folder is missing or unreadable; the message says what an operator can do."""


@dataclass(frozen=True, slots=True)
class Identity:
    node: str
    unit: str
    broker: tuple[str, int]
    https: str
    key: Path
    cert: Path
    ca: Path
    root: bytes


@dataclass(frozen=True, slots=True)
class Card:
    """What an image brings, nothing of it secret: where the district is, and whom to trust."""

    https: str
    token: str
    ca: Path


def card(folder: Path) -> Card | None:
    """None where not even that is there: `read` says what is missing."""
    try:
        https = str(json.loads((folder / "server").read_text(encoding="utf-8"))["https"])
        token = (folder / "token").read_text(encoding="utf-8") if _has(folder, "token") else ""
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not https.startswith("https://") or not (_has(folder, "ca") and _has(folder, "root.json")):
        return None
    return Card(https, token.strip(), folder / "ca")


def names_a_node(folder: Path) -> bool:
    """False on a new card, also when it was cut off just before it became a node."""
    try:
        return "node" in json.loads((folder / "server").read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError):
        return False


def _has(folder: Path, name: str) -> bool:
    return (folder / name).exists()


def read(folder: Path) -> Identity:
    missing = [n for n in ("key", "cert", "ca", "root.json", "server") if not (folder / n).exists()]
    if missing:
        raise IdentityError(
            f"{folder}: {', '.join(missing)} missing: this node is not enrolled, "
            "or its identity folder was not copied whole"
        )
    try:
        server = json.loads((folder / "server").read_text(encoding="utf-8"))
        host, _, port = str(server["broker"]).rpartition(":")
        return Identity(
            node=str(server["node"]),
            unit=str(server["unit"]),
            broker=(host.strip("[]"), int(port)),
            https=str(server["https"]),
            key=folder / "key",
            cert=folder / "cert",
            ca=folder / "ca",
            root=(folder / "root.json").read_bytes(),
        )
    except OSError as e:
        raise IdentityError(f"{folder}: cannot be read: {e.strerror}") from e
    except (ValueError, KeyError, TypeError) as e:
        raise IdentityError(
            f'{folder}/server must hold {{"node", "unit", "broker": "host:port", "https"}}: {e}'
        ) from e
