"""Accounts of a demo: one person for each side of every rule, with one-time passwords."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import transaction

from loa_server.areas import secondfactor, totp
from loa_server.areas.models import Area, Grant, Person, Role
from loa_server.files import place

DUTY = "trucban"
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is read for another


@dataclass(frozen=True, slots=True)
class Account:
    username: str
    full_name: str
    roles: tuple[Role, ...]
    area: Area


def demo_accounts(commune: Area, elsewhere: Area, top: Area) -> list[Account]:
    return [
        Account("bientap", f"Biên tập {commune.name}", (Role.AUTHOR,), commune),
        Account("nguoiduyet", f"Người duyệt {commune.name}", (Role.APPROVER,), commune),
        Account("xakhac", f"Cán bộ {elsewhere.name}", (Role.AUTHOR, Role.APPROVER), elsewhere),
        Account(DUTY, f"Trực ban {top.name}", (Role.DUTY,), top),
        Account("quantri", "Quản trị", (Role.REGISTRAR, Role.TECHNICIAN), top),
    ]


def ensure_accounts(file: Path, accounts: Sequence[Account], now: datetime) -> list[str]:
    """Makes those that are missing and adds them to `file`. Returns their names.

    An account that exists is left alone: its password is its owner's by now.
    """
    said = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    made = []
    with transaction.atomic():
        for account in accounts:
            if Person.objects.filter(username=account.username).exists():
                continue
            password = one_time_password()
            person = _create(account, password)
            made.append(account.username)
            said[account.username] = {
                "password": password,
                "name": account.full_name,
                "roles": [str(role) for role in account.roles],
                "area": account.area.id,
            }
            if secondfactor.must_have(person, now):
                said[account.username]["totp"] = secret = totp.new_secret()
                secondfactor.give(person, secret, now)
        if made:  # inside the transaction: no account whose password nobody was told
            text = json.dumps(said, ensure_ascii=False, indent=1)
            place(file, text.encode(), mode=0o600)
    return made


def one_time_password() -> str:
    """60 bits, in three groups that can be read out."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))


def _create(account: Account, password: str) -> Person:
    person = Person.objects.create_user(
        account.username, password=password, full_name=account.full_name
    )
    Grant.objects.bulk_create(
        Grant(person=person, role=role, area=account.area) for role in account.roles
    )
    return person
