"""A converter in the cage has its own files and nothing else; outside it has everything."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from loa_server.media import cage
from loa_server.media.cage import Cage, ConverterMissingError

pytestmark = pytest.mark.parts

SOCKET = "import socket; socket.socket(socket.AF_INET, socket.SOCK_STREAM)"
UNIX_SOCKET = "import socket; socket.socket(socket.AF_UNIX)"


def python(program: str) -> tuple[str, ...]:
    return (sys.executable, "-I", "-c", program)


def outside(program: str) -> int:
    return subprocess.run(python(program), check=False, capture_output=True).returncode


def test_every_lock_holds_on_this_machine(tmp_path: Path) -> None:
    assert cage.locks(tmp_path) == {"limits", "network", "sockets", "files", "privileges"}


@pytest.mark.parametrize("program", [SOCKET, UNIX_SOCKET])
def test_no_socket_can_be_opened(tmp_path: Path, program: str) -> None:
    finished = cage.run(Cage(write=tmp_path), python(program))

    assert "PermissionError" in finished.err
    assert outside(program) == 0


def test_only_the_files_it_was_given_can_be_read(tmp_path: Path) -> None:
    mine, theirs, job = tmp_path / "mine", tmp_path / "theirs", tmp_path / "job"
    mine.write_text("mine")
    theirs.write_text("theirs")
    job.mkdir()

    def told(path: Path) -> cage.Finished:
        return cage.run(Cage(write=job, read=(mine,)), ("cat", str(path)))

    assert told(mine).out == ["mine"]
    assert told(theirs).out == []
    assert "Permission denied" in told(theirs).err


def test_only_its_own_folder_can_be_written(tmp_path: Path) -> None:
    job = tmp_path / "job"
    job.mkdir()

    assert cage.run(Cage(write=job), ("touch", str(job / "new"))).code == 0
    assert cage.run(Cage(write=job), ("touch", str(tmp_path / "new"))).code != 0
    assert not (tmp_path / "new").exists()


def test_memory_ends_at_its_limit(tmp_path: Path) -> None:
    greedy = "x = bytearray(600 << 20)"

    finished = cage.run(Cage(write=tmp_path, memory=500 << 20), python(greedy))

    assert "MemoryError" in finished.err
    assert outside(greedy) == 0


def test_a_file_ends_at_its_limit(tmp_path: Path) -> None:
    command = ("head", "-c", "3000000", "/dev/zero")
    locked = Cage(write=tmp_path, file_bytes=1_000_000)
    program = f"import subprocess; subprocess.run({command!r}, stdout=open('big', 'wb'))"

    cage.run(locked, python(program))

    assert (tmp_path / "big").stat().st_size <= 1_000_000


def test_an_endless_converter_is_ended_with_its_children(tmp_path: Path) -> None:
    finished = cage.run(Cage(write=tmp_path, wall_s=1), ("sh", "-c", "sleep 600 & sleep 600"))

    assert finished.timed_out
    assert finished.code < 0


def test_processor_time_ends_at_its_limit(tmp_path: Path) -> None:
    finished = cage.run(Cage(write=tmp_path, cpu_s=1, wall_s=60), python("while True: pass"))

    assert finished.code < 0
    assert not finished.timed_out


def test_lines_are_heard_while_it_runs(tmp_path: Path) -> None:
    first = threading.Event()
    program = "import sys,time; print('one', flush=True); time.sleep(0.3); print('two')"
    lines: list[str] = []

    def hear(line: str) -> None:
        lines.append(line)
        first.set()

    finished = cage.run(Cage(write=tmp_path), python(program), hear)

    assert lines == finished.out == ["one", "two"]
    assert first.is_set()


def test_the_environment_and_the_folder_are_its_own(tmp_path: Path) -> None:
    program = "import os, json; print(json.dumps([os.getcwd(), sorted(os.environ)]))"

    cwd, names = json.loads(cage.run(Cage(write=tmp_path), python(program)).out[0])

    assert cwd == str(tmp_path)
    assert set(names) <= {"PATH", "LC_ALL", "HOME"}


def test_a_missing_program_is_the_operators_fault_and_says_what_to_install(
    tmp_path: Path,
) -> None:
    with pytest.raises(ConverterMissingError, match="apt install no-such-program"):
        cage.run(Cage(write=tmp_path), ("no-such-program",))


TRACE = """
import ctypes, sys
libc = ctypes.CDLL(None, use_errno=True)
print(libc.ptrace(0x4206, int(sys.argv[1]), 0, 0), ctypes.get_errno())  # PTRACE_SEIZE
"""
PRIVILEGES = """
import ctypes
libc = ctypes.CDLL(None)
print(libc.prctl(39, 0, 0, 0, 0), sum(libc.prctl(23, n, 0, 0, 0) == 1 for n in range(41)))
"""


def test_a_converter_cannot_look_into_another_process(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as console:
        command = (*python(TRACE), str(console.pid))
        caged = cage.run(Cage(write=tmp_path), command)
        free = subprocess.run(command, check=True, capture_output=True, text=True)
        console.kill()

    assert caged.out == ["-1 1"]
    assert free.stdout.strip() == "0 0"


def test_nothing_it_runs_can_gain_a_privilege(tmp_path: Path) -> None:
    assert cage.run(Cage(write=tmp_path), python(PRIVILEGES)).out == ["1 0"]


@pytest.mark.parametrize("program", [SOCKET, UNIX_SOCKET])
def test_its_children_are_in_the_cage_too(tmp_path: Path, program: str) -> None:
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-I', '-c', {program!r}])"

    assert "PermissionError" in cage.run(Cage(write=tmp_path), python(child)).err


def test_a_child_cannot_have_more_memory_than_its_parent(tmp_path: Path) -> None:
    greedy = "import resource as r; r.setrlimit(r.RLIMIT_AS, (r.RLIM_INFINITY, r.RLIM_INFINITY))"

    assert "ValueError" in cage.run(Cage(write=tmp_path), python(greedy)).err
    assert outside(greedy) == 0


def test_ffmpeg_itself_fetches_nothing_even_when_it_is_told_to(tmp_path: Path) -> None:
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}/a.ts"
        playlist = tmp_path / "x.mp3"
        playlist.write_text(
            f"#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n{address}\n#EXT-X-ENDLIST\n"
        )
        # as somebody would call it who forgot every option that we set
        allowed = ("-protocol_whitelist", "file,http,tcp", "-allowed_extensions", "ALL")
        command = ("ffmpeg", *allowed, "-f", "hls", "-i", str(playlist), "-f", "null", "-")

        cage.run(Cage(write=tmp_path, wall_s=20), command)
        told_in_the_cage = list(asked)
        subprocess.run(command, check=False, capture_output=True, timeout=30)
        server.shutdown()

    assert told_in_the_cage == []
    assert asked[0] == "/a.ts"
