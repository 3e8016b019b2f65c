"""`loa-server batch`: made by whom it may be, shown once, listed, closed, and on record."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

import pytest

from fakes.people import a_commune, a_person
from loa_server.areas.models import Role
from loa_server.audit.models import Entry
from loa_server.dispatch.enrolment import fingerprint
from loa_server.fleet.models import Batch
from loa_server.init import batches

pytestmark = pytest.mark.usefixtures("database")
NOW = datetime.now(UTC)


def asked(*words: str) -> str:
    parser = argparse.ArgumentParser()
    batches.add_to(parser)
    args = parser.parse_args(words)
    return str(args.batch(args, NOW))


def test_a_token_is_shown_once_kept_as_a_hash_listed_and_closed() -> None:
    commune = a_commune()
    a_person("quan-tri", (Role.REGISTRAR, commune))

    said = asked("make", commune.id, "--name", "Đợt 1", "--by", "quan-tri", "--uses", "3")
    token = said.rpartition("token: ")[2]

    made = Batch.objects.get()
    assert (made.sha256, made.uses, made.made_by.username) == (fingerprint(token), 3, "quan-tri")
    assert "0/3 used, until" in asked("list")
    assert token not in asked("list")
    asked("close", str(made.pk))
    assert "over" in asked("list")
    verbs = list(Entry.objects.order_by("seq").values_list("verb", flat=True))
    assert verbs == ["batch_make", "batch_close"]
    with pytest.raises(ValueError, match="no open batch"):
        asked("close", str(made.pk))


@pytest.mark.parametrize(
    "wrong", [("--by", "la"), ("--by", "nobody"), ("--by", "quan-tri", "--uses", "0")]
)
def test_nobody_makes_one_for_another_place_or_without_measure(wrong: tuple[str, ...]) -> None:
    commune = a_commune()
    a_person("quan-tri", (Role.REGISTRAR, commune))
    a_person("la", (Role.REGISTRAR, a_commune("vn-25345", "Tân Hưng")))

    with pytest.raises(ValueError, match=r"of yours|no such|1-1000"):
        asked("make", commune.id, "--name", "x", *wrong)
    assert not Batch.objects.exists()
