"""The signer's process: one Unix socket, a line in, a line out. No network, no write access.

Only the signer's own user and `signer.client_user` are heard (SO_PEERCRED).
"""

from __future__ import annotations

import logging
import signal
from typing import TYPE_CHECKING

import django

from loa_server import notify
from loa_server.config import ServerConfig
from loa_server.door import Server, allowed_uids
from loa_server.signer import keystore

if TYPE_CHECKING:
    from loa_server.signer.desk import Desk
    from loa_server.signer.ring import Ring

log = logging.getLogger("loa.signer")


def run(config: ServerConfig) -> int:
    django.setup()
    from django.db import connection  # noqa: PLC0415  # settings are ready only now

    from loa_server.signer.desk import Desk  # noqa: PLC0415
    from loa_server.signer.ring import Ring  # noqa: PLC0415
    from loa_server.signer.spent import Spent  # noqa: PLC0415

    ring = Ring(config.keys_dir, config.trust_dir, config.unit.id)
    try:
        keys = ring.changed() or []
        uids = allowed_uids(config.signer.client_user)
    except (keystore.KeystoreError, KeyError) as e:
        log.error("%s", e)  # noqa: TRY400  # the sentence says it all
        return 2
    spent = Spent(config.keys_dir / "spent")
    desk = Desk(
        keys,
        registered=ring.registered,
        spent=spent,
        ca=lambda: keystore.load_ca(config.keys_dir),
        two_for=config.approval.two,
    )

    def answer(line: bytes) -> bytes:
        try:
            _take_up(ring, desk)
            return desk.answer(line)
        finally:
            connection.close()  # no lock and no old view of the database between requests

    server = Server(config.signer_socket, uids, answer)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: server.stop())
    log.info("%d keys, listening on %s", len(keys), config.signer_socket)
    notify.ready()
    server.serve()
    return 0


def _take_up(ring: Ring, desk: Desk) -> None:
    """A register that was installed since; one that cannot be read changes nothing."""
    try:
        keys = ring.changed()
    except keystore.KeystoreError as e:
        log.error("%s", e)  # noqa: TRY400  # the sentence says it all
        return
    if keys is not None:
        log.info("%d keys from now on", len(keys))
        desk.hold(keys)
