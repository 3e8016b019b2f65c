"""The board itself: clock, card, heat, power, and what lies on the card."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from loa_node.clock import Clock
from loa_node.config import NodeConfig
from loa_node.doctor.finding import Finding, Two, bad, good, look
from loa_node.health import Raw, readings
from loa_wire.up import Readings

HOT_DC: Final = 800
CARD_MB: Final = 200
BACKLOG: Final = 1000
_LOCAL: Final = timedelta(hours=7)
_NEW_CARD: Final = Two(
    "Thay thẻ nhớ: xin thẻ mới ở huyện.", "Change the memory card: ask the district for one."
)
AS_ROOT: Final = Two("Chạy lại: sudo loa-node doctor", "Run it again: sudo loa-node doctor")


def clock(now: Clock) -> Finding:
    shown = (datetime.fromtimestamp(now.now_ms / 1000, UTC) + _LOCAL).strftime("%H:%M %d-%m-%Y")
    if now.calendar:
        return good(f"Đồng hồ: {shown}, tin được", f"Clock: {shown}, to be trusted ({now.state})")
    return look(
        f"Đồng hồ chưa tin được ({shown})",
        f"The clock cannot be trusted ({shown}, {now.state})",
        Two(
            "Lịch hẹn giờ phải chờ. Có mạng thì tự chỉnh; hay mất điện thì lắp pin đồng hồ (RTC).",
            "The calendar waits. With a line it mends itself; else fit a clock battery (RTC).",
        ),
    )


def gauges(raw: Raw, state: Path) -> list[Finding]:
    told = readings(raw)
    return [*_card(told, state), *_heat(told), *_power(told)]


def _card(told: Readings, state: Path) -> list[Finding]:
    free = told.card_free_mb or 0
    if told.card_read_only or not _writes(state):
        return [bad("Thẻ nhớ không ghi được", "The memory card cannot be written", _NEW_CARD)]
    if told.card_errors:
        vi, en = f"Thẻ nhớ có {told.card_errors} lỗi", f"{told.card_errors} errors on the card"
        return [bad(vi, en, _NEW_CARD)]
    if free < CARD_MB:
        use = Two("Xóa tệp lạ trên thẻ, hoặc thay thẻ lớn hơn.", "Remove strange files, or change.")
        return [bad(f"Thẻ nhớ còn {free} MB", f"{free} MB left on the card", use)]
    return [good(f"Thẻ nhớ tốt, còn {free} MB", f"Card writes well, {free} MB free")]


def _writes(state: Path) -> bool:
    """A file of our own: the agent's canary belongs to the agent."""
    try:
        with tempfile.NamedTemporaryFile(dir=state, prefix=".doctor-") as file:
            file.write(bytes(4096))
            file.flush()
    except PermissionError:
        return True  # not ours to write: says nothing about the card
    except OSError:
        return False
    return True


def _heat(told: Readings) -> list[Finding]:
    if told.temperature_dc is None:
        return []
    degrees = told.temperature_dc // 10
    if told.temperature_dc < HOT_DC:
        return [good(f"Nhiệt độ {degrees} °C", f"Temperature {degrees} °C")]
    cool = Two("Mở khe gió, tránh nắng, lau bụi, gắn tản nhiệt.", "Give it air and shade, dust it.")
    return [bad(f"Quá nóng: {degrees} °C", f"Too hot: {degrees} °C", cool)]


def _power(told: Readings) -> list[Finding]:
    if told.under_voltage is None:
        return [good("Máy này không đo được nguồn", "This board cannot measure its power")]
    if not told.under_voltage:
        return [good("Nguồn điện đủ", "Power is sufficient")]
    change = Two(
        "Thay bộ nguồn (5 V, 3 A trở lên) và dây ngắn, to hơn.",
        "Change the power supply (5 V, 3 A or more) and use a short, thick cable.",
    )
    return [bad("Nguồn điện yếu", "The power supply is too weak", change)]


def files(config: NodeConfig) -> list[Finding]:
    found = []
    for name, vi in (("shelf", "Kho bản tin"), ("journal", "Nhật ký")):
        found.append(_database(config.state_dir / f"{name}.sqlite", vi, name.capitalize()))
        aside = config.state_dir / f"{name}.sqlite.damaged"
        if aside.exists():
            text = Two("Giữ lại cho kỹ thuật viên.", "Keep it for a technician.")
            found.append(look(f"{vi}: từng hỏng", f"{name}: was damaged once ({aside})", text))
    return found


def _database(path: Path, vi: str, en: str) -> Finding:
    if not path.exists():
        start = Two("Bật chương trình điểm phát.", "Start the node's programs.")
        return look(f"{vi}: chưa có", f"{en}: not there yet", start)
    restart = Two(
        "Khởi động lại: tự cất tệp hỏng và tải lại từ huyện. Nếu lặp lại, thay thẻ nhớ.",
        "Restart: it is moved aside and filled again. If that repeats, change the card.",
    )
    try:
        with contextlib.closing(read_only(path)) as db:
            said = str(db.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.Error as e:
        if not _readable(path):
            return bad(f"Không được đọc {path}", f"May not read {path}", AS_ROOT)
        said = str(e)
    if said != "ok":
        return bad(f"{vi}: hỏng", f"{en}: damaged ({said[:80]})", restart)
    return good(f"{vi}: nguyên vẹn", f"{en}: whole")


def contact(config: NodeConfig) -> list[Finding]:
    """What the district has confirmed, and what it has not."""
    try:
        with contextlib.closing(read_only(config.state_dir / "journal.sqlite")) as db:
            (acked,) = db.execute("SELECT acked FROM journal").fetchone()
            (last,) = db.execute("SELECT COALESCE(MAX(seq), 0) FROM fact").fetchone()
            row = db.execute("SELECT data FROM fact WHERE seq = ?", (acked,)).fetchone()
        at = int(json.loads(row[0])["at"]) if row else 0
    except (sqlite3.Error, TypeError, ValueError, KeyError):
        return []
    return [_contact(at), _backlog(max(0, last - acked))]


def _contact(at: int) -> Finding:
    if not at:
        wait = Two("Xem phần máy chủ ở trên.", "See the servers above.")
        return look("Huyện chưa xác nhận gì", "The district has not confirmed anything", wait)
    shown = (datetime.fromtimestamp(at / 1000, UTC) + _LOCAL).strftime("%H:%M %d-%m-%Y")
    vi = f"Huyện đã nhận nhật ký đến {shown}"
    return good(vi, f"The district has the journal up to {shown}")


def _backlog(waiting: int) -> Finding:
    if waiting <= BACKLOG:
        return good(f"Nhật ký chờ gửi: {waiting} dòng", f"Journal to be sent: {waiting} facts")
    stick = Two(
        "Nếu không có mạng lâu ngày: loa-node export ra USB và mang về huyện.",
        "If there is no line for days: loa-node export to a stick, and bring it to the district.",
    )
    return look(f"Nhật ký chờ gửi: {waiting} dòng", f"Journal to be sent: {waiting} facts", stick)


def read_only(path: Path) -> sqlite3.Connection:
    """Beside a running agent: never a lock that it would have to wait for."""
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=2)


def _readable(path: Path) -> bool:
    try:
        path.open("rb").close()
    except OSError:
        return False
    return True
