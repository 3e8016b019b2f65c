"""An hour of a hamlet where nothing happens, in the real agent's own log. Its clock runs fast."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.wire import an_assignment, some_settings
from loa_node import agent as agents
from loa_node import config
from parts.broker import Broker
from parts.district import District
from parts.node import Node
from parts.pki import Certificates

pytestmark = [pytest.mark.parts, pytest.mark.journey]

HOUR_S = 3600
LINES_AN_HOUR = 20


@pytest.fixture
def district(broker: Broker, pki: Certificates) -> Iterator[District]:
    made = District(broker, pki, time.time_ns() // 1_000_000)
    yield made
    made.close()


def test_an_idle_hour_leaves_fewer_than_twenty_lines(
    district: District, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    node = Node(tmp_path / "node")
    node.write_settings(heartbeat_s=0)
    district.identity(node.identity)
    district.register()
    district.place(an_assignment(iat=district.now), some_settings(iat=district.now))
    agent = agents.build(config.read(node.settings))
    start = agent.reading()
    agent.boot(start)
    capfd.readouterr()

    for second in range(HOUR_S):
        ms = second * 1000
        agent.work_once(replace(start, wall_ms=start.wall_ms + ms, mono_ms=start.mono_ms + ms))
        time.sleep(0.002)
    agent.stop(in_order=True)
    lines = capfd.readouterr().err.splitlines()

    assert any("connected" in line for line in lines), "it was no idle hour"
    assert district.health.qsize() >= 50
    assert len(lines) < LINES_AN_HOUR, "\n".join(lines)
