"""`loa-server card FOLDER`: what an image carries to become a node here. Nothing of it is secret,
but a batch's token, which only lets a card wait with its commune already chosen.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from loa_server.ceremony import trustfolder
from loa_server.ceremony.refusal import CeremonyError
from loa_server.config import ServerConfig
from loa_server.files import place

OF_A_NODE = ("key", "cert")


def add_to(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, help="the card's identity folder, new or empty")
    parser.add_argument(
        "--token", default="", help="a batch's, shown once by loa-server batch make"
    )


def run(config: ServerConfig, args: argparse.Namespace) -> int:
    wrong = _write(config, args.folder, args.token.strip())
    if wrong:
        sys.stderr.write(f"loa-server card: {wrong}\n")
        return 1
    sys.stdout.write(f"{args.folder}: a card that asks {_https(config)} to take it in\n")
    return 0


def _write(config: ServerConfig, folder: Path, token: str) -> str:
    """What is wrong, "" if nothing."""
    held = [name for name in OF_A_NODE if (folder / name).exists()]
    if held:
        return f"{folder} has {', '.join(held)}: this is a node already, it is left alone"
    try:
        ca = (config.pki_dir / "ca.crt").read_bytes()
        root = trustfolder.held(config.trust_dir, config.unit.id).root_data
    except (OSError, CeremonyError) as e:
        return f"{config.state_dir}: {e}: run loa-server init first"
    if not root:
        return "there is no root document yet: run the key ceremony first (loa-server keys)"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    place(folder / "ca", ca)
    place(folder / "root.json", root)
    place(folder / "server", json.dumps({"https": _https(config)}).encode())
    if token:
        place(folder / "token", token.encode(), mode=0o600)
    return ""


def _https(config: ServerConfig) -> str:
    return f"https://{config.nodes.address}:{config.nodes.port}"
