"""The small types that every shape is made of.

Times are integer milliseconds UTC; identifiers are lower-case and opaque; text is NFC.
Patterns end in \\Z, never $: $ would let a trailing newline into a topic or a file name.
"""

from __future__ import annotations

import unicodedata
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from loa_wire import WIRE
from loa_wire.limits import INTEGER

Ms = Annotated[int, Meta(ge=0, lt=INTEGER)]
Count = Annotated[int, Meta(ge=0, lt=INTEGER)]
Name = Annotated[str, Meta(pattern=r"\A[a-z0-9_-]{1,64}\Z")]
AreaId = Name
NodeId = Name
UnitId = Name
Ulid = Annotated[str, Meta(pattern=r"\A[0-7][0-9A-HJKMNP-TV-Z]{25}\Z")]
Sha256 = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
KeyId = Annotated[str, Meta(pattern=r"\A[0-9a-f]{32}\Z")]
PublicKey = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
"""32 bytes of Ed25519, in hex."""
Nonce = Annotated[str, Meta(pattern=r"\A[0-9a-f]{32}\Z")]
Lang = Annotated[str, Meta(pattern=r"\A[a-z]{2,3}(-[A-Za-z]{4})?\Z")]
Clock = Annotated[str, Meta(pattern=r"\A([01][0-9]|2[0-3]):[0-5][0-9]\Z")]
"""Local wall time, Asia/Ho_Chi_Minh."""
Date = Annotated[str, Meta(pattern=r"\A[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\Z")]
Moment = Annotated[
    str,
    Meta(
        pattern=r"\A[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]\Z"
    ),
]
"""A date and a local wall time."""
Weekday = Annotated[int, Meta(ge=1, le=7)]
"""ISO: 1 is Monday."""
Percent = Annotated[int, Meta(ge=0, le=100)]

Level = Literal["normal", "priority", "emergency"]
Kind = Literal["play", "stop", "drill", "all_clear"]
Alert = Literal["flood", "storm", "fire", "epidemic", "security", "other"]
ClockState = Literal["proved", "synced", "held", "floor", "unknown"]
Evidence = Literal["command", "decoder", "device", "heard"]
Ear = Literal["heard", "unsure", "not_heard", "no_mic"]
"""What a microphone beside the loudspeaker said of a play."""

LEVELS: tuple[Level, ...] = ("normal", "priority", "emergency")


def level_rank(level: Level) -> int:
    return LEVELS.index(level)


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _this_version() -> int:
    return WIRE


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A piece of a document. Fields at their default are left off the wire."""


class Document(Part, frozen=True, kw_only=True, tag_field="typ"):
    """A whole message: `typ` and `v` are always written."""

    v: int = msgspec.field(default_factory=_this_version)

    def encode(self) -> bytes:
        return msgspec.json.encode(self)
