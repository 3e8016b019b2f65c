"""How a hamlet's screen will show a bulletin: the node's own pictures, kept by what they show.

Of a draft it is the draft as it stands; of what was submitted, the very bytes to be signed. Of a
node it is what stands there now, by the papers that it holds.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import shutil
import tempfile
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from loa_server.areas.models import Person
from loa_server.bulletins import payload, wording
from loa_server.bulletins.models import Bulletin, Revision
from loa_server.console import doors
from loa_server.console.drafts import EDITABLE
from loa_server.console.forms.fonts import fonts_dir
from loa_server.console.onenode import OnScreen
from loa_server.console.prepare import shelf_path
from loa_server.console.templatetags.console import place
from loa_server.console.week import House
from loa_server.media import screen
from loa_wire.bulletin import Bulletin as Wire
from loa_wire.bulletin import Schedule, Screen
from loa_wire.limits import DAY_MS
from loa_wire.parse import decode

log = logging.getLogger("loa.console")
KEPT: Final = 300
"""Bulletins whose pictures stay, and nodes; what was drawn longest ago goes first."""
OF_BULLETINS: Final = "screens"
OF_NODES: Final = "walls"
STEP: Final = 300_000
"""ms: the clock on a node's picture stands for so long, and one drawing serves all who look."""


Asked = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Drawn:
    folder: Path
    pages: tuple[screen.Page, ...]


def installed() -> bool:
    return screen.program(settings.LOA.media.preview) is not None


def drawn_before(bulletin: Bulletin) -> Drawn | None:
    """None where they have yet to be drawn."""
    return _kept(_folder(OF_BULLETINS, _asked(bulletin)))


def drawn(bulletin: Bulletin, person: Person) -> Drawn | None:
    """Draws them where nobody has: a second or two. None where they cannot be drawn, or where
    this person has had more drawn than anybody looks at."""
    return _draw(OF_BULLETINS, _asked(bulletin), person)


def wall(asked: Asked, person: Person) -> Drawn | None:
    """What stands on a node's screen (`of_node`), drawn where nobody has; None as above."""
    return _draw(OF_NODES, asked, person)


def mark(asked: Asked) -> str:
    """Of what is drawn: as long as it is the same, a browser need not ask for it again."""
    return _folder(OF_NODES, asked).name[:12] if installed() else ""


def _draw(kind: str, asked: Asked, person: Person) -> Drawn | None:
    folder, runs = _folder(kind, asked), screen.program(settings.LOA.media.preview)
    kept = _kept(folder)
    if kept is not None or runs is None or doors.looks_much(person):
        return kept
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="job-") as job:
        made = Path(job) / "pages"
        made.mkdir()
        try:
            pages = screen.draw(runs, asked, _pictures(asked), made)
        except (screen.NotDrawnError, OSError) as e:
            log.warning("no picture of the screen, %s: %s", kind, e)
            return None
        said = json.dumps([asdict(page) for page in pages])
        (made / "pages.json").write_text(said, encoding="utf-8")
        _put(made, folder)
    return _kept(folder)


def _put(made: Path, folder: Path) -> None:
    """Of two who draw the same at once one is first, and both pictures are alike."""
    try:
        made.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
    with contextlib.suppress(OSError):  # somebody else is putting in order just now
        others = [one for one in folder.parent.iterdir() if not one.name.startswith("job-")]
        for old in sorted(others, key=lambda one: one.stat().st_mtime)[:-KEPT]:
            shutil.rmtree(old, ignore_errors=True)


def _kept(folder: Path) -> Drawn | None:
    try:
        said = json.loads((folder / "pages.json").read_text(encoding="utf-8"))
    except OSError:
        return None
    return Drawn(folder, tuple(screen.Page(**page) for page in said))


def _folder(kind: str, asked: Asked) -> Path:
    body = json.dumps([_drawer(), asked], sort_keys=True)
    name = hashlib.sha256(body.encode()).hexdigest()
    root: Path = settings.LOA.private_dir
    return root / kind / name


def _drawer() -> int:
    """Another version of the program draws otherwise."""
    runs = screen.program(settings.LOA.media.preview)
    return runs.stat().st_mtime_ns if runs else 0


def _pictures(asked: Asked) -> list[Path]:
    return [Path(path) for path in asked["images"].values()]


def _asked(bulletin: Bulletin) -> Asked:
    said, at = _bytes(bulletin)
    images = decode(said, Wire).images
    area = bulletin.areas.order_by("path").first() or bulletin.home
    return {
        "bulletin": said.decode(),
        "images": {image.sha256: str(shelf_path(image.sha256)) for image in images},
        "place": place(area),
        "unit": settings.LOA.unit.name,
        "qr": settings.LOA.fleet.answer_at,
        "fonts": str(fonts_dir()),
        "now_ms": int(at.timestamp()) // 60 * 60_000,
    }


def of_node(house: House, shown: OnScreen, now: int, *, online: bool) -> Asked:
    """`now` in ms; what the node's preview.py describes of one node."""
    said = shown.bulletin
    return {
        "assignment": house.assignment.encode().decode(),
        "settings": house.settings.encode().decode(),
        "bulletin": said.encode().decode() if said else "",
        "rest": [] if said else [one.encode().decode() for one in shown.rest if one.screen.ticker],
        "images": {image.sha256: str(shelf_path(image.sha256)) for image in said.images}
        if said
        else {},
        "online": online,
        "fonts": str(fonts_dir()),
        "now_ms": now // STEP * STEP,
    }


def _bytes(bulletin: Bulletin) -> tuple[bytes, datetime]:
    """What is shown, and the moment that the screen's clock shows with it."""
    if bulletin.state not in EDITABLE:
        revision = Revision.objects.filter(bulletin=bulletin).order_by("-rev").first()
        if revision is not None:
            return bytes(revision.payload), revision.submitted_at
    draft = wording.draft_of(bulletin)
    made = Wire(
        kind=draft.kind,  # type: ignore[arg-type]  # the form offers no other
        id=draft.id,
        rev=draft.rev,
        level=draft.level,  # type: ignore[arg-type]
        areas=list(draft.areas) or [bulletin.home_id],
        iat=0,
        nbf=0,
        exp=DAY_MS,
        title=payload.clean(draft.title),
        text=payload.clean(draft.text),
        images=list(draft.images),
        screen=Screen(ticker=draft.ticker.strip()),
        schedule=Schedule(mode="now"),
    )
    return made.encode(), bulletin.created_at
