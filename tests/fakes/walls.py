"""Every kind of scene as people meet it, for pictures to be looked at and kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fakes.scenes import KM, STI, VI, Z

POSTER = Path(__file__).parents[2] / "content/samples/pictures/vaccination.jpg"
ANSWER = "https://loa.tanquan.example.vn/y"
SIZES = ((1920, 1080), (1280, 720), (1024, 768))

_FLOOD = {
    "vi": "Bà con ven suối Rạt chuyển người và gia súc lên nhà văn hóa ấp 3 ngay bây giờ.",
    "km": KM,
}
_CLAIM = "7K2M 9QXP C4TD H0VA\nNhập mã tại loa.tanquan.example.vn/nodes/new\nChờ cán bộ nhận."

WALLS: dict[str, dict[str, Any]] = {
    "rest": {"kind": "idle", "qr": ANSWER},
    "rest-ticker": {"kind": "idle", "ticker": VI, "online": False},
    "rest-no-clock": {"kind": "idle", "clock_ok": False},
    "dark": {"kind": "dark"},
    "text": {},
    "text-long": {"text": {"vi": f"{VI}\n{VI}\n{VI}"}, "level": "priority"},
    "text-picture": {"images": [str(POSTER)], "ticker": "Giá mủ hôm nay: 380 đồng một độ"},
    "picture": {"title": {}, "text": {}, "images": [str(POSTER)]},
    "panels": {
        "title": {"vi": "Ngày tiêm chủng", "km": Z.join(["ថ្ងៃ", "ចាក់", "វ៉ាក់សាំង"])},
        "text": {"vi": VI, "km": KM * 3},
        "languages": ["km", "vi"],
    },
    "panels-stieng": {
        "title": {"sti": "Nar chih sơnơm", "vi": "Ngày tiêm chủng"},
        "text": {"sti": STI, "vi": "7 giờ 30 sáng thứ Bảy, trạm y tế xã."},
        "languages": ["sti", "vi"],
    },
    "answer": {"text": {"vi": "19 giờ tối nay."}, "qr": ANSWER},
    "emergency": {
        "kind": "emergency",
        "title": {"vi": "Lũ lên nhanh"},
        "text": {"vi": _FLOOD["vi"]},
    },
    "emergency-panels": {
        "kind": "emergency",
        "title": {"vi": "Lũ lên nhanh"},
        "text": _FLOOD,
        "languages": ["vi", "km"],
    },
    "drill": {
        "kind": "drill",
        "title": {"vi": "Diễn tập chống lũ"},
        "text": {"vi": "Bà con nghe còi thì đi bộ ra nhà văn hóa ấp 3."},
    },
    "claim": {
        "kind": "claim",
        "title": {"vi": "Mã của thẻ này"},
        "text": {"vi": _CLAIM},
        "qr": ANSWER,
    },
    "message": {
        "kind": "message",
        "title": {"vi": "Chưa có kênh nào"},
        "text": {"vi": "Xin báo cán bộ đài truyền thanh xã."},
    },
}
