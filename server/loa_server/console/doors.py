"""Who is trying, how often, and what the audit log says of it.

Wrong passwords and wrong codes count together, by user and address (django-axes). Besides, each
address has a pace, and each person has one for codes, wherever the codes come from: six digits
must not be guessed by many machines that share one stolen password. Codes of a stop or an
all-clear count for the signed-in session alone: nobody else can delay silence. What costs the
server a program to run (uploads, speech) has a pace by person too.
"""

from __future__ import annotations

import time
from typing import Final

from axes.handlers.proxy import AxesProxyHandler
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest
from django.utils import timezone

from loa_server.areas.models import Person
from loa_server.areas.reach import standing_of
from loa_server.areas.secondfactor import USED
from loa_server.audit.book import record
from loa_server.bucket import Buckets
from loa_server.refusal import Refusal

TRIES: Final = Buckets(rate=1 / 2, burst=120)  # by address: an office may share one
CODES: Final = Buckets(rate=1 / 30, burst=20)  # by person, and their factor
SILENCE: Final = Buckets(rate=1 / 10, burst=20)  # by session: codes of a stop or an all-clear
WORK: Final = Buckets(rate=1 / 3, burst=30)  # by person: files to convert, texts to speak
PICTURES: Final = Buckets(rate=1 / 3, burst=30)  # by person: screens to draw

BUSY: Final = Refusal(
    "busy",
    "Bạn vừa gửi rất nhiều tệp. Hãy đợi một phút rồi gửi tiếp.",
    "You have sent very many files just now. Wait a minute, then go on.",
)
SLOWLY: Final = Refusal(
    "slowly",
    "Bạn vừa gõ sai nhiều lần. Hãy đợi mười giây, rồi gõ mã mới nhất.",
    "You have typed many wrong codes just now. Wait ten seconds, then type the newest code.",
)
LOCKED: Final = Refusal(
    "locked",
    "Đã gõ sai nhiều lần nên tạm khóa 15 phút.",
    "Too many wrong tries: locked for 15 minutes.",
)


def address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


def crowded(request: HttpRequest) -> bool:
    """This address tries more often than people do."""
    return not TRIES.take(address(request), time.monotonic())


def busy(person: Person) -> bool:
    """They have had more converted than anybody writes: each takes seconds of a processor."""
    return not WORK.take(str(person.pk), time.monotonic())


def looks_much(person: Person) -> bool:
    """Apart from `busy`: whoever goes through many nodes' pages may still send a file."""
    return not PICTURES.take(str(person.pk), time.monotonic())


def shut(request: HttpRequest, username: str) -> bool:
    """After too many wrong tries for this name from this address."""
    return bool(AxesProxyHandler.is_locked(request, {"username": username}))


def locked(request: HttpRequest, person: Person) -> bool:
    """No code of theirs is looked at for a while."""
    if shut(request, person.username):
        return True
    return not CODES.take(f"{person.pk} {person.totp_secret[:16]}", time.monotonic())


def hurried(request: HttpRequest) -> bool:
    """This session tries codes faster than anybody types them. What others try is no matter."""
    return not SILENCE.take(str(request.session.session_key), time.monotonic())


def wrong_in_a_hurry(request: HttpRequest, person: Person, refused: Refusal, during: str) -> None:
    """A wrong code of a stop or an all-clear: on record, and no step towards a lock-out."""
    if refused.code != USED.code:
        _tell(request, "sign_in_failed", person, during=during)


def wrong_code(request: HttpRequest, person: Person, refused: Refusal, during: str) -> None:
    """Counts towards the lock-out; a right code that was used before does not."""
    if refused.code == USED.code:
        return
    user_login_failed.send(__name__, credentials={"username": person.username}, request=request)
    failed(request, person.username, during)


def failed(request: HttpRequest, username: str, during: str) -> None:
    """`during`: password, code, approve … An unknown name is not written: it may be a password.

    Who is shut out already never gets here, so that a lock-out is told once.
    """
    person = Person.objects.filter(username=username).first()
    _tell(request, "sign_in_failed", person, during=during)
    if getattr(request, "axes_locked_out", False):
        _tell(request, "locked_out", person, during=during)


def told(request: HttpRequest, verb: str, person: Person) -> None:
    """An act of this person at their own account."""
    _tell(request, verb, person)


def _tell(request: HttpRequest, verb: str, person: Person | None, **detail: str) -> None:
    now = timezone.now()
    record(
        verb,
        who=person.username if person else "?",
        detail={"address": address(request), **detail},
        at=now,
        place=home_of(person) if person else "",
    )


def home_of(person: Person) -> str:
    """The place whose auditors see what happens to this account; "" for none or several."""
    scopes = standing_of(person, timezone.now()).scopes()
    return scopes[0] if len(scopes) == 1 else ""
