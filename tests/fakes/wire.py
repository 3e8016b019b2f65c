"""Makers of everything that travels, with keys made for this run only.

people = People()                          # a root, an authority, one key for each duty
people.sealed(a_bulletin(rev=2), "duty")   # the envelope's bytes, signed by whom you name
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from loa_wire import dsse
from loa_wire.bulletin import OPUS, Bulletin, Media, Schedule
from loa_wire.down import Ack, Beacon, Command, Emergencies, Known, Manifest, ManifestItem
from loa_wire.fields import Document, Level, Part
from loa_wire.place import Assignment, PlacedArea, Settings
from loa_wire.trusted import Authority, RegisterKey, Role, Root, RootKey

P = TypeVar("P", bound=Part)

NOW: Final = 1_790_000_000_000  # 2026-09-21 21:13 in Vietnam
HOUR: Final = 3_600_000
DAY: Final = 24 * HOUR
NODE: Final = "tq-01"
UNIT: Final = "hon-quan"
HAMLET, COMMUNE, PROVINCE = "ap-3", "tan-quan", "dong-nai"
AUDIO: Final = b"as if it were sound"
NONCE: Final = "1a" * 16


def ulid(n: int) -> str:
    return f"01J{n:023d}"


@dataclass(frozen=True, slots=True)
class Key:
    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def public(self) -> bytes:
        return self.private.public_key().public_bytes_raw()

    @property
    def keyid(self) -> str:
        return dsse.keyid(self.public)


def sealed_as(typ: str, payload: bytes, *keys: Key) -> bytes:
    kind = dsse.payload_type(typ)
    message = dsse.pae(kind, payload)
    return dsse.seal(
        kind, payload, [dsse.Signature(k.keyid, k.private.sign(message)) for k in keys]
    )


def sealed(document: Document, *keys: Key) -> bytes:
    return sealed_as(str(document.__struct_config__.tag), document.encode(), *keys)


def changed(document: P, **changes: Any) -> P:
    return msgspec.structs.replace(document, **changes)


def a_media(data: bytes = AUDIO, **changes: Any) -> Media:
    made = Media(
        sha256=hashlib.sha256(data).hexdigest(), bytes=len(data), type=OPUS, duration_ms=2000
    )
    return changed(made, **changes)


def a_bulletin(**changes: Any) -> Bulletin:
    made = Bulletin(
        kind="play",
        id=ulid(1),
        rev=1,
        level="normal",
        areas=[HAMLET],
        iat=NOW,
        nbf=NOW,
        exp=NOW + DAY,
        title={"vi": "Lịch tiêm chủng ấp 3"},
        text={"vi": "Bảy giờ sáng thứ hai, tại nhà văn hóa."},
        audio={"vi": a_media()},
        schedule=Schedule(mode="now"),
    )
    return changed(made, **changes)


def an_assignment(**changes: Any) -> Assignment:
    made = Assignment(
        node=NODE,
        version=1,
        iat=NOW,
        unit=UNIT,
        areas=[PlacedArea(id=HAMLET, name="Ấp 3", above=[COMMUNE, PROVINCE])],
        place="Ấp 3, xã Tân Quan",
    )
    return changed(made, **changes)


def some_settings(**changes: Any) -> Settings:
    return changed(Settings(node=NODE, version=1, iat=NOW), **changes)


def a_manifest(*items: ManifestItem, **changes: Any) -> Manifest:
    made = Manifest(area=HAMLET, version=1, iat=NOW, w=1, items=list(items))
    return changed(made, **changes)


def an_item(bulletin: Bulletin, envelope: bytes) -> ManifestItem:
    digest = hashlib.sha256(envelope).hexdigest()
    return ManifestItem(id=bulletin.id, rev=bulletin.rev, sha256=digest, exp=bulletin.exp)


def some_emergencies(*envelopes: bytes, **changes: Any) -> Emergencies:
    texts = [envelope.decode() for envelope in envelopes]
    return changed(Emergencies(area=HAMLET, version=1, iat=NOW, items=texts), **changes)


def an_ack(**changes: Any) -> Ack:
    return changed(Ack(node=NODE, epoch="e1", upto=1, iat=NOW), **changes)


def a_command(**changes: Any) -> Command:
    made = Command(
        node=NODE, boot="b1", ticket="t1", command="test_tone", iat=NOW, exp=NOW + 60_000
    )
    return changed(made, **changes)


def a_beacon(**changes: Any) -> Beacon:
    made = Beacon(
        node=NODE,
        nonce=NONCE,
        time=NOW + HOUR,
        authority=Known(version=1, sha256="a" * 64),
        root=Known(version=1, sha256="b" * 64),
        manifests={},
        audit_head="c" * 64,
    )
    return changed(made, **changes)


class People:
    """Who holds which key. `publisher` is the commune's own; `insider` is the publisher again
    with a second key; `neighbour` publishes for another commune."""

    DUTIES: Final[dict[str, tuple[list[str], list[str], Level]]] = {
        "publisher": (["bulletin"], [COMMUNE], "priority"),
        "insider": (["bulletin", "countersign"], [COMMUNE], "emergency"),
        "province": (["bulletin"], [PROVINCE], "emergency"),
        "duty": (["countersign"], [PROVINCE], "emergency"),
        "neighbour": (["bulletin"], ["minh-duc"], "emergency"),
        "place": (["place"], [COMMUNE], "normal"),
        "settings": (["settings"], [COMMUNE], "normal"),
        "ops": (["ops"], [PROVINCE], "normal"),
    }
    HOLDERS: Final = {"insider": "publisher"}

    def __init__(self) -> None:
        self.roots = [Key(), Key(), Key()]
        self.registrar = Key()
        self.keys = {duty: Key() for duty in self.DUTIES}
        self.stranger = Key()

    def sealed(self, document: Document, *duties: str) -> bytes:
        return sealed(document, *(self.keys[duty] for duty in duties))

    def root(self, **changes: Any) -> Root:
        keys = {k.keyid: RootKey(public=k.public.hex(), holder=f"r{n}") for n, k in self._rooted()}
        made = Root(
            installation="demo",
            version=1,
            iat=NOW,
            exp=NOW + 365 * DAY,
            keys=keys,
            root=Role(keyids=[k.keyid for k in self.roots], threshold=2),
            authorities={UNIT: Role(keyids=[self.registrar.keyid], threshold=1)},
        )
        return changed(made, **changes)

    def sealed_root(self, root: Root | None = None, *keys: Key) -> bytes:
        return sealed(root or self.root(), *(keys or self.roots[:2]))

    def register(self, **changes: Any) -> Authority:
        keys = [self.register_key(duty) for duty in self.DUTIES]
        made = Authority(unit=UNIT, version=1, iat=NOW - DAY, exp=NOW + 60 * DAY, keys=keys)
        return changed(made, **changes)

    def register_key(self, duty: str, **changes: Any) -> RegisterKey:
        may, scope, level = self.DUTIES[duty]
        key = self.keys[duty]
        made = RegisterKey(
            keyid=key.keyid,
            public=key.public.hex(),
            holder=self.HOLDERS.get(duty, duty),
            may=may,  # type: ignore[arg-type]
            scope=scope,
            nbf=NOW - DAY,
            exp=NOW + 60 * DAY,
            max_level=level,
        )
        return changed(made, **changes)

    def sealed_register(self, register: Authority | None = None, *keys: Key) -> bytes:
        return sealed(register or self.register(), *(keys or (self.registrar,)))

    def _rooted(self) -> list[tuple[int, Key]]:
        return list(enumerate([*self.roots, self.registrar]))
