"""What a person carries on a USB stick where no line reaches: names and sizes. Pure.

    loa-bundle/                         district -> hamlets; as the nodes' HTTPS listener serves it
        root/<n>  authority/<unit>/<n>  areas/<area>/manifest  envelopes/<sha256>  media/<sha256>
        nodes/<node>/assignment|settings|ack            what a broker would have kept for it
    loa-journal-<node>-<first>-<last>.jsonl             hamlet -> district
        {"certificate": PEM}            of the node whose facts these are
        envelope                        of a journal message, a line each, signed with its key

Nothing on a stick is believed for where it lies: what goes down is signed by the district's keys,
what goes up by the node's own. The envelope of a journal is DSSE with ECDSA P-256 and SHA-256.
"""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from loa_wire.dsse import payload_type
from loa_wire.fields import NodeId

BUNDLE: Final = "loa-bundle"
JOURNAL_TYPE: Final = payload_type("journal")
MOST_FILES: Final = 5_000
"""In one folder of a bundle; more is not one of ours."""
LONGEST_LINE: Final = 128 * 1024
"""A journal message of 64 KiB in base64, and what stands around it."""
LONGEST_JOURNAL: Final = 256 * 1024 * 1024
LONGEST_MEDIUM: Final = 256 * 1024 * 1024

Kind = Literal["root", "authority", "assignment", "settings", "manifest", "bulletin", "ack"]
ORDER: Final[tuple[Kind, ...]] = (
    "root",
    "authority",
    "assignment",
    "settings",
    "manifest",
    "bulletin",
    "ack",
)
"""Whom to trust comes before what they signed."""

SHA256: Final = re.compile(r"\A[0-9a-f]{64}\Z")
NAME: Final = re.compile(r"\A[a-z0-9_-]{1,64}\Z")
VERSION: Final = re.compile(r"\A[1-9][0-9]{0,8}\Z")
_JOURNAL: Final = re.compile(
    r"\Aloa-journal-([a-z0-9_-]{1,64})-([0-9]{1,16})-([0-9]{1,16})\.jsonl\Z"
)


class Bearer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first line of a journal's file."""

    certificate: Annotated[str, Meta(max_length=8192)]


def journal_name(node: NodeId, first: int, last: int) -> str:
    return f"loa-journal-{node}-{first}-{last}.jsonl"


def is_journal(name: str) -> bool:
    return _JOURNAL.match(name) is not None
