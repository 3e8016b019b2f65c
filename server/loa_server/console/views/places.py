"""Địa bàn: the tree of places, for registrars of them; one place with what it was called before;
made, renamed, moved, merged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from loa_server.areas import search, tree
from loa_server.areas.models import HAMLETS, Area, Grant
from loa_server.areas.reach import areas_within, within
from loa_server.areas.scope import ids_of
from loa_server.console.clusters import working_nodes
from loa_server.console.desk import Desk
from loa_server.console.forms.places import (
    MergeForm,
    NamingForm,
    NewPlaceForm,
    SpokenForm,
    TargetForm,
)
from loa_server.console.forms.sheet import Sheet
from loa_server.console.forms.where import Place, Twig, grow
from loa_server.console.pages import page, signed_in
from loa_server.console.paging import Leaf, leaf
from loa_server.console.views.newcomers import act_of, refused, text
from loa_server.dispatch import places as rules
from loa_server.dispatch.admission import Act
from loa_server.refusal import Refusal

BESIDE = {
    tree.NO_NAME.code: "name",
    tree.NO_KIND.code: "kind",
    tree.FUTURE.code: "since",
    tree.TOO_EARLY.code: "since",
    tree.INTO_ITSELF.code: "area",
    tree.NOT_ALIKE.code: "area",
    tree.TOO_DEEP.code: "area",
    rules.NOT_YOURS.code: "area",
}
"""The field a refusal stands beside; any other is about the code."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """One change of one place: its form, and what does it."""

    area: Area
    verb: str
    form: Sheet
    done: Callable[[Act], Area | Refusal]
    offered: QuerySet[Area] | None = None


@signed_in
def places(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The highest places, or what `?q=` finds by any of its names."""
    kept = _kept(desk)
    tops = desk.standing.scopes(*rules.KEEPERS)
    asked = request.GET.get("q", "").strip()[:80]
    found = (
        search.named(kept, asked)
        if asked
        else kept.filter(Q(path__in=tops) | Q(parent__path__in=tops))
    )
    shown = leaf(request, found.select_related("parent").order_by("path"))
    return page(request, desk, "places.html", {"leaf": shown, "rows": _rows(shown), "q": asked})


