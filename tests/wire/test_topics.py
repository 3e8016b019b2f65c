from __future__ import annotations

import pytest

from loa_wire import topics
from loa_wire.topics import Topic


@pytest.mark.parametrize(
    ("made", "read"),
    [
        (topics.area("vn-1", "manifest"), Topic("area", "vn-1", "manifest")),
        (topics.area("vn-1", "emergency"), Topic("area", "vn-1", "emergency")),
        (topics.unit_authority("u1"), Topic("unit", "u1", "authority")),
        (topics.root(), Topic("root", "", "root")),
        (topics.down("n1", "ack"), Topic("down", "n1", "ack")),
        (topics.up("n1", "journal"), Topic("up", "n1", "journal")),
    ],
)
def test_what_is_written_is_read_back(made: str, read: Topic) -> None:
    assert topics.read(made) == read


@pytest.mark.parametrize(
    "foreign",
    [
        "",
        "loa/2/root",
        "loa/1/root/x",
        "loa/1/area/a/b",
        "loa/1/area/a/health",
        "loa/1/node/a/up/ack",
        "loa/1/down/a/ack",
        "loa/1/node/a/down/Ack",
        "loa/1/area/+/manifest",
        "loa/1/area/#",
        "loa/1/area/ấp/manifest",
        "loa/1/area//manifest",
        "loa/1/area/a/manifest\n",
        "$SYS/broker",
    ],
)
def test_a_topic_that_is_not_ours_is_nothing(foreign: str) -> None:
    assert topics.read(foreign) is None


def test_a_node_listens_to_its_areas_its_register_the_root_and_itself() -> None:
    assert topics.node_subscriptions("n1", "u1", ["a", "b"]) == [
        "loa/1/area/a/+",
        "loa/1/area/b/+",
        "loa/1/unit/u1/authority",
        "loa/1/root",
        "loa/1/node/n1/down/+",
    ]


def test_a_word_to_itself_comes_down_a_nodes_own_branch_and_is_nobody_elses_document() -> None:
    word = topics.echo("tq-01")

    assert word.rpartition("/")[0] == topics.down("tq-01", "+").rpartition("/")[0]
    assert topics.read(word) is None
