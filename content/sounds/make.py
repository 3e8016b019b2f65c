"""Makes the sounds that ship with the node: `python content/sounds/make.py [claims|self-test]`.

Everything here is made by this program with ffmpeg and espeak-ng, so nobody else's rights are in
it. Each file is Opus mono 24 kbit/s at -16 LUFS and begins with silence: libVLC drops the first
80-120 ms of every Opus file.
"""

from __future__ import annotations

import array
import json
import math
import re
import subprocess
import sys
import tempfile
import wave
from collections.abc import Iterable
from pathlib import Path

from loa_node.hearing import signs

FOLDER = Path(__file__).resolve().parent
RATE = 48_000
LEAD_S = 0.2
LOUDNESS = -16.0
VOICE = ("espeak-ng", "-v", "vi", "-p", "40", "-a", "180")
SPEED, SPELLING = 135, 105  # words a minute

Samples = list[float]

ALERTS = {
    "flood": "Cảnh báo lũ lụt! Nước đang dâng. Bà con đến ngay nơi cao, an toàn. "
    "Không đi qua chỗ nước chảy xiết. Nghe tiếp hướng dẫn trên loa.",
    "storm": "Cảnh báo bão! Bà con vào nhà kiên cố, tránh xa cây lớn và đường dây điện. "
    "Nghe tiếp hướng dẫn trên loa.",
    "fire": "Cảnh báo cháy! Bà con rời ngay khỏi nơi có cháy. Gọi số một, một, bốn. "
    "Nghe tiếp hướng dẫn trên loa.",
    "epidemic": "Thông báo khẩn về dịch bệnh! Bà con đeo khẩu trang, rửa tay, "
    "ai có triệu chứng hãy báo trạm y tế. Nghe tiếp hướng dẫn trên loa.",
    "security": "Thông báo khẩn về an ninh trật tự! Bà con ở trong nhà, khóa cửa. "
    "Khi cần, gọi số một, một, ba. Nghe tiếp hướng dẫn trên loa.",
    "other": "Thông báo khẩn cấp! Bà con chú ý nghe hướng dẫn trên loa và xem bảng tin.",
}

# A claim code's symbols. Letters that sound alike over a loudspeaker are followed by a place.
SPELLED = {
    **{str(n): f"số {name}" for n, name in enumerate(
        ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
    )},
    "A": "chữ a, An Giang", "B": "chữ bê, Bến Tre", "C": "chữ xê, Cà Mau", "D": "chữ đê, Đồng Nai",
    "E": "chữ e, em bé", "F": "chữ ép phờ", "G": "chữ giê, Gia Lai", "H": "chữ hát, Hà Nội",
    "J": "chữ gi dài", "K": "chữ ca, Kon Tum", "M": "chữ em mờ, Mỹ Tho",
    "N": "chữ en nờ, Nam Định", "P": "chữ pê, Phú Thọ", "Q": "chữ quy, Quảng Ninh",
    "R": "chữ e rờ, Rạch Giá", "S": "chữ ét sì, Sóc Trăng", "T": "chữ tê, Tây Ninh",
    "V": "chữ vê, Vĩnh Long", "W": "chữ vê kép", "X": "chữ ích xì, Xuân Lộc",
    "Y": "chữ i cờ rét, Yên Bái", "Z": "chữ dét, cuối bảng chữ cái",
}  # fmt: skip
SELF_TEST = "Kiểm tra loa. Một, hai, ba, bốn, năm. Cảm ơn bà con."
CLAIM_INTRO = (
    "Thiết bị mới chưa được nhận. Đây là mã của thiết bị. "
    "Nhờ cán bộ nhập mã này vào trang quản lý loa."
)


def bell(hertz: float, seconds: float) -> Samples:
    """A struck bar: the note, two overtones that die sooner, a soft attack."""
    partials = ((1.0, 1.0, 2.2), (2.0, 0.35, 4.0), (3.01, 0.12, 7.0))
    return [
        min(1.0, t / 0.01)
        * sum(
            level * math.exp(-decay * t) * math.sin(2 * math.pi * hertz * ratio * t)
            for ratio, level, decay in partials
        )
        for t in (n / RATE for n in range(int(seconds * RATE)))
    ]


def tone(hertz: float, seconds: float) -> Samples:
    count = int(seconds * RATE)
    ramp = RATE // 100
    return [
        min(1.0, n / ramp, (count - n) / ramp) * math.sin(2 * math.pi * hertz * n / RATE)
        for n in range(count)
    ]


def siren(seconds: float) -> Samples:
    """Rises and falls between 500 and 1100 Hz, once in 1.5 s."""
    phase, samples = 0.0, []
    for n in range(int(seconds * RATE)):
        t = n / RATE
        phase += 2 * math.pi * (800 - 300 * math.cos(2 * math.pi * t / 1.5)) / RATE
        edge = min(1.0, t / 0.02, (seconds - t) / 0.02)
        samples.append(edge * (0.8 * math.sin(phase) + 0.2 * math.sin(3 * phase)))
    return samples


