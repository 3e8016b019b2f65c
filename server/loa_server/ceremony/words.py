"""A root or a register in the words of the people who sign it, Vietnamese and English.

Everything the document says is said; areas are called by their names where a request tells them,
and always by their ids, because names are nobody's signature.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from loa_server.ceremony.paper import Paper, Signable
from loa_server.ceremony.rules import Before, good, missing
from loa_wire.localtime import to_local
from loa_wire.trusted import Authority, HardLimits, RegisterKey, Role, Root, RootKey

MAY: Final = {
    "bulletin": ("ký bản tin và lệnh dừng", "bulletins and stops"),
    "countersign": ("chữ ký thứ hai của báo động khẩn cấp", "the second signature of emergencies"),
    "place": ("phân công điểm phát", "where nodes stand"),
    "settings": ("cài đặt điểm phát", "the settings of nodes"),
    "ops": ("vận hành: mục lục, giờ, xác nhận, lệnh kỹ thuật", "manifests, time, acks, commands"),
}
LEVEL: Final = {
    "normal": ("thông thường", "normal"),
    "priority": ("ưu tiên", "priority"),
    "emergency": ("KHẨN CẤP", "EMERGENCY"),
}
NO_PROOF: Final = {
    "refuse": ("không phát", "is refused"),
    "screen_only": ("chỉ hiện trên màn hình", "is shown on the screen only"),
}


@dataclass(frozen=True, slots=True)
class Line:
    vi: str
    en: str


def day(ms: int) -> str:
    return f"{to_local(ms):%d/%m/%Y %H:%M}"


def grouped(keyid: str) -> str:
    """As it is read out over a telephone."""
    return " ".join(keyid[n : n + 4] for n in range(0, len(keyid), 4))


def told(paper: Paper, before: Before, names: Mapping[str, str]) -> list[Line]:
    """All of it: what it says, what changes, who has signed and who has not."""
    document = paper.document
    if isinstance(document, Root):
        said = _root(document)
        changes = _root_changes(before.root, document) if before.root else []
    else:
        said = _register(document, names)
        changes = _register_changes(before.register, document, names) if before.register else []
    return [*said, *_changes(document, before, changes), *_signatures(paper, before)]


def _root(root: Root) -> list[Line]:
    return [
        Line(
            f"KHÓA GỐC số {root.version} của hệ thống “{root.installation}”",
            f'ROOT version {root.version} of the installation "{root.installation}"',
        ),
        _span(root.iat, root.exp),
        *_members(
            "Người giữ khóa gốc, được thay mọi khóa dưới đây",
            "Root holders, who can replace every key below",
            root.root,
            root.keys,
        ),
        *(
            line
            for unit, role in sorted(root.authorities.items())
            for line in _members(
                f"Ký sổ khóa của đơn vị “{unit}”",
                f'Signs the register of unit "{unit}"',
                role,
                root.keys,
            )
        ),
        *(
            _members("Ký phần mềm điểm phát", "Signs node software", root.release, root.keys)
            if root.release
            else [Line("Ký phần mềm điểm phát: chưa có ai", "Signs node software: nobody yet")]
        ),
    ]


def _members(vi: str, en: str, role: Role, keys: Mapping[str, RootKey]) -> list[Line]:
    n, m = role.threshold, len(role.keyids)
    return [
        Line(f"{vi} (cần {n} trong {m}):", f"{en} ({n} of {m} needed):"),
        *(_same(f"  · {_who(keyid, keys)}") for keyid in role.keyids),
    ]


def _who(keyid: str, keys: Mapping[str, RootKey]) -> str:
    holder = keys[keyid].holder if keyid in keys else "?"
    return f"{holder} · {grouped(keyid)}"


def _register(register: Authority, names: Mapping[str, str]) -> list[Line]:
    days = (register.exp - register.iat) // 86_400_000
    return [
        Line(
            f"SỔ KHÓA số {register.version} của đơn vị “{register.unit}” ({days} ngày)",
            f'REGISTER version {register.version} of unit "{register.unit}" ({days} days)',
        ),
        _span(register.iat, register.exp),
        Line(f"{len(register.keys)} khóa:", f"{len(register.keys)} keys:"),
        *(line for key in register.keys for line in _key(key, names)),
        *_limits(register.limits),
        *(_same(f"  · {relay.id}: {relay.url}") for relay in register.relays),
        Line(
            f"Báo động khẩn cấp khi điểm phát không hỏi được giờ: {NO_PROOF[register.no_proof][0]}",
            f"An emergency at a node with no proof of time {NO_PROOF[register.no_proof][1]}",
        ),
    ]


def _key(key: RegisterKey, names: Mapping[str, str]) -> list[Line]:
    vi = "; ".join(MAY[may][0] for may in key.may)
    en = "; ".join(MAY[may][1] for may in key.may)
    level = LEVEL[key.max_level]
    return [
        _same(f"  · {key.holder} · {grouped(key.keyid)}"),
        Line(f"      được: {vi}; tới mức {level[0]}", f"      may: {en}; up to {level[1]}"),
        Line(f"      khu vực: {_areas(key, names)}", f"      areas: {_areas(key, names)}"),
        Line(
            f"      từ {day(key.nbf)} đến {day(key.exp)}",
            f"      from {day(key.nbf)} to {day(key.exp)}",
        ),
    ]


def _areas(key: RegisterKey, names: Mapping[str, str]) -> str:
    return ", ".join(f"{names[a]} ({a})" if a in names else a for a in key.scope)


def _limits(limits: HardLimits) -> list[Line]:
    quiet = ", ".join(f"{w.start}-{w.end}" for w in limits.quiet_hours)
    minutes, volume, guard = limits.max_session_s // 60, limits.max_volume, limits.repeat_guard_s
    return [
        Line(
            f"Giới hạn cứng: giờ yên lặng {quiet or 'không có'}; một buổi tối đa {minutes} phút; "
            f"âm lượng tối đa {volume} %; không lặp lại trong {guard} giây",
            f"Hard limits: quiet hours {quiet or 'none'}; a session of {minutes} min at most; "
            f"volume {volume} % at most; no repeat within {guard} s",
        )
    ]


def _changes(document: Signable, before: Before, changes: Sequence[Line]) -> list[Line]:
    held = before.root if isinstance(document, Root) else before.register
    if held is None:
        return [Line("Đây là số đầu tiên.", "This is the first.")]
    if not changes:
        return [
            Line(
                f"SO VỚI SỐ {held.version}: không đổi gì, chỉ gia hạn.",
                f"AGAINST VERSION {held.version}: nothing changes but its dates.",
            )
        ]
    return [Line(f"SO VỚI SỐ {held.version}:", f"AGAINST VERSION {held.version}:"), *changes]


def _root_changes(old: Root, new: Root) -> list[Line]:
    lines = _role_changes("giữ khóa gốc", "root holder", (old.root, old.keys), (new.root, new.keys))
    for unit in sorted({*old.authorities, *new.authorities}):
        pair = [(root.authorities.get(unit, _NOBODY), root.keys) for root in (old, new)]
        lines += _role_changes(f"ký sổ khóa “{unit}”", f'authority of "{unit}"', pair[0], pair[1])
    pair = [(root.release or _NOBODY, root.keys) for root in (old, new)]
    lines += _role_changes("ký phần mềm", "release key", pair[0], pair[1])
    if old.installation != new.installation:
        said = f"{old.installation} → {new.installation}"
        lines.append(Line(f"  ! hệ thống khác: {said}", f"  ! another installation: {said}"))
    return lines


_NOBODY: Final = Role(keyids=[], threshold=0)


def _role_changes(
    vi: str,
    en: str,
    old: tuple[Role, Mapping[str, RootKey]],
    new: tuple[Role, Mapping[str, RootKey]],
) -> list[Line]:
    (was, was_keys), (now, now_keys) = old, new
    lines = [
        Line(f"  + THÊM {vi}: {_who(k, now_keys)}", f"  + ADDED {en}: {_who(k, now_keys)}")
        for k in now.keyids
        if k not in was.keyids
    ]
    lines += [
        Line(f"  - BỎ {vi}: {_who(k, was_keys)}", f"  - REMOVED {en}: {_who(k, was_keys)}")
        for k in was.keyids
        if k not in now.keyids
    ]
    if was.threshold and now.threshold and was.threshold != now.threshold:
        said = f"{was.threshold} → {now.threshold}"
        lines.append(
            Line(f"  ~ số chữ ký cần của {vi}: {said}", f"  ~ signatures needed, {en}: {said}")
        )
    return lines


def _register_changes(old: Authority, new: Authority, names: Mapping[str, str]) -> list[Line]:
    was = {key.keyid: key for key in old.keys}
    now = {key.keyid: key for key in new.keys}
    lines = [
        line
        for k, key in now.items()
        if k not in was
        for line in (Line("  + KHÓA MỚI:", "  + NEW KEY:"), *_key(key, names))
    ]
    for keyid, key in was.items():
        if keyid not in now:
            said = f"{key.holder} · {grouped(keyid)}"
            lines.append(
                Line(
                    f"  - THU HỒI: {said}: mọi điều khóa này đã ký không còn giá trị",
                    f"  - REVOKED: {said}: nothing it ever signed counts any more",
                )
            )
        elif key != now[keyid]:
            lines += _key_changes(key, now[keyid], names)
    if old.unit != new.unit:
        said = f"{old.unit} → {new.unit}"
        lines.append(Line(f"  ! đơn vị khác: {said}", f"  ! another unit: {said}"))
    if (old.limits, old.relays, old.no_proof) != (new.limits, new.relays, new.no_proof):
        lines.append(
            Line("  ~ giới hạn cứng hoặc cách xử lý đã đổi", "  ~ limits or policies changed")
        )
        lines += [*_before(_limits(old.limits)), *_limits(new.limits)]
    return lines


def _before(lines: Iterable[Line]) -> list[Line]:
    return [Line(f"    trước: {line.vi}", f"    before: {line.en}") for line in lines]


def _key_changes(was: RegisterKey, now: RegisterKey, names: Mapping[str, str]) -> list[Line]:
    said = f"{now.holder} · {grouped(now.keyid)}"
    return [
        Line(f"  ~ ĐỔI: {said}, trước:", f"  ~ CHANGED: {said}, before:"),
        *_key(was, names)[1:],
        Line("    nay:", "    now:"),
        *_key(now, names)[1:],
    ]


def _signatures(paper: Paper, before: Before) -> list[Line]:
    if not paper.envelope.signatures:
        lines = [Line("Chưa ai ký.", "Nobody has signed yet.")]
    else:
        lines = [Line("Đã ký:", "Signed by:")]
        lines += [_signature(s.keyid, paper, before) for s in paper.envelope.signatures]
    for demand, lacking, who in missing(paper, before):
        rest = ", ".join(demand.keys[k].holder for k in who if k in demand.keys)
        lines.append(
            Line(
                f"Còn cần {lacking} chữ ký của {demand.vi}, trong số: {rest}",
                f"{lacking} more of the {demand.en}, among: {rest}",
            )
        )
    return lines


def _signature(keyid: str, paper: Paper, before: Before) -> Line:
    said = f"  · {_holders(paper, before).get(keyid, '?')} · {grouped(keyid)}"
    if keyid in good(paper, before):
        return _same(said)
    return Line(f"{said}: KHÔNG CÓ GIÁ TRỊ", f"{said}: COUNTS FOR NOTHING")


def _holders(paper: Paper, before: Before) -> dict[str, str]:
    known = dict(before.root.keys) if before.root else {}
    if isinstance(paper.document, Root):
        known |= paper.document.keys
    return {keyid: key.holder for keyid, key in known.items()}


def _span(iat: int, exp: int) -> Line:
    return Line(f"Lập lúc {day(iat)}, hết hạn {day(exp)}", f"Made {day(iat)}, ends {day(exp)}")


def _same(text: str) -> Line:
    return Line(text, text)
