"""A recording that is none: it wants the converter to fetch, to read or to burn. Each is refused,
and with ffmpeg as it comes out of the box it would have worked."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from loa_server.media import voice
from loa_server.media.refusal import MediaRefusedError
from parts.sound import a_tone

pytestmark = pytest.mark.parts


class Elsewhere:
    """A machine of the attacker's, and who asked it for anything."""

    def __init__(self) -> None:
        asked = self.asked = list[str]()

        class Noting(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_error(404)

            def log_message(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Noting)
        self.address = f"http://127.0.0.1:{self._http.server_address[1]}"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    made = Elsewhere()
    yield made
    made.close()


def refused(source: Path, folder: Path) -> str:
    job = folder / "job"
    job.mkdir()
    with pytest.raises(MediaRefusedError) as why:
        voice.prepare_voice(source, job)
    assert list(job.iterdir()) == []
    return why.value.code


def as_it_comes(source: Path, *more: str) -> None:
    """ffmpeg without our lists: what the upload was made for."""
    command = [
        "ffmpeg",
        "-nostdin",
        "-v",
        "quiet",
        "-y",
        *more,
        "-i",
        str(source),
        "-f",
        "null",
        "-",
    ]
    subprocess.run(command, check=False, timeout=30)


def test_a_playlist_named_mp3_makes_the_server_fetch(tmp_path: Path, elsewhere: Elsewhere) -> None:
    poisoned = tmp_path / "loi-keu-goi.mp3"
    poisoned.write_text(
        f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{elsewhere.address}/a.ts\n#EXT-X-ENDLIST\n"
    )

    assert refused(poisoned, tmp_path) == "playlist"
    assert elsewhere.asked == []
    as_it_comes(poisoned, "-protocol_whitelist", "file,http,tcp", "-allowed_extensions", "ALL")
    assert elsewhere.asked == ["/a.ts"]


def test_a_list_of_files_reads_what_the_server_keeps(tmp_path: Path) -> None:
    """ffconcat: the secret of the neighbour's folder, as sound."""
    secret = a_tone(tmp_path / "secret.wav", 700, 1)
    poisoned = tmp_path / "a.mp3"
    poisoned.write_text(f"ffconcat version 1.0\nfile '{secret}'\n")

    assert refused(poisoned, tmp_path) == "not_audio"
    told = subprocess.run(
        ["ffprobe", "-v", "quiet", "-safe", "0", "-f", "concat", "-show_entries",
         "stream=sample_rate", "-of", "csv=p=0", str(poisoned)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert told.stdout.split() == ["48000"]


def test_a_recording_cut_short_to_leave_out_the_not(tmp_path: Path) -> None:
    """Half a sentence may say the opposite; its length in the header does not match any more."""
    whole = a_tone(tmp_path / "whole.wav", 500, 6)
    cut = tmp_path / "cut.wav"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])

    assert refused(cut, tmp_path) == "truncated"
    as_it_comes(cut)  # which finds nothing wrong with it
