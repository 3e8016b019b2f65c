"""From an approval to bytes on the broker, and what every node is expected to do with them."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from loa_server.areas.models import Area
from loa_server.bulletins.models import Bulletin, Revision
from loa_server.fleet.models import Node


class Intent(models.Model):
    """The outbox. Written in the transaction of the decision; the engine turns it into messages.

    `what`: bulletin (revision set) | area (re-make its manifest) | emergencies (of an area)
    | node (assignment and settings) | order (what people ask of a node).
    """

    what = models.CharField(max_length=20)
    revision = models.ForeignKey(Revision, null=True, blank=True, on_delete=models.PROTECT)
    area = models.ForeignKey(Area, null=True, blank=True, on_delete=models.PROTECT)
    node = models.ForeignKey(Node, null=True, blank=True, on_delete=models.CASCADE)
    # of a bulletin that goes to some of its places only; none: to all that its bytes name
    only = models.JSONField(null=True, blank=True)
    made_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["done_at", "id"])]


class InboxItem(models.Model):
    """One bulletin from above, before one commune that decides for itself.

    `due`: when a priority bulletin is played there by rule; none for an everyday one. `exp` in ms.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Chờ xếp lịch"
        TAKEN = "taken", "Đã nhận"
        DECLINED = "declined", "Không phát"
        OVERDUE = "overdue", "Quá hạn, phát theo quy định"
        REPLACED = "replaced", "Đã có bản mới"

    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="inbox")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="inbox")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    at = models.DateTimeField()
    due = models.DateTimeField(null=True, blank=True)
    exp = models.PositiveBigIntegerField()
    copy = models.OneToOneField(
        Bulletin, null=True, blank=True, on_delete=models.PROTECT, related_name="from_above"
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    why = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(fields=["revision", "area"], name="one_item_per_desk")
        ]
        indexes = [models.Index(fields=["state", "due"])]


class Message(models.Model):
    """Signed bytes waiting for the broker's PUBACK; retained ones also stand in Retained."""

    topic = models.CharField(max_length=200)
    payload = models.BinaryField()
    retain = models.BooleanField()
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["sent_at", "id"])]


class Retained(models.Model):
    """What the broker should hold: published again on every connection to it."""

    topic = models.CharField(primary_key=True, max_length=200)
    payload = models.BinaryField()


class Envelope(models.Model):
    """A bulletin's signed envelope, served at /envelopes/<sha256> once it is published."""

    sha256 = models.CharField(primary_key=True, max_length=64)
    revision = models.OneToOneField(Revision, on_delete=models.PROTECT, related_name="envelope")
    body = models.BinaryField()
    published_at = models.DateTimeField()


class Manifest(models.Model):
    """One per area. `version` only rises, in the transaction that changes its items."""

    area = models.OneToOneField(Area, primary_key=True, on_delete=models.PROTECT)
    version = models.PositiveBigIntegerField(default=0)
    envelope = models.BinaryField(default=b"")


class ManifestItem(models.Model):
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="manifest_items")
    bulletin = models.ForeignKey(Bulletin, on_delete=models.PROTECT)
    rev = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    exp = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["area", "bulletin"], name="one_item_per_bulletin")
        ]


class Emergencies(models.Model):
    """What runs in an area, as the broker holds it. `until`: when its first item ends, in ms;
    0 while nothing runs. `version` only rises, as a manifest's does."""

    area = models.OneToOneField(Area, primary_key=True, on_delete=models.PROTECT)
    version = models.PositiveBigIntegerField(default=0)
    until = models.PositiveBigIntegerField(default=0, db_index=True)


class Delivery(models.Model):
    """The ledger: one row per bulletin and node, computed from the node's facts.

    "Not reported" is `expected` without any fact: it is never shown as failed, nor as played.
    `seq` rises with every change: live pages ask for what is newer than they have.
    """

    class State(models.TextChoices):
        EXPECTED = "expected", "Chưa báo về"
        ACCEPTED = "accepted", "Đã nhận"
        REFUSED = "refused", "Từ chối"
        READY = "ready", "Sẵn sàng"
        PLAYING = "playing", "Đang phát"
        PLAYED = "played", "Đã phát"
        PARTIAL = "partial", "Phát dở"
        FAILED = "failed", "Lỗi"
        MISSED = "missed", "Bỏ lỡ"

    bulletin = models.ForeignKey(Bulletin, on_delete=models.PROTECT, related_name="deliveries")
    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="deliveries")
    # where the node stood, once it has moved away; none while it stands there
    stood_in = models.ForeignKey(
        Area, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    rev = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.EXPECTED)
    evidence = models.CharField(max_length=10, blank=True)
    plays = models.PositiveIntegerField(default=0)  # n of
    planned = models.PositiveIntegerField(default=1)  # m
    reason = models.CharField(max_length=120, blank=True)
    first_sound_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField()
    seq = models.PositiveBigIntegerField(default=0, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bulletin", "node"], name="one_row_per_bulletin_node")
        ]
        indexes = [
            # what sounds now and what went wrong lately, among years of lines
            models.Index(fields=["state", "changed_at"], name="lines_by_state"),
        ]


class NodeOrder(models.Model):
    """A person tries one node: what was asked, for which of its tickets, and when it went out.

    The answer is the node's own fact `obeyed` with the same ticket: nothing is copied here.
    """

    class Verb(models.TextChoices):
        TEST_TONE = "test_tone", "Thử loa"
        IDENTIFY = "identify", "Nhận diện"
        RESTART = "restart", "Khởi động lại"

    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="orders")
    verb = models.CharField(max_length=20, choices=Verb.choices)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    why = models.CharField(max_length=200, blank=True)  # of a sound in quiet hours
    boot = models.CharField(max_length=64)
    ticket = models.CharField(max_length=64)
    at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["node", "ticket"], name="one_order_per_ticket")
        ]
