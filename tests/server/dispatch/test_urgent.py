"""Emergencies, stops and all-clears from the people's word to what a node would believe."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from django.db import IntegrityError, transaction

from fakes.desk import Town, a_submitted, a_town, an_approved
from fakes.people import SOME_DAY, a_node
from fakes.signer import DUTY_KEY, NOW, NearDuty, NearSigner, a_key, the_keys
from fakes.urgent import AT, an_emergency, an_officer, app_code, countersigned, has_app
from loa_server.areas.models import Area, Grant, Person
from loa_server.audit.models import Entry
from loa_server.bulletins.models import Approval, Bulletin, Countersign, Ending, Revision
from loa_server.bulletins.refusal import Refusal
from loa_server.config import ServerConfig
from loa_server.dispatch import approve, hushing, services, urgent
from loa_server.dispatch.hushing import Hush
from loa_server.dispatch.models import Delivery, Intent, ManifestItem, Message, Retained
from loa_server.dispatch.services import Desk
from loa_server.dispatch.signing import SigningError
from loa_server.engine.jobs import end_emergencies
from loa_wire import down, dsse
from loa_wire.bulletin import Bulletin as WireBulletin
from loa_wire.bulletin import Stops, contradiction
from loa_wire.limits import BULLETIN_ENVELOPE, DOWN_ENVELOPE
from loa_wire.parse import decode

pytestmark = pytest.mark.usefixtures("database")
AREA = "vn-25351"
UNIT_KEY = a_key("bulletin", "vn-75", max_level="emergency", holder="đơn vị")


@dataclass
class District:
    town: Town
    officer: Person
    folder: Path

    def signer(self, now: int = NOW) -> NearSigner:
        return NearSigner([UNIT_KEY, *the_keys()], now, elsewhere=[DUTY_KEY])

    def drain(self, now: int = NOW) -> None:
        desk = Desk(ServerConfig(state_dir=self.folder), self.signer(now))
        while (intent := services.next_intent()) is not None:
            desk.carry_out(intent, now)

    def an_alarm(self) -> Revision:
        """Countersigned, signed and out."""
        revision = an_emergency(self.town)
        assert isinstance(countersigned(revision, self.officer, self.folder), Countersign)
        self.drain()
        return revision


@pytest.fixture
def district(tmp_path: Path) -> District:
    town = a_town()
    return District(town, an_officer(town), tmp_path)


def running(area: str = AREA) -> down.Emergencies:
    held = bytes(Retained.objects.get(topic=f"loa/1/area/{area}/emergency").payload)
    return decode(dsse.open_envelope(held, DOWN_ENVELOPE).payload, down.Emergencies)


def items(area: str = AREA) -> list[WireBulletin]:
    envelopes = [dsse.open_envelope(i.encode(), BULLETIN_ENVELOPE) for i in running(area).items]
    return [decode(envelope.payload, WireBulletin) for envelope in envelopes]


def why(outcome: object) -> str:
    assert isinstance(outcome, Refusal), outcome
    return outcome.code


def test_an_approved_emergency_waits_in_no_outbox(district: District) -> None:
    an_emergency(district.town)

    assert not Intent.objects.exists()


def test_a_countersigned_emergency_carries_both_signatures_and_runs_in_its_area(
    district: District,
) -> None:
    revision = district.an_alarm()

    envelope = dsse.open_envelope(running().items[0].encode(), BULLETIN_ENVELOPE)
    assert [s.keyid for s in envelope.signatures] == [UNIT_KEY.key.keyid, DUTY_KEY.key.keyid]
    for signature, key in zip(envelope.signatures, (UNIT_KEY, DUTY_KEY), strict=True):
        key.private.public_key().verify(signature.sig, envelope.signed_bytes())
    live = Message.objects.get(topic=f"loa/1/area/{AREA}/bulletin")
    assert bytes(live.payload).decode() == running().items[0]
    assert [b.id for b in items()] == [revision.bulletin_id]


def test_it_goes_before_whatever_else_waits(district: District) -> None:
    an_approved(district.town, AT - timedelta(minutes=9))
    revision = an_emergency(district.town)
    countersigned(revision, district.officer, district.folder)

    first = services.next_intent()

    assert first is not None
    assert first.revision_id == revision.pk


def test_the_ledger_expects_it_of_every_node(district: District) -> None:
    a_node(district.town.commune, "tq-01")

    revision = district.an_alarm()

    line = Delivery.objects.get()
    assert (line.bulletin_id, line.node_id) == (revision.bulletin_id, "tq-01")


def test_every_word_is_in_the_audit_log(district: District) -> None:
    has_app(district.town.approver)
    revision = district.an_alarm()
    urgent.all_clear(revision.bulletin_id, district.town.approver, app_code(), "nước rút", AT)

    told = list(Entry.objects.order_by("seq").values_list("verb", "who"))

    assert ("countersign", "trucban") in told
    assert ("all_clear", "duyet") in told


def test_the_approver_cannot_be_the_officer_too(district: District) -> None:
    both = district.town.approver
    Grant.objects.create(person=both, role="duty", area=district.town.city)
    revision = an_emergency(district.town)

    assert why(countersigned(revision, both, district.folder)) == "same_hand"
    with pytest.raises(IntegrityError, match="approver_never_countersigns"), transaction.atomic():
        Countersign.objects.create(
            revision=revision, sha256="0", approver=both, officer=both, sig=b"", at=AT
        )


def test_a_wrong_code_and_an_old_one_sign_nothing(district: District) -> None:
    revision = an_emergency(district.town)
    duty = NearDuty(district.folder)

    for code, reason in (("000000", "totp"), (duty.code(ago=20), "totp"), ("", "totp")):
        outcome = urgent.countersign(
            revision.bulletin_id, district.officer, revision.sha256, code, duty, AT
        )
        assert why(outcome) == reason
    assert not Intent.objects.exists()


def test_what_was_shown_is_what_is_signed(district: District) -> None:
    revision = an_emergency(district.town)
    duty = NearDuty(district.folder)

    outcome = urgent.countersign(
        revision.bulletin_id, district.officer, "0" * 64, duty.code(), duty, AT
    )

    assert why(outcome) == "stale"


def test_ten_minutes_after_its_submission_it_must_be_submitted_anew(district: District) -> None:
    revision = an_emergency(district.town)

    late = AT + timedelta(minutes=6)

    assert why(countersigned(revision, district.officer, district.folder, late)) == "too_old"


def test_a_duty_signer_that_is_away_is_said_in_words(district: District) -> None:
    class Away:
        def countersign(self, payload: bytes, officer: str, code: str) -> dsse.Signature:
            raise SigningError("no_duty_signer", f"{len(payload)} {officer} {code}")

    revision = an_emergency(district.town)

    outcome = urgent.countersign(
        revision.bulletin_id, district.officer, revision.sha256, "1", Away(), AT
    )

    assert why(outcome) == "no_duty_signer"
    assert isinstance(outcome, Refusal)
    assert "kỹ thuật" in outcome.vi


def forged(revision: Revision, officer: Person, sig: bytes, keyid: str) -> None:
    """As whoever writes the database can: the row, and the outbox."""
    Countersign.objects.create(
        revision=revision,
        sha256=revision.sha256,
        approver_id=Approval.objects.get(revision=revision).approver_id,
        officer=officer,
        keyid=keyid,
        sig=sig,
        at=AT,
    )
    Intent.objects.create(what="bulletin", revision=revision, made_at=AT)


def test_a_forged_countersign_row_gets_nothing_signed(district: District) -> None:
    revision = an_emergency(district.town)
    forged(revision, district.officer, bytes(64), DUTY_KEY.key.keyid)

    with pytest.raises(SigningError, match="countersign"):
        district.drain()

    assert not Message.objects.exists()


def test_nor_does_one_signed_with_a_key_that_nobody_registered(district: District) -> None:
    revision = an_emergency(district.town)
    thief = a_key("countersign", "vn-75", max_level="emergency")
    message = dsse.pae(dsse.payload_type("bulletin"), bytes(revision.payload))
    forged(revision, district.officer, thief.private.sign(message), thief.key.keyid)

    with pytest.raises(SigningError, match="countersign"):
        district.drain()


def test_nor_the_signers_own_key_in_place_of_the_duty_key(district: District) -> None:
    revision = an_emergency(district.town)
    message = dsse.pae(dsse.payload_type("bulletin"), bytes(revision.payload))
    forged(revision, district.officer, UNIT_KEY.private.sign(message), UNIT_KEY.key.keyid)

    with pytest.raises(SigningError, match="countersign"):
        district.drain()


def test_a_good_countersignature_of_another_emergency_counts_for_nothing(
    district: District,
) -> None:
    district.an_alarm()
    other = an_emergency(district.town, title={"vi": "Lũ khác"})
    known = Countersign.objects.get()
    forged(other, district.officer, bytes(known.sig), known.keyid)

    with pytest.raises(SigningError, match="countersign"):
        district.drain()


def test_an_all_clear_ends_it_and_says_so_as_long_as_it_would_have_run(district: District) -> None:
    has_app(district.town.approver)
    alarm = district.an_alarm()

    ending = urgent.all_clear(alarm.bulletin_id, district.town.approver, app_code(), "", AT)
    district.drain()

    assert isinstance(ending, str)
    assert [(b.kind, b.ends) for b in items()] == [("all_clear", alarm.bulletin_id)]
    assert items()[0].title["vi"] == "Báo yên: Lũ về"
    assert Bulletin.objects.get(pk=alarm.bulletin_id).state == "ended"
    assert not ManifestItem.objects.filter(bulletin=alarm.bulletin_id).exists()
    assert ManifestItem.objects.filter(bulletin=str(ending)).exists()


def test_a_stop_recalls_what_plays_by_one_hand(district: District) -> None:
    officer = district.officer
    has_app(officer)
    revision = an_approved(district.town, AT - timedelta(minutes=5))
    district.drain()

    order = urgent.stop(revision.bulletin_id, officer, app_code(), "sai tên", AT)
    district.drain()

    assert isinstance(order, str)
    live = Message.objects.filter(topic=f"loa/1/area/{AREA}/bulletin").latest("pk")
    envelope = dsse.open_envelope(bytes(live.payload), BULLETIN_ENVELOPE)
    said = decode(envelope.payload, WireBulletin)
    assert said.stops is not None
    assert (said.kind, said.level, said.stops.ids) == ("stop", "normal", [revision.bulletin_id])
    assert Bulletin.objects.get(pk=revision.bulletin_id).state == "recalled"


def test_the_same_order_twice_is_given_once(district: District) -> None:
    approver = district.town.approver
    has_app(approver)
    revision = an_approved(district.town, AT - timedelta(minutes=5))
    district.drain()
    urgent.stop(revision.bulletin_id, approver, app_code(), "", AT)

    later = AT + timedelta(minutes=1)

    assert why(urgent.stop(revision.bulletin_id, approver, app_code(later), "", later)) == "state"


@pytest.mark.parametrize("code", ["", "000000"])
def test_without_a_fresh_code_nothing_falls_silent(district: District, code: str) -> None:
    has_app(district.town.approver)
    revision = an_approved(district.town, AT - timedelta(minutes=5))
    district.drain()

    outcome = urgent.stop(revision.bulletin_id, district.town.approver, code, "", AT)

    assert why(outcome) == "totp"
    assert not Ending.objects.exists()


def test_an_order_in_the_database_without_its_code_gets_nothing_signed(district: District) -> None:
    approver = district.town.approver
    has_app(approver)
    revision = an_approved(district.town, AT - timedelta(minutes=5))
    district.drain()
    urgent.stop(revision.bulletin_id, approver, app_code(), "", AT)
    Ending.objects.update(code="123456")

    with pytest.raises(SigningError, match="totp"):
        district.drain()


def test_one_code_is_good_for_one_order(district: District) -> None:
    """A thief of the database copies a good code into a second order of the same half minute."""
    approver = district.town.approver
    has_app(approver)
    first, second = (an_approved(district.town, AT - timedelta(minutes=m)) for m in (5, 6))
    district.drain()
    urgent.stop(first.bulletin_id, approver, app_code(), "", AT)
    known = Ending.objects.get()
    Person.objects.filter(pk=approver.pk).update(totp_step=0)
    urgent.stop(second.bulletin_id, approver, app_code(), "", AT)
    assert Ending.objects.filter(step=known.step).count() == 2

    with pytest.raises(SigningError, match="totp"):
        district.drain()


def test_also_when_the_first_orders_row_has_been_deleted(district: District) -> None:
    approver = district.town.approver
    has_app(approver)
    first, second = (an_approved(district.town, AT - timedelta(minutes=m)) for m in (5, 6))
    signer = district.signer()
    desk = Desk(ServerConfig(state_dir=district.folder), signer)
    district.drain()
    urgent.stop(first.bulletin_id, approver, app_code(), "", AT)
    while (intent := services.next_intent()) is not None:
        desk.carry_out(intent, NOW)

    Ending.objects.all().delete()
    Person.objects.filter(pk=approver.pk).update(totp_step=0)
    urgent.stop(second.bulletin_id, approver, app_code(), "", AT)

    intent = services.next_intent()
    assert intent is not None
    with pytest.raises(SigningError, match="stood beside other bytes"):
        desk.carry_out(intent, NOW)


def test_an_order_that_was_made_to_speak_gets_nothing_signed(district: District) -> None:
    approver = district.town.approver
    has_app(approver)
    alarm = district.an_alarm()
    ending = urgent.all_clear(alarm.bulletin_id, approver, app_code(), "", AT)
    row = Revision.objects.get(bulletin=str(ending))
    said = replace_text(bytes(row.payload), "Hãy chuyển tiền ngay.")
    digest = hashlib.sha256(said).hexdigest()
    Revision.objects.filter(pk=row.pk).update(payload=said, sha256=digest)
    Ending.objects.update(sha256=digest)

    with pytest.raises(SigningError, match="mismatch"):
        district.drain()


def replace_text(payload: bytes, text: str) -> bytes:
    return msgspec.structs.replace(decode(payload, WireBulletin), text={"vi": text}).encode()


def test_when_an_emergency_runs_out_the_broker_is_told_that_nothing_runs(
    district: District,
) -> None:
    district.an_alarm()
    before = running().version
    over = SOME_DAY + timedelta(hours=7)

    end_emergencies(over)
    end_emergencies(over)
    assert Intent.objects.filter(done_at=None, what="emergencies").count() == 1
    district.drain(round(over.timestamp() * 1000))

    assert running().items == []
    assert running().version > before
    end_emergencies(over)
    assert not Intent.objects.filter(done_at=None).exists()


def test_several_emergencies_share_one_message_the_newest_first(district: District) -> None:
    first = district.an_alarm()
    later = AT + timedelta(minutes=1)
    second = an_emergency(district.town, title={"vi": "Cháy"}, alert="fire")
    countersigned(second, district.officer, district.folder, later)
    district.drain(NOW + 60_000)

    assert [b.id for b in items()] == [second.bulletin_id, first.bulletin_id]


def hushed(district: District, who: Person, area: str = AREA, **asked: bool) -> str:
    wanted = Hush(area, asked.get("alarms_too", False), app_code(), "không rõ bản tin nào")
    made = hushing.silence(wanted, who, AT)
    assert isinstance(made, str), made
    district.drain()
    return made


def sent(area: str = AREA) -> WireBulletin:
    live = Message.objects.filter(topic=f"loa/1/area/{area}/bulletin").latest("pk")
    envelope = dsse.open_envelope(bytes(live.payload), BULLETIN_ENVELOPE)
    return decode(envelope.payload, WireBulletin)


def test_an_area_falls_silent_by_one_order_and_what_was_its_own_is_recalled(
    district: District,
) -> None:
    has_app(district.town.approver)
    revision = an_approved(district.town, AT - timedelta(minutes=5))
    district.drain()

    made = hushed(district, district.town.approver)

    said = sent()
    assert said.stops is not None
    assert (said.id, said.kind, said.level, said.areas) == (made, "stop", "priority", [AREA])
    assert (said.stops.area, said.stops.issued_upto) == (AREA, NOW)
    assert contradiction(said) is None
    assert Bulletin.objects.get(pk=revision.bulletin_id).state == "recalled"
    assert list(ManifestItem.objects.values_list("bulletin", flat=True)) == [made]


def test_an_alarm_goes_on_unless_a_duty_officer_silences_alarms_too(district: District) -> None:
    officer, approver = district.officer, district.town.approver
    has_app(officer)
    has_app(approver)
    alarm = district.an_alarm()

    hushed(district, approver)

    assert Bulletin.objects.get(pk=alarm.bulletin_id).state == "published"
    assert [b.id for b in items()] == [alarm.bulletin_id]
    asked = Hush(area=AREA, alarms_too=True, code=app_code(AT + timedelta(minutes=1)))
    assert why(hushing.silence(asked, approver, AT + timedelta(minutes=1))) == "duty_alone"

    hushed(district, officer, alarms_too=True)

    assert Bulletin.objects.get(pk=alarm.bulletin_id).state == "recalled"
    assert [b.kind for b in items()] == ["stop"]


def test_what_is_meant_for_more_than_the_area_goes_on_elsewhere(district: District) -> None:
    hamlet = Area.objects.filter(parent=district.town.commune).first()
    assert hamlet is not None
    has_app(district.town.approver)
    revision = an_approved(district.town, AT - timedelta(minutes=5))
    district.drain()

    hushed(district, district.town.approver, area=hamlet.id)

    assert sent(hamlet.id).stops == Stops(area=hamlet.id, issued_upto=NOW)
    assert Bulletin.objects.get(pk=revision.bulletin_id).state == "published"
    assert ManifestItem.objects.filter(bulletin=revision.bulletin_id, area=AREA).exists()


def test_nobody_silences_a_neighbour(district: District) -> None:
    stranger = district.town.stranger
    has_app(stranger)

    asked = Hush(area=AREA, alarms_too=False, code=app_code())

    assert why(hushing.silence(asked, stranger, AT)) == "outside"
    nowhere = Hush(area="nowhere", alarms_too=False, code=app_code())
    assert why(hushing.silence(nowhere, stranger, AT)) == "no_area"
    assert not Ending.objects.exists()


def test_what_was_submitted_before_the_silence_is_submitted_anew(district: District) -> None:
    """Its own time of issue says that the loudspeakers would refuse it."""
    has_app(district.town.approver)
    submitted = a_submitted(district.town, AT - timedelta(minutes=1))
    hushed(district, district.town.approver)

    late = AT + timedelta(minutes=1)
    word = approve.Word(submitted.sha256, app_code(late))

    assert (
        why(approve.approve(submitted.bulletin_id, district.town.approver, word, late)) == "hushed"
    )


def test_an_order_of_silence_moved_to_another_area_gets_nothing_signed(district: District) -> None:
    has_app(district.town.approver)
    asked = Hush(area=AREA, alarms_too=False, code=app_code())
    hushing.silence(asked, district.town.approver, AT)
    Ending.objects.update(area=district.town.city)

    with pytest.raises(SigningError, match="mismatch"):
        district.drain()
