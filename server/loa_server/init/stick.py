"""`loa-server export DIR` and `loa-server import DIR`: sticks to hamlets without a line, and back.

Whoever may run this on the server may do anything there; what came in stands in the audit log.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from loa_server.areas.models import Area
from loa_server.audit.book import record
from loa_server.config import ServerConfig
from loa_server.dispatch import stick as bundle
from loa_server.dispatch.public import PublicFile
from loa_server.dispatch.signing import SigningError
from loa_server.fleet.models import Node
from loa_server.ingest import stick as journals
from loa_server.ingest.stick import Brought
from loa_server.ingest.writer import Writer
from loa_server.signer.client import SignerClient
from loa_wire import stick

WHO = "loa-server import"


def export(config: ServerConfig, folder: Path, area_id: str) -> int:
    """`area_id` "" is everything there is."""
    areas = Area.objects.filter(pk=area_id) if area_id else Area.objects.order_by("path")
    area = areas.first()
    if area is None:
        return _failed(f"không có địa bàn {area_id!r} / there is no such area")
    nodes = bundle.nodes_in(area)
    if not nodes:
        return _failed(f"{area.name}: không có điểm phát nào / no active node there")
    try:
        count, size = write(folder, _files(config, nodes), config.private_dir)
    except OSError as e:
        return _failed(f"{e.filename}: {e.strerror}")
    _say(
        f"Đã ghi {count} tệp ({size // 1024} KB) cho {len(nodes)} điểm phát, {area.name}.",
        f"{count} files for {len(nodes)} nodes. At each of them: loa-node import DIR",
    )
    return 0


def _files(config: ServerConfig, nodes: Sequence[Node]) -> list[PublicFile]:
    """A signer that is away, or is another user's, costs the confirmations of journals only."""
    try:
        with closing(SignerClient(config.signer_socket)) as signer:
            return list(bundle.files(config, nodes, signer, _now_ms()))
    except SigningError as e:
        _say("Không có xác nhận nhật ký.", f"No journal is confirmed: {e}")
        return list(bundle.files(config, nodes, None, _now_ms()))


def write(folder: Path, files: Iterable[PublicFile], private: Path) -> tuple[int, int]:
    """Whole under its name, or the old one: in a folder of our own making, because a link that
    waits on the stick must not be followed. Returns how many files and bytes."""
    beside = folder / f".{stick.BUNDLE}.{secrets.token_hex(4)}"
    beside.mkdir()
    count = size = 0
    try:
        for file in files:
            path = beside / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            if file.body is not None:
                path.write_bytes(file.body)
            elif (private / file.path).exists():
                shutil.copyfile(private / file.path, path)
            else:
                continue  # nodes report what they miss
            count, size = count + 1, size + path.stat().st_size
        os.sync()  # people pull sticks out
        _replace(folder / stick.BUNDLE, beside)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return count, size


def _replace(place: Path, by: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)
    by.rename(place)


def take_in(config: ServerConfig, folder: Path) -> int:
    try:
        found = journals.journals(folder)
        ca = (config.pki_dir / "ca.crt").read_bytes()
    except OSError as e:
        return _failed(f"{e.filename}: {e.strerror}")
    if not found:
        return _failed(f"{folder}: không có tệp loa-journal-… / there is no loa-journal-… file")
    all_good = True
    with closing(Writer(config.database)) as writer:
        for path in found:
            told = journals.take(path, ca, writer, _now_ms())
            all_good &= not told.wrong and not told.ignored
            _tell(told)
    return 0 if all_good else 1


def _tell(told: Brought) -> None:
    if told.lines:
        detail: dict[str, str | int] = {"file": told.name, "new": told.new}
        now = datetime.now(UTC)
        record("journal_brought", who=WHO, subject=told.node, detail=detail, at=now)
    _say(f"{told.name}: {told.new} dòng mới.", f"{told.new} new facts.")
    for what, count in told.ignored.items():
        _say(f"Không nhận {count} gói: {what}.", f"{count} messages passed over: {what}.")
    if told.wrong:
        _say("Phần còn lại của tệp không dùng được.", f"The rest is of no use: {told.wrong}.")


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _say(vietnamese: str, english: str) -> None:
    sys.stdout.write(f"{vietnamese}\n  {english}\n")


def _failed(why: str) -> int:
    sys.stderr.write(f"loa-server: {why}\n")
    return 1
