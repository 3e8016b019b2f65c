from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from parts.engine_room import EngineRoom, initialised


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return initialised(tmp_path_factory.mktemp("initialised"))


@pytest.fixture
def room(tmp_path: Path, template: Path) -> Iterator[EngineRoom]:
    """Signer, engine and broker run; the database holds the demo's areas and people."""
    made = EngineRoom(tmp_path, template)
    made.start()
    yield made
    made.close()
