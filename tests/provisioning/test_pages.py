from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from provisioning.pages import Browser, PageError

PAGE = """
<html><head><title>x</title></head><body>
<form method="get" action="/find"><input name="q"></form>
<form method="post" action="/write">
  <input type="hidden" name="token" value="t&amp;1">
  <input name="title" value="old">
  <textarea name="text">
two
lines</textarea>
  <input type="radio" name="mode" value="now"><input type="radio" name="mode" value="at" checked>
  <input type="checkbox" name="areas" value="a1"><input type="checkbox" name="areas" value="a2">
  <select name="late"><option value="0">no</option><option value="1" selected>yes</option></select>
  <select name="gap"><option value="5">5</option></select>
  <input type="file" name="voice"><input name="gone" disabled value="1">
  <input name="search" form="" value="1">
  <button name="do" value="save">Lưu</button>
</form><p class="invalid">Ô này  chưa được điền.</p></body></html>
"""


class Console(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        found = self.path == "/"
        self._say(200 if found else 404, PAGE if found else "<p>Không có trang này</p>")

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._say(200, f"<p>{sent}</p>")

    def _say(self, status: int, html: str) -> None:
        body = html.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing: the test says what matters."""


@pytest.fixture
def browser() -> Iterator[Browser]:
    server = HTTPServer(("127.0.0.1", 0), Console)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield Browser(f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_untouched_form_holds_what_a_browser_would_send(browser: Browser) -> None:
    form = browser.open("/").form("/write")

    assert form.filled == [
        ("token", "t&1"),
        ("title", "old"),
        ("text", "two\nlines"),
        ("mode", "at"),
        ("late", "1"),
        ("gap", "5"),
    ]


def test_what_is_filled_in_replaces_what_stood_there(browser: Browser) -> None:
    page = browser.open("/")

    sent = browser.send(
        page, page.form("/write"), {"title": "Mưa", "areas": ["a1", "a2"], "mode": "now"}
    ).html

    for part in ("title=M%C6%B0a", "areas=a1", "areas=a2", "mode=now", "token=t%261", "late=1"):
        assert part in sent
    assert "title=old" not in sent
    assert "mode=at" not in sent


def test_a_file_travels_with_the_form(browser: Browser, tmp_path: Path) -> None:
    voice = tmp_path / "voice.opus"
    voice.write_bytes(b"sound")
    page = browser.open("/")

    sent = browser.send(page, page.form("/write"), {}, [("voice", voice)]).html

    assert 'filename="voice.opus"' in sent
    assert "sound" in sent


@pytest.mark.parametrize("name", ["missing", "gone", "search"])
def test_a_field_that_is_not_on_the_page_cannot_be_filled_in(browser: Browser, name: str) -> None:
    page = browser.open("/")

    with pytest.raises(PageError, match=f"no field {name}"):
        browser.send(page, page.form("/write"), {name: "x"})


def test_a_form_that_is_not_there_is_said_with_what_the_page_says(browser: Browser) -> None:
    with pytest.raises(PageError, match=r"(?s)no form.*/approve.*Ô này chưa được điền\."):
        browser.open("/").form("/approve")


def test_an_error_page_is_said_in_its_own_words(browser: Browser) -> None:
    with pytest.raises(PageError, match=r"(?s)404.*Không có trang này"):
        browser.open("/nowhere")
