"""An emergency on one page: which alarm, where, what is said, how often."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from loa_server.areas.models import Area
from loa_server.console import words
from loa_server.console.forms.content import ContentForm

LEFT_OUT: Final = ("level", "drill", "genre", "source_number", "source_issuer", "ticker")
GENRE_OF: Final = {"flood": "weather", "storm": "weather", "epidemic": "health"}
MOST_TIMES: Final = 20


class AlarmForm(ContentForm):
    """Fields: alert, title_<lang>, text_<lang>, times (plays in all), gap (minutes between)."""

    times = forms.IntegerField(
        label=_("Phát mấy lần"),
        min_value=1,
        max_value=MOST_TIMES,
        initial=6,
        error_messages={"invalid": _("Hãy gõ một số từ 1 đến 20.")},
    )
    gap = forms.IntegerField(
        label=_("Cách nhau (phút)"),
        min_value=1,
        max_value=60,
        initial=5,
        error_messages={"invalid": _("Hãy gõ một số từ 1 đến 60.")},
    )

    def __init__(self, homes: Sequence[Area], *args: Any, **kwargs: Any) -> None:
        super().__init__(homes, *args, urgent=True, **kwargs)
        for name in LEFT_OUT:
            del self.fields[name]
        for name in self.fields:
            if name.startswith("text_"):
                self.fields[name].widget.attrs["rows"] = 4
        self.fields["alert"] = forms.ChoiceField(
            label=_("Loại báo động"),
            choices=list(words.ALERTS.items()),
            widget=forms.RadioSelect,
            error_messages={"required": _("Bản tin khẩn cấp phải nói rõ loại báo động.")},
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        times, gap = cleaned.get("times"), cleaned.get("gap")
        if times and gap and times * gap > 6 * 60:
            self.add_error(
                "times", _("Báo động có hiệu lực 6 giờ; hãy bớt số lần hoặc rút ngắn khoảng cách.")
            )
        return cleaned

    def schedule(self) -> dict[str, Any]:
        times, gap = self.cleaned_data["times"], self.cleaned_data["gap"]
        repeat = {"repeat": {"times": times, "gap_s": gap * 60}} if times > 1 else {}
        return {"mode": "now", **repeat}

    def genre_of_alert(self) -> str:
        return GENRE_OF.get(self.cleaned_data["alert"], "notice")
