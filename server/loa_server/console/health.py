"""A node's row and latest health as one line of the fleet page. Pure, but for the words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _

from loa_server.console import languages, plain, words
from loa_server.fleet import status
from loa_server.fleet.models import Node
from loa_wire.up import Health

Titles = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Line:
    node: Node
    presence: str
    seen: str
    health: Health | None
    problems: list[str]
    playing: str
    sounding: str  # the bulletin of `playing`, "" for none
    last_play: str
    evidence: str
    card: str
    temperature: str
    clock: str
    applied: str

    @property
    def every(self) -> str:
        return str(self.node.every_s)

    @property
    def iso(self) -> str:
        """When it was heard last, for the script that counts on from there."""
        return self.node.seen_at.isoformat() if self.node.seen_at else ""


def lines(
    nodes: Iterable[Node],
    held: Mapping[str, Mapping[str, int]],
    titles: Titles,
    now: datetime,
    alarms: Mapping[str, list[str]],
) -> list[Line]:
    made = [line(node, held.get(node.id, {}), titles, now, {}) for node in nodes]
    return [alarmed(one, alarms) for one in made]


def alarmed(line: Line, alarms: Mapping[str, list[str]]) -> Line:
    """What the engine raised stands before what the node says of itself."""
    return replace(line, problems=[*alarms.get(line.node.id, ()), *line.problems])


def line(
    node: Node,
    held: Mapping[str, int],
    titles: Titles,
    now: datetime,
    manifests: Mapping[str, int],
) -> Line:
    health = status.read_health(node.health)
    heard = status.Heard(
        node.seen_at,
        node.online,
        node.every_s,
        health,
        held.get("assignment", 0),
        held.get("settings", 0),
        manifests,
    )
    found = status.problems(heard, now)
    presence = status.presence(heard, now)
    gone = presence in ("offline", "never")  # what it said last is not what it says now
    playing = health.playing.bulletin if health and health.playing and not gone else ""
    return Line(
        node=node,
        presence=presence,
        seen=plain.ago(node.seen_at, now) if node.seen_at else "",
        health=health,
        problems=[_problem(p) for p in found if p.code not in ("never", "offline", "late")],
        playing=title_in(titles, playing) if playing else "",
        sounding=playing,
        last_play=_last_play(health, titles),
        evidence=_evidence(health),
        card=_card(health),
        temperature=_temperature(health),
        clock=words.say(words.CLOCKS, health.clock) if health else "",
        applied=_applied(health),
    )


def title_in(titles: Titles, bulletin_id: str) -> str:
    title = titles.get(bulletin_id, {})
    return next(
        (title[lang] for lang in languages.in_order(dict(title)) if title[lang]), bulletin_id
    )


def _problem(problem: status.Problem) -> str:
    said = words.say(words.PROBLEMS, problem.code)
    return f"{said}: {problem.detail}" if problem.detail else said


def _last_play(health: Health | None, titles: Titles) -> str:
    if health is None or health.last_play is None:
        return ""
    return f"{title_in(titles, health.last_play.bulletin)} · {_at(health.last_play.at)}"


def _evidence(health: Health | None) -> str:
    if health is None or health.last_play is None:
        return ""
    result = words.say(words.DELIVERIES, health.last_play.result)
    evidence, ear = health.last_play.evidence, health.last_play.ear
    proved = [words.say(words.EVIDENCE, evidence)] if evidence else []
    if ear and ear != evidence:
        proved.append(words.say(words.EARS, ear))
    return f"{result}: {', '.join(proved)}" if proved else result


def _at(ms: int) -> str:
    return plain.moment(plain.at_ms(ms))


def _card(health: Health | None) -> str:
    if health is None or health.readings.card_free_mb is None:
        return ""
    free, total = health.readings.card_free_mb, health.readings.card_total_mb
    said = {"free": plain.tenth(free / 1000), "total": plain.tenth(total / 1000) if total else ""}
    return (_("còn %(free)s / %(total)s GB") if total else _("còn %(free)s GB")) % said


def _temperature(health: Health | None) -> str:
    if health is None or health.readings.temperature_dc is None:
        return ""
    return f"{health.readings.temperature_dc / 10:.0f} °C"


def _applied(health: Health | None) -> str:
    if health is None:
        return ""
    said = {"a": health.applied.assignment, "s": health.applied.settings}
    return _("phân công %(a)d, cài đặt %(s)d") % said
