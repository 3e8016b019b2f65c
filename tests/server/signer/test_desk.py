"""The signer against the real tables: what is approved is signed, what is forged is not."""

from __future__ import annotations

import base64
import hashlib
import json
import resource
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from securesystemslib.dsse import Envelope as OtherEnvelope
from securesystemslib.signer import SSlibKey  # type: ignore[attr-defined]

from fakes.desk import a_submitted, a_town, an_approved
from fakes.people import SECRET, SOME_DAY, a_node, a_person
from loa_server.areas import secondfactor
from loa_server.areas.models import Area, Grant, Person
from loa_server.bulletins.models import Approval, Bulletin, Revision
from loa_server.signer import keystore, rules
from loa_server.signer.desk import Desk
from loa_server.signer.evidence import evidence_of
from loa_server.signer.keystore import HeldKey
from loa_server.signer.spent import Spent
from loa_wire import dsse
from loa_wire.down import Ack, Manifest
from loa_wire.fields import Document
from loa_wire.limits import BULLETIN_ENVELOPE, DAY_MS
from loa_wire.place import Assignment, PlacedArea, Settings
from loa_wire.trusted import May, RegisterKey

pytestmark = pytest.mark.usefixtures("database")
NOW = int(SOME_DAY.timestamp()) + 600
NOW_MS = NOW * 1000


def a_key(may: May, scope: str) -> HeldKey:
    return keystore.make(
        RegisterKey(
            keyid="0" * 32,
            public="0" * 64,
            holder=may,
            may=[may],
            scope=[scope],
            nbf=NOW_MS - DAY_MS,
            exp=NOW_MS + DAY_MS,
            max_level="priority",
        )
    )


KEYS = [
    a_key("bulletin", "vn-25351"),
    a_key("ops", "vn-75"),
    a_key("place", "vn-75"),
    a_key("settings", "vn-75"),
]


def request_for(revision: Revision) -> bytes:
    return json.dumps({"sign": "bulletin", "revision": revision.pk}).encode()


def ask(**request: Any) -> dict[str, Any]:
    line = Desk(KEYS, clock=lambda: NOW).answer(json.dumps(request).encode())
    answer: dict[str, Any] = json.loads(line)
    return answer


def ask_for(document: Document) -> dict[str, Any]:
    typ = document.__struct_config__.tag
    return ask(sign=typ, payload=base64.b64encode(document.encode()).decode())


def test_an_approved_bulletin_comes_back_signed_by_its_communes_key() -> None:
    revision = an_approved(a_town())

    answer = ask(sign="bulletin", revision=revision.pk)

    envelope = dsse.open_envelope(base64.b64decode(answer["envelope"]), BULLETIN_ENVELOPE)
    assert envelope.payload == bytes(Revision.objects.get(pk=revision.pk).payload)
    assert [s.keyid for s in envelope.signatures] == [KEYS[0].key.keyid]


def test_another_dsse_library_verifies_it() -> None:
    answer = ask(sign="bulletin", revision=an_approved(a_town()).pk)

    envelope = OtherEnvelope.from_dict(json.loads(base64.b64decode(answer["envelope"])))
    key = KEYS[0].key
    public = SSlibKey(key.keyid, "ed25519", "ed25519", {"public": key.public})
    assert set(envelope.verify([public], threshold=1)) == {key.keyid}


def forge_no_approval(_: Revision) -> str:
    Approval.objects.all().delete()
    return "not_approved"


def forge_payload(revision: Revision) -> str:
    payload = bytes(revision.payload).replace("Bảy".encode(), "Tám".encode())
    Revision.objects.update(payload=payload)
    return "hash"


def forge_payload_and_its_hash(revision: Revision) -> str:
    payload = bytes(revision.payload).replace("Bảy".encode(), "Tám".encode())
    Revision.objects.update(payload=payload, sha256=hashlib.sha256(payload).hexdigest())
    return "hash"


def forge_the_author(revision: Revision) -> str:
    """The constraint looks at one row; whoever writes rows can name another author in it."""
    writer = revision.author_id
    stranger = Person.objects.get(username="la")
    Approval.objects.update(author=stranger, approver_id=writer)
    return "author"


def forge_by_an_unentitled_approver(_: Revision) -> str:
    Approval.objects.update(approver=Person.objects.get(username="la"))
    return "approver"


def forge_after_the_role_was_taken(_: Revision) -> str:
    Grant.objects.filter(role="approver").delete()
    return "approver"


def forge_with_a_closed_account(_: Revision) -> str:
    Person.objects.filter(username="duyet").update(is_active=False)
    return "approver"


def forge_a_raised_level(_: Revision) -> str:
    Bulletin.objects.update(level="priority")
    return "mismatch"


