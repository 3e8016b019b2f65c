import tomllib

import pytest

from provisioning.settle import SettleError, settle

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


def test_a_setting_without_a_line_is_said_not_dropped() -> None:
    with pytest.raises(SettleError, match=r"console\.colour"):
        settle(FILE, {"console.colour": "red"})
