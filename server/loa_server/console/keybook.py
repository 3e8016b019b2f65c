"""What the pages of the day have to say of the keys: a demo's, missing, or running out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from django.utils.translation import gettext as _

from loa_server.ceremony import roots, trustfolder
from loa_server.ceremony.refusal import CeremonyError
from loa_server.ceremony.trustfolder import Held
from loa_server.config import ServerConfig, from_environment
from loa_wire.limits import DAY_MS
from loa_wire.localtime import to_local

REMIND_MS: Final = 30 * DAY_MS


@dataclass(frozen=True, slots=True)
class Notice:
    text: str
    bad: bool = True


_read: dict[Path, tuple[int, Held | None]] = {}
"""By folder: its last change and what it held. Read anew when a document was installed."""


def notices(now: datetime) -> list[Notice]:
    config = from_environment()
    return said_of(_held(config), round(now.timestamp() * 1000))


def said_of(held: Held | None, now: int) -> list[Notice]:
    """None: what lies in the trust folder is not to be believed."""
    if held is None:
        return [Notice(_("Thư mục khóa gốc và sổ khóa bị hỏng: điểm phát sẽ không tin."))]
    if held.root is None:
        return [Notice(_("Chưa có khóa gốc: làm theo lệnh “loa-server keys ceremony”."))]
    found = []
    if roots.is_demo(held.root):
        said = _("Bộ khóa dùng thử: mọi khóa nằm trên một máy, không dùng cho loa thật.")
        found.append(Notice(said, bad=False))
    register = held.register
    if register is None:
        found.append(Notice(_("Chưa có sổ khóa: điểm phát chưa nghe ai.")))
    elif register.exp <= now:
        said = _("Sổ khóa đã hết hạn ngày %(day)s: tin ưu tiên và khẩn cấp bị từ chối.")
        found.append(Notice(said % {"day": _day(register.exp)}))
    elif register.exp - now < REMIND_MS:
        said = _("Sổ khóa hết hạn ngày %(day)s: phải ký sổ mới trước ngày ấy.")
        found.append(Notice(said % {"day": _day(register.exp)}))
    return found


def _day(ms: int) -> str:
    return to_local(ms).strftime("%d/%m/%Y")


def _held(config: ServerConfig) -> Held | None:
    folder = config.trust_dir
    changed = folder.stat().st_mtime_ns if folder.exists() else 0
    seen = _read.get(folder)
    if seen is None or seen[0] != changed:
        seen = _read[folder] = (changed, _now_in(folder, config.unit.id))
    return seen[1]


def _now_in(folder: Path, unit: str) -> Held | None:
    try:
        return trustfolder.held(folder, unit)
    except (CeremonyError, OSError):
        return None
