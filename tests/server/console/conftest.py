from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from fakes.town import Town, a_town, seated
from loa_server.areas.models import Person


@pytest.fixture
def town(database: Path) -> Town:  # noqa: ARG001 - the rows go there
    return a_town()


@pytest.fixture
def seat() -> Callable[[Person | None], Client]:
    return seated
