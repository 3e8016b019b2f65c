"""How many examples a property test tries: its own number, or in `make quick` a fifth of it."""

from __future__ import annotations

from hypothesis import settings


def examples(many: int) -> settings:
    """`many` where the profile tries Hypothesis's usual 100, in proportion elsewhere."""
    usual = settings.default.max_examples if settings.default is not None else 100
    return settings(max_examples=max(1, many * usual // 100))
