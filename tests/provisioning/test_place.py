import tomllib
from pathlib import Path

import pytest

from loa_node import config as node_config
from loa_server import config as server_config
from provisioning.outlets import find
from provisioning.place import Place, PlaceError

PORTS = {"console": 8001, "nodes": 8444, "broker": 8884}


def test_both_programs_accept_the_settings_that_are_written(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.make()

    place.write_settings(PORTS, find(place.node, {}, ""))

    server = server_config.read(place.server_toml)
    node = node_config.read(place.node_toml)
    assert (server.console.port, server.nodes.port, server.broker.port) == (8001, 8444, 8884)
    assert (server.limits.quiet_from, server.limits.quiet_until) == ("", "")
    assert node.agent.simulate_proved_clock
    assert server.demo.screen_picture == node.screen.picture
    assert server.demo.loudspeaker_wav == node.player.file
    assert [node.player_socket, node.screen_socket] == place.node_sockets


def test_what_an_operator_changed_stays(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.make()
    place.write_settings(PORTS, find(place.node, {}, ""))
    text = place.server_toml.read_text().replace("session_hours = 10", "session_hours = 3  # mine")
    text = text.replace('quiet_from = ""', 'quiet_from = "20:00"')
    place.server_toml.write_text(text)

    place.write_settings({**PORTS, "console": 9001}, find(place.node, {}, ""))

    assert "session_hours = 3  # mine" in place.server_toml.read_text()
    said = tomllib.loads(place.server_toml.read_text())
    assert said["console"]["port"] == 9001
    assert said["limits"]["quiet_from"] == "20:00"


def test_a_folder_too_deep_for_sockets_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 90)

    with pytest.raises(PlaceError, match="too long"):
        Place(deep).make()

    assert not deep.exists()
