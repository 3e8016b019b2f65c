"""Every shape has golden files: what is written, and what a reader must do with its relatives."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from loa_wire import bulletin, down, enrol, place, topics, trusted, up
from loa_wire.fields import Document
from loa_wire.parse import UnreadableError, decode

EXAMPLES = Path(__file__).parents[2] / "content" / "examples"
SHAPES: dict[str, type[Document]] = {
    str(shape.__struct_config__.tag): shape
    for module in (bulletin, down, enrol, place, trusted, up)
    for shape in vars(module).values()
    if isinstance(shape, type) and issubclass(shape, Document) and shape is not Document
}
FOLDERS = sorted(p.name for p in EXAMPLES.iterdir() if p.is_dir() and p.name[0] != "_")


def shape_of(folder: str) -> type[Document]:
    return SHAPES[folder.split("-", maxsplit=1)[0]]


def read(folder: str, name: str) -> bytes:
    return (EXAMPLES / folder / f"{name}.json").read_bytes().rstrip(b"\n")


def refused(folder: str) -> list[tuple[str, str]]:
    names = sorted(p.stem for p in (EXAMPLES / folder).glob("*.json"))
    return [(folder, n) for n in names if not n.startswith("valid")]


def test_every_shape_of_the_wire_has_examples() -> None:
    assert {folder.split("-", maxsplit=1)[0] for folder in FOLDERS} == set(SHAPES)


def test_every_enveloped_topic_names_a_shape() -> None:
    assert set(topics.PAYLOAD.values()) <= set(SHAPES)
    assert set(topics.PAYLOAD.values()) == set(trusted.MAY_SIGN)


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_is_read_is_written_the_same(folder: str) -> None:
    golden = read(folder, "valid")

    assert decode(golden, shape_of(folder)).encode() == golden


@pytest.mark.parametrize("folder", FOLDERS)
def test_an_unknown_field_changes_nothing(folder: str) -> None:
    later = decode(read(folder, "valid_unknown_field"), shape_of(folder))

    assert later == decode(read(folder, "valid"), shape_of(folder))


@pytest.mark.parametrize(("folder", "name"), [pair for f in FOLDERS for pair in refused(f)])
def test_every_bad_relative_is_refused_for_the_reason_in_its_name(folder: str, name: str) -> None:
    with pytest.raises(UnreadableError) as refusal:
        decode(read(folder, name), shape_of(folder))

    assert refusal.value.code == name.split("_", maxsplit=1)[0]


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_document_of_one_type_is_never_read_as_another(folder: str) -> None:
    golden = read(folder, "valid")

    for shape in set(SHAPES.values()) - {shape_of(folder)}:
        with pytest.raises(UnreadableError):
            decode(golden, shape)


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_examples_are_small_enough_for_the_wire(folder: str) -> None:
    golden = read(folder, "valid")

    assert len(golden) < 4096
    assert json.loads(golden) == msgspec.json.decode(golden)
