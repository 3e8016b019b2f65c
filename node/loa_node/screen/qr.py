"""A QR code as rows of modules. Pure."""

from __future__ import annotations

import segno

_QUIET = 4  # modules of white around it: ISO 18004


def modules(text: str) -> tuple[str, ...]:
    """Dark ones are 1, with the quiet zone around them."""
    code = segno.make(text, error="m", micro=False)
    return tuple("".join(str(int(m)) for m in row) for row in code.matrix_iter(border=_QUIET))
