"""The second factor of a person: codes of an app for every step that matters, recovery codes to
come back in when the telephone is gone.

Each code is good once: `totp_step` only grows, by a conditional update. Whoever may approve,
countersign or administer must have one; the console opens nothing else to them before.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from loa_server.areas import totp
from loa_server.areas.models import Person, RecoveryCode, Role
from loa_server.areas.reach import standing_of
from loa_server.areas.sealing import fingerprint, seal, unseal
from loa_server.refusal import Refusal

COMPULSORY: Final = (Role.APPROVER, Role.DUTY, Role.REGISTRAR)
RECOVERY_CODES: Final = 10
_SYMBOLS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: none is read for another
_READ_AS: Final = str.maketrans("OIL", "011")

WRONG = Refusal(
    "totp",
    "Mã xác nhận không đúng. Hãy gõ mã 6 số đang hiện trong ứng dụng.",
    "The code is not right. Type the six digits that the app shows now.",
)
USED = Refusal(
    "totp_used",
    "Mã này đã dùng rồi, mỗi mã chỉ dùng một lần. Hãy đợi mã kế tiếp, chậm nhất 30 giây.",
    "This code has been used, and each is good once. Wait for the next, 30 seconds at most.",
)
NONE = Refusal(
    "no_factor",
    "Tài khoản chưa cài xác nhận hai bước nên chưa làm được việc này.",
    "This account has no second factor yet, so this cannot be done.",
)

REFUSALS: Final = frozenset({WRONG.code, USED.code, NONE.code})


@dataclass(frozen=True, slots=True)
class Proved:
    """A right code, spent by this: what the signer will check again."""

    code: str
    step: int


def must_have(person: Person, now: datetime) -> bool:
    return bool(standing_of(person, now).scopes(*COMPULSORY))


def lacks(person: Person, now: datetime) -> bool:
    """Nothing but setting it up is open to them."""
    return not person.totp_secret and must_have(person, now)


def give(person: Person, secret: str, now: datetime) -> None:
    """From now on this is their app's secret; codes of before it are as if used."""
    person.totp_secret = seal(secret, _owner(person.pk))
    person.totp_step = totp.step_at(now.timestamp()) - totp.AROUND - 1
    person.save(update_fields=["totp_secret", "totp_step"])


def take_away(person: Person) -> None:
    person.totp_secret, person.totp_step = "", 0
    person.save(update_fields=["totp_secret", "totp_step"])
    person.recovery_codes.all().delete()


def secret_of(person: Person) -> str | None:
    """None where there is none, or none that was sealed here for this person."""
    return unseal(person.totp_secret, _owner(person.pk)) if person.totp_secret else None


def prove(person: Person, typed: str, now: datetime) -> Proved | Refusal:
    """Spends the code. Call it in the transaction of what it allows."""
    held = Person.objects.get(pk=person.pk)
    secret = secret_of(held)
    if secret is None:
        return NONE
    code = totp.as_typed(typed)
    step = totp.step_of(secret, code, now.timestamp()) if code else None
    if step is None:
        return WRONG
    unspent = Person.objects.filter(
        pk=held.pk, totp_secret=held.totp_secret, totp_step__lt=step
    ).update(totp_step=step)
    return Proved(code, step) if unspent == 1 else USED


@transaction.atomic
def new_recovery_codes(person: Person) -> list[str]:
    """Those of before are void. Shown once: only their fingerprints are kept."""
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    person.recovery_codes.all().delete()
    RecoveryCode.objects.bulk_create(_kept(person.pk, codes))
    return codes


def recover(person: Person, typed: str) -> bool:
    """Whether this was one of their recovery codes; it is none any more."""
    found = person.recovery_codes.filter(fingerprint=_recovery_fingerprint(person.pk, typed))
    return found.delete()[0] == 1


def _kept(person: int, codes: Iterable[str]) -> Iterable[RecoveryCode]:
    for code in codes:
        yield RecoveryCode(person_id=person, fingerprint=_recovery_fingerprint(person, code))


def _recovery_fingerprint(person: int, typed: str) -> str:
    plain = "".join(c for c in typed.upper() if c.isalnum()).translate(_READ_AS)
    return fingerprint(plain, _owner(person))


def _recovery_code() -> str:
    """50 bits in two groups."""
    return "-".join("".join(secrets.choice(_SYMBOLS) for _ in range(5)) for _ in range(2))


def _owner(person: int) -> str:
    return f"person {person}"
