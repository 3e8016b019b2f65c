"""`loa-server duty`: the duty signer's process; `--add NAME`, `--remove NAME`: its officers."""

from __future__ import annotations

import logging
import signal
import sys
from pathlib import Path

import segno

from loa_server import notify
from loa_server.areas import totp
from loa_server.config import ServerConfig
from loa_server.door import Server, allowed_uids
from loa_server.duty.desk import DutyDesk
from loa_server.duty.officers import FOLDER, Codes, OfficersError, Register
from loa_server.signer import keystore

log = logging.getLogger("loa.duty")


def run(config: ServerConfig) -> int:
    try:
        keys = [k for k in keystore.load(config.duty_dir) if k.key.may == ["countersign"]]
        uids = allowed_uids(config.duty.client_user)
        register = Register(config.duty_dir / FOLDER)
        officers = register.read()
    except (keystore.KeystoreError, OfficersError, KeyError) as e:
        log.error("%s", e)  # noqa: TRY400  # the sentence says it all
        return 2
    desk = DutyDesk(keys, Codes(register))
    server = Server(config.duty_socket, uids, desk.answer)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: server.stop())
    told = "%d duty keys, %d officers, listening on %s"
    log.info(told, len(keys), len(officers), config.duty_socket)
    notify.ready()
    server.serve()
    return 0


def add(folder: Path, name: str) -> int:
    """Prints what an authenticator app needs, once."""
    secret = totp.new_secret()
    try:
        Register(folder / FOLDER).add(name, secret)
    except OfficersError as e:
        print(e, file=sys.stderr)  # noqa: T201
        return 1
    address = f"otpauth://totp/Loa%20%E1%BA%A4p%20tr%E1%BB%B1c%20ban:{name}?secret={secret}"
    address += "&issuer=Loa%20%E1%BA%A4p%20tr%E1%BB%B1c%20ban"
    segno.make(address, error="m").terminal(compact=True)
    print(f"duty officer {name}: scan this, or type {secret}. It is not shown again.")  # noqa: T201
    return 0


def remove(folder: Path, name: str) -> int:
    try:
        gone = Register(folder / FOLDER).remove(name)
    except OfficersError as e:
        print(e, file=sys.stderr)  # noqa: T201
        return 1
    print(f"{name} {'is' if gone else 'was'} no duty officer here")  # noqa: T201
    return 0
