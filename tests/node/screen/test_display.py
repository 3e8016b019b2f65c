from __future__ import annotations

from pathlib import Path

import pytest

from loa_node.config import ConfigError, ScreenConfig
from loa_node.screen.display import plans, unplugged


def drivers(config: ScreenConfig, environ: dict[str, str], *, board: bool = False) -> list[str]:
    return [plan.driver for plan in plans(config, environ, board=board)]


def test_auto_is_a_window_on_a_desktop_the_console_of_a_board_and_else_nothing_to_see() -> None:
    auto = ScreenConfig()

    assert drivers(auto, {"DISPLAY": ":0"}, board=True) == ["x11", "dummy"]
    assert drivers(auto, {"WAYLAND_DISPLAY": "w", "DISPLAY": ":0"}) == ["wayland", "x11", "dummy"]
    assert drivers(auto, {}, board=True) == ["kmsdrm"]
    assert drivers(auto, {}) == ["dummy"]


def test_a_driver_asked_for_by_name_takes_the_whole_display_and_has_no_substitute() -> None:
    (plan,) = plans(ScreenConfig(driver="x11"), {}, board=False)

    assert (plan.driver, plan.whole) == ("x11", True)


@pytest.mark.parametrize("size", ["big", "1920", "0x0", "1920x1080x24", "99999x99999"])
def test_a_size_that_is_none_is_refused_with_a_sentence(size: str) -> None:
    with pytest.raises(ConfigError, match=r"screen\.size must be like 1920x1080"):
        plans(ScreenConfig(size=size), {}, board=False)


def test_a_board_is_unplugged_when_no_connector_has_a_screen(tmp_path: Path) -> None:
    assert not unplugged(tmp_path)
    for name, state in (("card1-HDMI-A-1", "disconnected"), ("card1-HDMI-A-2", "disconnected")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "status").write_text(state + "\n")
    assert unplugged(tmp_path)
    (tmp_path / "card1-HDMI-A-2" / "status").write_text("connected\n")
    assert not unplugged(tmp_path)
