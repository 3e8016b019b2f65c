"""The commented files hold every setting, at its default, and nothing else."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from loa_node import config as node_config
from loa_server import config as server_config

PROVISIONING = Path(__file__).resolve().parents[2] / "provisioning"


def names(table: dict[str, Any], prefix: str = "") -> set[str]:
    found: set[str] = set()
    for key, value in table.items():
        found |= names(value, f"{key}.") if isinstance(value, dict) else {prefix + key}
    return found


def fields_of(config: Any, prefix: str = "") -> set[str]:
    found: set[str] = set()
    for name in config.__dataclass_fields__:
        value = getattr(config, name)
        nested = hasattr(value, "__dataclass_fields__")
        found |= fields_of(value, f"{name}.") if nested else {prefix + name}
    return found


def test_node_toml_is_exactly_the_defaults() -> None:
    assert node_config.read(PROVISIONING / "node.toml") == node_config.NodeConfig()


def test_node_toml_names_every_setting() -> None:
    said = tomllib.loads((PROVISIONING / "node.toml").read_text(encoding="utf-8"))

    assert names(said) == fields_of(node_config.NodeConfig())


def test_server_toml_is_exactly_the_defaults() -> None:
    assert server_config.read(PROVISIONING / "server.toml") == server_config.ServerConfig()


def test_server_toml_names_every_setting() -> None:
    said = tomllib.loads((PROVISIONING / "server.toml").read_text(encoding="utf-8"))

    assert names(said) == fields_of(server_config.ServerConfig())


@pytest.mark.parametrize("file", ["node.toml", "server.toml"])
def test_every_setting_has_a_comment_above_it(file: str) -> None:
    lines = (PROVISIONING / file).read_text(encoding="utf-8").splitlines()

    bare = [
        line
        for before, line in zip(["", *lines], lines, strict=False)
        if "=" in line and not line.startswith("#") and not before.startswith("#")
    ]
    assert bare == []
