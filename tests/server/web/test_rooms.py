from __future__ import annotations

from loa_server.web.changes import Change
from loa_server.web.rooms import BACKLOG, Rooms, Viewer

ROOM = "bulletin/B"


def a_change(node: str = "n1", seq: int = 1, path: str = "/vn/xa/", room: str = ROOM) -> Change:
    return Change(room, node, path, seq, {"node": node, "state": str(seq)})


def test_a_viewer_is_told_what_changed_in_its_room_and_scope() -> None:
    rooms, mine = Rooms(), Viewer(ROOM, ("/vn/xa/",))
    stranger, elsewhere = Viewer(ROOM, ("/vn/khac/",)), Viewer("fleet", ("/vn/",))
    for viewer in (mine, stranger, elsewhere):
        rooms.enter(viewer)

    assert rooms.spread([a_change()]) == {mine}
    assert mine.take() == ([a_change()], False)
    assert stranger.take() == elsewhere.take() == ([], False)


def test_a_scope_is_whole_ids_never_the_beginning_of_one() -> None:
    viewer = Viewer(ROOM, ("/vn/xa/",))

    assert not viewer.offer(a_change(path="/vn/xa-khac/"))


def test_of_five_changes_to_one_row_the_last_is_told_once() -> None:
    viewer = Viewer(ROOM, ("/",))
    for seq in range(5):
        viewer.offer(a_change(seq=seq))

    assert viewer.take() == ([a_change(seq=4)], False)
    assert viewer.take() == ([], False)


def test_a_viewer_too_far_behind_reads_the_page_anew_and_goes_on() -> None:
    viewer = Viewer(ROOM, ("/",))
    for n in range(BACKLOG + 1):
        viewer.offer(a_change(node=f"n{n}", seq=n))

    assert viewer.take() == ([], True)
    viewer.offer(a_change())
    assert viewer.take() == ([a_change()], False)


def test_an_empty_room_is_forgotten() -> None:
    rooms, viewer = Rooms(), Viewer(ROOM, ("/",))
    rooms.enter(viewer)
    rooms.leave(viewer)

    assert len(rooms) == 0
    assert rooms.spread([a_change()]) == set()
