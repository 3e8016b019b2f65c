"""Django's own list of what must not be forgotten, asked of an installation that speaks TLS."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from provisioning.settle import settle

ROOT = Path(__file__).resolve().parents[2]
SAYS = """
import django
from django.conf import settings
django.setup()
print(settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, settings.SESSION_COOKIE_SECURE,
      settings.CSRF_COOKIE_SECURE, settings.SECURE_HSTS_SECONDS > 0, settings.DEBUG)
"""


def an_installation(folder: Path, *, tls: bool) -> Path:
    text = (ROOT / "provisioning" / "server.toml").read_text(encoding="utf-8")
    file = folder / "server.toml"
    values = {"state_dir": str(folder / "state"), "console.tls": tls}
    file.write_text(settle(text, values), encoding="utf-8")
    (folder / "state").mkdir()
    (folder / "state" / "secret").write_text(
        "nine and fifty characters or so, none of them said: x9f7"
    )
    return file


def run(file: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "loa_server", *words[:1], "--config", str(file), *words[1:]]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parts
def test_check_deploy_has_nothing_to_say(tmp_path: Path) -> None:
    file = an_installation(tmp_path, tls=True)

    said = run(file, "manage", "check", "--deploy", "--fail-level", "WARNING")

    assert "no issues" in said.stdout + said.stderr
    assert said.returncode == 0


@pytest.mark.parts
def test_and_it_would_have(tmp_path: Path) -> None:
    """The same question to an installation without TLS is answered: it is really asked."""
    file = an_installation(tmp_path, tls=False)

    said = run(file, "manage", "check", "--deploy", "--fail-level", "WARNING")

    assert "security.W012" in said.stderr  # SESSION_COOKIE_SECURE
    assert said.returncode == 1


@pytest.mark.parts
@pytest.mark.parametrize(
    ("tls", "words"),
    [(True, "__Host-loa_session __Host-loa_csrf True True True False"),
     (False, "loa_session loa_csrf False False False False")],
)  # fmt: skip
def test_with_tls_the_cookies_are_this_hosts_alone(tmp_path: Path, tls: Any, words: str) -> None:
    file = an_installation(tmp_path, tls=tls)
    env = os.environ | {
        "LOA_SERVER_CONFIG": str(file),
        "DJANGO_SETTINGS_MODULE": "loa_server.settings",
    }

    said = subprocess.run(
        [sys.executable, "-c", SAYS], capture_output=True, text=True, env=env, check=True
    )

    assert said.stdout.split() == words.split()
