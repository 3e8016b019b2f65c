"""What the nodes reported, as they reported it. Nothing here is ever edited."""

from __future__ import annotations

from django.db import models

from loa_server.fleet.models import Node


class StoredFact(models.Model):
    """One journal fact. The same (node, epoch, seq) with other bytes is a clone alarm."""

    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="facts")
    epoch = models.CharField(max_length=64)
    seq = models.PositiveBigIntegerField()
    received_at = models.DateTimeField()
    at = models.DateTimeField()
    clock = models.CharField(max_length=10)
    boot = models.CharField(max_length=64)
    fact = models.CharField(max_length=20)
    bulletin = models.CharField(max_length=26, blank=True)
    rev = models.PositiveIntegerField(null=True)
    occurrence = models.CharField(max_length=60, blank=True)
    result = models.CharField(max_length=10, blank=True)
    evidence = models.CharField(max_length=10, blank=True)
    reason = models.CharField(max_length=120, blank=True)
    raw = models.BinaryField()  # the fact's own JSON, readable by this version or not

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["node", "epoch", "seq"], name="one_row_per_fact")
        ]
        indexes = [
            models.Index(fields=["bulletin", "node"]),
            models.Index(fields=["node", "-received_at"]),
        ]


class Alarm(models.Model):
    """Something a technician must look at: clone, gap in a journal, facts that cannot be read."""

    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="alarms")
    code = models.CharField(max_length=40)
    detail = models.TextField(blank=True)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    times = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["node", "code"], name="one_alarm_per_code")]
