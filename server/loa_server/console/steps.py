"""The five steps of writing a bulletin, and which of them still lack something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import Http404
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from loa_server.bulletins.approval import Facts, allowed
from loa_server.bulletins.models import Bulletin, Voice
from loa_server.bulletins.payload import text_sha256
from loa_server.console import drafts, languages
from loa_server.console.desk import Desk, bulletins_seen_by

NAMES: tuple[tuple[str, Promise], ...] = (
    ("content", _("Nội dung")),
    ("media", _("Giọng đọc, hình")),
    ("areas", _("Nơi nhận")),
    ("when", _("Lịch phát")),
    ("check", _("Kiểm tra, trình duyệt")),
)


@dataclass(frozen=True, slots=True)
class Step:
    number: int
    code: str
    name: str
    url: str
    here: bool
    lacking: bool


@dataclass(frozen=True, slots=True)
class Lack:
    """Why a bulletin cannot be submitted yet, and the step that mends it."""

    step: str
    sentence: str | Promise


def draft_of(desk: Desk, bulletin_id: str) -> Bulletin:
    """The bulletin, if this person may edit it now. Else as if it did not exist."""
    bulletin = bulletins_seen_by(desk).select_related("home", "author").filter(id=bulletin_id)
    found = bulletin.first()
    if found is None or not may_edit(desk, found):
        raise Http404
    return found


def may_edit(desk: Desk, bulletin: Bulletin) -> bool:
    """Only its own author, in a place of theirs, while it is a draft."""
    facts = Facts(bulletin.state, bulletin.author_id, bulletin.level, bulletin.home.path, paths=())
    return bulletin.state in drafts.EDITABLE and "edit" in allowed(facts, desk.standing)


def steps(bulletin: Bulletin | None, here: str, lacks: Sequence[Lack] | None = None) -> list[Step]:
    lacking = {lack.step for lack in lacks or []}
    return [
        Step(
            number,
            code,
            str(name),
            reverse(f"console:{code}", args=[bulletin.id]) if bulletin else "",
            code == here,
            code in lacking,
        )
        for number, (code, name) in enumerate(NAMES, start=1)
    ]


def outdated(bulletin: Bulletin, voice: Voice) -> bool:
    """A machine voice that read another text than the one that stands now."""
    read = voice.text_sha256
    return bool(read) and read != text_sha256(bulletin.text.get(voice.lang, ""))


def lacks(
    bulletin: Bulletin, voices: Sequence[Voice], areas: Sequence[object], now: datetime
) -> list[Lack]:
    """Everything that stands between this draft and its submission, in order of the steps."""
    found: list[Lack] = []
    if not any(bulletin.title.values()):
        found.append(Lack("content", _("Bản tin chưa có tiêu đề.")))
    if not bulletin.genre:
        found.append(Lack("content", _("Chưa chọn lĩnh vực.")))
    found += _voice_lacks(bulletin, voices)
    if not areas:
        found.append(Lack("areas", _("Chưa chọn nơi nhận.")))
    return found + _when_lacks(bulletin, now)


def _voice_lacks(bulletin: Bulletin, voices: Sequence[Voice]) -> list[Lack]:
    found = []
    if not voices and not any(bulletin.text.values()):
        found.append(Lack("media", _("Bản tin chưa có chữ và chưa có giọng đọc.")))
    elif not voices:
        found.append(Lack("media", _("Chưa có giọng đọc nào: loa sẽ im lặng.")))
    for voice in voices:
        name = languages.name(voice.lang)
        if outdated(bulletin, voice):
            said = _("Chữ %(language)s đã sửa sau khi tạo giọng máy. Hãy tạo lại và nghe lại.")
            found.append(Lack("media", said % {"language": name}))
        elif not bulletin.title.get(voice.lang):
            said = _("Có giọng đọc %(language)s nhưng chưa có tiêu đề tiếng đó.")
            found.append(Lack("content", said % {"language": name}))
    return found


def _when_lacks(bulletin: Bulletin, now: datetime) -> list[Lack]:
    if not bulletin.schedule:
        return [Lack("when", _("Chưa chọn lịch phát."))]
    if bulletin.expires_at is not None and bulletin.expires_at <= now:
        return [Lack("when", _("Lịch phát đã qua. Hãy chọn lại."))]
    return []
