"""The units, judged by systemd itself: they are well formed and expose no more than we promise."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.parts

SYSTEMD = Path(__file__).resolve().parents[2] / "provisioning" / "systemd"
UNITS = sorted(SYSTEMD.glob("*.service"))
# A unit without a promise fails. The media worker is no unit: its cage is tried lock by lock in
# tests/server/media/test_cage.py.
MOST = {
    "loa-node-player": 1.5,
    "loa-node-agent": 2.0,
    "loa-server-signer": 1.0,
    "loa-server-duty": 1.0,
    "loa-node-screen": 1.5,
    "loa-server-web": 2.0,
    "loa-server-engine": 2.0,
    "loa-broker-acl": 1.0,
}
PACKAGED = {"mosquitto"}
"""Users that come with Debian's own packages."""


def setting(unit: str, name: str) -> str:
    """The last value of a setting of [Service]."""
    lines = (SYSTEMD / f"{unit}.service").read_text(encoding="utf-8").splitlines()
    return [line.split("=", 1)[1] for line in lines if line.startswith(f"{name}=")][-1]


def test_every_unit_is_well_formed(tmp_path: Path) -> None:
    for unit in (*UNITS, *SYSTEMD.glob("*.path")):
        # The programs are not installed under /usr/bin while testing: any program that is, will do.
        text = re.sub(r"/usr/bin/loa-(node|server)\b", "/usr/bin/true", unit.read_text())
        (tmp_path / unit.name).write_text(text)

    run = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True,
        text=True,
        check=False,
    )

    ours = [line for line in run.stderr.splitlines() if "loa-" in line]
    assert (run.returncode, ours) == (0, [])


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_exposes_no_more_than_promised(unit: Path) -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(unit)]

    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    exposure = re.search(r"Overall exposure level for \S+: ([\d.]+)", said)
    assert exposure is not None, said
    assert float(exposure[1]) <= MOST[unit.stem]


def settings(unit: str, name: str) -> list[str]:
    """Every value of a setting that may stand there several times."""
    lines = (SYSTEMD / f"{unit}.service").read_text(encoding="utf-8").splitlines()
    return [line.split("=", 1)[1] for line in lines if line.startswith(f"{name}=")]


def test_player_and_screen_may_take_the_network_away_from_themselves() -> None:
    for unit in ("loa-node-player", "loa-node-screen"):
        # a later line gives back what an earlier one took
        assert "seccomp" in settings(unit, "SystemCallFilter")[-1].split()
        assert setting(unit, "NoNewPrivileges") == "yes"


def test_the_districts_programs_are_started_again_for_ever() -> None:
    for unit in ("signer", "duty", "engine", "web"):
        text = (SYSTEMD / f"loa-server-{unit}.service").read_text(encoding="utf-8")
        assert "\nStartLimitIntervalSec=0\n" in text.split("[Service]")[0], unit
        assert setting(f"loa-server-{unit}", "Restart") == "always"


def test_the_listeners_have_descriptors_for_every_connection() -> None:
    assert int(setting("loa-server-web", "LimitNOFILE")) >= 4 * 2 * 1024


def test_player_screen_and_signer_have_no_network() -> None:
    for unit in ("loa-node-player", "loa-node-screen", "loa-server-signer", "loa-server-duty"):
        assert setting(unit, "PrivateNetwork") == "yes"
        assert setting(unit, "RestrictAddressFamilies") == "AF_UNIX"


def test_keys_belong_to_users_that_run_nothing_else() -> None:
    users = {unit.stem: setting(unit.stem, "User") for unit in UNITS}

    for keeper in ("loa-node-agent", "loa-server-signer", "loa-server-duty"):
        assert [unit for unit, user in users.items() if user == users[keeper]] == [keeper]


def test_the_duty_signer_sees_neither_the_district_nor_its_keys() -> None:
    hidden = setting("loa-server-duty", "InaccessiblePaths")

    assert "/var/lib/loa-server" in hidden
    assert "/var/lib/loa-signer" in hidden


def test_every_user_of_a_unit_is_created() -> None:
    made = {
        line.split()[1]
        for file in (SYSTEMD / "sysusers.d").glob("*.conf")
        for line in file.read_text().splitlines()
        if line.startswith("u ")
    }

    assert {setting(unit.stem, "User") for unit in UNITS} == made | PACKAGED


def test_systemd_accepts_the_users_we_ask_for() -> None:
    files = map(str, (SYSTEMD / "sysusers.d").glob("*.conf"))

    run = subprocess.run(
        ["systemd-sysusers", "--dry-run", *files], capture_output=True, text=True, check=False
    )

    assert run.returncode == 0, run.stderr
