"""The signer's keys, and in a demo also root and register; what stands is published.

A demo's set lies on this one machine, `offline/` included, and says so: the holders in its root are
called DEMO. An installation's root and register come from a ceremony (`loa-server keys`): without
the authority's key here, nothing here ever tries to sign a register. With `duty.elsewhere` the
duty key is not ours to make either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from loa_server.areas.models import Area
from loa_server.areas.reach import areas_within
from loa_server.audit.book import record
from loa_server.ceremony import roots, trustfolder
from loa_server.ceremony.trustfolder import Held
from loa_server.config import ServerConfig
from loa_server.dispatch.node_documents import hard_limits
from loa_server.dispatch.publish import sha256
from loa_server.dispatch.services import moment
from loa_server.files import place
from loa_server.init import pointers
from loa_server.signer import documents, keystore
from loa_wire.fields import Level
from loa_wire.limits import DAY_MS
from loa_wire.trusted import HardLimits, May, RegisterKey

WHO = "loa-server init"
COMMUNES = ("commune", "ward")
KEY_LIFE_MS = 2 * 365 * DAY_MS
RENEW_KEY_MS = 60 * DAY_MS
EARLIER_MS = 7 * DAY_MS
"""A new key also signs what was submitted a week before it was made."""
HOLDER = 80  # the longest name of a holder
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
            nbf=now - EARLIER_MS,
            exp=now + KEY_LIFE_MS,
            max_level=self.max_level,
        )


@dataclass(frozen=True, slots=True)
class Trust:
    """What stands now, and what the registrar has yet to do about it."""

    held: Held
    unnamed: tuple[RegisterKey, ...]  # keys of this server that the register does not name
    limits: HardLimits  # as server.toml has them
    offline: Path | None = None  # a demo's root and authority keys, if they lie here

    @property
    def demo(self) -> bool:
        return self.held.root is not None and roots.is_demo(self.held.root)


def ensure_trust(config: ServerConfig, now: int, *, demo: bool) -> Trust:
    """Needs the area tree. Raises CeremonyError where trust/ holds what nobody would believe."""
    keys = ensure_keys(config, now)
    if demo:
        _ensure_root(config, now)
    held = standing(config)
    authority = _authority_here(config, held)
    if authority is not None:
        _ensure_register(config, _with_elsewhere(config, keys, held, now), held, authority, now)
        held = standing(config)
    pointers.publish(config, now)
    return _trust(config, keys, held)


def look(config: ServerConfig) -> Trust:
    """As it stands, changing nothing. Whoever may not read the keys' folders sees no keys."""
    folders = [config.keys_dir] if config.duty.elsewhere else [config.keys_dir, config.duty_dir]
    gone = revoked(config)
    try:
        keys = [one.key for folder in folders for one in keystore.load(folder)]
    except (keystore.KeystoreError, OSError):
        keys = []
    return _trust(config, [key for key in keys if key.keyid not in gone], standing(config))


def _trust(config: ServerConfig, keys: Sequence[RegisterKey], held: Held) -> Trust:
    offline = config.keys_dir / "offline"
    limits = hard_limits(config.limits)
    return Trust(held, tuple(not_named(keys, held)), limits, offline if _is(offline) else None)


def _is(folder: Path) -> bool:
    try:
        return folder.exists()
    except OSError:  # the signer's folder is nobody else's to look into
        return False


def standing(config: ServerConfig) -> Held:
    return trustfolder.held(config.trust_dir, config.unit.id)


def not_named(keys: Sequence[RegisterKey], held: Held) -> list[RegisterKey]:
    named = {key.keyid for key in held.register.keys} if held.register else set()
    return [key for key in keys if key.keyid not in named]


def ensure_keys(config: ServerConfig, now: int) -> list[RegisterKey]:
    """Those of the signer, and of the duty signer where it is here."""
    gone = revoked(config)
    keys = _ensure_keys(config.keys_dir, wanted(config), gone, now)
    if config.duty.elsewhere:
        return keys
    _move_out(config.keys_dir, config.duty_dir)
    wish = Wanted(f"{config.unit.name}: trực ban", "countersign", top_area(config).id, "emergency")
    return keys + _ensure_keys(config.duty_dir, [wish], gone, now)


