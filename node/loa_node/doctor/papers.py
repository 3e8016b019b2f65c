"""Who this node is, and for how long its certificate says so."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from loa_node.adapters import identity
from loa_node.adapters.identity import Identity, IdentityError
from loa_node.adapters.papers import Papers
from loa_node.clock import Clock
from loa_node.doctor.finding import Finding, Two, bad, good, look

DAY_MS: Final = 86_400_000
SOON_DAYS: Final = 14
_NEW_CARD: Final = Two(
    "Chép lại thẻ ở huyện (loa-server card), rồi lắp vào và bật lại.",
    "Have the district write the card again (loa-server card), put it in, switch on.",
)


def examine(folder: Path, clock: Clock) -> tuple[list[Finding], Identity | None]:
    """`clock` decides whether a date may be judged at all."""
    if folder.exists():
        next(folder.iterdir(), None)  # tells apart what is missing and what may not be seen
    if identity.card(folder) is not None and not identity.names_a_node(folder):
        return [_new_card()], None
    try:
        me = identity.read(folder)
    except IdentityError as e:
        vi = "Giấy tờ của điểm phát thiếu hoặc hỏng"
        return [bad(vi, f"The identity folder: {e}", _NEW_CARD)], None
    found = [good(f"Điểm phát {me.node}, đơn vị {me.unit}", f"Node {me.node} of {me.unit}")]
    return [*found, _certificate(folder, clock)], me


def _new_card() -> Finding:
    return look(
        "Thẻ mới, chưa được huyện nhận",
        "A new card that the district has not taken in yet",
        Two(
            "Gõ mã trên màn hình (loa cũng đọc) vào trang quản lý ở huyện.",
            "Type the code on the screen (it is also spoken) into the district's console.",
        ),
    )


def _certificate(folder: Path, clock: Clock) -> Finding:
    try:
        papers = Papers(folder)
        complete, life = papers.complete(), papers.life()
    except (OSError, ValueError) as e:
        return bad("Chứng chỉ không đọc được", f"The certificate cannot be read: {e}", _NEW_CARD)
    if not complete:
        return bad(
            "Chứng chỉ không khớp với khóa hoặc không do huyện này cấp",
            "The certificate does not fit the key, or another district issued it",
            _NEW_CARD,
        )
    until = datetime.fromtimestamp(life.ends / 1000, UTC).date().isoformat()
    if clock.earliest_ms > life.ends:
        return bad(
            f"Chứng chỉ hết hạn ngày {until}",
            f"The certificate ended on {until}",
            Two(
                "Có mạng thì tự gia hạn trong một năm; nếu vẫn vậy, xin thẻ mới.",
                "With a line it renews itself for up to a year; if it does not, ask for a card.",
            ),
        )
    days = (life.ends - clock.earliest_ms) // DAY_MS
    if clock.calendar and days < SOON_DAYS:
        vi, en = f"Chứng chỉ còn {days} ngày", f"The certificate ends in {days} days"
        return look(vi, en, Two("Tự gia hạn khi có mạng.", "It renews itself over the line."))
    return good(f"Chứng chỉ đến ngày {until}", f"Certificate until {until}")
