"""What every page keeps: few queries, no inline code, little weight, only our own origin."""

from __future__ import annotations

import functools
import gzip
import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from fakes.deliveries import a_delivery, some_facts
from fakes.paper import a_draft, a_submitted, an_approved
from fakes.people import a_node
from fakes.town import Town
from loa_server import console

STATIC = Path(console.__file__).parent / "static"
HEAVIEST = 300_000
MOST_QUERIES = 8
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:|hx-on", re.I)
OTHER_ORIGIN = re.compile(r"""(?:src|href|action)=["'](?:https?:)?//""")


@pytest.fixture
def pages(town: Town, seat: Callable[..., Client]) -> list[tuple[Client, str]]:
    """Every page, with rows on it, for somebody it is for."""
    draft = a_draft(town.author, town.commune, town.hamlet)
    waiting = a_submitted(town.author, town.commune, town.hamlet)
    out = an_approved(town.author, town.approver, town.commune, town.hamlet)
    a_delivery(out, "node-1", "played", evidence="device", plays=1)
    some_facts("node-1", out)
    author, approver, both = map(seat, (town.author, town.approver, town.both))
    steps = ("content", "media", "areas", "when", "check", "paper")
    return [
        (seat(None), "/sign-in"),
        (both, "/"),
        (both, "/bulletins/"),
        (author, "/bulletins/new"),
        *((author, f"/bulletins/{draft.id}/{step}") for step in steps),
        (approver, "/approve/"),
        (both, f"/approve/{waiting.id}"),
        (both, f"/bulletins/{out.id}"),
        (both, f"/bulletins/{out.id}/paper"),
        (both, "/fleet/"),
        (both, "/fleet/node-1"),
        (author, "/password"),
    ]


def test_no_page_asks_the_database_more_than_ten_times(pages: list[tuple[Client, str]]) -> None:
    asked = {}
    for client, address in pages:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200, address
        asked[address] = len(queries)

    assert {a: n for a, n in asked.items() if n > MOST_QUERIES} == {}


def test_pages_do_not_ask_more_when_there_is_more(
    town: Town, pages: list[tuple[Client, str]]
) -> None:
    lists = [(c, a) for c, a in pages if a in ("/", "/bulletins/", "/fleet/")]

    def asked() -> list[int]:
        counts = []
        for client, address in lists:
            with CaptureQueriesContext(connection) as queries:
                client.get(address)
            counts.append(len(queries))
        return counts

    before = asked()
    for n in range(4):
        node = a_node(town.hamlet, f"more-{n}")
        out = an_approved(town.author, town.approver, town.commune, town.hamlet)
        a_delivery(out, node.id, "failed")

    assert asked() == before


def test_no_page_holds_inline_code_or_another_origin(pages: list[tuple[Client, str]]) -> None:
    for client, address in pages:
        answer = client.get(address)
        said = answer.content.decode()
        policy = answer["Content-Security-Policy"]

        assert INLINE.findall(said) == [], address
        assert OTHER_ORIGIN.findall(said) == [], address
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert answer["Cache-Control"] == "no-store"


@functools.cache
def weight_of(name: str) -> int:
    return len(gzip.compress((STATIC / name).read_bytes()))


def test_a_first_page_weighs_at_most_three_hundred_kilobytes(
    pages: list[tuple[Client, str]],
) -> None:
    for client, address in pages:
        said = client.get(address).content
        named = set(re.findall(r'(?:src|href)="/static/([^"]+)"', said.decode()))
        weight = len(gzip.compress(said)) + sum(map(weight_of, named))

        assert weight <= HEAVIEST, address


def test_what_others_wrote_is_unchanged_and_has_its_licence() -> None:
    listed = {}
    for row in (STATIC / "vendor" / "CHECKSUMS").read_text(encoding="ascii").splitlines():
        sha256, name = row.split()
        listed[name] = sha256
    found = {
        str(file.relative_to(STATIC / "vendor")): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in (STATIC / "vendor").rglob("*")
        if file.is_file() and file.name != "CHECKSUMS"
    }

    assert found == listed
    assert {f"{Path(name).parent}/LICENSE" for name in listed} <= set(listed)
    assert not any(b"sourceMappingURL" in f.read_bytes() for f in STATIC.rglob("*.*s"))


def test_our_own_code_touches_no_other_origin_and_no_eval() -> None:
    for file in (STATIC / "console").iterdir():
        said = file.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")

        assert not re.search(r"https?://|\beval\(|new Function", said), file.name


def test_every_control_of_the_forms_has_a_name_a_reader_can_say(
    pages: list[tuple[Client, str]],
) -> None:
    control = re.compile(r"<(?:input|select|textarea)\b([^>]*)>")
    for client, address in pages:
        said = client.get(address).content.decode()
        labelled = set(re.findall(r'<label[^>]*\bfor="([^"]+)"', said))
        wrapped = "".join(re.findall(r"<label\b.*?</label>", said, re.S))
        for attributes in control.findall(said):
            own = re.search(r'\bid="([^"]+)"', attributes)
            named = (
                'type="hidden"' in attributes
                or " hidden" in attributes
                or "aria-label=" in attributes
                or attributes in wrapped
                or (own is not None and own[1] in labelled)
            )
            assert named, (address, attributes)
