"""Scenes as the agent sends them, with defaults."""

from __future__ import annotations

from typing import Any

from loa_node.screen.scene import Scene, parse

Z = "\u200b"
VI = (
    "Sáng thứ Bảy này, từ 7 giờ 30, trạm y tế xã tiêm vắc-xin sởi – rubella cho trẻ từ 18 tháng.\n"
    "Bà con nhớ mang theo sổ tiêm chủng, cho trẻ ăn no trước khi tiêm và ở lại 30 phút sau tiêm."
)
KM = Z.join(["សូម", "យក", "សៀវភៅ", "ចាក់", "វ៉ាក់សាំង", "មក", "ជាមួយ"]) + "។"
STI = "Nar chih sơnơm ăn kon dê̆, bu ntŭk lĕ djăk sổ tiêm chủng"


def a_scene_message(**changes: Any) -> dict[str, Any]:
    scene = {
        "id": "b1",
        "kind": "bulletin",
        "title": {"vi": "Ngày tiêm chủng cho trẻ em"},
        "text": {"vi": VI},
        "languages": ["vi"],
        "images": [],
        "ticker": "",
        "place": "Ấp 3, xã Tân Quan",
        "unit": "UBND xã Tân Quan",
        "seconds": 0,
        "level": "normal",
        "until_ms": None,
        "qr": "",
        "online": True,
        "clock_ok": True,
    }
    return {**scene, **changes}


def a_scene(**changes: Any) -> Scene:
    scene = parse(a_scene_message(**changes))
    assert isinstance(scene, Scene), scene
    return scene
