"""The nodes' listener as nodes meet it: the real server, TLS of a private CA, loopback."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from loa_server.web.nodes_asgi import BURST, POST_BURST, NodesListener, Reply
from parts.pki import Certificates

pytestmark = pytest.mark.parts

BODY = bytes(range(256)) * 700
SHA = hashlib.sha256(BODY).hexdigest()
PROGRAM = """
import asyncio, sys
from pathlib import Path
from granian.constants import Interfaces
from granian.server.embed import Server
from loa_server.web.nodes_asgi import NodesListener, Reply
class Desk:
    longest = 1024
    async def answer(self, body, address):
        if body == b"away":
            return Reply(503, b"away")
        return Reply(200, body[::-1], b"application/json")
public, cert, key, port = sys.argv[1:]
listener = NodesListener(Path(public), {"/beacon": Desk()})
asyncio.run(Server(listener, port=int(port), interface=Interfaces.ASGI,
                   ssl_cert=Path(cert), ssl_key=Path(key)).serve())
"""


@dataclass
class Listener:
    url: str
    session: requests.Session
    public: Path

    def get(self, path: str, **headers: str) -> requests.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.session.get(self.url + path, headers=named, timeout=10)


@pytest.fixture(scope="module")
def listener(tmp_path_factory: pytest.TempPathFactory, pki: Certificates) -> Iterator[Listener]:
    public = tmp_path_factory.mktemp("public")
    for name, body in {
        f"media/{SHA}": BODY,
        f"envelopes/{SHA}": b'{"payload":""}',
        "areas/vn-1/manifest": b"one",
        "authority/unit-1/7": b"register",
        "root/1": b"root",
    }.items():
        (public / name).parent.mkdir(parents=True, exist_ok=True)
        (public / name).write_bytes(body)
    (public.parent / "secret").write_bytes(b"not yours")
    (public / "media" / ("0" * 64)).symlink_to(public.parent / "secret")
    server = pki.server()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    arguments = [str(public), str(server.cert), str(server.key), str(port)]
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, *arguments])
    session = requests.Session()
    session.trust_env = False  # the machine may name another bundle of CAs
    session.verify = str(pki.cafile)
    wait_for(port)
    yield Listener(f"https://localhost:{port}", session, public)
    process.terminate()
    process.wait(10)


def wait_for(port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("the listener does not listen")


def test_a_file_comes_whole_and_says_who_it_is(listener: Listener) -> None:
    answer = listener.get(f"/media/{SHA}")

    assert (answer.status_code, answer.content) == (200, BODY)
    assert answer.headers["etag"] == f'"{SHA}"'
    assert "immutable" in answer.headers["cache-control"]


def test_a_download_cut_in_the_middle_is_resumed(listener: Listener) -> None:
    rest = listener.get(f"/media/{SHA}", Range="bytes=1000-", If_Range=f'"{SHA}"')

    assert (rest.status_code, rest.content) == (206, BODY[1000:])
    assert rest.headers["content-range"] == f"bytes 1000-{len(BODY) - 1}/{len(BODY)}"


def test_a_range_past_the_end_is_said(listener: Listener) -> None:
    answer = listener.get(f"/media/{SHA}", Range=f"bytes={len(BODY)}-")

    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{len(BODY)}"


def test_a_changed_document_is_fetched_and_an_unchanged_one_is_not(listener: Listener) -> None:
    first = listener.get("/areas/vn-1/manifest")
    same = listener.get("/areas/vn-1/manifest", If_None_Match=first.headers["etag"])
    (listener.public / "areas/vn-1/manifest").write_bytes(b"two")
    later = listener.get("/areas/vn-1/manifest", If_None_Match=first.headers["etag"])

    assert (first.content, same.status_code, later.content) == (b"one", 304, b"two")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/authority/unit-1/7", 200),
        ("/root/1", 200),
        (f"/envelopes/{SHA}", 200),
        ("/authority/unit-1/8", 404),
        ("/", 404),
        ("/media/", 404),
        (f"/media/{SHA.upper()}", 404),
        (f"/media/{SHA}/", 404),
        (f"/media/{SHA}%0a", 404),
        ("/media/..%2f..%2fsecret", 404),
        ("/areas/../root/1", 404),
        ("/areas/%2e%2e/manifest", 404),
        ("/media/" + "0" * 64, 404),
        ("/beacon", 405),
        ("/enrol", 404),
    ],
)
def test_only_what_was_published_can_be_named(listener: Listener, path: str, status: int) -> None:
    prepared = requests.Request("GET", listener.url + path).prepare()
    prepared.url = listener.url + path  # as it is, dots and all

    assert listener.session.send(prepared, timeout=10).status_code == status


def test_nothing_can_be_written_there(listener: Listener) -> None:
    assert listener.session.post(listener.url + f"/media/{SHA}", timeout=10).status_code == 405
    assert listener.session.head(listener.url + f"/media/{SHA}", timeout=10).content == b""


def post(listener: Listener, body: bytes) -> requests.Response:
    return listener.session.post(listener.url + "/beacon", data=body, timeout=10)


def test_a_question_is_answered_by_its_desk(listener: Listener) -> None:
    answer = post(listener, b"what time")

    assert (answer.status_code, answer.content) == (200, b"emit tahw")
    assert answer.headers["content-type"] == "application/json"


def test_who_cannot_be_answered_now_is_told_when_to_come_back(listener: Listener) -> None:
    answer = post(listener, b"away")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")


def test_a_question_longer_than_its_desk_reads_is_refused(listener: Listener) -> None:
    assert post(listener, b"x" * 1024).status_code == 200
    assert post(listener, b"x" * 1025).status_code == 400


class EchoDesk:
    longest = 10

    async def answer(self, body: bytes, address: str) -> Reply:  # noqa: ARG002  # a Desk's
        return Reply(200, body)


def test_a_body_without_an_end_is_not_read_to_its_end() -> None:
    read = 0

    async def receive() -> dict[str, object]:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": b"12345", "more_body": True}

    listener = NodesListener(Path("/nowhere"), {"/beacon": EchoDesk()})

    assert statuses_of(listener, "POST", "/beacon", 1, receive) == [400]
    assert read == 3


async def _empty() -> dict[str, object]:
    return {"type": "http.request"}


def statuses_of(
    listener: NodesListener,
    method: str,
    path: str,
    times: int,
    receive: Callable[[], Awaitable[dict[str, object]]] = _empty,
) -> list[int]:
    statuses: list[int] = []

    async def send(message: dict[str, object]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(int(str(message["status"])))

    async def ask() -> None:
        scope = {
            "type": "http",
            "client": ("10.0.0.9", 1),
            "method": method,
            "path": path,
            "headers": [],
        }
        for _ in range(times):
            await listener(scope, receive, send)

    asyncio.run(ask())
    return statuses


def test_an_address_that_asks_without_end_is_told_to_wait() -> None:
    listener = NodesListener(Path("/nowhere"), clock=lambda: 0.0)

    statuses = statuses_of(listener, "GET", "/", int(BURST) + 1)

    assert statuses == [404] * int(BURST) + [429]


def test_what_must_be_thought_about_is_answered_less_often() -> None:
    listener = NodesListener(Path("/nowhere"), {"/beacon": EchoDesk()}, clock=lambda: 0.0)

    statuses = statuses_of(listener, "POST", "/beacon", int(POST_BURST) + 1)

    assert statuses == [200] * int(POST_BURST) + [429]
    assert statuses_of(listener, "GET", "/", 1) == [404]
