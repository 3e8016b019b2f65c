"""`loa-server keys install`: signed documents take their place, also while the server runs.

Files first, then one transaction with the pointers and the audit's lines; a cut in between is
mended by installing again, or by init.
"""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from django.db import transaction

from loa_server.audit.book import record
from loa_server.ceremony import installing, paper, trustfolder
from loa_server.ceremony.installing import Plan
from loa_server.ceremony.keyfile import verifies
from loa_server.ceremony.paper import Paper
from loa_server.config import ServerConfig
from loa_server.dispatch.hint import hint
from loa_server.dispatch.publish import sha256
from loa_server.files import place
from loa_server.init import pointers
from loa_wire import chain
from loa_wire.trusted import Root


def install(config: ServerConfig, files: Sequence[Path], now: datetime) -> Plan:
    """All of them or none. Raises CeremonyError."""
    ms, folder = int(now.timestamp() * 1000), config.trust_dir
    papers = [paper.read(path) for path in files]
    plan = installing.plan(trustfolder.held(folder, config.unit.id), papers, config.unit.id, ms)
    folder.mkdir(parents=True, exist_ok=True)
    for new in plan.new:
        _set_aside(config, new)
        place(folder / new.name, new.data)
    with transaction.atomic():
        pointers.publish(config, ms)
        for new in plan.new:
            _tell(new, now)
    hint()
    return plan


def _set_aside(config: ServerConfig, new: Paper) -> None:
    """Registers that a new root no longer accepts leave the folder that nodes are served from."""
    if not isinstance(new.document, Root):
        return
    unit, aside = config.unit.id, config.trust_dir / trustfolder.REPLACED
    for version, path in trustfolder.files(config.trust_dir, "register").items():
        data = path.read_bytes()
        if isinstance(chain.read_authority(data, new.document, unit, verifies), chain.Refused):
            aside.mkdir(exist_ok=True)
            path.rename(aside / f"{path.name}.{sha256(data)[:8]}")
            (config.public_dir / "authority" / unit / str(version)).unlink(missing_ok=True)


def _tell(new: Paper, now: datetime) -> None:
    document = new.document
    verb = "root_installed" if isinstance(document, Root) else "register_installed"
    detail: dict[str, str | int] = {
        "version": document.version,
        "sha256": sha256(new.data),
        "signed_by": " ".join(s.keyid for s in new.envelope.signatures),
        "by": getpass.getuser(),
    }
    record(verb, who="loa-server keys", subject=new.name, detail=detail, at=now)
