"""One sheet: an order of `press` on standard input, a PDF on standard output."""

from __future__ import annotations

import sys

from loa_server.paper import press
from loa_server.paper.leaflet import leaflet
from loa_server.paper.notes import notes


def main() -> int:
    order = press.read(sys.stdin.buffer.read())
    if order.leaflet is not None:
        sys.stdout.buffer.write(leaflet(order.leaflet, order.fonts))
    if order.notes is not None:
        sys.stdout.buffer.write(notes(order.notes, order.fonts))
    return 0


if __name__ == "__main__":
    sys.exit(main())
