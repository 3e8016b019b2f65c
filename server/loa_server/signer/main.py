"""The signer's process: one Unix socket, a line in, a line out. No network, no write access.

Only the signer's own user and `signer.client_user` are heard (SO_PEERCRED).
"""

from __future__ import annotations

import logging
import signal

import django

from loa_server import notify
from loa_server.config import ServerConfig
from loa_server.door import Server, allowed_uids

log = logging.getLogger("loa.signer")


def run(config: ServerConfig) -> int:
    django.setup()
    from django.db import connection  # noqa: PLC0415  # settings are ready only now

    from loa_server.signer import keystore  # noqa: PLC0415
    from loa_server.signer.desk import Desk  # noqa: PLC0415

    try:
        keys = keystore.load(config.keys_dir)
        uids = allowed_uids(config.signer.client_user)
    except (keystore.KeystoreError, KeyError) as e:
        log.error("%s", e)  # noqa: TRY400  # the sentence says it all
        return 2
    desk = Desk(keys)

    def answer(line: bytes) -> bytes:
        try:
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