@signed_in
def place(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    area = _one(desk, id)
    inside = leaf(request, area.children.order_by("valid_until", "path"))
    shown = {
        "area": area,
        "names": area.names.order_by("valid_until"),
        "above": [one for one in _above(area) if desk.standing.may("registrar", one.path)],
        "leaf": inside,
        "rows": _rows(inside),
        "open": tree.is_open(area, desk.standing.today),
        "may_move": _may_move(desk, area),
        "spoken": next((one for one in (area, *reversed(_above(area))) if one.languages), None),
        "usual": settings.LOA.fleet.languages,
        "left": Grant.objects.filter(area=area).count() if area.merged_into_id else 0,
    }
    return page(request, desk, "place.html", shown)


@signed_in
def add(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    """Fields: kind, name, number, since, code."""
    parent = _open(desk, id)
    likely = "ap" if parent.kind in {"commune", "ward"} else "commune"
    form = NewPlaceForm(request.POST or None, initial={"kind": likely})
    return _act(
        request,
        desk,
        _Asked(parent, "add", form, lambda act: rules.add(parent.id, form.naming(), act)),
    )


@signed_in
def rename(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    """Fields: kind, name, number, since (none: a slip of the pen), code."""
    area = _open(desk, id)
    today = desk.standing.today
    now = {"kind": area.kind, "name": area.name, "number": area.code, "since": today}
    form = NamingForm(request.POST or None, initial=now)
    return _act(
        request,
        desk,
        _Asked(area, "rename", form, lambda act: rules.rename(area.id, form.naming(), act)),
    )


@signed_in
def speak(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    """Fields: first, second, third (codes of languages), code."""
    area = _open(desk, id)
    now = dict(zip(("first", "second", "third"), area.languages, strict=False))
    form = SpokenForm(request.POST or None, initial=now)
    return _act(
        request,
        desk,
        _Asked(area, "speak", form, lambda act: rules.speak(area.id, form.spoken(), act)),
    )


@signed_in
def move(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    """Fields: area (what it will lie in), code."""
    area = _open(desk, id)
    if not _may_move(desk, area):
        raise Http404
    offered = _targets(desk, area).exclude(pk=area.parent_id).exclude(kind__in=HAMLETS)
    form = TargetForm(offered, request.POST or None)

    def done(act: Act) -> Area | Refusal:
        return rules.move(area.id, form.cleaned_data["area"].id, act)

    return _act(request, desk, _Asked(area, "move", form, done, offered))


@signed_in
def merge(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    """Fields: area (what takes it in), since (the first day without it), code."""
    area = _open(desk, id)
    hamlet = Q(kind__in=HAMLETS, parent=area.parent_id)  # of another commune: moved there first
    offered = _targets(desk, area).filter(hamlet if area.kind in HAMLETS else ~Q(kind__in=HAMLETS))
    form = MergeForm(offered, request.POST or None, initial={"since": desk.standing.today})

    def done(act: Act) -> Area | Refusal:
        chosen = form.cleaned_data
        return rules.merge(area.id, chosen["area"].id, chosen["since"], act)

    return _act(request, desk, _Asked(area, "merge", form, done, offered))


def keepers(desk: Desk) -> list[str]:
    scopes = desk.standing.scopes(*rules.KEEPERS)
    if not scopes:
        raise Http404
    return scopes


def beside(form: Sheet, why: Refusal) -> str:
    """Puts it beside its field; what is about the code comes back."""
    field = BESIDE.get(why.code)
    if field not in form.fields:
        return text(why)
    form.add_error(field, text(why))
    return ""


def _rows(shown: Leaf[Area]) -> list[Place]:
    working = working_nodes(Area.objects.filter(pk__in=[area.pk for area in shown.rows]))
    return [Place(area, working[area.id]) for area in shown.rows]


def _kept(desk: Desk) -> QuerySet[Area]:
    return areas_within(keepers(desk))


def _one(desk: Desk, area_id: str) -> Area:
    near = _kept(desk).select_related("parent__parent__parent", "merged_into")
    found = near.filter(pk=area_id).first()
    if found is None:
        raise Http404
    return found


def _open(desk: Desk, area_id: str) -> Area:
    """What is no more is changed no more."""
    area = _one(desk, area_id)
    if not tree.is_open(area, desk.standing.today):
        raise Http404
    return area


def _above(area: Area) -> list[Area]:
    """From the top down."""
    return [*_above(area.parent), area.parent] if area.parent is not None else []


def _may_move(desk: Desk, area: Area) -> bool:
    """Out of a place one keeps, into another."""
    return area.parent is not None and desk.standing.may("registrar", area.parent.path)


def _targets(desk: Desk, area: Area) -> QuerySet[Area]:
    """Neither itself nor what lies in it."""
    inside = within([area.path])
    return _kept(desk).filter(tree.open_on(desk.standing.today)).exclude(inside).order_by("path")


def _tree(
    desk: Desk, offered: QuerySet[Area], chosen: set[str], working: Counter[str]
) -> list[Twig]:
    """With the places above those offered, to tell one Ấp 1 from another."""
    rows = dict(offered.values_list("pk", "path"))
    shown = {area_id for path in rows.values() for area_id in ids_of(path)}
    there = _kept(desk).filter(tree.open_on(desk.standing.today)).order_by("path")
    twigs = grow([Place(a, working[a.pk]) for a in there if a.pk in shown], chosen)
    _shut(twigs, set(rows))
    return twigs


def _shut(twigs: list[Twig], offered: set[str]) -> None:
    for twig in twigs:
        twig.shut = twig.area.pk not in offered
        _shut(twig.twigs, offered)


def _act(request: HttpRequest, desk: Desk, asked: _Asked) -> HttpResponse:
    fault, form = "", asked.form
    if request.method == "POST" and form.is_valid():
        act = act_of(request, desk)
        made = act if isinstance(act, Refusal) else asked.done(act)
        if not isinstance(made, Refusal):
            said = _("Đã ghi nhận. Điểm phát liên quan tự nhận trong ít phút.")
            messages.success(request, said)
            return redirect("console:place", made.id)
        refused(request, desk, made, "areas")
        fault = beside(form, made)
    chosen, working = {request.POST.get("area", "")}, working_nodes(Area.objects.all())
    shown = {
        "area": asked.area,
        "verb": asked.verb,
        "form": form,
        "fault": fault,
        "tree": None if asked.offered is None else _tree(desk, asked.offered, chosen, working),
        "nodes": working[asked.area.pk],
    }
    faulty = bool(form.errors or fault)
    return page(request, desk, "place_act.html", shown, status=422 if faulty else 200)
