"""Keys, root and register of an installation, made where they are missing, renewed when due.

Everything lies on this one machine, which makes it a demo's set: the two signatures of an
emergency then come from two folders of one disk, and root and register keys belong elsewhere
(`offline/`). With `duty.elsewhere` the duty key is not ours to make: it stays as registered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from loa_server.areas.models import Area
from loa_server.areas.reach import areas_within
from loa_server.config import ServerConfig
from loa_server.dispatch.models import Retained
from loa_server.dispatch.node_documents import hard_limits
from loa_server.dispatch.public import trust_files, version_of
from loa_server.dispatch.publish import pointer_post
from loa_server.dispatch.services import post_all
from loa_server.files import place
from loa_server.signer import documents, keystore
from loa_server.signer.keystore import HeldKey
from loa_wire import topics
from loa_wire.fields import Level
from loa_wire.limits import DAY_MS
from loa_wire.trusted import May, RegisterKey

COMMUNES = ("commune", "ward")
KEY_LIFE_MS = 2 * 365 * DAY_MS
RENEW_KEY_MS = 60 * DAY_MS
_BLANK = "0" * 32


@dataclass(frozen=True, slots=True)
class Wanted:
    """One key the register should have."""

    holder: str
    may: May
    scope: str
    max_level: Level = "normal"

    def met_by(self, key: RegisterKey, now: int) -> bool:
        same = key.may == [self.may] and key.scope == [self.scope]
        return same and key.max_level == self.max_level and key.exp - now > RENEW_KEY_MS

    def blank(self, now: int) -> RegisterKey:
        return RegisterKey(
            keyid=_BLANK,
            public=_BLANK * 2,
            holder=self.holder,
            may=[self.may],
            scope=[self.scope],
            nbf=now - DAY_MS,
            exp=now + KEY_LIFE_MS,
            max_level=self.max_level,
        )


def ensure_trust(config: ServerConfig, now: int) -> int:
    """Returns how many keys the register names. Needs the area tree."""
    keys = [held.key for held in _ensure_keys(config.keys_dir, wanted(config), now)]
    keys += _duty_keys(config, now)
    root = _ensure_root(config, now)
    register, version = _ensure_register(config, keys, now)
    _publish(config, root, register, version, now)
    return len(keys)


def wanted(config: ServerConfig) -> list[Wanted]:
    top = top_area(config)
    unit = config.unit.name
    communes = areas_within([top.path]).filter(kind__in=COMMUNES).order_by("path")
    return [
        *(Wanted(area.name, "bulletin", area.id, "priority") for area in communes),
        Wanted(unit, "bulletin", top.id, "emergency"),
        Wanted(f"{unit}: nơi đặt", "place", top.id),
        Wanted(f"{unit}: cài đặt", "settings", top.id),
        Wanted(f"{unit}: vận hành", "ops", top.id),
    ]


def _duty_keys(config: ServerConfig, now: int) -> list[RegisterKey]:
    """In a folder of their own; where the duty signer is elsewhere, as the register has them."""
    if config.duty.elsewhere:
        held = _register_held(config)
        known = documents.open_register(held[0]).keys if held else []
        return [key for key in known if key.may == ["countersign"] and key.exp > now]
    _move_out(config.keys_dir, config.duty_dir)
    wish = Wanted(f"{config.unit.name}: trực ban", "countersign", top_area(config).id, "emergency")
    return [held.key for held in _ensure_keys(config.duty_dir, [wish], now)]


def _move_out(signers: Path, duty: Path) -> None:
    """An installation of before kept the duty key among the signer's."""
    for held in keystore.load(signers):
        if "countersign" in held.key.may:
            keystore.save(duty, held)
            (signers / f"{held.key.keyid}.json").unlink()


def top_area(config: ServerConfig) -> Area:
    """The topmost area that the unit answers for."""
    if config.unit.area:
        return Area.objects.get(pk=config.unit.area)
    return Area.objects.filter(parent=None).order_by("path")[0]


def root_document(config: ServerConfig) -> bytes:
    return _root_path(config).read_bytes()


def _ensure_keys(folder: Path, wishes: Sequence[Wanted], now: int) -> list[HeldKey]:
    """A key near its end gets a successor beside it: what it signed must stay verifiable."""
    held = keystore.load(folder)
    for wish in wishes:
        if not any(wish.met_by(key.key, now) for key in held):
            made = keystore.make(wish.blank(now))
            keystore.save(folder, made)
            held.append(made)
    return [key for key in held if key.key.exp > now]


def _ensure_root(config: ServerConfig, now: int) -> bytes:
    path = _root_path(config)
    if not path.exists():
        offline = config.keys_dir / "offline"
        holders = [
            keystore.offline(offline / f"root-{n}.json", f"người giữ khóa gốc {n}")
            for n in (1, 2, 3)
        ]
        authority = keystore.offline(offline / "authority.json", config.unit.name)
        made = documents.make_root(config.unit.id, config.unit.id, holders, authority, now)
        path.parent.mkdir(parents=True, exist_ok=True)
        place(path, made)
    return path.read_bytes()


def _ensure_register(
    config: ServerConfig, keys: Sequence[RegisterKey], now: int
) -> tuple[bytes, int]:
    folder, limits, version = config.trust_dir, hard_limits(config.limits), 0
    if (held := _register_held(config)) is not None:
        document, version = held
        if documents.still_good(documents.open_register(document), keys, limits, now):
            return document, version
    signer = keystore.offline(config.keys_dir / "offline" / "authority.json", config.unit.name)
    made = documents.make_register(config.unit.id, version + 1, keys, limits, signer, now)
    place(folder / f"register-{version + 1}.json", made)
    return made, version + 1


def _register_held(config: ServerConfig) -> tuple[bytes, int] | None:
    """The newest as signed, and its version."""
    files = sorted(config.trust_dir.glob("register-*.json"), key=version_of)
    return (files[-1].read_bytes(), version_of(files[-1])) if files else None


def _publish(config: ServerConfig, root: bytes, register: bytes, version: int, now: int) -> None:
    """The documents for HTTPS first, then what says that they exist."""
    for file in trust_files(config):
        target = config.public_dir / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if file.body is not None and not target.exists():
            place(target, file.body)
    posts = [
        pointer_post(topics.root(), 1, root),
        pointer_post(topics.unit_authority(config.unit.id), version, register),
    ]
    with transaction.atomic():
        post_all([post for post in posts if not _stands(post.topic, post.payload)], now)


def _stands(topic: str, payload: bytes) -> bool:
    return Retained.objects.filter(topic=topic, payload=payload).exists()


def _root_path(config: ServerConfig) -> Path:
    return config.trust_dir / "root-1.json"
