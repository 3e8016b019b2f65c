"""The people of every story: the district that signs, the hamlet that listens, the attacker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.attacker import Attacker, Hamlet, a_hamlet
from fakes.wire import People


@pytest.fixture
def district() -> People:
    return People()


@pytest.fixture
def attacker(district: People) -> Attacker:
    return Attacker(district)


@pytest.fixture
def hamlet(tmp_path: Path, district: People) -> Iterator[Hamlet]:
    with a_hamlet(tmp_path, district) as made:
        yield made
