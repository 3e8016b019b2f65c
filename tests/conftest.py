"""Fixtures for everyone. They import what they need when asked: the node's tests run without
the server's packages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from hypothesis.database import DirectoryBasedExampleDatabase

if TYPE_CHECKING:
    from parts.broker import Broker
    from parts.pki import Certificates

_EXAMPLES = Path(__file__).resolve().parent.parent / ".loa" / "cache" / "hypothesis"
# The same examples in every run, so that a red run is about the change; `make fuzz` looks for new.
settings.register_profile("loa", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("quick", settings.get_profile("loa"), max_examples=20)
settings.register_profile(
    "fuzz",
    database=DirectoryBasedExampleDatabase(_EXAMPLES),
    deadline=None,
    print_blob=True,
    max_examples=1000,
)
settings.load_profile("loa")

# Fixtures that put the district's real tables into a real file.
_ROWS = {"database", "template"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that asks for the district's database is marked so; nobody has to remember it."""
    for item in items:
        if isinstance(item, pytest.Function) and _ROWS & set(item.fixturenames):
            item.add_marker(pytest.mark.rows)


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """A CA of this run's own: `pki.node("tq-01")`, `pki.program()`, `pki.server()`."""
    from parts.pki import Certificates

    return Certificates(tmp_path_factory.mktemp("pki"))


@pytest.fixture
def broker(tmp_path: Path, pki: Certificates) -> Iterator[Broker]:
    """A real Mosquitto of this test's own, over TLS on `broker.host`, `broker.port`."""
    from parts.broker import Broker

    started = Broker(tmp_path / "broker", pki)
    started.start()
    yield started
    started.stop()
