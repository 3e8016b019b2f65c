"""A connection to one of the node's own files, which can make room on a full card."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable


def _none() -> bool:
    return False


class Database(sqlite3.Connection):
    """`relief` makes room on the card and says whether it did; at first there is none to make."""

    relief: Callable[[], bool] = staticmethod(_none)

    def transact(self, work: Callable[[], object]) -> None:
        """All of `work` or none of it, and on disk when this returns; once more after relief."""
        try:
            self._once(work)
        except sqlite3.OperationalError as e:
            if e.sqlite_errorcode != sqlite3.SQLITE_FULL or not self.relief():
                raise
            self._once(work)

    def _once(self, work: Callable[[], object]) -> None:
        self.execute("BEGIN IMMEDIATE")
        try:
            work()
            self.execute("COMMIT")
        except BaseException:
            if self.in_transaction:  # a full card may have ended it already
                self.execute("ROLLBACK")
            raise
