"""A commune with its people, and a commune next door, for the console's tests."""

from __future__ import annotations

import time
from dataclasses import dataclass

from django.test import Client

from fakes.people import a_commune, a_node, a_person
from loa_server.areas.models import Area, Person, Role
from loa_server.console import sessions


@dataclass(frozen=True)
class Town:
    commune: Area
    hamlet: Area  # with one node, "node-1"
    empty: Area  # a hamlet without any
    author: Person
    approver: Person
    both: Person  # author and approver in one
    stranger: Person  # both roles, in the commune next door
    next_door: Area


def a_town() -> Town:
    commune = a_commune("vn-25351", "Tân Quan")
    next_door = a_commune("vn-25345", "Tân Hưng")
    hamlet = Area.objects.get(id="vn-25351-01")
    a_node(hamlet, "node-1")
    a_node(Area.objects.get(id="vn-25345-01"), "node-2")
    return Town(
        commune,
        hamlet,
        Area.objects.get(id="vn-25351-02"),
        a_person("lan", (Role.AUTHOR, commune)),
        a_person("hung", (Role.APPROVER, commune)),
        a_person("tam", (Role.AUTHOR, commune), (Role.APPROVER, commune)),
        a_person("la", (Role.AUTHOR, next_door), (Role.APPROVER, next_door)),
        next_door,
    )


def seated(person: Person | None) -> Client:
    """A browser where this person has signed in; None: nobody has."""
    client = Client()
    if person is not None:
        client.force_login(person, backend="loa_server.areas.backends.PersonBackend")
        session = client.session
        sessions.begin(session, time.time())
        session.save()
    return client
