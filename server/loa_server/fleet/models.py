"""The nodes: who they are, where they stand, and the latest they said. History lives in facts."""

from __future__ import annotations

from django.db import models

from loa_server.areas.models import Area, Person


class Node(models.Model):
    """Latest state only. Whether it is online is computed from these columns and now."""

    class Status(models.TextChoices):
        PENDING = "pending", "Chờ kích hoạt"
        ACTIVE = "active", "Hoạt động"
        REVOKED = "revoked", "Đã thu hồi"

    id = models.CharField(primary_key=True, max_length=64)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="nodes")
    name = models.CharField(max_length=120)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    unit = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    # where it stands, for the map; without one it is drawn in the middle of its place
    lat = models.FloatField(null=True, blank=True)
    lon = models.FloatField(null=True, blank=True)
    # written by ingest, raw SQL
    seen_at = models.DateTimeField(null=True, blank=True, db_index=True)
    online = models.BooleanField(default=False)  # its own status, or its will
    boots = models.PositiveBigIntegerField(default=0)
    connects = models.PositiveBigIntegerField(default=0)
    boot = models.CharField(max_length=64, blank=True)
    ticket = models.CharField(max_length=64, blank=True)
    software = models.CharField(max_length=40, blank=True)
    every_s = models.PositiveIntegerField(default=60)
    health = models.JSONField(default=dict)  # the latest loa_wire.up.Health
    ails = models.CharField(max_length=200, blank=True)  # its codes: fleet.status.codes
    took_assignment = models.PositiveBigIntegerField(default=0)  # the versions it acts on
    took_settings = models.PositiveBigIntegerField(default=0)
    epoch = models.CharField(max_length=64, blank=True)
    acked = models.PositiveBigIntegerField(default=0)  # facts 1..acked of epoch are committed
    before = models.JSONField(default=dict)  # {boot, boots, connects} of the boot before this one
    speaks = models.CharField(max_length=8, blank=True)  # first in the settings it was sent
    # a revoked identity never comes back: its place goes on under another one
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_why = models.CharField(max_length=300, blank=True)
    cut_at = models.DateTimeField(null=True, blank=True)  # the broker knows of it
    succeeds = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="successor"
    )

    class Meta:
        indexes = [models.Index(fields=["status"])]

    def __str__(self) -> str:
        return self.name


class NodeDocument(models.Model):
    """A node's signed assignment or settings as last published."""

    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="documents")
    typ = models.CharField(max_length=20)  # assignment | settings
    version = models.PositiveBigIntegerField()
    payload = models.BinaryField()
    envelope = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["node", "typ"], name="one_document_each")]


class Batch(models.Model):
    """A token for many cards of one commune: it only lets them wait with the commune chosen.

    The token itself is shown once; `sha256` is what is kept of it.
    """

    area = models.ForeignKey(Area, on_delete=models.PROTECT)
    name = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64, unique=True)
    uses = models.PositiveIntegerField()
    used = models.PositiveIntegerField(default=0)
    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="batches")
    made_at = models.DateTimeField()
    until = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)


class Enrolment(models.Model):
    """One key of one card, from the moment it asked. What the signer goes by is `csr` (whose key
    it is), `approved_by` with their code, `node`; and for a renewal `renews` with its `proof`."""

    class State(models.TextChoices):
        PENDING = "pending", "Chờ nhận"
        ACTIVE = "active", "Đã nhận"
        REFUSED = "refused", "Đã từ chối"

    keyhash = models.CharField(primary_key=True, max_length=64)  # loa_wire.claim.key_hash
    claim = models.CharField(max_length=16, unique=True)
    csr = models.TextField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    # what the card says of itself, and from where
    serial = models.CharField(max_length=64, blank=True)
    boot = models.CharField(max_length=64, blank=True)
    software = models.CharField(max_length=40, blank=True)
    address = models.CharField(max_length=64, blank=True)
    twice = models.BooleanField(default=False)  # two boards have asked with this key
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    batch = models.ForeignKey(
        Batch, null=True, blank=True, on_delete=models.SET_NULL, related_name="enrolments"
    )
    # what people decided
    node = models.ForeignKey(
        Node, null=True, blank=True, on_delete=models.PROTECT, related_name="enrolments"
    )
    approved_by = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="enrolments"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    code = models.CharField(max_length=6, blank=True)
    step = models.BigIntegerField(default=0)
    renews = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="renewals"
    )
    proof = models.CharField(max_length=200, blank=True)
    # what the signer made of it
    cert = models.TextField(blank=True)
    issued_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "last_at"])]


class AlarmAnswer(models.Model):
    """Somebody has looked into an alarm about a node: it is open again when it is raised again.

    Of the node and the kind of alarm, not of ingest's row: that row belongs to the engine.
    """

    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="alarm_answers")
    code = models.CharField(max_length=40)
    times = models.PositiveIntegerField()  # how often it had been raised when they looked
    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    at = models.DateTimeField()
    note = models.CharField(max_length=300)

    class Meta:
        indexes = [models.Index(fields=["node", "code"])]


class SavedView(models.Model):
    """One person's own filter of the fleet page, under a name. `query` is all of it."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=700)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["person", "name"], name="one_saved_view_per_name")
        ]
