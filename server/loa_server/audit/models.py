"""Every act that matters, one row each, added and never changed: the database itself refuses.

What counts is `line`, the exact text that was hashed. The other columns are read out of it by
SQLite, for searching, so that what a filter sees and what the chain proves cannot differ.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Func, Value


def _read_from_line(name: str, length: int) -> models.GeneratedField:
    said: Any = Func(F("line"), Value(f"$.{name}"), function="json_extract")
    return models.GeneratedField(
        expression=said, output_field=models.CharField(max_length=length), db_persist=False
    )


class Entry(models.Model):
    """`sha256` covers `line` and the entry before it (see chain.py)."""

    seq = models.BigAutoField(primary_key=True)  # 1, 2, 3 … without a gap
    line = models.TextField()
    sha256 = models.CharField(max_length=64, unique=True)
    at = _read_from_line("at", 27)  # 2026-01-05T01:00:00.000000Z: sorts as time does
    who = _read_from_line("who", 150)
    verb = _read_from_line("verb", 40)
    place = _read_from_line("place", 600)

    class Meta:
        indexes = [
            models.Index(fields=["at"]),
            models.Index(fields=["who", "seq"]),
            models.Index(fields=["verb", "seq"]),
            # none on place: SQLite would collect and sort a whole scope to show its newest fifty
        ]


class Watch(models.Model):
    """How far the engine has verified the log, in one row (see watch.py).

    It makes pages quick and proves nothing: who can change the log can change this too.
    """

    seq = models.BigIntegerField(default=0)  # verified up to here, since the engine first looked
    sha256 = models.CharField(max_length=64, blank=True)
    again_seq = models.BigIntegerField(default=0)  # read a second time up to here
    again_sha256 = models.CharField(max_length=64, blank=True)
    broken_seq = models.BigIntegerField(null=True)
    broken_why = models.CharField(max_length=10, blank=True)
    looked_at = models.DateTimeField(null=True)
    whole_at = models.DateTimeField(null=True)  # when all of it was last read again
    noted_at = models.DateTimeField(null=True)  # when the head was last written to the log
