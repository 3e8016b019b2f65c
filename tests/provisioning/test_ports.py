import socket
from itertools import count
from pathlib import Path

import pytest

from provisioning import ports


def test_wanted_ports_that_are_free_are_taken() -> None:
    chosen, said = ports.choose({"console": 8000, "broker": 8883}, lambda _: True, lambda: 1)

    assert (chosen, said) == ({"console": 8000, "broker": 8883}, [])


def test_a_port_in_use_is_replaced_and_that_is_said() -> None:
    numbers = count(50_000)

    chosen, said = ports.choose(
        {"console": 8000, "broker": 8883}, lambda port: port != 8000, lambda: next(numbers)
    )

    assert chosen == {"console": 50_000, "broker": 8883}
    assert said == ["port 8000 is in use, console takes 50000"]


def test_two_doors_never_share_a_port() -> None:
    offered = iter([8883, 50_001])

    chosen, _ = ports.choose(
        {"broker": 8883, "console": 8000}, lambda port: port != 8000, lambda: next(offered)
    )

    assert chosen == {"broker": 8883, "console": 50_001}


def test_the_second_start_takes_the_ports_of_the_first(tmp_path: Path) -> None:
    memory = tmp_path / "ports.json"
    first = ports.settled(memory)

    assert ports.settled(memory) == first


def test_a_port_that_somebody_took_meanwhile_is_left_to_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    memory = tmp_path / "ports.json"
    first = ports.settled(memory)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do
        other.bind(("127.0.0.1", first["console"]))
        other.listen()

        second = ports.settled(memory)

    assert second["console"] != first["console"]
    assert f"port {first['console']} is in use" in capsys.readouterr().out
