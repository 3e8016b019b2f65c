"""The demo's telephone: no code twice, and none that would come too late."""

from __future__ import annotations

import time

from loa_server.areas import totp
from provisioning.authenticator import MARGIN_S, STEP_S, Authenticator, at, shown

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def test_it_shows_what_the_server_expects() -> None:
    assert at(SECRET, 59_000_000) == totp.code_at(SECRET, 59_000_000)
    assert shown(SECRET, 59_000_000 * STEP_S + 10.0).startswith(at(SECRET, 59_000_000))
    assert "20 s" in shown(SECRET, 59_000_000 * STEP_S + 10.0)


def test_every_code_is_taken_by_the_server_and_another() -> None:
    app = Authenticator(SECRET)
    steps = [totp.step_of(SECRET, app.code(), time.time()) for _ in range(2)]

    assert None not in steps
    assert len(set(steps)) == 2
    assert app.spent == max(step for step in steps if step is not None)


def test_near_the_end_of_a_half_minute_the_code_before_is_let_go() -> None:
    late = 59_000_000 * STEP_S + STEP_S - MARGIN_S / 2
    early = 59_000_000 * STEP_S + 1.0

    taken = [
        totp.step_of(SECRET, Authenticator(SECRET, clock=lambda now=now: now).code(), now)  # type: ignore[misc]
        for now in (late, early)
    ]

    assert taken == [59_000_000, 58_999_999]
