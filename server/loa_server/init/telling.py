"""What init says about the keys: whether they are a demo's, what is missing, and until when."""

from __future__ import annotations

from typing import Final

from loa_server.ceremony.words import day
from loa_server.init.trust import Trust
from loa_wire.limits import DAY_MS

REMIND_MS: Final = 30 * DAY_MS


def lines(trust: Trust, now: int) -> list[str]:
    """Indented, for below a step of init. Never empty."""
    held = trust.held
    if held.root is None:
        return _both(
            "chưa có khóa gốc, nên chưa điểm phát nào nghe máy chủ này. Cách làm: "
            "`loa-server keys ceremony`",
            "no root yet, so no node believes this server. What to do: `loa-server keys ceremony`",
        )
    said = []
    if trust.demo:
        said += _both(
            "BỘ KHÓA DÙNG THỬ: mọi khóa nằm trên máy này, không dùng cho loa thật",
            "DEMO KEYS: all of them lie on this machine; not for real loudspeakers",
        )
    elif trust.offline is not None:
        said += _both(
            f"khóa dùng thử không còn giá trị: hãy xóa {trust.offline}",
            f"the demo's keys are worth nothing now: delete {trust.offline}",
        )
    return said + _register(trust, now)


def _register(trust: Trust, now: int) -> list[str]:
    register = trust.held.register
    if register is None:
        return _both(
            "chưa có sổ khóa: `loa-server keys request`, người ký sổ khóa làm phần còn lại",
            "no register yet: `loa-server keys request`, then it is the authority's turn",
        )
    said = _both(
        f"sổ khóa số {register.version} có giá trị đến {day(register.exp)}",
        f"register {register.version} is good until {day(register.exp)}",
    )
    if register.exp - now < REMIND_MS:
        said += _both(
            "phải ký sổ khóa mới trước ngày ấy: `loa-server keys request`",
            "a new one must be signed before: `loa-server keys request`",
        )
    if trust.unnamed:
        holders = ", ".join(key.holder for key in trust.unnamed)
        said += _both(
            f"sổ khóa chưa ghi {len(trust.unnamed)} khóa của máy chủ ({holders}): "
            "`loa-server keys request`",
            f"{len(trust.unnamed)} keys of this server are not in it ({holders})",
        )
    if register.limits != trust.limits:
        said += _both(
            "giới hạn trong server.toml khác sổ khóa; điểm phát theo sổ khóa",
            "the limits of server.toml are not the register's; nodes obey the register",
        )
    return said


def _both(vi: str, en: str) -> list[str]:
    return [f"    {vi}", f"    {en}"]
