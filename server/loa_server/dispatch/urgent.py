"""The duty officer's word on an emergency, and one person's order to end what runs.

Both fill the outbox in the transaction of the decision, as an approval does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from loa_server.areas.models import Area, Person
from loa_server.areas.reach import standing_of
from loa_server.areas.secondfactor import Proved, prove
from loa_server.bulletins import endings, payload, ulid
from loa_server.bulletins.approval import AllClear, Countersign, Stop, decide, wrong_state
from loa_server.bulletins.models import Bulletin, Ending, Revision, State
from loa_server.bulletins.models import Countersign as CountersignRow
from loa_server.bulletins.refusal import Refusal
from loa_server.bulletins.services import GONE, STALE, facts_of, find, note
from loa_server.dispatch.approve import TOO_OLD, too_old
from loa_server.dispatch.hint import hint
from loa_server.dispatch.hushed import went_out
from loa_server.dispatch.models import Intent
from loa_server.dispatch.signing import DutySigner, SigningError
from loa_wire.bulletin import Bulletin as WireBulletin
from loa_wire.dsse import Signature
from loa_wire.parse import decode

DUTY_WORDS = {
    "totp": (
        "Mã trực ban không đúng. Hãy gõ mã 6 số đang hiện trong ứng dụng ở mục “trực ban”.",
        "The duty code is not right. Type the six digits that the app shows under “trực ban”.",
    ),
    "totp_used": (
        "Mã trực ban này đã dùng rồi; hãy đợi mã kế tiếp, chậm nhất 30 giây.",
        "This duty code has been used; wait for the next, 30 seconds at most.",
    ),
    "officer": (
        "Bạn chưa có tên trong danh sách trực ban trên máy giữ khóa trực ban.",
        "You are not among the officers on the machine that keeps the duty key.",
    ),
    "rate": (
        "Thử mã quá nhiều lần; hãy đợi một phút rồi gõ lại.",
        "Too many codes were tried; wait a minute.",
    ),
    "no_duty_signer": (
        "Máy giữ khóa trực ban không trả lời, nên chưa ký được. Hãy báo kỹ thuật ngay.",
        "The machine with the duty key does not answer; nothing was signed. Call the technician.",
    ),
    "too_old": (TOO_OLD.vi, TOO_OLD.en),
}


def countersign(
    bulletin_id: str,
    person: Person,
    shown_sha256: str,
    code: str,
    duty: DutySigner,
    now: datetime,
) -> CountersignRow | Refusal:
    """`code` is for the duty signer alone: this server cannot tell a good one from a bad one."""
    asked = _to_countersign(bulletin_id, person, shown_sha256, now)
    if isinstance(asked, Refusal):
        return asked
    try:
        signature = duty.countersign(bytes(asked.payload), person.username, code)
    except SigningError as e:
        return _in_words(e)
    with transaction.atomic():
        # all of it again: a minute of typing lies between the two
        still = _to_countersign(bulletin_id, person, shown_sha256, now)
        if isinstance(still, Refusal):
            return still
        done = _store(still, person, signature, now)
    hint()
    return done


def _to_countersign(
    bulletin_id: str, person: Person, shown_sha256: str, now: datetime
) -> Revision | Refusal:
    bulletin = find(bulletin_id)
    if bulletin is None:
        return GONE
    state = decide(facts_of(bulletin), standing_of(person, now), Countersign())
    if isinstance(state, Refusal):
        return state
    revision = Revision.objects.select_related("approval").get(bulletin=bulletin, rev=bulletin.rev)
    if revision.sha256 != shown_sha256:
        return STALE
    return TOO_OLD if too_old(decode(bytes(revision.payload), WireBulletin), now) else revision


def _store(
    revision: Revision, person: Person, signature: Signature, now: datetime
) -> CountersignRow:
    note(revision.bulletin_id, person, "countersign", now, sha256=revision.sha256)
    Intent.objects.create(what="bulletin", revision=revision, made_at=now)
    return CountersignRow.objects.create(
        revision=revision,
        sha256=revision.sha256,
        approver_id=revision.approval.approver_id,
        officer=person,
        keyid=signature.keyid,
        sig=signature.sig,
        at=now,
    )


def _in_words(e: SigningError) -> Refusal:
    vi, en = DUTY_WORDS.get(
        e.code,
        (
            f"Máy giữ khóa trực ban từ chối ký ({e.code}).",
            f"The duty signer refused to sign ({e.code}).",
        ),
    )
    return Refusal(e.code, vi, en)


def stop(bulletin_id: str, person: Person, code: str, why: str, now: datetime) -> str | Refusal:
    """Silence, wherever it plays or would. Returns the id of the order."""
    return _end("stop", bulletin_id, person, code, why, now)


def all_clear(
    bulletin_id: str, person: Person, code: str, why: str, now: datetime
) -> str | Refusal:
    """The end of an emergency, and the word that it is over. Returns the id of the order."""
    return _end("all_clear", bulletin_id, person, code, why, now)


def _end(
    kind: str, bulletin_id: str, person: Person, code: str, why: str, now: datetime
) -> str | Refusal:
    with transaction.atomic():
        done = _ended(kind, bulletin_id, person, code, why, now)
    if isinstance(done, str):
        hint()
    return done


def _ended(
    kind: str, bulletin_id: str, person: Person, code: str, why: str, now: datetime
) -> str | Refusal:
    target = find(bulletin_id)
    if target is None:
        return GONE
    action = Stop() if kind == "stop" else AllClear()
    state = decide(facts_of(target), standing_of(person, now), action)
    if isinstance(state, Refusal):
        return state
    if target.endings.filter(revision__bulletin__kind=kind).exists():
        return wrong_state("ending")
    made = endings.compose(kind, published(target), new_id(now), round(now.timestamp() * 1000))
    if isinstance(made, Refusal):
        return made
    proved = prove(person, code, now)
    if isinstance(proved, Refusal):
        return proved
    order(target.home, made, Given(person, proved, why, now), target=target)
    note(target.pk, person, made.kind, now, why=why.strip(), sha256=payload.sha256(made.encode()))
    return made.id


def published(target: Bulletin) -> list[WireBulletin]:
    """Every revision that went out, oldest first: nodes may hold any of them."""
    out = went_out(target)
    return [
        decode(bytes(payload), WireBulletin) for payload in out.values_list("payload", flat=True)
    ]


@dataclass(frozen=True, slots=True)
class Given:
    """Who orders, by which code, and why."""

    person: Person
    proved: Proved
    why: str
    now: datetime


def order(home: Area, made: WireBulletin, given: Given, **what: Bulletin | Area) -> None:
    """The ending's own rows and its place in the outbox. `what`: target or area."""
    frozen = made.encode()
    bulletin = Bulletin.objects.create(
        id=made.id,
        home=home,
        author=given.person,
        state=State.APPROVED,
        rev=1,
        kind=made.kind,
        level=made.level,
        genre=made.genre,
        title=made.title,
        text=made.text,
        created_at=given.now,
        changed_at=given.now,
    )
    bulletin.areas.set(Area.objects.filter(pk__in=made.areas))
    revision = Revision.objects.create(
        bulletin=bulletin,
        rev=1,
        payload=frozen,
        sha256=payload.sha256(frozen),
        author=given.person,
        submitted_at=given.now,
    )
    Ending.objects.create(
        revision=revision,
        sha256=revision.sha256,
        person=given.person,
        code=given.proved.code,
        step=given.proved.step,
        why=given.why.strip(),
        at=given.now,
        **what,
    )
    Intent.objects.create(what="bulletin", revision=revision, made_at=given.now)


def new_id(now: datetime) -> str:
    return ulid.new(round(now.timestamp() * 1000))
