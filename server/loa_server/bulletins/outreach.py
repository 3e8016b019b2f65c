"""Whom a correction must reach: everybody who was sent what it corrects."""

from __future__ import annotations

from loa_server.areas.scope import covers
from loa_server.bulletins.models import Bulletin
from loa_server.bulletins.refusal import Refusal

NARROWER = Refusal(
    "narrower",
    "Đính chính phải tới đủ những nơi đã nhận bản sai. Hãy chọn lại nơi nhận.",
    "A correction must reach every place that was sent the wrong one. Choose its areas again.",
)


def too_narrow(bulletin: Bulletin) -> bool:
    """Whether a place of the wrong one lies in none of its own."""
    if bulletin.replaces is None:
        return False
    own = list(bulletin.areas.values_list("path", flat=True))
    told = bulletin.replaces.areas.values_list("path", flat=True)
    return not all(any(covers(one, path) for one in own) for path in told)
