"""`loa-server card`: what it writes is what a node's first boot reads, and nothing secret."""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fakes.wire import People
from loa_node import first_boot
from loa_node.adapters.identity import Card
from loa_node.config import NodeConfig
from loa_server import pki
from loa_server.config import NodesConfig, ServerConfig
from loa_server.init import card


@pytest.fixture
def config(tmp_path: Path) -> ServerConfig:
    made = ServerConfig(tmp_path / "s", nodes=NodesConfig(address="loa.tq.example.vn", port=8444))
    made.pki_dir.mkdir(parents=True)
    made.trust_dir.mkdir()
    authority = pki.make_ca("Loa test", datetime.now(UTC))
    (made.pki_dir / "ca.crt").write_bytes(authority.cert)
    people, now = People(), time.time_ns() // 1_000_000
    root = people.sealed_root(people.root(iat=now, exp=now + 10**10))
    (made.trust_dir / "root-1.json").write_bytes(root)
    return made


def write(config: ServerConfig, state: Path, token: str = "") -> int:
    return card.run(config, argparse.Namespace(folder=state / "identity", token=token))


def test_a_written_card_is_one_that_asks_to_be_taken_in(
    config: ServerConfig, tmp_path: Path
) -> None:
    assert write(config, tmp_path, token="batch-7\n") == 0

    folder = tmp_path / "identity"
    asks = first_boot.needed(NodeConfig(state_dir=tmp_path))
    assert asks == Card("https://loa.tq.example.vn:8444", "batch-7", folder / "ca")
    assert sorted(path.name for path in folder.iterdir()) == ["ca", "root.json", "server", "token"]
    assert b"PRIVATE" not in b"".join(path.read_bytes() for path in folder.iterdir())


def test_without_a_batch_there_is_no_token(config: ServerConfig, tmp_path: Path) -> None:
    write(config, tmp_path)

    assert not (tmp_path / "identity" / "token").exists()


def test_a_node_is_never_written_over(
    config: ServerConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(config, tmp_path)
    (tmp_path / "identity" / "key").write_bytes(b"its own")
    before = (tmp_path / "identity" / "server").stat().st_mtime_ns

    assert write(config, tmp_path) == 1
    assert "this is a node already" in capsys.readouterr().err
    assert (tmp_path / "identity" / "server").stat().st_mtime_ns == before


@pytest.mark.parametrize("gone", ["pki/ca.crt", "trust/root-1.json"])
def test_without_ca_or_root_it_says_what_to_do_first(
    config: ServerConfig, tmp_path: Path, gone: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (config.state_dir / gone).unlink()

    assert write(config, tmp_path / "card") == 1
    assert "first" in capsys.readouterr().err
    assert not (tmp_path / "card").exists()
