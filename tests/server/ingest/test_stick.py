"""Journals brought on a stick: the node's own word, once; and sticks that mean harm."""

from __future__ import annotations

import base64
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from fakes.reports import AT, EPOCH, NODE, a_fact, journal
from loa_server.dispatch.public import PublicFile
from loa_server.ingest import stick as journals
from loa_server.ingest.stick import Brought
from loa_server.ingest.writer import Writer
from loa_server.init import stick as command
from loa_wire import dsse, stick
from parts.database import Table, a_node, an_area, migrated
from parts.pki import Certificates, Files

NOW = AT + 60_000
OTHER, GONE = "tq-02", "tq-09"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    database = migrated(tmp_path_factory.mktemp("district"))
    table = Table(database)
    an_area(table)
    a_node(table, NODE)
    a_node(table, OTHER)
    a_node(table, GONE, status="revoked")
    table.close()
    return database


class District:
    def __init__(self, database: Path, folder: Path, pki: Certificates) -> None:
        self.writer, self.table, self.pki = Writer(database), Table(database), pki
        self.folder = folder
        folder.mkdir()

    def carried(self, *messages: Iterable[dict[str, Any]], by: str = NODE, of: str = "") -> Path:
        """A file as a node writes it; `by` signs and shows its certificate, `of` is spoken for."""
        lines = [bearer(self.pki, by)]
        for facts in messages:
            payload = journal(facts, node=of or by).payload
            lines.append(signed(self.pki, by, payload))
        path = self.folder / stick.journal_name(of or by, 1, 9)
        path.write_bytes(b"\n".join(lines) + b"\n")
        return path

    def take(self, path: Path) -> Brought:
        return journals.take(path, self.pki.cafile.read_bytes(), self.writer, NOW)

    def facts(self) -> int:
        return int(self.table.one("SELECT COUNT(*) FROM ingest_storedfact"))

    def close(self) -> None:
        self.writer.close()
        self.table.close()


def papers(pki: Certificates, node: str) -> Files:
    """One certificate a node, however often it is asked for."""
    held = Files(pki.folder / f"stick-{node}.pem", pki.folder / f"stick-{node}.key")
    if not held.cert.exists():
        made = pki.node(node)
        held.cert.write_bytes(made.cert.read_bytes())
        held.key.write_bytes(made.key.read_bytes())
    return held


def bearer(pki: Certificates, node: str) -> bytes:
    return json.dumps({"certificate": papers(pki, node).cert.read_text()}).encode()


