"""A bulletin in the district's hands: what people typed, and the bytes that were approved."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from loa_server.areas.models import Area


class State(models.TextChoices):
    DRAFT = "draft", "Bản nháp"
    SUBMITTED = "submitted", "Chờ duyệt"
    RETURNED = "returned", "Bị trả lại"
    APPROVED = "approved", "Đã duyệt"
    PUBLISHED = "published", "Đã phát hành"
    ENDED = "ended", "Đã kết thúc"
    RECALLED = "recalled", "Đã thu hồi"
    DISCARDED = "discarded", "Đã bỏ"


class Media(models.Model):
    """One file of our own making, named by its hash. Nothing a person uploaded is ever served."""

    sha256 = models.CharField(primary_key=True, max_length=64)
    bytes = models.PositiveBigIntegerField()
    type = models.CharField(max_length=80)
    duration_ms = models.PositiveIntegerField(null=True, blank=True)
    lufs_tenths = models.IntegerField(null=True, blank=True)
    peak_tenths = models.IntegerField(null=True, blank=True)  # dB; none in old rows
    # what a hamlet's microphone compares a voice with; empty: made before there was one
    print_sha256 = models.CharField(max_length=64, blank=True)
    print_bytes = models.PositiveIntegerField(default=0)
    print_at_ms = models.PositiveIntegerField(default=0)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    origin = models.CharField(max_length=40)  # upload | recording | tts:espeak-ng
    made_at = models.DateTimeField()


class Bulletin(models.Model):
    """The working copy: forms write here, and only while the state is draft or returned.

    `version` counts saves: a form that was opened on an older one is told, never merged silently.
    """

    id = models.CharField(primary_key=True, max_length=26)  # ULID
    home = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")  # whose key signs it
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="bulletins"
    )
    state = models.CharField(max_length=12, choices=State.choices, default=State.DRAFT)
    version = models.PositiveIntegerField(default=1)
    rev = models.PositiveIntegerField(default=0)  # last revision submitted
    kind = models.CharField(max_length=12, default="play")
    level = models.CharField(max_length=12, default="normal")
    alert = models.CharField(max_length=12, blank=True)  # of an emergency: which alarm sounds
    genre = models.CharField(max_length=40, blank=True)
    source_number = models.CharField(max_length=120, blank=True)
    source_issuer = models.CharField(max_length=200, blank=True)
    title = models.JSONField(default=dict)  # {lang: text}
    text = models.JSONField(default=dict)
    ticker = models.CharField(max_length=500, blank=True)
    schedule = models.JSONField(default=dict)  # loa_wire.bulletin.Schedule as a dict
    expires_at = models.DateTimeField(null=True, blank=True)
    replaces = models.ForeignKey(  # a correction names what it corrects
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="corrections"
    )
    origin = models.ForeignKey(  # a commune's copy of what came from above, and of which revision
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="copies"
    )
    origin_rev = models.PositiveIntegerField(default=0)
    return_reason = models.TextField(blank=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    areas = models.ManyToManyField(Area, related_name="bulletins")

    class Meta:
        ordering = ["-changed_at"]
        indexes = [models.Index(fields=["state", "-changed_at"])]


class Voice(models.Model):
    """One language's sound. `text_sha256`: the text a machine voice read; an edit outdates it."""

    bulletin = models.ForeignKey(Bulletin, on_delete=models.CASCADE, related_name="voices")
    lang = models.CharField(max_length=8)
    media = models.ForeignKey(Media, on_delete=models.PROTECT)
    text_sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bulletin", "lang"], name="one_voice_per_language")
        ]


class Picture(models.Model):
    bulletin = models.ForeignKey(Bulletin, on_delete=models.CASCADE, related_name="pictures")
    media = models.ForeignKey(Media, on_delete=models.PROTECT)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position"]


class Revision(models.Model):
    """What was submitted: `payload` are the exact bytes to be signed, `sha256` their hash."""

    bulletin = models.ForeignKey(Bulletin, on_delete=models.PROTECT, related_name="revisions")
    rev = models.PositiveIntegerField()
    payload = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bulletin", "rev"], name="one_row_per_revision")
        ]


class Approval(models.Model):
    """A second person's word on one revision's bytes. The database says: never its writer."""

    revision = models.OneToOneField(Revision, on_delete=models.PROTECT, related_name="approval")
    sha256 = models.CharField(max_length=64)  # of the bytes the approver was shown
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField()
    code = models.CharField(max_length=10, blank=True)  # of the second factor, as typed, and
    step = models.BigIntegerField(default=0)  # its half minute: the signer verifies both itself

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(approver=F("author")), name="writer_is_never_approver"
            )
        ]


class FirstApproval(models.Model):
    """Where a genre needs two approvers: the first one's word, on the same bytes, until the second
    one's `Approval` makes it whole. Alone it sends nothing."""

    revision = models.OneToOneField(
        Revision, on_delete=models.PROTECT, related_name="first_approval"
    )
    sha256 = models.CharField(max_length=64)  # of the bytes this approver was shown
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField()
    code = models.CharField(max_length=10)
    step = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(approver=F("author")), name="writer_is_never_first_approver"
            )
        ]


class Countersign(models.Model):
    """The duty officer's word on an emergency, with the duty key's own signature under its bytes.

    The duty key is not this installation's to use: `sig` comes from the duty signer.
    """

    revision = models.OneToOneField(Revision, on_delete=models.PROTECT, related_name="countersign")
    sha256 = models.CharField(max_length=64)  # of the bytes the officer was shown
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    keyid = models.CharField(max_length=32)
    sig = models.BinaryField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(officer=F("approver")), name="approver_never_countersigns"
            )
        ]


class Ending(models.Model):
    """One person's order to end what runs: `revision` is the stop or the all-clear itself.

    Either of one bulletin (`target`) or of all that was issued for the loudspeakers of an area.
    `code` and `step` are of the second factor, for the signer to verify by itself.
    """

    revision = models.OneToOneField(Revision, on_delete=models.PROTECT, related_name="ending")
    target = models.ForeignKey(
        Bulletin, null=True, blank=True, on_delete=models.PROTECT, related_name="endings"
    )
    area = models.ForeignKey(
        Area, null=True, blank=True, on_delete=models.PROTECT, related_name="endings"
    )
    sha256 = models.CharField(max_length=64)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=10)
    step = models.BigIntegerField()
    why = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(target__isnull=False, area__isnull=True)
                | Q(target__isnull=True, area__isnull=False),
                name="ends_a_bulletin_or_an_area",
            )
        ]


class Posting(models.Model):
    """Niêm yết: kept in sight of the public until a day, and on record when it was and by whom."""

    bulletin = models.ForeignKey(Bulletin, on_delete=models.PROTECT, related_name="postings")
    until = models.DateField()  # its last day
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    down_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    down_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-at"]


class WatchWord(models.Model):
    """A word that holds a bulletin of this area until its approver has looked at it."""

    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="watch_words")
    word = models.CharField(max_length=60)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["area", "word"], name="one_watch_word_per_area")
        ]


class Act(models.Model):
    """Who did what to a bulletin, when and why, and the hash of the bytes it concerned."""

    bulletin = models.ForeignKey(Bulletin, on_delete=models.PROTECT, related_name="acts")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    verb = models.CharField(max_length=20)
    why = models.TextField(blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]
