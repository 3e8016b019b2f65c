"""glibc keeps one heap, whatever threads a library starts; untold it keeps several."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAPS = """
import ctypes, sys, threading
from loa_node.thrift import give_back
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
if sys.argv[1] == "told":
    give_back()
together = threading.Barrier(4)
def busy():
    held = [libc.malloc(5000) for _ in range(50)]
    together.wait()
threads = [threading.Thread(target=busy) for _ in range(4)]
for one in threads: one.start()
for one in threads: one.join()
libc.fdopen.restype = ctypes.c_void_p
libc.malloc_info(0, ctypes.c_void_p(libc.fdopen(1, b"w")))
libc.fflush(None)
"""


def heaps(how: str) -> int:
    run = [sys.executable, "-c", HEAPS, how]
    said = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    return said.count("<heap ")


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's own business")
def test_threads_share_one_heap_once_it_is_told() -> None:
    assert heaps("told") == 1
    assert heaps("not told") > 1
