"""Where Khmer words end, by ICU's dictionary, through ICU's C interface.

libicu is on every district server already (ffmpeg needs it through libxml2): no package is added,
where the Python bindings would be a compiler run. ICU puts its version in every function's name.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import re

LINE = 2  # UBRK_LINE: where a line may be broken, which keeps ។ and ៖ with the word before
DONE = -1


class IcuMissingError(RuntimeError):
    """No libicuuc on this machine; the caller falls back to syllables."""


class LineBreaks:
    """ICU's line break iterator for one language."""

    def __init__(self, language: str) -> None:
        name = ctypes.util.find_library("icuuc") or ""
        version = re.search(r"\.so\.(\d+)$", name)
        if version is None:
            raise IcuMissingError("libicuuc is not installed (it comes with ffmpeg)")
        self._language = language.encode()
        library = ctypes.CDLL(name)
        self._open = library[f"ubrk_open_{version[1]}"]
        self._next = library[f"ubrk_next_{version[1]}"]
        self._close = library[f"ubrk_close_{version[1]}"]
        self._open.restype = ctypes.c_void_p
        self._open.argtypes = [
            ctypes.c_int,
            ctypes.c_char_p,
            ctypes.c_char_p,
            ctypes.c_int32,
            ctypes.POINTER(ctypes.c_int),
        ]
        self._next.argtypes = [ctypes.c_void_p]
        self._close.argtypes = [ctypes.c_void_p]

    def __call__(self, text: str) -> list[int]:
        """Offsets in `text` after which a line may end, the end of the text left out."""
        utf16 = text.encode("utf-16-le")
        failure = ctypes.c_int(0)
        size = len(utf16) // 2
        iterator = self._open(LINE, self._language, utf16, size, ctypes.byref(failure))
        if failure.value > 0 or not iterator:
            raise IcuMissingError(f"ICU has no breaks for {self._language!r}: {failure.value}")
        units: list[int] = []
        try:
            while (at := self._next(iterator)) != DONE:
                units.append(at)
        finally:
            self._close(iterator)
        return [len(utf16[: 2 * at].decode("utf-16-le")) for at in units if at < size]
