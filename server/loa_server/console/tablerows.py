"""The rows of the two great tables, the fleet's and a bulletin's ledger. Made here and not by the
template's loop: fifty rows of seventeen values each were a third of the page's time, one format
string is a tenth of it. live.js paints the cells that have a name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from loa_server.areas.naming import Called
from loa_server.console import words
from loa_server.console.health import Line
from loa_server.console.templatetags.console import clock, place
from loa_server.dispatch.models import Delivery

_NODE = (
    '<tr data-node="{id}" data-seen="{iso}" data-online="{online}" data-every="{every}">'
    '<td><a href="{fleet}{id}"><b>{place}</b></a><br>'
    '<span class="soft small">{name} · {id}</span></td>'
    '<td data-cell="state"><span class="chip chip-{presence}">{said}</span> '
    '<span class="soft small nowrap">{seen}</span></td>'
    '<td data-name="{col_play}">{play}</td>'
    '<td data-name="{col_look}">{problems}</td>'
    '<td data-name="{col_machine}" class="small soft">{machine}</td></tr>'
)
_DELIVERY = (
    '<tr data-node="{id}"><td><a href="{fleet}{id}"><b>{place}</b></a><br>'
    '<span class="soft small">{name}</span></td>'
    '<td data-cell="state"><span class="chip chip-{state}">{said}</span></td>'
    '<td data-cell="plays" data-name="{col_plays}">{plays}/{planned}</td>'
    '<td data-cell="evidence" data-name="{col_evidence}">{evidence}</td>'
    '<td data-cell="reason" data-name="{col_reason}">{reason}</td>'
    '<td data-cell="first" data-name="{col_first}" class="nowrap">{first}</td></tr>'
)
_PLAYING = '<span class="chip chip-playing">{}</span> {}'
_PLAYED = '{}<br><span class="soft small">{}</span>'
_PROBLEM = '<span class="chip chip-warn wrap">{}</span> '


def of_nodes(lines: Iterable[Line]) -> SafeString:
    same = {
        "fleet": reverse("console:fleet"),
        "col_play": _("Phát"),
        "col_look": _("Cần xem"),
        "col_machine": _("Máy"),
    }
    presences = _said(words.PRESENCES)
    now_playing = _("Đang phát")
    return format_html_join(
        "", _NODE, ({**same, **_node(line, presences, now_playing)} for line in lines)
    )


def of_deliveries(lines: Iterable[tuple[Delivery, Called]]) -> SafeString:
    """Each with what its place was called."""
    same = {
        "fleet": reverse("console:fleet"),
        "col_plays": _("Số lần phát"),
        "col_evidence": _("Bằng chứng"),
        "col_reason": _("Lý do"),
        "col_first": _("Bắt đầu kêu"),
    }
    states, proofs = _said(words.DELIVERIES), _said(words.EVIDENCE)
    reasons = _said(words.REASONS)
    return format_html_join(
        "",
        _DELIVERY,
        (
            {
                **same,
                "id": line.node_id,
                "place": place(called),
                "name": line.node.name,
                "state": line.state,
                "said": states.get(line.state, line.state),
                "plays": line.plays,
                "planned": line.planned,
                "evidence": proofs.get(line.evidence, line.evidence),
                "reason": reasons.get(line.reason, line.reason),
                "first": clock(line.first_sound_at),
            }
            for line, called in lines
        ),
    )


def _said(table: words.Words) -> dict[str, str]:
    """In the reader's language, once and not for every row."""
    return {code: str(said) for code, said in table.items()}


def _node(line: Line, presences: Mapping[str, str], now_playing: str) -> dict[str, str]:
    node = line.node
    return {
        "id": node.id,
        "iso": line.iso,
        "online": "yes" if node.online else "",
        "every": line.every,
        "place": place(node.area),
        "name": node.name,
        "presence": line.presence,
        "said": presences.get(line.presence, line.presence),
        "seen": line.seen,
        "play": _play(line, now_playing),
        "problems": format_html_join("", _PROBLEM, ((said,) for said in line.problems)),
        "machine": " · ".join(filter(None, (node.software, line.card, line.temperature))),
    }


def _play(line: Line, now_playing: str) -> SafeString:
    if line.playing:
        return format_html(_PLAYING, now_playing, line.playing)
    if line.last_play:
        return format_html(_PLAYED, line.last_play, line.evidence)
    return mark_safe("")