def forge_another_area(revision: Revision) -> str:
    revision.bulletin.areas.add(Area.objects.get(pk="vn-25345"))
    return "mismatch"


def forge_a_recalled_one(_: Revision) -> str:
    Bulletin.objects.update(state="recalled")
    return "recalled"


def forge_without_a_code(_: Revision) -> str:
    Approval.objects.update(code="", step=0)
    return "totp"


def forge_with_a_made_up_code(_: Revision) -> str:
    Approval.objects.update(code="000000")
    return "totp"


def forge_with_the_code_of_another_moment(_: Revision) -> str:
    Approval.objects.update(at=SOME_DAY + timedelta(minutes=5))
    return "totp"


def forge_with_another_persons_secret(_: Revision) -> str:
    """The thief's own app, put into the approver's row: sealed for the thief, it does not open."""
    thief = a_person("trom")
    secondfactor.give(thief, SECRET, SOME_DAY)
    Person.objects.filter(username="duyet").update(totp_secret=thief.totp_secret)
    return "totp"


def forge_a_factor_taken_away(_: Revision) -> str:
    Person.objects.filter(username="duyet").update(totp_secret="")
    return "totp"


@pytest.mark.parametrize(
    "forge",
    [
        forge_without_a_code,
        forge_with_a_made_up_code,
        forge_with_the_code_of_another_moment,
        forge_with_another_persons_secret,
        forge_a_factor_taken_away,
        forge_no_approval,
        forge_payload,
        forge_payload_and_its_hash,
        forge_the_author,
        forge_by_an_unentitled_approver,
        forge_after_the_role_was_taken,
        forge_with_a_closed_account,
        forge_a_raised_level,
        forge_another_area,
        forge_a_recalled_one,
    ],
)
def test_a_forged_database_row_gets_nothing_signed(forge: Any) -> None:
    revision = an_approved(a_town())
    reason = forge(Revision.objects.select_related("bulletin").get(pk=revision.pk))

    answer = ask(sign="bulletin", revision=revision.pk)

    assert (answer["ok"], answer["code"]) == (False, reason)
    assert "envelope" not in answer


@pytest.mark.parametrize("forge", [forge_without_a_code, forge_with_a_made_up_code])
def test_and_the_code_alone_stands_in_its_way(forge: Any) -> None:
    """Without that one check the forged row would be signed: everything else about it holds."""
    revision = an_approved(a_town())
    forge(revision)

    forged = evidence_of(revision.pk, datetime.fromtimestamp(NOW, UTC))

    assert forged is not None
    others = [check for check in rules.CHECKS if check is not rules.own_code]
    assert not [check for check in others if check(forged) is not None]


def test_a_code_that_was_signed_on_serves_no_other_bytes(tmp_path: Path) -> None:
    town = a_town()
    spent = Spent(tmp_path / "spent")
    desk = Desk(KEYS, clock=lambda: NOW, spent=spent)
    honest = an_approved(town)
    assert json.loads(desk.answer(request_for(honest)))["ok"] is True
    forged = a_submitted(town)
    Approval.objects.update(revision=forged, sha256=forged.sha256)  # its row is gone by this
    Bulletin.objects.filter(pk=forged.bulletin_id).update(state="approved")

    after_a_restart = Desk(KEYS, clock=lambda: NOW, spent=Spent(tmp_path / "spent"))
    answers = [json.loads(d.answer(request_for(forged))) for d in (desk, after_a_restart)]

    assert [(a["ok"], a.get("code")) for a in answers] == [(False, "totp")] * 2
    forgetful = Desk(KEYS, clock=lambda: NOW)  # it is this memory that stops it
    assert json.loads(forgetful.answer(request_for(forged)))["ok"] is True


def test_what_was_signed_once_is_signed_again(tmp_path: Path) -> None:
    """The engine may die between the signature and its own commit."""
    revision = an_approved(a_town())
    for _ in range(2):
        desk = Desk(KEYS, clock=lambda: NOW, spent=Spent(tmp_path / "spent"))
        assert json.loads(desk.answer(request_for(revision)))["ok"] is True


def test_a_line_torn_by_a_power_cut_is_no_memory(tmp_path: Path) -> None:
    file = tmp_path / "spent"
    file.write_text(f"\n7 100 {'a' * 64}\n7 101 {'b' * 20}")

    spent = Spent(file)
    spent.keep(7, 102, "c" * 64)

    again = Spent(file)
    assert again.elsewhere(7, 100, "d" * 64)
    assert not again.elsewhere(7, 101, "d" * 64)
    assert again.elsewhere(7, 102, "d" * 64)


