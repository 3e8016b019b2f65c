from provisioning.demo import Row, rows_of

LEDGER = """
<table><tbody>
<tr data-node="tq-03"><td><b>Ấp 3</b></td>
<td data-cell="state"><span class="chip chip-played">Đã phát</span></td>
<td data-cell="evidence" data-name="Bằng chứng">loa có tín hiệu</td></tr>
<tr data-node="tq-04"><td><b>Ấp 4</b></td>
<td data-cell="state"><span class="chip chip-ready">Đã sẵn sàng</span></td>
<td data-cell="evidence"></td></tr>
</tbody></table>
<template><p data-word="evidence:device">loa có tín hiệu</p>
<p data-word="delivery:played">Đã phát</p></template>
"""


def test_a_ledger_page_is_read_back_into_states_and_evidence() -> None:
    assert rows_of(LEDGER, "Mưa dông") == [
        Row("Mưa dông", "tq-03", "played", "device"),
        Row("Mưa dông", "tq-04", "ready", ""),
    ]


def test_a_row_is_printed_as_title_node_state_evidence() -> None:
    played, ready = rows_of(LEDGER, "Mưa dông")

    assert str(played) == "Mưa dông · tq-03 · played · device"
    assert str(ready) == "Mưa dông · tq-04 · ready · -"


def test_a_page_without_rows_has_none() -> None:
    assert rows_of("<table><tr><td colspan='6'>Đang ký và gửi đi.</td></tr></table>", "x") == []
