"""The keys that the nodes believe: what stands in root and register, and what the pages of the day
have to say of them: a demo's, missing, or running out. Read here, never written: they are made and
signed where no network is (`loa-server keys ceremony`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from loa_server.areas.models import Area
from loa_server.ceremony import roots, trustfolder
from loa_server.ceremony.refusal import CeremonyError
from loa_server.ceremony.trustfolder import Held
from loa_server.ceremony.words import LEVEL, MAY, grouped
from loa_server.config import ServerConfig, from_environment
from loa_wire.limits import DAY_MS
from loa_wire.localtime import to_local
from loa_wire.trusted import RegisterKey, Role, Root

REMIND_MS: Final = 30 * DAY_MS


@dataclass(frozen=True, slots=True)
class Notice:
    text: str
    bad: bool = True


@dataclass(frozen=True, slots=True)
class Circle:
    """People of whom so many must sign together."""

    holders: tuple[str, ...]
    needed: int

    @property
    def of(self) -> int:
        return len(self.holders)


@dataclass(frozen=True, slots=True)
class Key:
    """As the register names it. `state`: "" good, `soon` near its end, `over`, `waits` to begin."""

    id: str
    holder: str
    may: tuple[str, ...]
    level: str
    places: tuple[str, ...]
    until: int  # ms
    state: str


@dataclass(frozen=True, slots=True)
class Book:
    held: Held
    rooted: Circle | None
    signing: Circle | None  # who signs the register
    keys: tuple[Key, ...]


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
        said = _(
            "Chưa có khóa gốc nên điểm phát chưa nghe ai; trên máy chủ phải chạy"
            " “loa-server keys ceremony”."
        )
        return [Notice(said)]
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


def book(now: datetime) -> Book | None:
    """None: what lies in the trust folder is not to be believed."""
    config = from_environment()
    held = _held(config)
    if held is None:
        return None
    return shown(held, config.unit.id, round(now.timestamp() * 1000))


def shown(held: Held, unit: str, now: int) -> Book:
    root, register = held.root, held.register
    if root is None:
        return Book(held, None, None, ())
    named = register.keys if register is not None else []
    areas = {area for key in named for area in key.scope}
    names = dict(Area.objects.filter(id__in=areas).values_list("id", "name")) if areas else {}
    signing = root.authorities.get(unit)
    return Book(
        held,
        _circle(root, root.root),
        _circle(root, signing) if signing is not None else None,
        tuple(_key(key, names, now) for key in named),
    )


def _circle(root: Root, role: Role) -> Circle:
    """A key without a name in the root is shown by its number."""
    found = [root.keys[k].holder if k in root.keys else grouped(k[:16]) for k in role.keyids]
    return Circle(tuple(found), role.threshold)


def _key(key: RegisterKey, names: dict[str, str], now: int) -> Key:
    which = 1 if get_language() == "en" else 0
    state = "soon" if key.exp - now < REMIND_MS else ""
    return Key(
        grouped(key.keyid[:16]),
        key.holder,
        tuple(MAY[may][which] for may in key.may),
        LEVEL[key.max_level][which],
        tuple(names.get(area, area) for area in key.scope),
        key.exp,
        "over" if key.exp <= now else "waits" if key.nbf > now else state,
    )


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