@pytest.mark.parametrize(
    "line",
    [
        f"x 1 {'e' * 64}",
        f"1 -1 {'e' * 64}",
        f"{'9' * 5000} 1 {'e' * 64}",
        f"1 \u0661 {'e' * 64}",
        f"1 2 {'z' * 64}",
        "\x00" * 64,
        "\ufffd 1 2",
    ],
)
def test_what_a_bad_card_made_of_the_memory_ends_no_signer(tmp_path: Path, line: str) -> None:
    file = tmp_path / "spent"
    file.write_text(f"\n7 100 {'a' * 64}\n{line}\n7 102 {'c' * 64}", encoding="utf-8")

    spent = Spent(file)

    assert spent.elsewhere(7, 100, "d" * 64)
    assert spent.elsewhere(7, 102, "d" * 64)


def test_a_code_that_found_room_for_half_its_line_is_not_signed_on(tmp_path: Path) -> None:
    file = tmp_path / "spent"
    spent = Spent(file)
    spent.keep(7, 100, "a" * 64)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (file.stat().st_size + 20, before[1]))
    try:
        with pytest.raises(OSError, match="no room"):
            spent.keep(7, 101, "b" * 64)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    spent.keep(7, 102, "c" * 64)

    again = Spent(file)

    assert again.elsewhere(7, 100, "d" * 64)
    assert not again.elsewhere(7, 101, "d" * 64)
    assert again.elsewhere(7, 102, "d" * 64)


def test_what_was_only_submitted_is_not_signed() -> None:
    revision = a_submitted(a_town())

    assert ask(sign="bulletin", revision=revision.pk)["code"] == "not_approved"


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"sign": "bulletin", "revision": 999}, "revision"),
        ({"sign": "bulletin"}, "request"),
        ({"sign": "bulletin", "revision": "x"}, "request"),
        ({"sign": "bulletin", "payload": "e30="}, "request"),
        ({"sign": "root", "payload": "e30="}, "type"),
        ({"sign": "authority", "payload": "e30="}, "type"),
        ({"sign": ["manifest"]}, "request"),
        ({"sign": "manifest", "payload": "e30="}, "type"),
        ({"sign": "manifest", "payload": "not base64!"}, "base64"),
        ({"sign": "manifest", "payload": 7}, "request"),
        ({}, "request"),
    ],
)
def test_a_senseless_request_is_answered_in_words(request_: dict[str, Any], code: str) -> None:
    answer = ask(**request_)

    assert (answer["ok"], answer["code"]) == (False, code)


@pytest.mark.parametrize("line", [b"", b"nonsense", b"[1]", b"\xff\xfe", b"[" * 100_000, b"null"])
def test_a_line_that_is_no_request_is_answered_too(line: bytes) -> None:
    answer = json.loads(Desk(KEYS).answer(line))

    assert (answer["ok"], answer["code"]) == (False, "request")


def a_manifest(area: str) -> Manifest:
    return Manifest(area=area, version=1, iat=NOW_MS)


def test_a_manifest_is_signed_for_an_area_that_exists() -> None:
    a_town()

    assert ask_for(a_manifest("vn-25351-01"))["ok"] is True
    assert ask_for(a_manifest("vn-99"))["code"] == "unknown"


def an_assignment(node: str, area: str) -> Assignment:
    return Assignment(
        node=node, version=1, iat=NOW_MS, unit="don-vi", areas=[PlacedArea(id=area, above=[])]
    )


def test_an_assignment_says_where_the_node_really_stands() -> None:
    town = a_town()
    node = a_node(town.commune, "node-1")

    assert ask_for(an_assignment(node.id, "vn-25351"))["ok"] is True
    assert ask_for(an_assignment(node.id, "vn-25345"))["code"] == "place"


def test_a_revoked_node_gets_no_documents() -> None:
    town = a_town()
    node = a_node(town.commune, "node-1")
    settings = Settings(node=node.id, version=1, iat=NOW_MS)
    ack = Ack(node=node.id, epoch="e", upto=1, iat=NOW_MS)
    assert (ask_for(settings)["ok"], ask_for(ack)["ok"]) == (True, True)

    node.status = "revoked"
    node.save()

    assert ask_for(settings)["code"] == ask_for(ack)["code"] == "unknown"


def test_a_document_of_one_type_is_not_signed_as_another() -> None:
    a_town()
    payload = base64.b64encode(a_manifest("vn-25351").encode()).decode()

    assert ask(sign="settings", payload=payload)["code"] == "type"


def test_an_approval_that_outlived_its_bulletin_signs_nothing() -> None:
    revision = an_approved(a_town(), SOME_DAY - timedelta(days=3))

    assert ask(sign="bulletin", revision=revision.pk)["code"] == "expired"
