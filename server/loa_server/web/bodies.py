"""How much a browser may send, asked before Django sees any of it: Django keeps a body whole on
the disk before it asks who sends it, whether the form is ours, whether there is such an address.

    a stranger              512 kB: the long bulletin of an author whose session ended is kept
    who is signed in        3 MB
    recordings and files    what `media.upload_mb` allows, a few at a time

Each piece has its time, and so has the whole. What is over raises RefusedError out of `receive`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from loa_server.web.openings import Openings
from loa_server.web.patience import Receive, Scope, peer_of

STRANGER: Final = 512_000
STAFF: Final = 3_000_000
FORM: Final = 1_000_000
"""Beside the file itself: the other fields of its form."""
UPLOADS_OF_ONE, UPLOADS_IN_ALL = 8, 24
_FILES: Final = re.compile(
    r"\A/(bulletins/(new|[^/]+/(content|media|record/[^/]+))|(.+/)?import)\Z"
)
_SAID: Final = {
    408: "Gửi lên quá chậm. Hãy thử lại.\nToo slow: please send it again.\n",
    413: "Gửi lên quá nhiều, hoặc phiên làm việc đã hết: hãy đăng nhập lại, rồi gửi từng tệp một.\n"
    "Too much, or your session has ended: sign in again, then send one file at a time.\n",
    503: "Đang nhận nhiều tệp khác. Hãy thử lại sau một phút.\n"
    "Other files are coming in: please try again in a minute.\n",
}


class RefusedError(Exception):
    """The body is not read any further."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status

    @property
    def sentence(self) -> bytes:
        return _SAID[self.status].encode()


@dataclass(frozen=True, slots=True)
class Limits:
    """`files`: bytes of one form with files. Seconds for a piece, for a form, for files."""

    files: int
    piece_s: float = 30.0
    form_s: float = 120.0
    files_s: float = 1800.0  # 100 MB at 450 kbit/s: a commune's line, upwards


class Bodies:
    """`signed_in` is asked only when a stranger would be refused; it may take its time."""

    def __init__(self, limits: Limits, signed_in: Callable[[Scope], Awaitable[bool]]) -> None:
        self._limits = limits
        self._signed_in = signed_in
        self._uploads = Openings(UPLOADS_OF_ONE, UPLOADS_IN_ALL)

    async def admit(
        self,
        scope: Scope,
        receive: Receive,
        app: Callable[[Receive], Awaitable[None]],
        whole: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """`whole` is awaited when all of it has come, before `app` hears of its end."""
        body = _Body(scope, receive, self._limits, self._signed_in, self._uploads)

        async def read() -> dict[str, Any]:
            ended = body.whole
            message = await body.receive()
            if body.whole and not ended and whole is not None:
                await whole()
            return message

        try:
            await app(read)
        finally:
            body.close()


class _Body:
    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        limits: Limits,
        signed_in: Callable[[Scope], Awaitable[bool]],
        uploads: Openings,
    ) -> None:
        self._scope = scope
        self._receive = receive
        self._limits = limits
        self._signed_in = signed_in
        self._uploads = uploads
        self._address = peer_of(scope)[0]
        self._begun = asyncio.get_running_loop().time()
        self._read = 0
        self._most = STRANGER
        self.whole = False
        self._counted = False

    async def receive(self) -> dict[str, Any]:
        if self.whole:  # what is waited for now is the browser's going away
            return await self._receive()
        message = await self._piece()
        self._read += len(message.get("body", b""))
        self.whole = not message.get("more_body")
        if self._read > self._most:
            await self._widen()
        return message

    def close(self) -> None:
        if self._counted:
            self._uploads.release(self._address)

    async def _piece(self) -> dict[str, Any]:
        longest = self._limits.files_s if self._counted else self._limits.form_s
        left = self._begun + longest - asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(min(self._limits.piece_s, left)):
                return await self._receive()
        except TimeoutError as e:
            raise RefusedError(408) from e

    async def _widen(self) -> None:
        """More than a stranger may send has come, or more than staff may outside of files."""
        if self._most == STRANGER and await self._signed_in(self._scope):
            self._most = STAFF
        if self._read > self._most and self._most == STAFF and self._takes_files():
            if not self._uploads.take(self._address):
                raise RefusedError(503)
            self._counted = True
            self._most = self._limits.files + FORM
        if self._read > self._most:
            raise RefusedError(413)

    def _takes_files(self) -> bool:
        return _FILES.match(self._scope["path"]) is not None
