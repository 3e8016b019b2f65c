"""Key files and their public cards.

The secret is PEM PKCS8 under a passphrase; the card beside it may be carried and copied freely.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal, get_args

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from loa_server.ceremony.refusal import CeremonyError
from loa_server.files import create
from loa_wire import chain, dsse
from loa_wire.fields import KeyId, PublicKey

CardRole = Literal[
    "root", "authority", "release", "bulletin", "countersign", "place", "settings", "ops"
]
ROLES: Final[tuple[CardRole, ...]] = get_args(CardRole)
SHORTEST_PASSPHRASE: Final = 12
LONGEST_FILE: Final = 16_384


class Card(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the others may know of a key."""

    role: CardRole
    holder: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    public: PublicKey
    keyid: KeyId


@dataclass(frozen=True, slots=True)
class Unlocked:
    """A secret in memory, for one signature."""

    private: Ed25519PrivateKey

    @property
    def keyid(self) -> str:
        return dsse.keyid(self.private.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> dsse.Signature:
        return dsse.Signature(self.keyid, self.private.sign(message))


def verifies(public_hex: str, signature: bytes, message: bytes) -> bool:
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_hex))
        key.verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def paths(folder: Path, name: str) -> tuple[Path, Path]:
    return folder / f"{name}.key.pem", folder / f"{name}.card.json"


def usual_name(card: Card) -> str:
    return f"{card.role}-{card.keyid[:8]}"


def make(role: CardRole, holder: str, passphrase: str, folder: Path, name: str = "") -> Card:
    """A new pair in two new files. What is there is never written over."""
    check_passphrase(passphrase)
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    card = _card(role, holder, public)
    secret, beside = paths(folder, name or usual_name(card))
    for path in (secret, beside):
        if path.exists():
            raise _taken(path)
    pem = private.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(_bytes(passphrase))
    )
    try:
        create(secret, pem, mode=0o600)
        create(beside, msgspec.json.format(msgspec.json.encode(card)) + b"\n")
    except FileExistsError as e:
        raise _taken(Path(e.filename)) from e
    return card


def check_passphrase(passphrase: str) -> None:
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise CeremonyError(
            "short",
            f"câu mật khẩu cần ít nhất {SHORTEST_PASSPHRASE} ký tự: bốn từ không liên quan là tốt",
            f"a passphrase needs {SHORTEST_PASSPHRASE} characters or more: four unrelated words",
        )


def read_card(path: Path) -> Card:
    try:
        card = msgspec.json.decode(_read(path), type=Card)
    except (msgspec.MsgspecError, UnicodeDecodeError) as e:
        raise CeremonyError(
            "card", f"{path.name}: không phải thẻ khóa ({e})", f"{path.name}: not a card ({e})"
        ) from e
    if card.keyid != dsse.keyid(bytes.fromhex(card.public)):
        raise CeremonyError(
            "card",
            f"{path.name}: mã khóa trên thẻ không khớp với khóa",
            f"{path.name}: the keyid on this card is not that key's",
        )
    if not chain.is_a_name(card.holder):
        raise CeremonyError(
            "holder",
            f"{path.name}: tên người giữ có chữ không in được hoặc khoảng trắng thừa",
            f"{path.name}: the holder's name has unprintable letters or blanks around it",
        )
    return card


def open_key(path: Path, ask: Callable[[], str]) -> Unlocked:
    """A demo's key lies there open (`keys/offline/`): with it an installation leaves the demo."""
    body = _read(path)
    if not body.startswith(b"{"):
        return unlock(path, ask())
    try:
        return Unlocked(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(_open_secret(body))))
    except (msgspec.MsgspecError, ValueError) as e:
        raise CeremonyError("key", f"{path.name}: không phải khóa", f"{path.name}: no key") from e


def unlock(path: Path, passphrase: str) -> Unlocked:
    try:
        private = load_pem_private_key(_read(path), _bytes(passphrase))
    except (ValueError, TypeError) as e:
        raise CeremonyError(
            "passphrase",
            f"{path.name}: sai câu mật khẩu, hoặc tệp không phải khóa có mật khẩu",
            f"{path.name}: wrong passphrase, or not a key under one",
        ) from e
    if not isinstance(private, Ed25519PrivateKey):
        raise CeremonyError("key", f"{path.name}: không phải khóa Ed25519", "not an Ed25519 key")
    return Unlocked(private)


class _Open(msgspec.Struct, frozen=True):
    private: str


def _open_secret(body: bytes) -> str:
    return msgspec.json.decode(body, type=_Open).private


def _card(role: CardRole, holder: str, public: bytes) -> Card:
    holder = unicodedata.normalize("NFC", holder).strip()
    said = {
        "role": role,
        "holder": holder if holder.isprintable() else "",
        "public": public.hex(),
        "keyid": dsse.keyid(public),
    }
    try:
        return msgspec.convert(said, Card)
    except msgspec.ValidationError as e:
        raise CeremonyError(
            "holder", "tên người giữ: 1-80 chữ in được", "a holder's name is 1-80 printable letters"
        ) from e


def _bytes(passphrase: str) -> bytes:
    """Typed on another keyboard, the same letters must be the same bytes."""
    return unicodedata.normalize("NFC", passphrase).encode()


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LONGEST_FILE)
    except OSError as e:
        raise CeremonyError(
            "file", f"{path}: không đọc được ({e.strerror})", f"{path}: cannot be read"
        ) from e


def _taken(path: Path) -> CeremonyError:
    return CeremonyError(
        "taken",
        f"{path}: đã có tệp này; khóa không bao giờ bị ghi đè",
        f"{path}: there is such a file; a key is never written over",
    )
