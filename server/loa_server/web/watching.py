"""Which rows a browser may watch, by its session cookie. Live pages need Django only here."""

from __future__ import annotations

import re
import time
from importlib import import_module
from typing import Final

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import close_old_connections
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from loa_server.areas.models import Person
from loa_server.areas.reach import standing_of, within
from loa_server.areas.scope import Standing
from loa_server.areas.secondfactor import COMPULSORY
from loa_server.bulletins.models import Bulletin
from loa_server.console import sessions

_BULLETIN: Final = re.compile(r"\Abulletin/([0-9A-Z]{26})\Z")


def scopes_of(session_key: str, room: str) -> tuple[str, ...] | None:
    """The area paths this session may watch in this room; None: not signed in, or not theirs."""
    try:
        person = _person(session_key)
        if person is None:
            return None
        standing = standing_of(person, timezone.now())
        scopes = tuple(standing.scopes())
        if not scopes or _comes_first(person, standing):
            return None
        return scopes if _is_theirs(room, scopes) else None
    finally:
        close_old_connections()


def is_signed_in(session_key: str) -> bool:
    try:
        return _person(session_key) is not None
    finally:
        close_old_connections()


def _comes_first(person: Person, standing: Standing) -> bool:
    """A password of one's own and a second factor come before anything that is to be seen."""
    lacks = not person.totp_secret and bool(standing.scopes(*COMPULSORY))
    return person.must_change_password or lacks


def _person(session_key: str) -> Person | None:
    """As django.contrib.auth.get_user, without a request to hang it on."""
    store = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    if BACKEND_SESSION_KEY not in store or sessions.over(store, time.time(), settings.LOA.console):
        return None
    person = Person.objects.filter(pk=store.get(SESSION_KEY), is_active=True).first()
    if person is None:
        return None
    held = store.get(HASH_SESSION_KEY, "")
    return person if constant_time_compare(held, person.get_session_auth_hash()) else None


def _is_theirs(room: str, scopes: tuple[str, ...]) -> bool:
    if room == "fleet":
        return True
    found = _BULLETIN.match(room)
    if found is None:
        return False
    # as approval.may_read: its home, or a place it is meant for, within reach
    near = within(scopes, "home__path") | within(scopes, "areas__path")
    return Bulletin.objects.filter(near, pk=found[1]).exists()
