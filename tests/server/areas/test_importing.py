from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from loa_server.areas import importing
from loa_server.areas.models import Area, AreaName

pytestmark = pytest.mark.usefixtures("database")

SAMPLES = Path(__file__).resolve().parents[3] / "content" / "samples" / "areas.json"


def row(area: str, parent: str | None = None, **more: Any) -> dict[str, Any]:
    return {"id": area, "kind": "ap", "name": area, "parent": parent, **more}


def written(folder: Path, *rows: dict[str, Any]) -> Path:
    file = folder / "areas.json"
    file.write_text(json.dumps(rows), encoding="utf-8")
    return file


def paths() -> dict[str, str]:
    return dict(Area.objects.values_list("id", "path"))


def test_the_samples_become_a_tree() -> None:
    rows = importing.read(SAMPLES)

    assert importing.store(rows) == len(rows) > 15
    assert paths()["vn-25351-03"] == "/vn-75/vn-25351/vn-25351-03/"


def test_an_earlier_name_stays_on_record() -> None:
    importing.store(importing.read(SAMPLES))

    kinds = AreaName.objects.filter(area_id="vn-25357").values_list("kind", flat=True)
    assert list(kinds) == ["commune"]


def test_importing_twice_changes_nothing() -> None:
    rows = importing.read(SAMPLES)
    importing.store(rows)
    before = paths()

    assert importing.store(rows) == 0
    assert paths() == before


def test_children_may_stand_before_their_parents(tmp_path: Path) -> None:
    importing.store(importing.read(written(tmp_path, row("c", "b"), row("b", "a"), row("a"))))

    assert paths()["c"] == "/a/b/c/"


def test_a_commune_under_another_parent_takes_its_hamlets_along(tmp_path: Path) -> None:
    old = [row("a"), row("z"), row("b", "a"), row("c", "b")]
    importing.store(importing.read(written(tmp_path, *old)))

    importing.store(importing.read(written(tmp_path, row("a"), row("z"), row("b", "z"))))

    assert paths() == {"a": "/a/", "z": "/z/", "b": "/z/b/", "c": "/z/b/c/"}


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([row("a"), row("a")], "area 'a' stands in the file twice"),
        ([row("a", "b")], "lies in 'b', which is not here"),
        ([row("a", "b"), row("b", "a")], "lies in itself"),
        ([row("Ấp 3")], "an id is 1-64 of a-z 0-9 _ -"),
        ([{"id": "a"}], "missing required field"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused_whole(
    tmp_path: Path, rows: list[dict[str, Any]], sentence: str
) -> None:
    with pytest.raises(importing.ImportRefusedError, match=sentence):
        importing.read(written(tmp_path, *rows))
