"""A district small enough for one test: it signs, publishes on a real broker, serves over HTTPS."""

from __future__ import annotations

import hashlib
import json
import queue
import threading
import time
import warnings
from pathlib import Path

import msgspec

from fakes.wire import COMMUNE, HAMLET, NODE, PROVINCE, UNIT, People, a_manifest, an_item
from loa_wire import topics
from loa_wire.bulletin import Bulletin
from loa_wire.down import Ack, Beacon, Known
from loa_wire.fields import Document
from loa_wire.up import Ask, Fact, Health, Journal, Status
from parts.broker import Broker
from parts.client import Client
from parts.https import HttpsServer
from parts.pki import Certificates

WAIT_S = 20.0


class District:
    def __init__(self, broker: Broker, pki: Certificates, now: int) -> None:
        server = pki.server()
        self.broker = broker
        self.pki = pki
        self.now = now
        self.people = People()
        self.https = HttpsServer(server.cert, server.key)
        self.facts: list[Fact] = []
        self.health: queue.Queue[Health] = queue.Queue()
        self.statuses: list[Status] = []
        self.pictures: list[bytes] = []
        self.acking = True
        self.tells_time = False  # whether it answers who asks for it
        self._register = 0
        self._heard = threading.Condition()
        self._manifest = 0
        self._items: dict[str, tuple[Bulletin, bytes]] = {}
        self._client: Client | None = None
        try:
            self.connect()
        except ConnectionRefusedError:
            # twice in some thousand starts it was gone before its first client came
            warnings.warn(f"started again: {broker.said()}", stacklevel=2)
            broker.stop()
            broker.start()
            self.connect()

    def connect(self) -> None:
        """Also after the broker was restarted; the one before would take the session back."""
        if self._client is not None:
            self._client.close()
        self._client = Client(
            self.broker.port, self.pki.context(self.pki.program("loa-engine")), "engine"
        )
        self._client.subscribe(topics.INGEST_SUBSCRIPTION)
        threading.Thread(target=self._listen, args=(self._client,), daemon=True).start()

    def identity(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        files = self.pki.node(NODE)
        (folder / "key").write_bytes(files.key.read_bytes())
        (folder / "cert").write_bytes(files.cert.read_bytes())
        (folder / "ca").write_bytes(self.pki.cafile.read_bytes())
        root = self.people.root(iat=self.now, exp=self.now + 10**10)
        (folder / "root.json").write_bytes(self.people.sealed_root(root))
        server = {
            "node": NODE,
            "unit": UNIT,
            "broker": f"{self.broker.host}:{self.broker.port}",
            "https": self.https.base,
        }
        (folder / "server").write_text(json.dumps(server))

    def register(self, version: int = 1, **changes: object) -> None:
        life = {"nbf": self.now - 10**8, "exp": self.now + 10**9}
        keys = [self.people.register_key(duty, **life) for duty in self.people.DUTIES]
        made = self.people.register(
            **{
                "version": version,
                "iat": self.now,
                "exp": self.now + 10**9,
                "keys": keys,
                **changes,
            }
        )
        self._register = version
        data = self.people.sealed_register(made)
        self.https.put(f"/authority/{UNIT}/{version}", data)
        pointer = {"version": version, "sha256": hashlib.sha256(data).hexdigest()}
        self.say(topics.unit_authority(UNIT), json.dumps(pointer).encode(), retain=True)

    def place(self, assignment: Document, settings: Document) -> None:
        self.say_signed(topics.down(NODE, "assignment"), assignment, "place")
        self.say_signed(topics.down(NODE, "settings"), settings, "settings")

    def say_signed(self, topic: str, document: Document, *duties: str) -> None:
        self.say(topic, self.people.sealed(document, *duties), retain=True)

    def publish(self, bulletin: Bulletin, *, live: bool = True, duties: str = "publisher") -> bytes:
        """In the manifest and under its hash; `live` also on the fast path."""
        envelope = self.people.sealed(bulletin, *duties.split())
        digest = hashlib.sha256(envelope).hexdigest()
        self.https.put(f"/envelopes/{digest}", envelope)
        self._items[bulletin.id] = (bulletin, envelope)
        if live:
            self.say(topics.area(HAMLET, "bulletin"), envelope)
        self.publish_manifest()
        return envelope

    def publish_manifest(self) -> None:
        self._manifest += 1
        items = [an_item(bulletin, envelope) for bulletin, envelope in self._items.values()]
        manifest = a_manifest(*items, version=self._manifest, iat=self.now)
        self.say_signed(topics.area(HAMLET, "manifest"), manifest, "ops")

    def say(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        assert self._client is not None
        self._client.publish(topic, payload, retain=retain)

    def wait_for(self, fact: str, bulletin: str | None = None, count: int = 1) -> Fact:
        """The count-th fact of this name (about this bulletin), as soon as it has arrived."""

        def found() -> list[Fact]:
            return [f for f in self.facts if f.fact == fact and bulletin in (None, f.bulletin)]

        with self._heard:
            if not self._heard.wait_for(lambda: len(found()) >= count, WAIT_S):
                told = [
                    (f.seq, f.fact, f.bulletin, f.reason, f.outlet, f.detail) for f in self.facts
                ]
                raise AssertionError(f"no {fact} about {bulletin}; heard {told}")
        return found()[count - 1]

    def names(self, bulletin: str) -> list[str]:
        return [f.fact for f in self.facts if f.bulletin == bulletin]

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
        self.https.close()

    def _listen(self, client: Client) -> None:
        while client is self._client:
            try:
                topic, payload = client.heard()
            except queue.Empty:
                continue
            what = topic.rpartition("/")[2]
            with self._heard:
                self._take(what, payload)
                self._heard.notify_all()

    def _take(self, what: str, payload: bytes) -> None:
        if what == "journal":
            self._ingest(msgspec.json.decode(payload, type=Journal))
        elif what == "ask" and self.tells_time:
            self._answer(msgspec.json.decode(payload, type=Ask))
        elif what == "health":
            self.health.put(msgspec.json.decode(payload, type=Health))
        elif what == "status":
            self.statuses.append(msgspec.json.decode(payload, type=Status))
        elif what == "screen":
            self.pictures.append(payload)

    def _answer(self, asked: Ask) -> None:
        beacon = Beacon(
            node=NODE,
            nonce=asked.nonce,
            time=time.time_ns() // 1_000_000,
            authority=Known(version=self._register, sha256="a" * 64),
            root=Known(version=1, sha256="b" * 64),
            manifests={HAMLET: self._manifest},
        )
        assert self._client is not None
        self._client.throw(topics.down(NODE, "beacon"), self.people.sealed(beacon, "ops"))

    def _ingest(self, journal: Journal) -> None:
        """Idempotent on seq, as a ledger is."""
        known = {fact.seq for fact in self.facts}
        self.facts += [fact for fact in journal.facts if fact.seq not in known]
        if not self.acking:
            return
        self.now += 1
        ack = Ack(node=NODE, epoch=journal.epoch, upto=max(f.seq for f in self.facts), iat=self.now)
        data = self.people.sealed(ack, "ops")
        assert self._client is not None
        self._client.throw(topics.down(NODE, "ack"), data)


__all__ = ["COMMUNE", "PROVINCE", "District"]
