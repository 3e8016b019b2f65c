"""Downloads over requests: `.part`, Range with If-Range, hash while streaming, fsync, rename.

Some front servers rewrite ETag, so it only decides whether a half file may be continued; what a
file *is* is the SHA-256 in its address.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import queue
import shutil
import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter

from loa_node.fetch import Failed, Fetched, Result, Unchanged, Want
from loa_node.pulse import Pulses, Task

TIMEOUT_S: Final = (10.0, 20.0)  # connect, between two pieces
ASK_TIMEOUT_S: Final = (5.0, 10.0)  # an answer that takes longer is worth less than the next one
STUCK_S: Final = 180.0
"""Looking up a name, connecting, the longest pause of a body, a slow card's fsync: each less."""
RESERVE: Final = 32 * 1024 * 1024
"""Bytes that stay free on the card for journal and shelf."""
_PIECE: Final = 4096  # what a cut may lose: on the worst roads every line that holds counts
_HASHED: Final = ("media", "envelope", "page")


class DownloadError(Exception):
    """This file was not fetched; the text is the reason a retry is planned with."""

    progress = False


class CutError(DownloadError):
    """The line dropped; what arrived is on the card and will be continued."""

    def __init__(self, *, progress: bool) -> None:
        super().__init__("cut")
        self.progress = progress


