"""Where the fonts are: beside the sources in a checkout, in /usr/share when installed."""

from __future__ import annotations

from pathlib import Path

from loa_node.config import NodeConfig

INSTALLED = Path("/usr/share/loa-ap/fonts")
_CHECKOUT = Path(__file__).parents[2] / "content" / "fonts"


def folder(config: NodeConfig) -> Path:
    """`screen.fonts` of node.toml if it is set, else where the package keeps them."""
    if config.screen.fonts:
        return Path(config.screen.fonts)
    return _CHECKOUT if _CHECKOUT.is_dir() else INSTALLED
