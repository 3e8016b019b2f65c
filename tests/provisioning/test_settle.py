import tomllib

from provisioning.settle import Value, settle

FILE = """\
# Where it lives.
state_dir = "/var/lib/x"

[console]
# mine
port = 8000   # an operator's own comment
host = "::"

[nodes]
port = 8443
"""


def test_only_the_named_setting_changes() -> None:
    changed = settle(FILE, {"console.port": 9000})

    assert changed == FILE.replace("port = 8000   # an operator's own comment", "port = 9000")


def test_text_with_quotes_and_marks_comes_out_as_it_went_in() -> None:
    path = 'C:\\"Ấp"\n/x'

    assert tomllib.loads(settle(FILE, {"state_dir": path}))["state_dir"] == path


def test_a_setting_of_the_same_name_in_another_table_is_not_touched() -> None:
    changed = tomllib.loads(settle(FILE, {"nodes.port": 1}))

    assert (changed["console"]["port"], changed["nodes"]["port"]) == (8000, 1)


def test_a_file_from_before_a_setting_was_gets_a_line_in_the_right_table() -> None:
    changed = tomllib.loads(
        settle(FILE, {"console.colour": "red", "nodes.host": "x", "demo.node": "n", "top": True})
    )

    assert changed == {
        "state_dir": "/var/lib/x",
        "top": True,
        "console": {"port": 8000, "host": "::", "colour": "red"},
        "nodes": {"port": 8443, "host": "x"},
        "demo": {"node": "n"},
    }


def test_settling_twice_changes_nothing_more() -> None:
    values: dict[str, Value] = {"console.port": 1, "demo.node": "n"}

    once = settle(FILE, values)

    assert settle(once, values) == once


def test_a_list_is_written_as_toml_reads_it() -> None:
    changed = tomllib.loads(settle(FILE, {"nodes.port": 1, "nodes.names": ["vi", "km"]}))

    assert changed["nodes"]["names"] == ["vi", "km"]
