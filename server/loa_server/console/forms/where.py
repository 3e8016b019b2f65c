"""Step three of writing: who hears it. A tree of the areas the author may speak to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from loa_server.areas.models import Area
from loa_server.console.forms.sheet import Sheet
from loa_wire.limits import AREAS


@dataclass(slots=True)
class Twig:
    """One line of the tree; `nodes` counts its speaker clusters and those below it."""

    area: Area
    nodes: int
    checked: bool
    twigs: list[Twig] = field(default_factory=list)


def count_nodes(areas: Iterable[Area], node_paths: Sequence[str]) -> dict[str, int]:
    return {a.id: sum(path.startswith(a.path) for path in node_paths) for a in areas}


def grow(areas: Sequence[Area], nodes: dict[str, int], checked: set[str]) -> list[Twig]:
    """`areas` in order of path become a forest."""
    tops: list[Twig] = []
    branch: list[Twig] = []
    for area in areas:
        while branch and not area.path.startswith(branch[-1].area.path):
            branch.pop()
        twig = Twig(area, nodes.get(area.id, 0), area.id in checked)
        (branch[-1].twigs if branch else tops).append(twig)
        branch.append(twig)
    return tops


class WhereForm(Sheet):
    """Fields: version, areas (ids, one for each ticked box)."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    areas = forms.MultipleChoiceField(
        error_messages={
            "required": lazy("Hãy chọn ít nhất một địa bàn."),
            "invalid_choice": lazy("Bạn không được gửi bản tin tới địa bàn này."),
        }
    )

    def __init__(self, offered: Sequence[Area], nodes: dict[str, int], *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._offered = {area.id: area for area in offered}
        self._nodes = nodes
        chosen = self.fields["areas"]
        assert isinstance(chosen, forms.MultipleChoiceField)  # noqa: S101 - for the type checker
        chosen.choices = [(area.id, area.name) for area in offered]

    def clean_areas(self) -> list[Area]:
        chosen = [self._offered[area_id] for area_id in self.cleaned_data["areas"]]
        silent = [area.name for area in chosen if not self._nodes.get(area.id)]
        if silent:
            raise forms.ValidationError(
                _("Chưa có cụm loa nào ở: %(places)s. Hãy bỏ chọn, hoặc báo kỹ thuật lắp cụm loa."),
                params={"places": ", ".join(silent)},
            )
        chosen = [a for a in chosen if not any(_inside(a, other) for other in chosen)]
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
