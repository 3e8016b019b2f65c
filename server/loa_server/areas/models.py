"""Places and the people who answer for them. Names are not keys: ids stay, names change."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.crypto import salted_hmac

HAMLETS = ("ap", "soc", "thon", "khu_pho")
KINDS = ("province", "city", "unit", "commune", "ward", *HAMLETS)


class Area(models.Model):
    """One place of the tree, from province to hamlet, as dated data.

    `path` is the ids from the top, "/vn-75/vn-25357/": a scope is a range of it, so that the
    index serves "everything below" (`path >= p AND path < p || x'7f'`).
    """

    id = models.CharField(primary_key=True, max_length=64)
    code = models.CharField(max_length=20, blank=True)
    kind = models.CharField(max_length=20)  # one of KINDS
    name = models.CharField(max_length=120)
    folded = models.CharField(max_length=120, db_index=True)  # lower case, no marks, đ -> d
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    path = models.CharField(max_length=600, unique=True)
    valid_from = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True)
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="absorbed"
    )

    # what is spoken there, the most familiar first; none: as in the place above it
    languages = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["path"]

    def __str__(self) -> str:
        return self.name


class AreaGroup(models.Model):
    """Places that one publisher often speaks to together: the river's hamlets, the Khmer sóc."""

    home = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="groups")
    name = models.CharField(max_length=60)
    areas = models.ManyToManyField(Area, related_name="+")

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["home", "name"], name="one_group_per_name")]


class AreaName(models.Model):
    """What an area was called, and as what kind, in an earlier time: history keeps the old name."""

    area = models.ForeignKey(Area, on_delete=models.CASCADE, related_name="names")
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20)
    valid_from = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True)


class Person(AbstractUser):
    """A member of staff; what they may do is said by their grants, never by is_staff."""

    full_name = models.CharField(max_length=120, blank=True)
    must_change_password = models.BooleanField(default=True)
    totp_secret = models.CharField(max_length=120, blank=True)  # sealed; empty: no second factor
    totp_step = models.BigIntegerField(default=0)  # of the last code used: each is good once

    read_grants: list[Grant] | None = None  # as the session's backend read them, areas and all

    def get_session_auth_hash(self) -> str:
        """A new password or another second factor ends every session opened with the old."""
        said = f"{self.password}\0{self.totp_secret}"
        return salted_hmac("loa.session", said, algorithm="sha256").hexdigest()

    def __str__(self) -> str:
        return self.full_name or self.username


class RecoveryCode(models.Model):
    """One way back in for who has lost their telephone; the row goes with its use."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="recovery_codes")
    fingerprint = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "fingerprint"], name="one_recovery_code_each")
        ]


class Invitation(models.Model):
    """A link by which one person sets their password, once: a newer one replaces it, and the row
    goes with its use. The link itself is not here."""

    person = models.OneToOneField(
        Person, primary_key=True, on_delete=models.CASCADE, related_name="invitation"
    )
    fingerprint = models.CharField(max_length=64, unique=True)
    until = models.DateTimeField()


class Role(models.TextChoices):
    AUTHOR = "author", "Biên tập"
    APPROVER = "approver", "Người duyệt"
    DUTY = "duty", "Trực ban"
    REGISTRAR = "registrar", "Quản trị"
    TECHNICIAN = "technician", "Kỹ thuật"
    AUDITOR = "auditor", "Thanh tra"


class Grant(models.Model):
    """`person` holds `role` in `area` and everything below it."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(max_length=20, choices=Role.choices)
    area = models.ForeignKey(Area, on_delete=models.CASCADE)
    until = models.DateField(null=True, blank=True)  # its last day

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "role", "area"], name="one_grant_each")
        ]


class Outline(models.Model):
    """Where a place lies, for the map: polygons of rings of [lon, lat], as `outlines.read`."""

    area = models.OneToOneField(
        Area, primary_key=True, on_delete=models.CASCADE, related_name="outline"
    )
    polygons = models.JSONField()
