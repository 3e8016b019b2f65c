"""A bulletin from the district before a commune's own people, on the real tables and the signer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fakes.desk import Town, a_town, working
from fakes.people import SOME_DAY, a_code, a_node, a_person
from fakes.signer import NOW, NearSigner, the_keys
from fakes.urgent import AT, app_code, has_app
from loa_server.areas.models import Area, Person, Role
from loa_server.audit.models import Entry
from loa_server.bulletins import services as bulletin_services
from loa_server.bulletins.models import Approval, Bulletin, Revision, State
from loa_server.bulletins.refusal import Refusal
from loa_server.config import ServerConfig
from loa_server.console import drafts
from loa_server.dispatch import discarding, inbox, services, urgent
from loa_server.dispatch.approve import Word, approve
from loa_server.dispatch.models import Delivery, InboxItem, Intent, ManifestItem, Message
from loa_server.dispatch.services import Desk
from loa_server.engine.jobs import end_bulletins
from loa_wire.bulletin import Bulletin as WireBulletin
from loa_wire.bulletin import Origin
from loa_wire.parse import decode

pytestmark = pytest.mark.usefixtures("database")
HERE, NEXT = "vn-25351", "vn-25345"


@dataclass
class District:
    """`town.commune` has people of its own; its neighbour has none."""

    town: Town
    author: Person
    approver: Person
    folder: Path

    def drain(self, now: int = NOW) -> None:
        desk = Desk(ServerConfig(state_dir=self.folder), NearSigner(the_keys(), now))
        while (intent := services.next_intent()) is not None:
            desk.carry_out(intent, now)

    def says(self, **changes: Any) -> Revision:
        """Written and approved at the district, eight minutes ago."""
        now = AT - timedelta(minutes=9)
        said = working(**{"areas": ("vn-75",), **changes})
        made = bulletin_services.create(self.author, "vn-75", said, now)
        assert isinstance(made, str), made
        revision = bulletin_services.submit(made, self.author, now)
        assert isinstance(revision, Revision), revision
        at = now + timedelta(minutes=1)
        done = approve(made, self.approver, Word(revision.sha256, a_code(self.approver, at)), at)
        assert isinstance(done, Approval), done
        return revision


@pytest.fixture
def district(tmp_path: Path) -> District:
    town = a_town()
    author = a_person("huyen-soan", (Role.AUTHOR, town.city))
    approver = a_person("huyen-duyet", (Role.APPROVER, town.city))
    town.stranger.grants.all().delete()  # nobody decides next door
    for area in (HERE, NEXT):
        a_node(Area.objects.get(pk=f"{area}-01"), f"n-{area}")
    return District(town, author, approver, tmp_path)


def topics() -> list[str]:
    sent = Message.objects.filter(topic__endswith="/bulletin").order_by("pk")
    return [topic.split("/")[3] for topic in sent.values_list("topic", flat=True)]


def why(outcome: object) -> str:
    assert isinstance(outcome, Refusal), outcome
    return outcome.code


def taken(district: District) -> Bulletin:
    made = inbox.take(InboxItem.objects.get().pk, district.town.author, AT)
    assert isinstance(made, str), made
    return Bulletin.objects.get(pk=made)


def approved(district: District, copy: Bulletin) -> Revision:
    town, at = district.town, AT + timedelta(minutes=1)
    revision = bulletin_services.submit(copy.pk, town.author, AT)
    assert isinstance(revision, Revision), revision
    done = approve(copy.pk, town.approver, Word(revision.sha256, a_code(town.approver, at)), at)
    assert isinstance(done, Approval), done
    return revision


def test_a_commune_with_people_decides_and_the_one_without_hears_it_at_once(
    district: District,
) -> None:
    revision = district.says()
    district.drain()

    item = InboxItem.objects.get()
    assert (item.area_id, item.state, item.due) == (HERE, "waiting", None)
    assert topics() == [NEXT]
    assert list(ManifestItem.objects.values_list("area", flat=True)) == [NEXT]
    assert list(Delivery.objects.values_list("node", flat=True)) == [f"n-{NEXT}"]
    assert Bulletin.objects.get(pk=revision.bulletin_id).state == "published"


def test_where_all_decide_nothing_is_signed_and_it_does_not_end_by_itself(
    district: District,
) -> None:
    revision = district.says(areas=(HERE,))

    assert not Intent.objects.exists()
    end_bulletins(AT)
    assert Bulletin.objects.get(pk=revision.bulletin_id).state == "published"
    end_bulletins(AT + timedelta(days=60))
    assert Bulletin.objects.get(pk=revision.bulletin_id).state == "ended"


def test_one_person_in_both_roles_is_no_desk(district: District) -> None:
    district.town.author.grants.all().delete()
    district.town.approver.grants.all().delete()
    a_person(
        "mot-minh", (Role.AUTHOR, district.town.commune), (Role.APPROVER, district.town.commune)
    )

    district.says()

    assert not InboxItem.objects.exists()


def test_the_copy_says_the_same_and_carries_where_it_came_from(district: District) -> None:
    above = district.says(areas=(HERE,))

    copy = taken(district)
    revision = approved(district, copy)
    district.drain(NOW + 60_000)

    said, first = (decode(bytes(r.payload), WireBulletin) for r in (revision, above))
    assert said.origin == Origin(id=above.bulletin_id, rev=1)
    assert (said.title, said.text, said.audio) == (first.title, first.text, first.audio)
    assert topics() == [HERE]
    assert (copy.home_id, copy.author) == (HERE, district.town.author)
    assert InboxItem.objects.get().copy_id == copy.pk
    assert Entry.objects.filter(verb="inbox_take", who="tac-gia").exists()


def test_a_copy_may_say_it_in_more_languages_and_no_other_way(district: District) -> None:
    district.says(areas=(HERE,))
    copy, author = taken(district), district.town.author

    more = replace(
        drafts.working_of(copy), title={**copy.title, "km": "ចាក់ថ្នាំ"}, text=dict(copy.text)
    )
    version = bulletin_services.save(copy.pk, copy.version, more, author, AT)
    assert isinstance(bulletin_services.submit(copy.pk, author, AT), Revision)
    bulletin_services.withdraw(copy.pk, author, AT)
    copy.refresh_from_db()
    other = replace(more, text={"vi": "Chuyển tiền ngay."})
    assert isinstance(version, int)
    bulletin_services.save(copy.pk, copy.version, other, author, AT)

    assert why(bulletin_services.submit(copy.pk, author, AT)) == "copy_changed"


def test_two_people_at_once_make_one_copy(district: District) -> None:
    district.says(areas=(HERE,))
    item = InboxItem.objects.get().pk
    taken(district)
    other = a_person("nguoi-hai", (Role.AUTHOR, district.town.commune))

    assert why(inbox.take(item, other, AT)) == "answered"
    assert why(inbox.decline(item, other, "muộn", AT)) == "answered"
    assert Bulletin.objects.filter(origin__isnull=False).count() == 1


def test_an_everyday_bulletin_is_declined_with_a_reason(district: District) -> None:
    district.says(areas=(HERE,))
    item = InboxItem.objects.get().pk

    assert why(inbox.decline(item, district.town.author, "  ", AT)) == "no_why"
    inbox.decline(item, district.town.author, "đã phát tuần trước", AT)

    assert InboxItem.objects.get().state == "declined"
    assert Entry.objects.filter(verb="inbox_decline").exists()


def test_a_decline_is_undone_while_the_bulletin_lives(district: District) -> None:
    district.says(areas=(HERE,))
    item, author = InboxItem.objects.get().pk, district.town.author
    assert why(inbox.reopen(item, author, AT)) == "answered"
    inbox.decline(item, author, "đã phát tuần trước", AT)

    assert why(inbox.reopen(item, district.town.stranger, AT)) == "outside"
    assert why(inbox.reopen(item, author, AT + timedelta(days=90))) == "over"
    inbox.reopen(item, author, AT)

    held = InboxItem.objects.get()
    assert (held.state, held.why, held.person, held.answered_at) == ("waiting", "", None, None)
    assert Entry.objects.filter(verb="inbox_reopen").exists()
    assert taken(district).origin_rev == 1


def test_a_copy_that_is_laid_aside_waits_in_the_inbox_again(district: District) -> None:
    district.says(areas=(HERE,))
    copy, author = taken(district), district.town.author

    assert discarding.discard(copy.pk, author, AT) == "discarded"
    held = InboxItem.objects.get()
    assert (held.state, held.copy_id, held.person) == ("waiting", None, None)
    assert discarding.restore(copy.pk, author, AT) == "draft"
    held.refresh_from_db()
    assert (held.state, held.copy_id, held.person) == ("taken", copy.pk, author)


def test_a_copy_whose_place_is_taken_stays_aside(district: District) -> None:
    district.says(areas=(HERE,))
    copy, author = taken(district), district.town.author
    discarding.discard(copy.pk, author, AT)
    other = inbox.take(InboxItem.objects.get().pk, author, AT)

    assert why(discarding.restore(copy.pk, author, AT)) == "answered"
    assert Bulletin.objects.get(pk=copy.pk).state == "discarded"
    assert InboxItem.objects.get().copy_id == other


def test_a_neighbour_an_approver_and_a_stranger_answer_nothing(district: District) -> None:
    district.says(areas=(HERE,))
    item = InboxItem.objects.get().pk

    for person in (district.town.approver, district.town.stranger, district.approver):
        assert why(inbox.take(item, person, AT)) == "outside"
        assert why(inbox.decline(item, person, "không", AT)) == "outside"


def test_what_has_priority_is_placed_or_plays_by_rule_in_that_commune_alone(
    district: District,
) -> None:
    revision = district.says(level="priority")
    district.drain()
    item = InboxItem.objects.get()
    assert item.due is not None
    assert why(inbox.decline(item.pk, district.town.author, "không", AT)) == "must_place"
    assert topics() == [NEXT]

    inbox.play_what_is_overdue(item.due - timedelta(seconds=1))
    assert not Intent.objects.filter(done_at=None).exists()
    inbox.play_what_is_overdue(item.due)
    inbox.play_what_is_overdue(item.due)
    district.drain(round(item.due.timestamp() * 1000))

    assert topics() == [NEXT, HERE]
    assert InboxItem.objects.get().state == "overdue"
    assert set(Delivery.objects.values_list("node", flat=True)) == {f"n-{HERE}", f"n-{NEXT}"}
    assert why(inbox.take(item.pk, district.town.author, AT)) == "answered"
    assert revision.envelope  # signed once


def test_what_was_placed_in_time_does_not_play_by_rule(district: District) -> None:
    district.says(level="priority", areas=(HERE,))
    approved(district, taken(district))
    due = InboxItem.objects.get().due
    assert due is not None

    inbox.play_what_is_overdue(due)

    assert InboxItem.objects.get().state == "taken"


def test_a_stop_from_above_recalls_the_copies(district: District) -> None:
    above = district.says(areas=(HERE,))
    copy = taken(district)
    approved(district, copy)
    has_app(district.approver)
    later = AT + timedelta(minutes=2)
    district.drain(NOW + 60_000)

    order = urgent.stop(above.bulletin_id, district.approver, app_code(later), "sai", later)
    district.drain(NOW + 120_000)

    assert isinstance(order, str), order
    assert {b.state for b in Bulletin.objects.filter(pk__in=(above.bulletin_id, copy.pk))} == {
        State.RECALLED
    }
    assert not ManifestItem.objects.filter(bulletin=copy.pk).exists()
    stop = decode(bytes(Revision.objects.get(bulletin=order).payload), WireBulletin)
    assert stop.stops is not None
    assert stop.stops.ids == [above.bulletin_id]


def test_nothing_is_taken_of_what_was_recalled_or_is_over(district: District) -> None:
    above = district.says(areas=(HERE,))
    item = InboxItem.objects.get().pk
    author = district.town.author

    assert why(inbox.take(item, author, SOME_DAY + timedelta(days=90))) == "over"
    Bulletin.objects.filter(pk=above.bulletin_id).update(state=State.RECALLED)
    assert why(inbox.take(item, author, AT)) == "recalled"


def test_a_newer_revision_takes_the_older_ones_place(district: District) -> None:
    above = district.says(areas=(HERE,))
    row = Bulletin.objects.get(pk=above.bulletin_id)
    again = replace(drafts.working_of(row), text={"vi": "Tám giờ sáng."})
    version = bulletin_services.save(row.pk, row.version, again, district.author, AT)
    assert isinstance(version, int)
    second = bulletin_services.submit(row.pk, district.author, AT)
    assert isinstance(second, Revision)
    at = AT + timedelta(minutes=1)
    approve(row.pk, district.approver, Word(second.sha256, a_code(district.approver, at)), at)

    states = dict(InboxItem.objects.values_list("revision__rev", "state"))
    assert states == {1: "replaced", 2: "waiting"}
