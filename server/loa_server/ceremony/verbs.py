"""What each offline verb of `loa-server keys` does, from its arguments to what it says."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from loa_server.ceremony import asking, guide, keyfile, paper, registers, roots, rules, words
from loa_server.ceremony.keyfile import Card, read_card
from loa_server.ceremony.paper import Paper, Signable
from loa_server.ceremony.refusal import CeremonyError
from loa_server.ceremony.rules import Before
from loa_wire.fields import LEVELS, Level
from loa_wire.limits import DAY_MS
from loa_wire.trusted import Authority, Root

YEAR_MS: Final = 365 * DAY_MS
REQUEST: Final = "request.json"


def make(args: argparse.Namespace) -> int:
    secret = asking.new_passphrase(args.passphrase_fd)
    card = keyfile.make(args.role, args.holder, secret, args.folder, args.name or "")
    key, beside = keyfile.paths(args.folder, args.name or keyfile.usual_name(card))
    _say(
        f"Đã tạo khóa “{card.role}” của {card.holder}.",
        f"  giữ kín: {key}   đem đi được: {beside}",
        f"Made the {card.role} key of {card.holder}.",
        f"  keep: {key}   carry: {beside}",
        f"Mã khóa / keyid: {words.grouped(card.keyid)}",
    )
    return 0


def root_new(args: argparse.Namespace) -> int:
    root = roots.first(
        args.installation,
        _cards(args.holder),
        _by_unit(args.authority),
        _now(),
        threshold=args.threshold,
        release=_cards(args.release),
        life_ms=args.years * YEAR_MS,
    )
    return _laid_down(root, Before(), args.out, {})


def root_next(args: argparse.Namespace) -> int:
    held = _root_at(args.after)
    change = roots.Change(
        add=[*_cards(args.add), *_cards([Path(card) for _, card in args.replace])],
        remove=[*args.remove, *(keyid for keyid, _ in args.replace)],
        threshold=args.threshold,
        authorities=_by_unit(args.authority),
        authority_thresholds={unit: _number(n) for unit, n in args.authority_threshold},
        release=_cards(args.release),
    )
    root = roots.following(held, change, _now(), args.years * YEAR_MS)
    return _laid_down(root, Before(root=held), args.out, {})


def register_next(args: argparse.Namespace) -> int:
    root = _root_at(args.root)
    after = args.after or _newest("register", args.root.parent)
    held = _register_at(after) if after else None
    request = registers.read_request(args.request) if args.request else None
    unit = args.unit or _only_unit(root)
    scope = [area for part in args.scope for area in part.split(",") if area]
    level, levels = _levels(args.max_level)
    change = registers.Change(
        add=[registers.Duty(card, scope, level) for card in _cards(args.add)],
        revoke=args.revoke,
        retire=args.retire,
        max_level=levels,
        nbf=args.nbf,
        exp=args.exp,
        days=args.days,
    )
    register = registers.following(held, request, unit, change, _now())
    names = request.areas if request else {}
    return _laid_down(register, Before(root, held), args.out, names)


def _laid_down(
    document: Signable, before: Before, out: Path | None, names: Mapping[str, str]
) -> int:
    made = paper.blank(document)
    wrong = rules.content(made, before, _now())
    if wrong:
        _say(*map(str, wrong))
        return 1
    path = out or Path(made.name)
    paper.lay_down(made, path)
    _tell(made, before, names)
    _say("", f"→ {path}")
    return 0


def show(args: argparse.Namespace) -> int:
    made = paper.read(args.document)
    before = _before(args, made)
    _tell(made, before, _names(args))
    return 0


def check(args: argparse.Namespace) -> int:
    made = paper.read(args.document)
    before = _before(args, made)
    wrong = rules.complete(made, before, _now())
    if wrong:
        _say(*map(str, wrong))
        return 1
    _say(
        f"ĐÚNG: điểm phát sẽ nhận {made.name}.",
        f"GOOD: a node accepts {made.name}.",
    )
    return 0


def sign(args: argparse.Namespace) -> int:
    made = paper.read(args.document)
    before = _before(args, made)
    wrong = rules.content(made, before, _now())
    if wrong:
        _say(*map(str, wrong))
        return 1
    _tell(made, before, _names(args))
    if not asking.agrees():
        raise CeremonyError("unsigned", "không ký, không có gì thay đổi", "not signed, unchanged")
    key = keyfile.open_key(args.key, lambda: asking.passphrase(args.passphrase_fd, args.key.name))
    if not rules.may_sign(key.keyid, made, before):
        raise CeremonyError(
            "useless",
            "khóa này không được gọi tên: chữ ký của nó không có giá trị ở đây",
            "nobody asks for this key's signature here: it would count for nothing",
        )
    signed = paper.signed(made, key)
    paper.keep(signed, args.document)
    _say("", "Đã ký. / Signed.")
    lacking = rules.complete(signed, before, _now())
    _say(*(map(str, lacking) if lacking else ["Đã đủ chữ ký. / Nobody else needs to sign."]))
    return 0


def ceremony(args: argparse.Namespace) -> int:
    _say(*guide.lines(args.unit))
    return 0


def _before(args: argparse.Namespace, made: Paper) -> Before:
    """What stood before, as told or as it lies beside the document."""
    document, folder = made.document, args.document.parent
    before = f"{'root' if isinstance(document, Root) else 'register'}-{document.version - 1}.json"
    after = args.after or folder / before
    if document.version > 1 and not after.exists():
        raise CeremonyError(
            "previous",
            f"cần văn bản trước đó để biết cái gì thay đổi: {after} (hoặc --after)",
            f"what changes can only be told beside the document before: {after} (or --after)",
        )
    if isinstance(document, Root):
        return Before(root=_root_at(after) if document.version > 1 else None)
    root = args.root or _newest("root", folder)
    held = _register_at(after) if document.version > 1 else None
    return Before(root=_root_at(root) if root else None, register=held)


def _newest(kind: str, folder: Path) -> Path | None:
    """root-<n>.json or register-<n>.json of this folder with the highest number."""
    numbers = {path: path.stem.removeprefix(f"{kind}-") for path in folder.glob(f"{kind}-*.json")}
    found = {int(number): path for path, number in numbers.items() if number.isdecimal()}
    return found[max(found)] if found else None


def _names(args: argparse.Namespace) -> Mapping[str, str]:
    path = args.request or args.document.parent / REQUEST
    return registers.read_request(path).areas if path.exists() else {}


def _root_at(path: Path) -> Root:
    """One that its own holders have signed: nothing is compared with a draft."""
    made = paper.read(path)
    if not isinstance(made.document, Root):
        raise CeremonyError("type", f"{path.name}: không phải khóa gốc", f"{path.name}: no root")
    if rules.missing(made, Before()):
        raise CeremonyError(
            "signatures",
            f"{path.name}: chưa đủ chữ ký của chính những người giữ nó",
            f"{path.name}: not signed by enough of its own holders",
        )
    return made.document


def _register_at(path: Path) -> Authority:
    made = paper.read(path)
    if not isinstance(made.document, Authority):
        raise CeremonyError(
            "type", f"{path.name}: không phải sổ khóa", f"{path.name}: not a register"
        )
    return made.document


def _only_unit(root: Root) -> str:
    if len(root.authorities) != 1:
        units = ", ".join(sorted(root.authorities))
        raise CeremonyError("unit", f"đơn vị nào? (--unit: {units})", f"which unit? ({units})")
    return next(iter(root.authorities))


def _cards(paths: Sequence[Path]) -> list[Card]:
    return [read_card(path) for path in paths]


def _by_unit(pairs: Sequence[tuple[str, str]]) -> dict[str, list[Card]]:
    units: dict[str, list[Card]] = {}
    for unit, path in pairs:
        units.setdefault(unit, []).append(read_card(Path(path)))
    return units


def _levels(said: Sequence[str]) -> tuple[Level, dict[str, Level]]:
    """Of the added cards, and of keys already named."""
    added: Level = "normal"
    named: dict[str, Level] = {}
    for text in said:
        key, _, level = text.rpartition("=")
        found = next((one for one in LEVELS if one == level), None)
        if found is None:
            raise CeremonyError(
                "level", f"mức “{level}” không có: {LEVELS}", f"no level {level!r}: {LEVELS}"
            )
        if key:
            named[key] = found
        else:
            added = found
    return added, named


def _number(text: str) -> int:
    if not text.isdecimal():
        raise CeremonyError("number", f"“{text}” không phải số", f"{text!r} is not a number")
    return int(text)


def _tell(made: Paper, before: Before, names: Mapping[str, str]) -> None:
    lines = words.told(made, before, names)
    _say(*(line.vi for line in lines), "", *(line.en for line in lines))


def _say(*lines: str) -> None:
    for line in lines:
        print(line)  # noqa: T201


def _now() -> int:
    return time.time_ns() // 1_000_000
