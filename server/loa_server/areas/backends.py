"""Who a session's person is, and what they may do, by one query: every page needs both."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend

from loa_server.areas.models import Grant, Person


class PersonBackend(ModelBackend):
    def get_user(self, user_id: Any) -> Person | None:
        """With `read_grants` filled in; whoever has none costs a second query."""
        grants = list(Grant.objects.filter(person=user_id).select_related("person", "area"))
        person = grants[0].person if grants else super().get_user(user_id)
        if not isinstance(person, Person) or not self.user_can_authenticate(person):
            return None
        person.read_grants = grants
        return person