class _Trusting(HTTPAdapter):
    """Every connection uses our context: our CA, our view of time."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__(pool_connections=1, pool_maxsize=2, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)


class RequestsDownloads:
    """A thread for each lane in use, with a connection that it keeps open."""

    def __init__(  # noqa: PLR0913 - where from, where to, whom to trust, whom to tell
        self,
        base: str,
        folder: Path,
        context: ssl.SSLContext,
        ca: Path,
        wake: Callable[[], None],
        reserve: int = RESERVE,
        *,
        pulses: Pulses | None = None,
    ) -> None:
        self._pulses = pulses or Pulses()
        self._base = base.rstrip("/")
        self._folder = folder
        self._context = context
        self._ca = ca
        self._wake = wake
        self._reserve = reserve
        self._results: deque[Result] = deque()
        self._lanes: dict[str, queue.SimpleQueue[Want | None]] = {}
        folder.mkdir(parents=True, exist_ok=True, mode=0o750)

    def begin(self, want: Want) -> None:
        # a question must not wait behind a file that takes minutes
        name = "ask" if want.body else "fetch-urgent" if want.urgent else "fetch"
        lane = self._lanes.get(name)
        if lane is None:
            lane = self._lanes[name] = queue.SimpleQueue()
            threading.Thread(target=self._work, args=(lane, name), name=name, daemon=True).start()
        lane.put(want)

    def results(self) -> list[Result]:
        taken: list[Result] = []
        while self._results:
            taken.append(self._results.popleft())
        return taken

    def close(self) -> None:
        for lane in self._lanes.values():
            lane.put(None)

    def _work(self, lane: queue.SimpleQueue[Want | None], name: str) -> None:
        with self._session() as session:
            while (want := lane.get()) is not None:
                with self._pulses.at_work(name, STUCK_S) as task:
                    self._results.append(self._fetched(session, want, task))
                self._wake()

    def _session(self) -> requests.Session:
        session = requests.Session()
        session.mount("https://", _Trusting(self._context))
        session.verify = str(self._ca)  # True would add the public CAs to ours
        session.trust_env = False  # no proxy, no .netrc: the address is the identity folder's
        session.headers["Accept-Encoding"] = "identity"  # ranges and lengths are of the bytes
        return session

    def _fetched(self, session: requests.Session, want: Want, task: Task) -> Result:
        try:
            if want.kind == "media":
                self._media(session, want, task)
                return Fetched(want)
            return self._document(session, want)
        except DownloadError as e:
            return Failed(want, str(e), e.progress)
        except (requests.RequestException, ssl.SSLError):
            return Failed(want, "unreachable")
        except OSError as e:
            return Failed(want, "no_room" if e.errno == 28 else "disk")

    # small documents: kept in memory, judged by their signature

    def _document(self, session: requests.Session, want: Want) -> Result:
        headers = {"If-None-Match": want.etag} if want.etag else {}
        with self._get(session, want, headers) as answer:
            if answer.status_code == 304:
                return Unchanged(want)
            _expect(answer, 200)
            body = b"".join(_pieces(answer, want.size))
            if want.kind in _HASHED and hashlib.sha256(body).hexdigest() != want.name:
                raise DownloadError("wrong_bytes")
            return Fetched(want, body, answer.headers.get("ETag", ""))

    # media: streamed to the card

    def _media(self, session: requests.Session, want: Want, task: Task) -> None:
        place = self._folder / want.name
        part = place.with_name(f"{want.name}.part")
        tag = place.with_name(f"{want.name}.etag")
        have = part.stat().st_size if part.exists() else 0
        if have > want.size:
            have = 0
        self._refuse_without_room(want.size - have)
        if have < want.size:
            self._stream(session, want, part, tag, have, task)
        if part.stat().st_size < want.size:
            raise CutError(progress=part.stat().st_size > have)
        self._place(want, part, tag, place)

    def _stream(
        self, session: requests.Session, want: Want, part: Path, tag: Path, have: int, task: Task
    ) -> None:
        etag = tag.read_text() if have and tag.exists() else ""
        headers = {"Range": f"bytes={have}-", "If-Range": etag} if etag else {}
        with self._get(session, want, headers) as answer:
            if answer.status_code == 416:
                part.unlink(missing_ok=True)
                raise DownloadError("status_416")
            resumed = answer.status_code == 206 and _continues(answer, have)
            if not resumed:
                _expect(answer, 200)
            _keep_tag(tag, answer)
            room = want.size - have if resumed else want.size
            with part.open("ab" if resumed else "wb") as file:
                for piece in _pieces(answer, room):
                    file.write(piece)
                    task.moved()
                file.flush()
                os.fsync(file.fileno())

    def _place(self, want: Want, part: Path, tag: Path, place: Path) -> None:
        """The whole file is hashed as it lies on the card, then takes its name for good."""
        with part.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        tag.unlink(missing_ok=True)
        if found != want.name:
            part.unlink(missing_ok=True)
            raise DownloadError("wrong_bytes")
        part.chmod(0o640)
        part.rename(place)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _get(
        self, session: requests.Session, want: Want, headers: dict[str, str]
    ) -> requests.Response:
        return session.request(
            "POST" if want.body else "GET",
            self._base + want.path,
            data=want.body or None,
            headers=headers,
            stream=True,
            timeout=ASK_TIMEOUT_S if want.body else TIMEOUT_S,
            allow_redirects=False,
        )

    def _refuse_without_room(self, size: int) -> None:
        if shutil.disk_usage(self._folder).free - size < self._reserve:
            raise DownloadError("no_room")


def _expect(answer: requests.Response, status: int) -> None:
    if answer.status_code != status:
        raise DownloadError(f"status_{answer.status_code}")


def _continues(answer: requests.Response, have: int) -> bool:
    return answer.headers.get("Content-Range", "").startswith(f"bytes {have}-")


def _keep_tag(tag: Path, answer: requests.Response) -> None:
    etag = answer.headers.get("ETag", "")
    if etag and not etag.startswith("W/"):  # If-Range takes strong ones only
        tag.write_text(etag)
    else:
        tag.unlink(missing_ok=True)


def _pieces(answer: requests.Response, most: int) -> Iterator[bytes]:
    """The body as it comes. A cut ends it: what arrived until then is kept."""
    received = 0
    with contextlib.suppress(requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
        for piece in answer.iter_content(_PIECE):
            received += len(piece)
            if received > most:
                raise DownloadError("too_long")
            yield piece