def revoked(config: ServerConfig) -> frozenset[str]:
    """Once named and no longer: not to be asked for again. Nothing while there is no register."""
    register = standing(config).register
    if register is None:
        return frozenset()
    named = {key.keyid for key in register.keys}
    return frozenset(trustfolder.ever_named(config.trust_dir)) - named


def make_key(folder: Path, entry: RegisterKey, now: int) -> RegisterKey:
    """A new pair for this entry, in the folder and in the audit log."""
    made = keystore.make(entry)
    keystore.save(folder, made)
    detail = {"holder": made.key.holder}
    record("keys_made", who=WHO, subject=made.key.keyid, detail=detail, at=moment(now))
    return made.key


def renewed(old: RegisterKey, now: int) -> RegisterKey:
    """The same task for a new key."""
    return msgspec.structs.replace(old, nbf=now - EARLIER_MS, exp=now + KEY_LIFE_MS)


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
    """The newest, for a new node to begin with; b"" before the ceremony."""
    return standing(config).root_data


def _ensure_keys(
    folder: Path, wishes: Sequence[Wanted], gone: frozenset[str], now: int
) -> list[RegisterKey]:
    """A key near its end gets a successor beside it: what it signed must stay verifiable."""
    held = [one.key for one in keystore.load(folder) if one.key.keyid not in gone]
    for wish in wishes:
        if not any(wish.met_by(key, now) for key in held):
            held.append(make_key(folder, wish.blank(now), now))
    return [key for key in held if key.exp > now]


def _ensure_root(config: ServerConfig, now: int) -> None:
    """A demo's: three holders in one folder."""
    folder, offline = config.trust_dir, config.keys_dir / "offline"
    if trustfolder.files(folder, "root"):
        return
    holders = [
        keystore.offline(offline / f"root-{n}.json", f"{roots.DEMO}người giữ khóa gốc {n}")
        for n in (1, 2, 3)
    ]
    authority = keystore.offline(
        offline / "authority.json", f"{roots.DEMO}{config.unit.name}"[:HOLDER]
    )
    made = documents.make_root(config.unit.id, config.unit.id, holders, authority, now)
    folder.mkdir(parents=True, exist_ok=True)
    place(folder / "root-1.json", made)


def _authority_here(config: ServerConfig, held: Held) -> keystore.OfflineKey | None:
    """The key that signs registers, if it lies on this machine and the root still names it."""
    path = config.keys_dir / "offline" / "authority.json"
    role = held.root.authorities.get(config.unit.id) if held.root else None
    if role is None or not path.exists():
        return None
    key = keystore.offline(path, config.unit.name)
    return key if key.keyid in role.keyids and role.threshold == 1 else None


def _with_elsewhere(
    config: ServerConfig, keys: list[RegisterKey], held: Held, now: int
) -> list[RegisterKey]:
    """A duty key that another machine holds stays as the register has it."""
    if not config.duty.elsewhere or held.register is None:
        return keys
    known = held.register.keys
    return keys + [key for key in known if key.may == ["countersign"] and key.exp > now]


def _ensure_register(
    config: ServerConfig,
    keys: Sequence[RegisterKey],
    held: Held,
    authority: keystore.OfflineKey,
    now: int,
) -> None:
    limits, version = hard_limits(config.limits), 0
    if held.register is not None:
        version = held.register.version
        if documents.still_good(held.register, keys, limits, now):
            return
    made = documents.make_register(config.unit.id, version + 1, keys, limits, authority, now)
    place(config.trust_dir / f"register-{version + 1}.json", made)
    said: dict[str, str | int] = {"version": version + 1, "sha256": sha256(made)}
    record("register_made", who=WHO, subject=config.unit.id, detail=said, at=moment(now))
