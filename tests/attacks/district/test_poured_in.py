"""Bodies without an end, poured into the console by people whom nobody knows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from fakes.desk import a_town
from loa_server.areas.models import Person
from loa_server.web import bodies
from loa_server.web.console_asgi import application

PIECE = b"x" * 65_536
FOREVER = 6_000  # pieces: 400 MB, as much as was once written to the disk


@dataclass
class Visit:
    """One request at the console's own listener, straight to its ASGI application."""

    path: str
    pieces: int
    session: str = ""
    method: str = "POST"
    read: int = 0
    status: int = 0
    said: bytes = b""
    slow_after: int | None = None
    _gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def receive(self) -> dict[str, Any]:
        if self.read >= self.pieces or self.read == self.slow_after:
            await self._gone.wait()
            return {"type": "http.disconnect"}
        self.read += 1
        return {"type": "http.request", "body": PIECE, "more_body": self.read < self.pieces}

    async def send(self, message: dict[str, Any]) -> None:
        self.status = message.get("status", self.status)
        self.said += message.get("body", b"")
        if message["type"] == "http.response.body" and not message.get("more_body"):
            self._gone.set()

    def made(self) -> Visit:
        cookie = f"{settings.SESSION_COOKIE_NAME}={self.session}".encode()
        kind = b"application/x-www-form-urlencoded"
        scope = {
            "type": "http",
            "http_version": "1.1",
            "client": ("10.9.9.9", "4000"),
            "server": ("127.0.0.1", 8000),
            "scheme": "http",
            "method": self.method,
            "path": self.path,
            "query_string": b"",
            "headers": [(b"host", b"localhost"), (b"cookie", cookie), (b"content-type", kind)],
        }
        asyncio.run(application(settings.LOA)(scope, self.receive, self.send))
        return self


@pytest.fixture
def someone(database: Path) -> Callable[[], str]:  # noqa: ARG001  # the rows
    def session() -> str:
        person: Person = a_town().author
        client = Client()
        client.force_login(person, backend="loa_server.areas.backends.PersonBackend")
        return str(client.session.session_key)

    return session


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("path", ["/sign-in", "/no/such/page", "/bulletins/x/media", "/tin/"])
def test_a_stranger_pours_in_without_end_and_is_read_no_further(path: str) -> None:
    visit = Visit(path, FOREVER).made()

    assert visit.status == 413
    assert visit.read * len(PIECE) < 2 * bodies.STRANGER
    assert "đăng nhập lại" in visit.said.decode()


@pytest.mark.usefixtures("database")
def test_a_made_up_session_is_a_stranger() -> None:
    assert Visit("/bulletins/x/record/vi", FOREVER, session="a" * 32).made().status == 413


def test_staff_send_a_recording_and_no_form_of_that_size(someone: Callable[[], str]) -> None:
    session = someone()
    forty_mb = 600

    recording = Visit("/bulletins/x/record/vi", forty_mb, session).made()
    form = Visit("/bulletins/x/check", forty_mb, session).made()
    pages = Visit("/bulletins/x/check", 40, session).made()

    assert (recording.read, recording.status) == (forty_mb, 403)  # read whole; without its token
    assert form.status == 413
    assert form.read * len(PIECE) < 2 * bodies.STAFF
    assert (pages.read, pages.status) == (40, 403)


@pytest.mark.parametrize(
    "path",
    [
        "/bulletins/new",
        "/bulletins/x/content",
        "/bulletins/x/media",
        "/bulletins/x/record/vi",
        "/areas/import",
    ],
)
def test_every_form_with_files_takes_a_large_one(someone: Callable[[], str], path: str) -> None:
    fifteen_mb = 230

    visit = Visit(path, fifteen_mb, someone()).made()

    assert (visit.read, visit.status) == (fifteen_mb, 403)  # read whole; without its token


def test_staff_do_not_pour_in_without_end_either(someone: Callable[[], str]) -> None:
    most = settings.LOA.media.upload_mb * 1_000_000 * len(settings.LOA.console.languages)

    visit = Visit("/bulletins/x/media", FOREVER, someone()).made()

    assert visit.status == 413
    assert visit.read * len(PIECE) < most + 2 * bodies.FORM


def test_a_body_that_stops_in_the_middle_is_waited_for_so_long_and_no_longer() -> None:
    async def nobody(_scope: object) -> bool:
        return False

    async def reads(receive: Callable[[], Any]) -> None:
        while (await receive()).get("more_body"):
            continue

    async def ask() -> int:
        limits = replace(bodies.Limits(files=1), piece_s=0.1)
        visit = Visit("/sign-in", 3, slow_after=1)
        scope = {"path": visit.path, "client": ("10.9.9.9", "4000")}
        try:
            await bodies.Bodies(limits, nobody).admit(scope, visit.receive, reads)
        except bodies.RefusedError as e:
            return e.status
        return 0

    assert asyncio.run(ask()) == 408