def signed(pki: Certificates, node: str, payload: bytes, kind: str = stick.JOURNAL_TYPE) -> bytes:
    key = load_pem_private_key(papers(pki, node).key.read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    signature = key.sign(dsse.pae(kind, payload), ec.ECDSA(hashes.SHA256()))
    return dsse.seal(kind, payload, [dsse.Signature("a" * 32, signature)])


@pytest.fixture
def district(template: Path, tmp_path: Path, pki: Certificates) -> Iterator[District]:
    opened = District(Path(shutil.copy(template, tmp_path)), tmp_path / "stick", pki)
    yield opened
    opened.close()


FIRST, SECOND = [a_fact(1), a_fact(2)], [a_fact(3)]


def test_what_was_carried_is_in_the_ledger_and_the_same_stick_again_adds_nothing(
    district: District,
) -> None:
    path = district.carried(FIRST, SECOND)

    first, again = district.take(path), district.take(path)

    assert (first.node, first.lines, first.new, first.wrong) == (NODE, 2, 3, "")
    assert (again.lines, again.new, again.wrong) == (2, 0, "")
    assert district.facts() == 3
    assert district.table.rows("SELECT epoch, acked FROM fleet_node WHERE id = ?", NODE) == [
        (EPOCH, 3)
    ]


def test_what_came_by_line_and_by_stick_counts_once(district: District) -> None:
    district.writer.take([journal(FIRST)], NOW)

    assert district.take(district.carried(FIRST, SECOND)).new == 1
    district.writer.take([journal([*FIRST, *SECOND])], NOW)

    assert district.facts() == 3
    assert district.table.one("SELECT COUNT(*) FROM ingest_alarm") == 0


def test_a_node_whose_journal_was_carried_is_not_thought_to_be_online(district: District) -> None:
    district.take(district.carried(FIRST))

    assert district.table.one(f"SELECT seen_at FROM fleet_node WHERE id = '{NODE}'") is None


def test_a_stick_pulled_out_too_early_has_lost_its_end_only(district: District) -> None:
    path = district.carried(FIRST, SECOND)
    path.write_bytes(path.read_bytes()[:-40])

    told = district.take(path)

    assert (told.lines, told.new) == (1, 2)
    assert told.wrong.startswith("line 3")


def test_nobody_reports_in_anothers_name(district: District) -> None:
    told = district.take(district.carried(FIRST, by=OTHER, of=NODE))

    assert told.new == 0
    alarms = district.table.rows("SELECT node_id, code, detail FROM ingest_alarm")
    assert [(node, code) for node, code, _ in alarms] == [(OTHER, "unreadable")]


def test_a_report_with_one_bit_changed_is_not_taken(district: District) -> None:
    path = district.carried(FIRST)
    lines = path.read_bytes().splitlines()
    envelope = json.loads(lines[1])
    payload = bytearray(base64.b64decode(envelope["payload"]))
    payload[len(payload) // 2] ^= 1
    envelope["payload"] = base64.b64encode(payload).decode()
    path.write_bytes(lines[0] + b"\n" + json.dumps(envelope).encode() + b"\n")

    told = district.take(path)

    assert "signature" in told.wrong
    assert district.facts() == 0


def test_somebody_elses_certificate_does_not_cover_my_signature(district: District) -> None:
    path = district.carried(FIRST, by=OTHER, of=NODE)
    lines = path.read_bytes().splitlines()
    path.write_bytes(bearer(district.pki, NODE) + b"\n" + lines[1] + b"\n")

    assert "signature" in district.take(path).wrong
    assert district.facts() == 0


def test_a_certificate_of_another_ca_counts_for_nothing(
    district: District, tmp_path_factory: pytest.TempPathFactory
) -> None:
    ours, district.pki = district.pki, Certificates(tmp_path_factory.mktemp("others"))
    path = district.carried(FIRST)
    district.pki = ours

    assert "certificate of our CA" in district.take(path).wrong
    assert district.facts() == 0


def test_a_revoked_node_is_not_listened_to_by_stick_either(district: District) -> None:
    told = district.take(district.carried(FIRST, by=GONE))

    assert (told.new, told.ignored) == (0, {"inactive_node": 1})
    assert district.facts() == 0


def test_a_signature_over_something_else_of_the_nodes_is_no_report(district: District) -> None:
    path = district.carried()
    line = signed(district.pki, NODE, journal(FIRST).payload, "application/vnd.loa.other.v1+json")
    path.write_bytes(bearer(district.pki, NODE) + b"\n" + line + b"\n")

    assert "type" in district.take(path).wrong


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"{}", b"\x00" * 70_000, b"[" * 200_000, b'{"a":1}\n']
)
def test_a_file_that_is_none_is_said_to_be_none(district: District, data: bytes) -> None:
    path = district.folder / stick.journal_name(NODE, 1, 2)
    path.write_bytes(data)

    assert district.take(path).wrong
    assert district.facts() == 0


def test_a_line_without_end_is_not_read_into_memory(district: District) -> None:
    path = district.carried(FIRST)
    with path.open("ab") as file:
        file.write(b'{"payload":"')
        file.truncate(200 * 1024 * 1024)  # holes: no room taken on the stick

    told = district.take(path)

    assert told.new == 2
    assert "size" in told.wrong


def test_links_pipes_and_names_that_lead_elsewhere_are_not_read(
    district: District, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(district.carried(FIRST).read_bytes())
    linked = district.folder / stick.journal_name("tq-07", 1, 2)
    linked.symlink_to(secret)
    pipe = district.folder / stick.journal_name("tq-08", 1, 2)
    os.mkfifo(pipe)
    for name in ("loa-journal-..-1-2.jsonl", "loa-journal-a-1-2.jsonl.exe", "readme.txt"):
        (district.folder / name).write_bytes(b"")

    found = journals.journals(district.folder)

    assert [path.name for path in found] == [
        stick.journal_name(name, 1, last) for name, last in ((NODE, 9), ("tq-07", 2), ("tq-08", 2))
    ]
    assert district.take(linked).wrong
    assert district.take(pipe).wrong


# the way out


def test_a_bundle_is_written_whole_and_not_through_links_that_wait(tmp_path: Path) -> None:
    precious, private = tmp_path / "precious", tmp_path / "private"
    for folder in (precious, private / "media", tmp_path / "stick"):
        folder.mkdir(parents=True)
    (private / "media" / ("a" * 64)).write_bytes(b"sound")
    (tmp_path / "stick" / stick.BUNDLE).symlink_to(precious)
    files = [PublicFile("root/1", b"{}"), PublicFile(f"media/{'a' * 64}", None)]

    count, size = command.write(tmp_path / "stick", files, private)

    assert (count, size) == (2, 7)
    assert list(precious.iterdir()) == []
    bundle = tmp_path / "stick" / stick.BUNDLE
    assert not bundle.is_symlink()
    assert (bundle / "media" / ("a" * 64)).read_bytes() == b"sound"


def test_the_next_bundle_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    command.write(tmp_path, [PublicFile("root/1", b"{}")], tmp_path)
    command.write(tmp_path, [PublicFile("root/2", b"{}")], tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == [stick.BUNDLE]
    assert [path.name for path in (tmp_path / stick.BUNDLE / "root").iterdir()] == ["2"]
