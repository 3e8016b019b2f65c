"""The demo's node: a row in the register and the identity folder that enrolment would write."""

from __future__ import annotations

import json
import secrets
import shutil
from datetime import datetime
from pathlib import Path

from django.db import transaction

from loa_server import pki
from loa_server.areas.models import Area
from loa_server.config import ServerConfig
from loa_server.dispatch.admission import announce
from loa_server.files import place
from loa_server.fleet.models import Enrolment, Node
from loa_server.init import certificates, trust
from loa_wire import claim


def ensure_node(config: ServerConfig, area: Area, name: str, now: datetime) -> Node:
    """The one the demo made before, or a new one with an intent for its documents."""
    remembered = config.demo_dir / "node"
    node_id = remembered.read_text(encoding="ascii") if remembered.exists() else ""
    node = Node.objects.filter(pk=node_id).first()
    if node is not None:
        return node
    with transaction.atomic():
        node = Node.objects.create(
            id=f"node-{secrets.token_hex(4)}",
            area=area,
            name=name,
            status=Node.Status.ACTIVE,
            unit=config.unit.id,
            created_at=now,
        )
        announce(node, now)
        place(remembered, node.id.encode())
    return node


def write_identity(
    config: ServerConfig, ca: pki.Pair, node: Node, folder: Path, now: datetime
) -> bool:
    """True if the folder was made anew: none there, another node's, another CA's, or old."""
    server = json.dumps(
        {
            "node": node.id,
            "unit": node.unit,
            "broker": f"{config.broker.host}:{config.broker.port}",
            "https": f"https://{config.nodes.address}:{config.nodes.port}",
        }
    ).encode()
    if _belongs(folder, ca, node, now):
        if (folder / "server").read_bytes() != server:
            place(folder / "server", server)  # ports may change between two starts
        return False
    _make(folder, ca, node, server, trust.root_document(config), now)
    return True


def _belongs(folder: Path, ca: pki.Pair, node: Node, now: datetime) -> bool:
    try:
        said = json.loads((folder / "server").read_text(encoding="utf-8"))
        same = said["node"] == node.id and (folder / "ca").read_bytes() == ca.cert
        return same and certificates.lasts((folder / "cert").read_bytes(), now)
    except (OSError, ValueError, KeyError):
        return False


def _make(
    folder: Path, ca: pki.Pair, node: Node, server: bytes, root: bytes, now: datetime
) -> None:
    key = pki.make_node_key()
    public = pki.public_key_of(key)
    cert = pki.issue_node_cert(ca, node.id, public, now)
    _remember(node, pki.spki(public), cert, now)
    beside = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True, mode=0o700)
    place(beside / "key", key, mode=0o600)
    files = {"cert": cert, "ca": ca.cert, "root.json": root, "server": server}
    for name, body in files.items():
        place(beside / name, body)
    shutil.rmtree(folder, ignore_errors=True)
    beside.rename(folder)


def _remember(node: Node, key: bytes, cert: bytes, now: datetime) -> None:
    """As if it had been taken in, so that it can renew; nobody did, so nothing else follows."""
    Enrolment.objects.create(
        keyhash=claim.key_hash(key),
        claim=claim.code_of(key),
        state=Enrolment.State.ACTIVE,
        first_at=now,
        last_at=now,
        node=node,
        cert=cert.decode(),
        issued_at=now,
    )
