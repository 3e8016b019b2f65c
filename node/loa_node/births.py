"""What a start of the agent finds: a board that has booted, a file that was damaged or is new."""

from __future__ import annotations

from loa_node.facts import a_fact
from loa_node.inbox import Shelf
from loa_wire.up import Fact


def counted(shelf: Shelf) -> int:
    """How often this program has started on this card."""
    boots = (shelf.version_of("boots") or 0) + 1
    shelf.put("boots", boots, b"")
    return boots


def found(shelf_lost: str, journal_lost: str, *, fresh: bool) -> tuple[Fact, ...]:
    facts = []
    if fresh:
        reason = "damaged" if journal_lost else "new"
        facts.append(a_fact("journal_lost", reason=reason, detail=journal_lost or None))
    if shelf_lost:
        facts.append(a_fact("shelf_lost", reason="damaged", detail=shelf_lost))
    return tuple(facts)


FALSE_STARTS = 3
"""In one life of the board; a weak power supply is nobody's fault on the shelf."""


def began(shelf: Shelf, boot: str) -> int:
    """How often this program was started without coming to `settled`, in this life of the board."""
    same = shelf.document("starts") == boot.encode()
    starts = (shelf.version_of("starts") or 0) + 1 if same else 1
    shelf.put("starts", starts, boot.encode())
    return starts


def settled(shelf: Shelf) -> None:
    """It runs: what is on the shelf lets it."""
    if shelf.version_of("starts") is not None:
        shelf.remove("starts")


def suspect(shelf: Shelf, starts: int) -> tuple[Fact, ...]:
    """Ended by itself three times just after a start: the newest bulletin is set aside, once."""
    held = [one.bulletin for one in shelf.bulletins()]
    if starts != FALSE_STARTS + 1 or not held:
        return ()
    newest = max(held, key=lambda b: (b.iat, b.id))
    shelf.mark([newest.id], "set_aside")
    fact = a_fact("set_aside", bulletin=newest.id, rev=newest.rev, reason="false_starts")
    return (fact,)


def farewell(shelf: Shelf) -> None:
    """The program was told to end: if the board starts anew now, it was no power cut."""
    shelf.put("farewell", 1, b"")


def rebooted(shelf: Shelf, boot: str) -> tuple[Fact, ...]:
    """One fact for each boot of the board, not for each start of this program."""
    in_order = shelf.version_of("farewell") is not None
    shelf.remove("farewell")  # what ends from now on ends without a word
    before = shelf.document("boot")
    if before == boot.encode():
        return ()
    shelf.put("boot", 1, boot.encode())
    if before is None:
        return (a_fact("rebooted", reason="first_start"),)
    return (a_fact("rebooted", reason="in_order" if in_order else "power_lost"),)
