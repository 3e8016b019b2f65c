"""What hinders people who use a page by keyboard, magnifier or screen reader, as axe-core finds it.

`tests/vendor/axe` is `axe-core` 4.14.1 as its npm package has it (MPL-2.0): used in tests only,
never shipped.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page

VENDOR: Final = Path(__file__).resolve().parent.parent / "vendor"
SCRIPT: Final = VENDOR / "axe" / "axe.min.js"
_RUN: Final = """() => axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], resultTypes: ["violations"],
})"""
SERIOUS: Final = ("serious", "critical")


def hindrances(page: Page) -> list[str]:
    """'rule: where' for each serious or critical violation of WCAG 2.1 A and AA."""
    page.evaluate(SCRIPT.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate(_RUN)
    return [
        f"{one['id']}: {', '.join(str(node['target'][0]) for node in one['nodes'][:3])}"
        for one in found["violations"]
        if one["impact"] in SERIOUS
    ]


def is_as_listed() -> bool:
    """The vendored files are those whose checksums stand beside them."""
    lines = (VENDOR / "CHECKSUMS").read_text(encoding="ascii").splitlines()
    listed = dict(reversed(line.split()) for line in lines)
    files = [f for f in VENDOR.rglob("*") if f.is_file() and f.name != "CHECKSUMS"]
    return listed == {
        str(f.relative_to(VENDOR)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files
    }
