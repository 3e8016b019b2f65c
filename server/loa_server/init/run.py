"""`loa-server init`: everything an installation needs before its first start. Harmless to repeat.

Each slow step says what it is and how long it took. What exists is kept; what has run out, or no
longer fits server.toml, is made anew.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import django

from loa_server.config import ServerConfig
from loa_server.files import place
from loa_server.init.owners import hand_over


def init(
    config: ServerConfig, *, demo: bool, node_identity: Path | None, areas: Path | None = None
) -> int:
    try:
        return _init(config, demo=demo, node_identity=node_identity, areas=areas)
    finally:
        hand_over(config)


def _init(
    config: ServerConfig, *, demo: bool, node_identity: Path | None, areas: Path | None
) -> int:
    now = datetime.now(UTC)
    make_folders(config)
    if not config.secret_file.exists():
        place(config.secret_file, secrets.token_urlsafe(50).encode())
    config.secret_file.chmod(0o640)  # the signer's user opens second factors with it
    django.setup()
    # they need Django's settings, which need the secret
    from loa_server.areas.importing import ImportRefusedError  # noqa: PLC0415
    from loa_server.ceremony.refusal import CeremonyError  # noqa: PLC0415
    from loa_server.init.steps import Steps  # noqa: PLC0415
    from loa_server.signer.keystore import KeystoreError  # noqa: PLC0415

    steps = Steps(config, now)
    try:
        with step("certificates"):
            steps.certificates()
        with step("database"):
            steps.database()
        if areas or (demo and not steps.has_areas()):  # the console may have renamed some since
            with step("areas"):
                steps.areas(areas or config.samples_dir / "areas.json")
        if not steps.has_areas():
            print("no areas yet, so no keys: run again with --areas FILE")  # noqa: T201
            return 0
        with step("keys, root and register"):
            said = steps.trust(demo=demo)
        print(*said, sep="\n")  # noqa: T201
        if demo:
            with step("accounts and a node"):
                steps.demo(node_identity)
        _tell_accounts(config, anybody=steps.has_people())
    except (ImportRefusedError, KeystoreError, CeremonyError) as e:
        print(f"loa-server init: {e}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


NOBODY = """  nobody can sign in yet; the first account, with an area's id from the file of areas:
    loa-server people add ba.nam --name "Bà Năm" --may registrar AREA"""


def make_folders(config: ServerConfig) -> None:
    config.state_dir.mkdir(parents=True, exist_ok=True, mode=0o750)
    for folder in (config.public_dir, config.private_dir, config.run_dir, config.static_dir):
        folder.mkdir(exist_ok=True, mode=0o750)
    duty = [] if config.duty.elsewhere else [config.duty_dir]
    for folder in (config.pki_dir, config.keys_dir, *duty, config.demo_dir):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)


@contextlib.contextmanager
def step(name: str) -> Iterator[None]:
    began = time.monotonic()
    print(f"  {name} ...", end="", flush=True)  # noqa: T201
    try:
        yield
    except BaseException:
        print(" failed", flush=True)  # noqa: T201
        raise
    print(f" {time.monotonic() - began:.1f} s", flush=True)  # noqa: T201


def _tell_accounts(config: ServerConfig, *, anybody: bool) -> None:
    if not anybody:
        print(NOBODY)  # noqa: T201
    file = config.demo_dir / "accounts.json"
    if not file.exists():
        return
    print(f"  one-time passwords ({file}):")  # noqa: T201
    for name, account in json.loads(file.read_text(encoding="utf-8")).items():
        roles = ", ".join(account["roles"])
        print(f"    {name:<12} {account['password']:<16} {roles} · {account['area']}")  # noqa: T201
