"""Step three of writing: who hears it. A tree of the areas the author may speak to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from loa_server.areas.models import Area
from loa_server.console.forms.sheet import Sheet
from loa_wire.limits import AREAS


@dataclass(frozen=True, slots=True)
class Place:
    """An area and how many speaker clusters work in it and below it."""

    area: Area
    nodes: int


@dataclass(slots=True)
class Twig:
    """One line of the tree."""

    area: Area
    nodes: int
    checked: bool
    twigs: list[Twig] = field(default_factory=list)
    shut: bool = False  # there to be read, not to be chosen
    more: bool = False  # what lies in it is not shown yet


def grow(places: Sequence[Place], checked: set[str]) -> list[Twig]:
    """`places` in order of path become a forest."""
    tops: list[Twig] = []
    branch: list[Twig] = []
    for place in places:
        while branch and not place.area.path.startswith(branch[-1].area.path):
            branch.pop()
        twig = Twig(place.area, place.nodes, place.area.id in checked)
        (branch[-1].twigs if branch else tops).append(twig)
        branch.append(twig)
    return tops


class WhereForm(Sheet):
    """Fields: version, areas (ids, one for each ticked box)."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    areas = forms.MultipleChoiceField(
        error_messages={
            "required": _("Hãy chọn ít nhất một địa bàn."),
            "invalid_choice": _("Bạn không được gửi bản tin tới địa bàn này."),
        }
    )

    def __init__(self, offered: Sequence[Place], *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._offered = {place.area.id: place for place in offered}
        chosen = self.fields["areas"]
        assert isinstance(chosen, forms.MultipleChoiceField)  # noqa: S101 - for the type checker
        chosen.choices = [(place.area.id, place.area.name) for place in offered]

    def clean_areas(self) -> list[Area]:
        given = [self._offered[area_id] for area_id in self.cleaned_data["areas"]]
        silent = [place.area.name for place in given if not place.nodes]
        if silent:
            raise forms.ValidationError(
                _("Chưa có cụm loa nào ở: %(places)s. Hãy bỏ chọn, hoặc báo kỹ thuật lắp cụm loa."),
                params={"places": ", ".join(silent)},
            )
        areas = [place.area for place in given]
        chosen = [a for a in areas if not any(_inside(a, other) for other in areas)]
        if len(chosen) > AREAS:
            raise forms.ValidationError(
                _("Chọn nhiều nhất %(most)d địa bàn. Hãy chọn cả xã thay vì từng ấp."),
                params={"most": AREAS},
            )
        return chosen

    def ticked(self) -> set[str]:
        return {str(area_id) for area_id in self["areas"].value() or []}


def _inside(area: Area, other: Area) -> bool:
    return area.path != other.path and area.path.startswith(other.path)
