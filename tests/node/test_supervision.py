"""What a program tells systemd, heard on a real notify socket."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

TELL = (
    "from loa_node import supervision as s; "
    "s.ready(); s.status('chờ'); s.alive(); s.stopping(); s.log('đã phát', play='p1')"
)


def tell(environment: dict[str, str]) -> str:
    ran = subprocess.run(
        [sys.executable, "-c", TELL],
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
        capture_output=True,
        check=True,
        timeout=30,
    )
    return ran.stderr.decode()


def test_systemd_hears_ready_status_watchdog_and_stopping(tmp_path: Path) -> None:
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(path)
        tell({"NOTIFY_SOCKET": path})
        said = [heard.recv(200).decode() for _ in range(4)]

    assert said == ["READY=1", "STATUS=chờ", "WATCHDOG=1", "STOPPING=1"]


def test_where_nobody_supervises_the_log_goes_to_stderr_and_nothing_else_happens() -> None:
    assert tell({"NOTIFY_SOCKET": ""}) == "đã phát play=p1\n"
