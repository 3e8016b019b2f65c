"""public/ forgets once a day what no node may ask for any more; private/ keeps it on record."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final

from loa_server.config import ServerConfig
from loa_server.dispatch.public import public_files
from loa_server.engine.shelf import PublicShelf

log = logging.getLogger(__name__)

EVERY: Final = timedelta(days=1)
GRACE: Final = timedelta(days=2)
"""For so long after its end a file stays: nodes with a slow clock, downloads on their way."""
PIECE: Final = 500


class PublicPruning:
    """A job of the publisher's own thread, so that nothing is published meanwhile."""

    def __init__(self, config: ServerConfig, shelf: PublicShelf) -> None:
        self._config = config
        self._shelf = shelf
        self._due: datetime | None = None

    def __call__(self, now: datetime) -> bool:
        if self._due is not None and now < self._due:
            return False
        since = now - GRACE
        ms = round(since.timestamp() * 1000)
        wanted = {file.path for file in public_files(self._config, ms)}
        gone = self._shelf.prune(wanted, since.timestamp(), PIECE)
        if gone:
            log.info("%d files that no node may ask for any more left public/", gone)
        if gone < PIECE:
            self._due = now + EVERY
        return gone == PIECE
