"""The nodes: who they are, where they stand, and the latest they said. History lives in facts."""

from __future__ import annotations

from django.db import models

from loa_server.areas.models import Area


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
    epoch = models.CharField(max_length=64, blank=True)
    acked = models.PositiveBigIntegerField(default=0)  # facts 1..acked of epoch are committed

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
