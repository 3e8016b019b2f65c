"""Between the password and the code: a session that knows who, and opens nothing.

It lasts five minutes, and is void once the password or the factor has changed.
"""

from __future__ import annotations

import time
from typing import Final

from django.contrib.auth import login
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from loa_server.areas.models import Person
from loa_server.console import sessions

PATIENCE_S: Final = 300
_KEY: Final = "halfway"
_BACKEND: Final = "loa_server.areas.backends.PersonBackend"


def begin(request: HttpRequest, person: Person) -> None:
    request.session.flush()
    request.session[_KEY] = {
        "person": person.pk,
        "hash": person.get_session_auth_hash(),
        "at": time.time(),
    }


def whose(request: HttpRequest) -> Person | None:
    """Who gave their password here a moment ago."""
    said = request.session.get(_KEY)
    if not said or not 0 <= time.time() - said["at"] <= PATIENCE_S:
        return None
    person = Person.objects.filter(pk=said["person"], is_active=True).first()
    if person is None or not constant_time_compare(said["hash"], person.get_session_auth_hash()):
        return None
    return person


def enter(request: HttpRequest, person: Person) -> None:
    """Signed in, in a session with a new name."""
    request.session.pop(_KEY, None)
    login(request, person, backend=_BACKEND)
    sessions.begin(request.session, time.time())
