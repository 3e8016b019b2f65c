"""`loa-node export`: the journal on a stick, signed, beside an agent that goes on writing it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from fakes.wire import NODE, UNIT, People
from loa_node import carrying
from loa_node.__main__ import main
from loa_node.adapters.sqlite_file import open_checked
from loa_node.adapters.sqlite_journal import SqliteJournal
from loa_node.config import NodeConfig
from loa_node.facts import a_fact
from loa_wire import dsse, stick
from loa_wire.up import Journal


def papers() -> tuple[bytes, bytes]:
    """A node's key and certificate, both PEM; who issued it is the district's question."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NODE)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7, now, now + timedelta(days=1))
    cert = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), cert


class Kiosk:
    def __init__(self, folder: Path) -> None:
        self.config = NodeConfig(state_dir=folder / "state", runtime_dir=folder / "run")
        identity = self.config.identity_dir
        identity.mkdir(parents=True)
        key, cert = papers()
        server = {"node": NODE, "unit": UNIT, "broker": "x:1", "https": "https://x"}
        for name, data in (
            ("key", key),
            ("cert", cert),
            ("ca", cert),
            ("root.json", People().sealed_root()),
            ("server", json.dumps(server).encode()),
        ):
            (identity / name).write_bytes(data)
        self.journal = SqliteJournal(open_checked(self.config.state_dir / "journal.sqlite").db)
        self.stick = folder / "stick"
        self.stick.mkdir()

    def happen(self, count: int) -> Kiosk:
        self.journal.append([a_fact("alarm", reason="x" * 200) for _ in range(count)])
        return self

    def export(self) -> int:
        return carrying.export(self.config, self.stick)

    def files(self) -> list[str]:
        return sorted(path.name for path in self.stick.iterdir())

    def carried(self) -> list[Journal]:
        """Read as the district reads it: certificate first, then signed lines."""
        lines = (self.stick / self.files()[0]).read_bytes().splitlines()
        cert = msgspec.json.decode(lines[0], type=stick.Bearer).certificate
        key = x509.load_pem_x509_certificate(cert.encode()).public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        told = []
        for line in lines[1:]:
            envelope = dsse.open_envelope(line, stick.LONGEST_LINE)
            assert envelope.payload_type == stick.JOURNAL_TYPE
            signature = envelope.signatures[0].sig
            key.verify(signature, envelope.signed_bytes(), ec.ECDSA(hashes.SHA256()))
            told.append(msgspec.json.decode(envelope.payload, type=Journal))
        return told


@pytest.fixture
def kiosk(tmp_path: Path) -> Kiosk:
    return Kiosk(tmp_path)


def test_every_fact_that_is_not_acknowledged_is_carried_once_and_signed(kiosk: Kiosk) -> None:
    kiosk.happen(1300)
    kiosk.journal.acknowledge(100)

    assert kiosk.export() == 0

    assert kiosk.files() == [f"loa-journal-{NODE}-101-1300.jsonl"]
    told = kiosk.carried()
    assert {one.node for one in told} == {NODE}
    assert {one.epoch for one in told} == {kiosk.journal.epoch}
    assert [fact.seq for one in told for fact in one.facts] == list(range(101, 1301))
    assert kiosk.journal.acked == 100  # carried is not acknowledged


def test_the_agent_goes_on_writing_while_it_is_carried(kiosk: Kiosk) -> None:
    kiosk.happen(10)
    assert kiosk.export() == 0
    kiosk.happen(10)
    assert kiosk.export() == 0

    assert kiosk.files() == [f"loa-journal-{NODE}-1-{upto}.jsonl" for upto in (10, 20)]


def test_with_nothing_to_carry_nothing_is_written(
    kiosk: Kiosk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kiosk.export() == 0

    assert kiosk.files() == []
    assert "Không có gì phải mang đi" in capsys.readouterr().out


def test_a_stick_that_cannot_be_written_is_said_and_leaves_no_half_file(
    kiosk: Kiosk, capsys: pytest.CaptureFixture[str]
) -> None:
    kiosk.happen(1)
    kiosk.stick = kiosk.stick / "not-there"

    assert kiosk.export() == 1
    assert "not-there" in capsys.readouterr().err


def test_a_link_that_waits_on_the_stick_is_not_written_through(
    kiosk: Kiosk, tmp_path: Path
) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"as it was")
    kiosk.happen(1)
    (kiosk.stick / stick.journal_name(NODE, 1, 1)).symlink_to(precious)

    assert kiosk.export() == 0

    assert precious.read_bytes() == b"as it was"
    assert len(kiosk.carried()) == 1


def test_a_line_that_was_changed_on_the_way_no_longer_fits_its_signature(kiosk: Kiosk) -> None:
    kiosk.happen(3)
    kiosk.export()
    path = kiosk.stick / kiosk.files()[0]
    lines = path.read_bytes().splitlines()
    envelope = dsse.open_envelope(lines[1], stick.LONGEST_LINE)
    forged = envelope.payload.replace(b"xxx", b"yyy")
    lines[1] = dsse.seal(envelope.payload_type, forged, envelope.signatures)
    path.write_bytes(b"\n".join(lines))

    with pytest.raises(InvalidSignature):
        kiosk.carried()


def test_without_an_agent_who_imports_is_told_so(
    kiosk: Kiosk, capsys: pytest.CaptureFixture[str]
) -> None:
    (kiosk.stick / stick.BUNDLE / "root").mkdir(parents=True)
    (kiosk.stick / stick.BUNDLE / "root" / "2").write_bytes(b"{}")

    assert carrying.bring(kiosk.config, kiosk.stick, patience_s=0.2) == 1
    assert "không chạy" in capsys.readouterr().err


def test_a_folder_without_a_bundle_is_said(
    tmp_path: Path, kiosk: Kiosk, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "node.toml"
    settings.write_text(f'state_dir = "{kiosk.config.state_dir}"\n')

    assert main(["import", str(kiosk.stick), "--config", str(settings)]) == 1
    assert stick.BUNDLE in capsys.readouterr().err
