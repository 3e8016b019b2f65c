"""Where this node stands: whom it trusts, where it is, how it behaves, what it has been given.

Everything here was verified when it was put on the shelf; after a restart it is only read back.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, TypeVar

from loa_node import register, trust
from loa_node.clock import BUILT_MS, Anchor, Clock, Proof, raised_floor
from loa_node.inbox import Shelf
from loa_node.questions import Asking
from loa_node.register import Refused
from loa_wire.down import Beacon, Manifest, Page
from loa_wire.dsse import open_envelope
from loa_wire.fields import Document
from loa_wire.limits import HTTPS_DOCUMENT
from loa_wire.parse import UnreadableError, decode
from loa_wire.place import Assignment, Link, Settings
from loa_wire.trusted import Authority, Root
from loa_wire.up import Applied

D = TypeVar("D", bound=Document)
FLOOR: Final = "floor"
ANCHOR: Final = "anchor"


class UntrustedRootError(Exception):
    """The root.json of the identity folder is not one: this node can believe nobody."""


class Standing:
    def __init__(
        self, node: str, unit: str, pinned_root: bytes, shelf: Shelf, profile: str = ""
    ) -> None:
        """`profile`: what line it is, as whoever put the SIM card in said; "": as settings say."""
        self.node = node
        self._profile = profile
        self._first_unit = unit
        self._shelf = shelf
        self.root: Root = _root(pinned_root, shelf)
        self.register: Authority | None = self._read("authority", Authority)
        self.assignment: Assignment | None = self._read("assignment", Assignment)
        self.settings: Settings = self._read("settings", Settings) or Settings(
            node=node, version=1, iat=0
        )
        # read by the link's thread as well, so never from the database then
        self.floor_ms = max(shelf.version_of(FLOOR) or 0, BUILT_MS)
        self.manifests: dict[str, Manifest] = {}
        self.pages: dict[str, Page] = {}
        self.asking = Asking()
        self.proof: Proof | None = None
        self.anchor: Anchor | None = _anchor(shelf)  # of this boot, if the agent was only restarted
        self.audit_head = ""  # as the latest beacon said it
        # pointers are unsigned: they say what to look for, never what to believe
        self.hinted = {"root": 0, "authority": 0}
        self._known = {"root": 0, "authority": 0}  # from the latest beacon
        self._behind: dict[str, int] = {}  # area -> version of its manifest, from the same
        self._read_manifests()

    @property
    def unit(self) -> str:
        return self.assignment.unit if self.assignment else self._first_unit

    @property
    def link(self) -> Link:
        told = self.settings.link
        match self._profile:
            case "wired" | "metered" as profile:
                return Link(profile=profile, download_hours=told.download_hours)
            case _:
                return told

    @property
    def areas(self) -> list[str]:
        return self.assignment.area_ids() if self.assignment else []

    @property
    def root_to_fetch(self) -> int | None:
        """Roots come one after the other: each is signed by the one before."""
        newest = max(self._known["root"], self.hinted["root"])
        return self.root.version + 1 if newest > self.root.version else None

    @property
    def register_to_fetch(self) -> int | None:
        version = self.register.version if self.register else 0
        for newest in (self._known["authority"], self.hinted["authority"]):
            if newest > version:
                return newest
        return None

    @property
    def areas_behind(self) -> list[str]:
        """Whose manifest is older here than the latest beacon says."""
        return [area for area, version in self._behind.items() if version > self._version(area)]

    def held(self, clock: Clock, boot: str, ticket: str) -> trust.Held:
        version = self.register.version if self.register else 0
        return trust.Held(
            node=self.node,
            root=self.root,
            register=self.register,
            newer_register=self._known["authority"] > version,
            assignment=self.assignment,
            clock=clock,
            seen=self._shelf,
            boot=boot,
            ticket=ticket,
            questions=self.asking.open,
            answered=self.asking.answered,
        )

    def take(self, document: trust.Document) -> None:
        """A document that the shelf now holds becomes what this node acts on."""
        match document:
            case Assignment():
                self._place(document)
            case Settings():
                self.settings = document
            case Manifest():
                self.manifests[document.area] = document
            case _:
                pass

    def prove(self, beacon: Beacon, mono_ms: int) -> None:
        """A beacon that answered a question of ours: now is its time, counted on from here."""
        self.proof = Proof(beacon.time, mono_ms)
        self.audit_head = beacon.audit_head
        if beacon.time > self.floor_ms:
            self._shelf.put(FLOOR, beacon.time, b"")
            self.floor_ms = beacon.time

    def count_from(self, anchor: Anchor | None) -> None:
        """On the shelf as well: an agent that starts again with no line knows the time at once."""
        if anchor is None or anchor == self.anchor:
            return
        self.anchor = anchor
        told = f"{anchor.boot} {int(anchor.proved)} {anchor.at_mono_ms}"
        self._shelf.put(ANCHOR, anchor.offset_ms, told.encode())

    def learn(self, beacon: Beacon) -> None:
        """What there is, said by the district a moment ago; earlier hints are settled by it."""
        self._known = {"root": beacon.root.version, "authority": beacon.authority.version}
        self.hinted = {"root": 0, "authority": 0}
        self._behind = {a: v for a, v in beacon.manifests.items() if a in self.areas}

    def suspect_newer(self) -> None:
        """Somebody tells the time by a key that is not in the register held: perhaps there is a
        newer one, and no broker to point at it."""
        version = self.register.version if self.register else 0
        for what, held in (("root", self.root.version), ("authority", version)):
            self.hinted[what] = max(self.hinted[what], held + 1)

    def accept_root(self, data: bytes, clock: Clock) -> Refused | None:
        accepted = register.next_root(data, self.root)
        if isinstance(accepted, Refused):
            return accepted
        self._shelf.put("root", accepted.version, data)
        self.root = accepted
        self._raise_floor(accepted.iat, clock)
        self._drop_register_of_replaced_keys()
        return None

    def accept_authority(self, data: bytes, clock: Clock) -> Refused | None:
        accepted = register.next_authority(data, self.root, self.unit, self.register)
        if isinstance(accepted, Refused):
            return accepted
        if _tells_time_by_other_keys(self.register, accepted):
            self._doubt_the_time(accepted.iat, clock)
        self._shelf.put("authority", accepted.version, data)
        self.register = accepted
        self._raise_floor(accepted.iat, clock)
        return None

    def applied(self) -> Applied:
        return Applied(
            root=self.root.version,
            authority=self.register.version if self.register else 0,
            assignment=self.assignment.version if self.assignment else 0,
            settings=self._shelf.version_of("settings") or 0,
            manifests={area: one.version for area, one in self.manifests.items()},
        )

    def _place(self, assignment: Assignment) -> None:
        moved = assignment.unit != self.unit
        self.assignment = assignment
        ours = set(assignment.area_ids())
        for area in [a for a in self.manifests if a not in ours]:
            del self.manifests[area]
            self._shelf.remove(f"manifest/{area}")
        if moved and self.register is not None and self.register.unit != assignment.unit:
            self.register = None
            self._forget_registers()

    def _drop_register_of_replaced_keys(self) -> None:
        """A root that changes an authority's keys ends what the old keys signed, and its count:
        so a stolen key that ran the version forward is recovered from."""
        data = self._shelf.document("authority")
        if data is None:
            return
        if isinstance(register.read_authority(data, self.root, self.unit), Refused):
            self._shelf.remove("authority")
            self.register = None
            # a hint stays: it came with this root, for the register that the new keys have signed
            self._known["authority"] = 0

    def _forget_registers(self) -> None:
        self.hinted["authority"] = self._known["authority"] = 0

    def _version(self, area: str) -> int:
        return self.manifests[area].version if area in self.manifests else 0

    def _doubt_the_time(self, iat: int, clock: Clock) -> None:
        """The key that told it is revoked: a thief may have thrown it forward, and everything
        honest would be over until then. The authority's own word is the floor again."""
        self.proof = None
        if self.anchor is not None and self.anchor.proved:
            self.anchor = None
            self._shelf.remove(ANCHOR)
        self.asking = replace(self.asking, begun=None, next_round=clock.mono_ms)
        if iat < self.floor_ms:
            self.floor_ms = max(iat, BUILT_MS)
            self._shelf.put(FLOOR, self.floor_ms, b"")

    def _raise_floor(self, iat: int, clock: Clock) -> None:
        raised = raised_floor(self.floor_ms, iat, clock)
        if raised > self.floor_ms:
            self._shelf.put(FLOOR, raised, b"")
            self.floor_ms = raised

    def _read(self, name: str, shape: type[D]) -> D | None:
        data = self._shelf.document(name)
        if data is None:
            return None
        try:
            return decode(open_envelope(data, HTTPS_DOCUMENT).payload, shape)
        except UnreadableError:
            return None

    def _read_manifests(self) -> None:
        for area in self.areas:
            manifest = self._read(f"manifest/{area}", Manifest)
            if manifest is not None:
                self.manifests[area] = manifest


def _tells_time_by_other_keys(held: Authority | None, new: Authority) -> bool:
    """Whether a key that signed beacons is no longer among those that do."""
    before, after = ({k.keyid for k in one.keys if "ops" in k.may} for one in (held or new, new))
    return held is None or bool(before - after)


def _anchor(shelf: Shelf) -> Anchor | None:
    offset, told = shelf.version_of(ANCHOR), shelf.document(ANCHOR)
    return None if offset is None or told is None else kept_anchor(offset, told)


def kept_anchor(offset: int, told: bytes) -> Anchor | None:
    """As `count_from` put it on the shelf."""
    words = told.decode(errors="replace").split()
    if len(words) != 3 or not words[2].isdecimal():
        return None
    return Anchor(words[0], offset, proved=words[1] == "1", at_mono_ms=int(words[2]))


def _root(pinned: bytes, shelf: Shelf) -> Root:
    first = register.pin_root(pinned)
    if isinstance(first, Refused):
        raise UntrustedRootError(f"root.json: {first.code}: {first.detail}")
    later = shelf.document("root")
    if later is None:
        return first
    latest = register.pin_root(later)  # its chain from the pinned one was checked when it came
    return first if isinstance(latest, Refused) or latest.version < first.version else latest
