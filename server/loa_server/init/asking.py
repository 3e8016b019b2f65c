"""`loa-server keys request`: what the signer holds and wants named, for the registrar to judge."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import msgspec

from loa_server.areas.models import Area
from loa_server.ceremony import roots
from loa_server.ceremony.refusal import CeremonyError
from loa_server.ceremony.registers import Request
from loa_server.ceremony.trustfolder import Held
from loa_server.config import ServerConfig
from loa_server.dispatch.node_documents import hard_limits
from loa_server.files import place
from loa_server.init import trust
from loa_server.signer import keystore
from loa_wire.trusted import RegisterKey


def write(config: ServerConfig, folder: Path, replace: Sequence[str], now: int) -> Request:
    """request.json, and beside it the root and the register that it begins from."""
    held = trust.standing(config)
    if held.root is None:
        raise CeremonyError(
            "no_root",
            "máy chủ chưa có khóa gốc: `loa-server keys ceremony` nói cách làm",
            "this server has no root yet: `loa-server keys ceremony` says how to make one",
        )
    for name in replace:
        _succeed(config, name, held, now)
    request = Request(
        installation=held.root.installation,
        unit=config.unit.id,
        unit_name=config.unit.name,
        root=held.root.version,
        register=held.register.version if held.register else 0,
        areas=dict(Area.objects.order_by("path").values_list("id", "name")),
        limits=hard_limits(config.limits),
        keys=trust.not_named(trust.ensure_keys(config, now), held),
    )
    _lay_down(folder, request, config, held)
    return request


def _succeed(config: ServerConfig, name: str, held: Held, now: int) -> None:
    """A new key for the same task beside the one that is to go, once."""
    folders = [config.keys_dir] if config.duty.elsewhere else [config.keys_dir, config.duty_dir]
    there = {
        key.key.keyid: (key.key, folder) for folder in folders for key in keystore.load(folder)
    }
    old, folder = there[roots.pick(name, {k: key.holder for k, (key, _) in there.items()})]
    waiting = trust.not_named([key for key, _ in there.values()], held)
    if not any(_same_task(key, old) and key.keyid != old.keyid for key in waiting):
        trust.make_key(folder, trust.renewed(old, now), now)


def _same_task(one: RegisterKey, other: RegisterKey) -> bool:
    return (one.may, one.scope, one.max_level) == (other.may, other.scope, other.max_level)


def _lay_down(folder: Path, request: Request, config: ServerConfig, held: Held) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        body = msgspec.json.format(msgspec.json.encode(request)) + b"\n"
        place(folder / "request.json", body)
        for document in (held.root, held.register):
            if document is not None:
                kind = "root" if document is held.root else "register"
                name = f"{kind}-{document.version}.json"
                if folder.resolve() != config.trust_dir.resolve():
                    shutil.copyfile(config.trust_dir / name, folder / name)
    except OSError as e:
        raise CeremonyError(
            "folder", f"{folder}: không ghi được ({e.strerror})", f"{folder}: cannot be written"
        ) from e
