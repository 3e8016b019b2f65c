"""Revoked nodes in the broker's acl file: nothing else in it changes, and the broker is told."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fakes.people import a_commune
from fakes.people import a_node as a_registered_node
from loa_server.config import BrokerConfig
from loa_server.engine.doorkeeper import MARK, RETRY_MS, Doorkeeper, with_revoked
from loa_server.fleet.models import Node

pytestmark = pytest.mark.usefixtures("database")
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
RULES = "pattern read loa/1/root\n\nuser loa-engine\ntopic write loa/1/root\n"
TEMPLATE = Path(__file__).parents[3] / "provisioning" / "mosquitto" / "acl.in"


def a_node(name: str, status: str = "revoked") -> None:
    held = Node.objects.first()
    node = a_registered_node(held.area if held else a_commune(), name)
    Node.objects.filter(pk=node.pk).update(status=status)


@pytest.fixture
def acl(tmp_path: Path) -> Path:
    path = tmp_path / "acl"
    path.write_text(RULES + MARK)
    path.chmod(0o640)
    return path


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Something called mosquitto that dies of a SIGHUP: so it is seen that one came."""
    program = tmp_path / "mosquitto"
    program.symlink_to("/bin/sleep")
    held = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup it would never hear of it
    process = subprocess.Popen([str(program), "60"])
    signal.signal(signal.SIGHUP, held)
    # exec closes the pipe that Popen waits for before it gives the process its name
    while Path(f"/proc/{process.pid}/comm").read_text() != "mosquitto\n":
        time.sleep(0.001)
    (tmp_path / "pid").write_text(f"{process.pid}\n")
    yield process
    process.kill()
    process.wait()


def keeper(acl: Path, pid_file: str = "") -> Doorkeeper:
    return Doorkeeper(BrokerConfig(acl=str(acl), pid_file=pid_file))


def test_the_template_ends_with_the_line_below_which_revoked_nodes_stand() -> None:
    assert TEMPLATE.read_text(encoding="utf-8").endswith(MARK)


def test_a_revoked_node_is_denied_everything_and_the_rules_above_stay(acl: Path) -> None:
    a_node("node-b")
    a_node("node-a")
    a_node("node-c", "active")

    assert keeper(acl).work_once(NOW, 0)

    denied = "user node-a\ntopic deny #\nuser node-b\ntopic deny #\n"
    assert acl.read_text() == RULES + MARK + denied
    assert acl.stat().st_mode & 0o777 == 0o640
    assert set(Node.objects.filter(cut_at=NOW).values_list("pk", flat=True)) == {"node-a", "node-b"}


def test_a_file_without_the_line_gets_it_once() -> None:
    once = with_revoked(RULES, ["n"])

    assert once == f"{RULES}\n{MARK}user n\ntopic deny #\n"
    assert with_revoked(once, ["n"]) == once


@pytest.mark.parametrize(
    "name", ["x\nuser loa-mallory\ntopic readwrite #", "loa-engine", "Node A", "", "n" * 65, "n\n"]
)
def test_a_name_with_a_rule_of_its_own_in_it_is_passed_over(name: str) -> None:
    assert with_revoked(RULES, [name, "n"]) == with_revoked(RULES, ["n"])


def test_a_forged_row_keeps_nobody_else_out_of_the_rules(acl: Path) -> None:
    a_node("node-a")
    a_node("x\nuser loa-mallory\ntopic readwrite #")

    keeper(acl).work_once(NOW, 0)

    assert acl.read_text() == RULES + MARK + "user node-a\ntopic deny #\n"


def test_what_is_written_already_is_not_written_again(acl: Path) -> None:
    a_node("node-a")
    door = keeper(acl)
    door.work_once(NOW, 0)
    before = acl.stat().st_mtime_ns

    assert not door.work_once(NOW, 1)
    assert not keeper(acl).work_once(NOW, 0)

    assert acl.stat().st_mtime_ns == before


def test_a_broker_that_was_set_up_anew_shuts_them_out_again(acl: Path) -> None:
    a_node("node-a")
    keeper(acl).work_once(NOW, 0)
    acl.write_text(RULES + MARK)

    assert keeper(acl).work_once(NOW, 0)

    assert "user node-a\ntopic deny #\n" in acl.read_text()


def test_the_broker_is_told_by_sighup(
    acl: Path, tmp_path: Path, broker: subprocess.Popen[bytes]
) -> None:
    a_node("node-a")

    keeper(acl, str(tmp_path / "pid")).work_once(NOW, 0)

    assert broker.wait(10) == -signal.SIGHUP


def test_another_program_under_the_brokers_number_is_left_alone(acl: Path, tmp_path: Path) -> None:
    (tmp_path / "pid").write_text(str(os.getpid()))
    a_node("node-a")
    door = keeper(acl, str(tmp_path / "pid"))

    assert not door.work_once(NOW, 0)

    assert Node.objects.get(pk="node-a").cut_at is None


def test_what_could_not_be_told_is_tried_again(
    acl: Path, tmp_path: Path, broker: subprocess.Popen[bytes]
) -> None:
    pid_file = tmp_path / "pid"
    said = pid_file.read_text()
    pid_file.unlink()
    a_node("node-a")
    door = keeper(acl, str(pid_file))
    door.work_once(NOW, 0)
    assert Node.objects.get(pk="node-a").cut_at is None
    pid_file.write_text(said)

    door.work_once(NOW, RETRY_MS - 1)
    assert broker.poll() is None
    door.work_once(NOW, RETRY_MS)

    assert broker.wait(10) == -signal.SIGHUP
    assert Node.objects.get(pk="node-a").cut_at == NOW


def test_without_a_file_the_door_is_somebody_elses() -> None:
    a_node("node-a")

    assert not Doorkeeper(BrokerConfig()).work_once(NOW, 0)
    assert Node.objects.get(pk="node-a").cut_at is None
