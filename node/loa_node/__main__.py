"""`loa-node run | agent | player | screen | preview | doctor | export | import | ended`.

Each loads only what it needs.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

from loa_node import __version__
from loa_node.config import ConfigError, NodeConfig, read

CONFIG: Final = Path("/etc/loa/node.toml")
WRONG_CONFIG: Final = 2


def main(arguments: list[str] | None = None) -> int:
    chosen = _parser().parse_args(arguments)
    if chosen.program == "doctor":
        return _examine(chosen.config, tone=chosen.tone)
    if chosen.program == "preview":
        return _preview(chosen.request, chosen.folder)
    if chosen.program == "ended":
        return _note_end(chosen.of, chosen.config)
    try:
        config = read(chosen.config)
        if chosen.program in ("export", "import"):
            return _carry(chosen.program, config, chosen.folder)
        return _run(chosen.program, config, chosen.config)
    except ConfigError as e:
        sys.stderr.write(f"loa-node: {e}\n")
        return WRONG_CONFIG


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("loa-node", description="A hamlet's loudspeaker and screen.")
    parser.add_argument("--version", action="version", version=__version__)
    programs = parser.add_subparsers(dest="program", required=True, metavar="program")
    for name, about in (
        ("run", "all three beside each other, restarted when one dies"),
        ("agent", "network and decisions"),
        ("player", "sound"),
        ("screen", "picture"),
    ):
        program = programs.add_parser(name, help=about)
        program.add_argument("--config", type=Path, default=CONFIG, help=f"default {CONFIG}")
    for name, about in (
        ("export", "write the journal that the district has not got onto a stick, signed"),
        ("import", "take in what the district signed from a stick"),
    ):
        program = programs.add_parser(name, help=about)
        program.add_argument("folder", type=Path, metavar="DIR", help="the stick")
        program.add_argument("--config", type=Path, default=CONFIG, help=f"default {CONFIG}")
    preview = programs.add_parser("preview", help="a bulletin as pictures of the screen")
    preview.add_argument("request", type=Path, help="see preview.py")
    preview.add_argument("folder", type=Path, help="where the pictures go")
    doctor = programs.add_parser("doctor", help="what is wrong with this node, and what to do")
    doctor.add_argument("--tone", action="store_true", help="also play a tone, to be heard")
    doctor.add_argument("--config", type=Path, default=CONFIG, help=f"default {CONFIG}")
    ended = programs.add_parser("ended", help="for systemd: notes how a program's run ended")
    ended.add_argument("of", choices=("agent", "player", "screen"))
    ended.add_argument("--config", type=Path, default=CONFIG, help=f"default {CONFIG}")
    return parser


def _run(program: str, config: NodeConfig, path: Path) -> int:
    # imported here: the player must not carry the agent's libraries, nor the agent pygame
    match program:
        case "agent":
            from loa_node import agent  # noqa: PLC0415

            return agent.run(config)
        case "player":
            from loa_node.player.main import run as play  # noqa: PLC0415

            return play(config)
        case "screen":
            from loa_node.screen.main import run as show  # noqa: PLC0415

            return show(config)
        case _:
            return _run_all(config, path)


def _run_all(config: NodeConfig, path: Path) -> int:
    import os  # noqa: PLC0415

    from loa_node.player.output import choose  # noqa: PLC0415
    from loa_node.together import Together  # noqa: PLC0415

    output = choose(config, os.environ)
    sys.stdout.write(f"loa-node: sound goes to {output.file or output.name}\n")
    mirror = f", mirrored in {config.screen.picture}" if config.screen.picture else ""
    sys.stdout.write(f"loa-node: picture goes to {config.screen.driver}{mirror}\n")
    sys.stdout.flush()
    return Together(path, config.runtime_dir).run()


def _carry(program: str, config: NodeConfig, folder: Path) -> int:
    from loa_node import carrying  # noqa: PLC0415

    return (carrying.export if program == "export" else carrying.bring)(config, folder)


def _preview(request: Path, folder: Path) -> int:
    from loa_node import preview  # noqa: PLC0415

    return preview.run(request, folder)


def _examine(path: Path, *, tone: bool) -> int:
    from loa_node.doctor import main as doctor  # noqa: PLC0415

    return doctor.run(path, tone=tone)


def _note_end(program: str, path: Path) -> int:
    """A wrong settings file must not hide why a program ended."""
    import os  # noqa: PLC0415

    from loa_node import endings  # noqa: PLC0415

    try:
        folder = read(path).runtime_dir
    except ConfigError:
        folder = NodeConfig().runtime_dir
    ending = endings.of_service(program, os.environ, endings.oom_kills(Path("/")))
    if ending is not None:
        endings.note(folder, ending)
    return 0


if __name__ == "__main__":
    sys.exit(main())
