"""What init says of the keys, to whoever reads only that."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.wire import DAY, NOW, People, changed
from loa_server.ceremony.trustfolder import Held
from loa_server.init import telling
from loa_server.init.trust import Trust
from loa_wire.trusted import Authority, HardLimits, RootKey

PEOPLE = People()
ROOT = PEOPLE.root()
DEMO = changed(
    ROOT, keys={k: RootKey(public=key.public, holder="DEMO a") for k, key in ROOT.keys.items()}
)


def lasting(days: int) -> Authority:
    return PEOPLE.register(exp=NOW + days * DAY)


@pytest.mark.parametrize(
    ("trust", "said"),
    [
        (Trust(Held(), (), HardLimits()), ["no root yet"]),
        (Trust(Held(ROOT), (), HardLimits()), ["no register yet"]),
        (Trust(Held(ROOT, b"", lasting(31)), (), HardLimits()), ["is good until"]),
        (
            Trust(Held(ROOT, b"", lasting(29)), (), HardLimits()),
            ["is good until", "a new one must be signed before"],
        ),
        (
            Trust(Held(ROOT, b"", lasting(31)), (PEOPLE.register_key("ops"),), HardLimits()),
            ["is good until", "1 keys of this server are not in it (ops)"],
        ),
        (
            Trust(Held(ROOT, b"", lasting(31)), (), HardLimits(max_volume=70)),
            ["is good until", "the limits of server.toml are not the register's"],
        ),
        (
            Trust(Held(DEMO, b"", lasting(31)), (), HardLimits(), Path("/k")),
            ["DEMO KEYS", "is good until"],
        ),
        (
            Trust(Held(ROOT, b"", lasting(31)), (), HardLimits(), Path("/k")),
            ["delete /k", "is good until"],
        ),
    ],
)
def test_what_is_missing_is_said_in_both_languages_and_nothing_else(
    trust: Trust, said: list[str]
) -> None:
    lines = telling.lines(trust, NOW)

    assert len(lines) == 2 * len(said)
    for part, english in zip(said, lines[1::2], strict=True):
        assert part in english
