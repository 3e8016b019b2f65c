"""Where the chime, the closing sound and the alarm clips are that ship with the node."""

from __future__ import annotations

import json
from pathlib import Path

from loa_node.config import NodeConfig

INSTALLED = Path("/usr/share/loa-ap/sounds")
CHECKOUT = Path(__file__).resolve().parents[2] / "content" / "sounds"


def folder(config: NodeConfig) -> Path:
    """As node.toml says, else a checkout's content/sounds, else where the package puts them."""
    if config.agent.sounds:
        return Path(config.agent.sounds)
    return CHECKOUT if CHECKOUT.is_dir() else INSTALLED


def lengths(folder: Path) -> dict[str, int]:
    """{file name: milliseconds}; a sound that is not in it has unknown length: 0 to the player."""
    try:
        return dict(json.loads((folder / "lengths.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}
