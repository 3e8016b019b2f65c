"""`loa-node export DIR` and `loa-node import DIR`: a person carries what no line carries.

Out go the facts that the district has not acknowledged, in the messages that the line would have
carried, each signed with the node's own key. In comes what the district signed: small documents
are handed to the agent that runs, which judges them as it judges everything, then the media that
it says it lacks. The stick is read here, as whoever plugged it in; the agent never sees it.
"""

from __future__ import annotations

import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec

from loa_node import brought, report
from loa_node.adapters import identity
from loa_node.adapters.papers import Papers
from loa_node.adapters.spool import Spool
from loa_node.adapters.sqlite_journal import SqliteJournal
from loa_node.adapters.stick import Stick, StickError
from loa_node.brought import Said
from loa_node.config import ConfigError, NodeConfig
from loa_node.database import Database
from loa_node.enrol import PapersError
from loa_wire import claim, dsse, stick

FAILED: Final = 1
AT_ONCE: Final = 2_000
PATIENCE_S: Final = 60.0


def export(config: NodeConfig, folder: Path) -> int:
    me = _identity(config)
    try:
        with closing(_journal(config.state_dir / "journal.sqlite")) as journal:
            first, last = journal.acked + 1, journal.last
            if first > last:
                _say("Không có gì phải mang đi: huyện đã có đủ nhật ký.", "Nothing to carry.")
                return 0
            lines = _signed(journal, me.node, Papers(config.identity_dir))
            place = Stick(folder).write(stick.journal_name(me.node, first, last), lines)
    except (StickError, PapersError, OSError, sqlite3.Error) as e:
        return _failed(str(e))
    _say(
        f"Đã ghi {last - first + 1} dòng nhật ký vào {place}. Rút USB an toàn, mang về huyện.",
        f"{last - first + 1} facts written. At the district: loa-server import FOLDER",
    )
    return 0


def bring(config: NodeConfig, folder: Path, patience_s: float = PATIENCE_S) -> int:
    me = _identity(config)
    held = Stick(folder / stick.BUNDLE if (folder / stick.BUNDLE).is_dir() else folder)
    spool = Spool(config.brought_dir)
    try:
        documents = brought.documents(held, me.node)
        if not documents:
            return _failed(f"{folder}: không có {stick.BUNDLE} / there is no {stick.BUNDLE}")
        said = _handed(spool, spool.documents(documents), patience_s)
        if said is not None and said.missing:
            media = spool.media(said.missing, held)
            said = said.and_then(_handed(spool, media, patience_s)) if media else said
    except (StickError, OSError) as e:
        return _failed(str(e))
    if said is None:
        return _failed(
            "loa-node-agent không chạy; bản tin sẽ được nhận khi nó chạy lại, tệp âm thanh thì chưa"
            " / the agent does not run: documents wait for its start, media were not copied"
        )
    _tell(said)
    return 0


def _tell(said: Said) -> None:
    kept, known = said.counts.get("kept", 0), said.counts.get("known", 0)
    _say(
        f"Nhận mới {kept}, đã có {known}, âm thanh và ảnh {said.media}.",
        f"{kept} new, {known} known already, {said.media} media files.",
    )
    for code, count in sorted(said.counts.items()):
        if code not in ("kept", "known"):
            _say(f"Không nhận {count}: {code}", f"refused {count}: {code}")
    if said.missing:
        _say(f"Còn thiếu {len(said.missing)} tệp.", f"{len(said.missing)} files still missing.")


def _handed(spool: Spool, parcel: str, patience_s: float) -> Said | None:
    """What the agent says of it; None where nobody takes it."""
    ends = time.monotonic() + patience_s
    while time.monotonic() < ends:
        answer = spool.answer(parcel)
        if answer is not None:
            return msgspec.json.decode(answer, type=Said)
        time.sleep(0.1)
    return None


def _signed(journal: SqliteJournal, node: str, papers: Papers) -> Iterator[bytes]:
    spki, cert = papers.spki_of_cert(), papers.cert()
    keyid = claim.key_hash(spki)[:32]
    yield msgspec.json.encode(stick.Bearer(cert))
    after, last = journal.acked, journal.last
    while after < last:
        entries = journal.after(after, AT_ONCE)
        if not entries:
            return
        for message in report.batches(entries, node, journal.epoch):
            signed = papers.sign(dsse.pae(stick.JOURNAL_TYPE, message))
            yield dsse.seal(stick.JOURNAL_TYPE, message, [dsse.Signature(keyid, signed)])
        after = entries[-1].seq


def _journal(path: Path) -> SqliteJournal:
    """Beside the agent that writes it; SQLite gives us one moment's view of a reader."""
    if not path.exists():
        raise StickError(f"{path}: there is no journal yet")
    return SqliteJournal(
        sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None, factory=Database)
    )


def _identity(config: NodeConfig) -> identity.Identity:
    try:
        return identity.read(config.identity_dir)
    except identity.IdentityError as e:
        raise ConfigError(str(e)) from e


def _say(vietnamese: str, english: str) -> None:
    sys.stdout.write(f"{vietnamese}\n  {english}\n")


def _failed(why: str) -> int:
    sys.stderr.write(f"loa-node: {why}\n")
    return FAILED