def mixed(parts: Iterable[tuple[float, Samples]]) -> Samples:
    """Each part begins at its second."""
    placed = [(int(at * RATE), samples) for at, samples in parts]
    result = [0.0] * max(start + len(samples) for start, samples in placed)
    for start, samples in placed:
        for n, sample in enumerate(samples):
            result[start + n] += sample
    return result


def save(samples: Samples, path: Path) -> None:
    peak = max(map(abs, samples))
    data = array.array("h", (int(20_000 * sample / peak) for sample in samples))
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(data.tobytes())


def speak(text: str, path: Path, speed: int = SPEED) -> None:
    subprocess.run([*VOICE, "-s", str(speed), "-w", str(path), text], check=True)


def filtered(sources: list[Path], graph: str, *rest: str) -> str:
    inputs = [part for source in sources for part in ("-i", str(source))]
    command = ["ffmpeg", "-y", "-hide_banner", *inputs, "-filter_complex", graph, *rest]
    return subprocess.run(command, check=True, capture_output=True, text=True).stderr


def loudness(sources: list[Path], graph: str) -> float:
    report = filtered(sources, f"{graph},ebur128", "-f", "null", "-")
    return float(re.findall(r"I:\s+(-?[\d.]+) LUFS", report)[-1])


def encode(name: str, sources: list[Path]) -> None:
    """Joins the sources, each at the same loudness, then measures and corrects the whole."""
    gains = [LOUDNESS - loudness([source], "[0:a]anull") for source in sources]
    levelled = "".join(
        f"[{n}:a]aresample={RATE},highpass=120,volume={gain}dB,apad=pad_dur=0.25[s{n}];"
        for n, gain in enumerate(gains)
    )
    joined = "".join(f"[s{n}]" for n in range(len(sources)))
    graph = f"{levelled}{joined}concat=n={len(sources)}:v=0:a=1,alimiter=limit=0.8:level=0"
    gain = LOUDNESS - loudness(sources, graph)
    final = f"{graph},volume={gain}dB,alimiter=limit=0.8:level=0,adelay={int(LEAD_S * 1000)}"
    opus = "-ac 1 -c:a libopus -b:a 24k -application voip -frame_duration 60 -map_metadata -1"
    path = FOLDER / f"{name}.opus"
    filtered(sources, final, *opus.split(), "-fflags", "+bitexact", str(path))
    measured = loudness([path], "[0:a]anull")
    print(f"{path.name}: {path.stat().st_size} bytes, {length_ms(path)} ms, {measured} LUFS")


def length_ms(path: Path) -> int:
    probe = ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0"]
    seconds = subprocess.run([*probe, str(path)], check=True, capture_output=True, text=True)
    return round(float(seconds.stdout) * 1000)


def make(work: Path) -> None:
    tones = {
        "chime": mixed([(0, bell(659.26, 2.2)), (0.7, bell(523.25, 1.8))]),
        "closing": mixed([(0, bell(523.25, 1.6)), (0.5, bell(392.0, 1.6))]),
        "test-tone": tone(1000, 2.0),
        "siren": siren(3.0),
    }
    for name, samples in tones.items():
        save(samples, work / f"{name}.wav")
    for name in ("chime", "closing", "test-tone"):
        encode(name, [work / f"{name}.wav"])
    make_self_test(work)
    voices: dict[str, tuple[list[Path], str]] = {"drill-vi": ([], "Diễn tập! Đây là diễn tập.")} | {
        f"alert-{kind}-vi": ([work / "siren.wav"], text) for kind, text in ALERTS.items()
    }
    for name, (before, text) in voices.items():
        speak(text, work / f"{name}.wav")
        encode(name, [*before, work / f"{name}.wav"])


def make_self_test(work: Path) -> None:
    """What a node says quietly once a week, and what its microphone compares that with."""
    speak(SELF_TEST, work / "self-test-vi.wav")
    encode("self-test-vi", [work / "self-test-vi.wav"])
    read = ["ffmpeg", "-v", "error", "-i", str(FOLDER / "self-test-vi.opus"), "-ar", "8000"]
    raw = subprocess.run([*read, "-f", "s16le", "-"], check=True, capture_output=True).stdout
    (FOLDER / "self-test-vi.signs").write_bytes(signs(array.array("h", raw)[: 6 * 8000]))


def make_claims(work: Path) -> None:
    """What a new card says of itself: a sentence, then its code, symbol by symbol."""
    clips = {"claim-intro-vi": (CLAIM_INTRO, SPEED)} | {
        f"claim-{symbol.lower()}-vi": (f"{text}.", SPELLING) for symbol, text in SPELLED.items()
    }
    for name, (text, speed) in clips.items():
        speak(text, work / f"{name}.wav", speed)
        encode(name, [work / f"{name}.wav"])


def main() -> None:
    parts = {
        "all": (make, make_claims),
        "claims": (make_claims,),
        "self-test": (make_self_test,),
    }
    with tempfile.TemporaryDirectory() as work:
        for part in parts[sys.argv[1] if len(sys.argv) > 1 else "all"]:
            part(Path(work))
    lengths = {path.name: length_ms(path) for path in sorted(FOLDER.glob("*.opus"))}
    (FOLDER / "lengths.json").write_text(json.dumps(lengths, indent=1) + "\n")


if __name__ == "__main__":
    main()
