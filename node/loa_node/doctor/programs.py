"""The three programs, the loudspeaker and the display."""

from __future__ import annotations

import itertools
import shutil
import subprocess
from pathlib import Path
from typing import Final

from loa_node.config import NodeConfig
from loa_node.doctor.finding import Finding, Two, bad, good, look
from loa_node.player.output import Output, has_card

NAMES: Final = (
    ("agent", Two("Chương trình điều khiển", "Agent")),
    ("player", Two("Chương trình âm thanh", "Player")),
    ("screen", Two("Chương trình màn hình", "Screen")),
)
ASKED: Final = ("ActiveState", "Result", "NRestarts")


def examine(root: Path, settings: Path) -> list[Finding]:
    running = _running(root, settings)
    return [_program(name, words, running) for name, words in NAMES]


def _program(name: str, words: Two, running: set[str]) -> Finding:
    unit = f"loa-node-{name}"
    told = _unit(unit)
    again = told.get("NRestarts", "0")
    often = f" (chạy lại {again} lần)", f" (restarted {again} times)"
    vi, en = often if again not in ("", "0") else ("", "")
    if name in running:
        return good(f"{words.vi}: đang chạy{vi}", f"{words.en}: runs{en}")
    do = Two(
        f"sudo systemctl start {unit}; vẫn tắt thì xem: journalctl -u {unit} -n 50",
        f"sudo systemctl start {unit}; if it ends again: journalctl -u {unit} -n 50",
    )
    why = f", {told['Result']}" if told.get("Result", "success") != "success" else ""
    return bad(f"{words.vi}: không chạy{vi}", f"{words.en}: does not run{why}{en}", do)


def _running(root: Path, settings: Path) -> set[str]:
    """By their command lines: the same under systemd and `loa-node run`, of these settings only."""
    found = set()
    for path in root.glob("proc/[0-9]*/cmdline"):
        try:
            words = path.read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if str(settings) not in words:
            continue
        for before, word in itertools.pairwise(words):
            if before == "loa_node" or before.endswith(("/loa-node", "/loa_node/__main__.py")):
                found.add(word)
    return found


def _unit(unit: str) -> dict[str, str]:
    if not Path("/run/systemd/system").exists() or not shutil.which("systemctl"):
        return {}
    command = ["systemctl", "show", unit, *(f"--property={name}" for name in ASKED)]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return {}
    return dict(line.split("=", 1) for line in said.stdout.splitlines() if "=" in line)


def sound(config: NodeConfig, output: Output) -> Finding:
    if output.name == "alsa" and not has_card(Path(config.agent.sysfs)):
        plug = Two(
            "Cắm card âm thanh USB, hoặc bật âm thanh của máy, rồi khởi động lại.",
            "Plug in the USB sound card, or switch the board's own on, and restart.",
        )
        return bad("Không có card âm thanh", "There is no sound card", plug)
    if output.name == "none":
        change = Two("Sửa player.output trong node.toml.", "Change player.output in node.toml.")
        return bad("Âm thanh đang tắt trong node.toml", "node.toml switches sound off", change)
    if output.file is not None:
        return look(
            f"Âm thanh chỉ ghi vào tệp {output.file}, không ra loa",
            f"Sound goes to the file {output.file}, not to a loudspeaker",
            Two(
                "Bình thường trên máy thử; ở ấp phải cắm card âm thanh.",
                "Right on a desk; a hamlet needs a sound card.",
            ),
        )
    hear = Two("loa-node doctor --tone: nghe thử.", "loa-node doctor --tone: hear it.")
    return Finding("good", Two(f"Âm thanh ra {output.name}", f"Sound goes to {output.name}"), hear)


def display(config: NodeConfig) -> Finding:
    if config.screen.driver == "off":
        return good("Điểm phát không có màn hình (node.toml)", "No screen, as node.toml says")
    ports = sorted(Path(config.agent.sysfs).glob("sys/class/drm/card*-*/status"))
    told = {path.parent.name: _text(path) for path in ports}
    if any(state == "connected" for state in told.values()):
        names = ", ".join(name for name, state in told.items() if state == "connected")
        return good(f"Màn hình đã cắm: {names}", f"Display connected: {names}")
    cable = Two(
        "Xem dây HDMI, nguồn và ngõ vào của màn hình. Loa vẫn chạy khi không có màn hình.",
        "Check the HDMI cable, the display's power and input. Sound works without it.",
    )
    if told:
        return look("Không thấy màn hình nào", "No display is connected", cable)
    return look("Máy này không có cổng màn hình", "This board has no display port", cable)


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
