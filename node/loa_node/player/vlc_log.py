"""Listening to libVLC's log for what its events never say: that the audio output failed.

python-vlc 3.0.21203 wraps the log functions with prototypes that cannot be called, so they are
declared here again.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import vlc

ERROR = 4
LONGEST = 300

_Callback = ctypes.CFUNCTYPE(
    None, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p
)
_C = ctypes.CDLL(None)


def listen(instance: Any, heard: Callable[[str, str], None]) -> object:
    """Calls heard(part, text) for each error, from libVLC's threads. Keep what it returns."""

    def on_line(_data: int, level: int, context: int, words: bytes, arguments: int) -> None:
        if level >= ERROR:
            heard(_part(context), _text(words, arguments))

    callback = _Callback(on_line)
    instrument = ctypes.CFUNCTYPE(None, ctypes.c_void_p, _Callback, ctypes.c_void_p)
    instrument(("libvlc_log_set", vlc.dll))(ctypes.c_void_p(_pointer(instance)), callback, None)
    return callback


def _pointer(instance: Any) -> int:
    pointer = instance._as_parameter_  # how python-vlc passes itself on
    return int(getattr(pointer, "value", pointer))


def _part(context: int) -> str:
    """Which part of libVLC speaks: "audio output", "decoder", "demux"..."""
    name, header, number = ctypes.c_char_p(), ctypes.c_char_p(), ctypes.c_size_t()
    vlc.dll["libvlc_log_get_object"](
        ctypes.c_void_p(context),
        ctypes.byref(name),
        ctypes.byref(header),
        ctypes.byref(number),
    )
    return (name.value or b"").decode(errors="replace")


def _text(words: bytes, arguments: int) -> str:
    """arguments is a va_list, which x86-64 and ARM pass on as one pointer."""
    text = ctypes.create_string_buffer(LONGEST)
    _C.vsnprintf(text, LONGEST, ctypes.c_char_p(words), ctypes.c_void_p(arguments))
    return text.value.decode(errors="replace")
