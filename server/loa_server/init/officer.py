"""The demo's duty officer, on this machine's own duty signer. Their code is not the console's."""

from __future__ import annotations

import json
from pathlib import Path

from loa_server.areas import totp
from loa_server.config import ServerConfig
from loa_server.duty.officers import FOLDER, Register
from loa_server.files import place


def ensure_officer(config: ServerConfig, accounts: Path, name: str) -> None:
    """Their secret stands beside their password in `accounts`, as `duty_totp`."""
    register = Register(config.duty_dir / FOLDER)
    if config.duty.elsewhere or name in register.read():
        return
    secret = totp.new_secret()
    said = json.loads(accounts.read_text(encoding="utf-8"))
    said[name]["duty_totp"] = secret
    place(accounts, json.dumps(said, ensure_ascii=False, indent=1).encode(), mode=0o600)
    register.add(name, secret)
