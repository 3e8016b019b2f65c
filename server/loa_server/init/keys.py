"""`loa-server keys …`: the offline verbs of the ceremony, and those of the server's own machine."""

from __future__ import annotations

import argparse

from loa_server.ceremony import command


def add_to(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    command.add_to(verbs)


def run(args: argparse.Namespace) -> int:
    return command.run(args)
