"""Step one of writing: the words, per language, and what kind of bulletin they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from loa_server.areas.models import Area
from loa_server.bulletins.models import Bulletin
from loa_server.bulletins.notices import SENTENCES
from loa_server.console import languages, words
from loa_server.console.forms.fonts import refuse_unshowable
from loa_server.console.forms.sheet import Sheet
from loa_server.media.words import shown

FREE = [(code, said) for code, said in words.GENRES.items() if code not in SENTENCES]
"""Genres with words of one's own; the others have their forms."""
LONGEST_TITLE = 200
LONGEST_TEXT = 12_000
MOST_TABS = 5


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language's pair of fields, for the page."""

    lang: str
    name: str
    title: BoundField
    text: BoundField

    @property
    def filled(self) -> bool:
        return bool(self.title.value() or self.text.value())

    @property
    def faulty(self) -> bool:
        return bool(self.title.errors or self.text.errors)


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab of the page: a language, or in the last all those seldom used."""

    number: int
    name: str
    tongues: list[Tongue]

    @property
    def filled(self) -> bool:
        return any(tongue.filled for tongue in self.tongues)

    @property
    def faulty(self) -> bool:
        return any(tongue.faulty for tongue in self.tongues)


class ContentForm(Sheet):
    """Fields `title_<lang>` and `text_<lang>` for every language, and the bulletin's own."""

    open_lang = ""  # whose tab is open, where no fault asks for another

    version = forms.IntegerField(widget=forms.HiddenInput, required=False, initial=0)
    home = forms.ModelChoiceField(
        label=_("Đơn vị phát hành"), queryset=Area.objects.none(), required=False
    )
    level = forms.ChoiceField(
        label=_("Mức độ"),
        choices=[(code, words.LEVELS[code]) for code in ("normal", "priority")],
        widget=forms.RadioSelect,
        initial="normal",
    )
    alert = forms.ChoiceField(
        label=_("Loại báo động"),
        choices=[("", _("— chọn loại báo động —")), *words.ALERTS.items()],
        required=False,
        help_text=_("Loa phát tiếng báo động của loại này trước, rồi mới đến giọng đọc."),
        error_messages={"invalid_choice": _("Hãy chọn một loại trong danh sách.")},
    )
    drill = forms.BooleanField(label=_("Đây là diễn tập"), required=False)
    genre = forms.ChoiceField(
        label=_("Lĩnh vực"),
        choices=[("", _("— chọn lĩnh vực —")), *FREE],
        error_messages={"invalid_choice": _("Hãy chọn một lĩnh vực trong danh sách.")},
    )
    source_number = forms.CharField(
        label=_("Số, ký hiệu văn bản nguồn"),
        required=False,
        max_length=120,
        help_text=_("Nếu bản tin dựa trên một văn bản. Ví dụ: 15/TB-UBND."),
    )
    source_issuer = forms.CharField(label=_("Cơ quan ban hành"), required=False, max_length=200)
    ticker = forms.CharField(
        label=_("Dòng chữ chạy dưới màn hình"),
        required=False,
        max_length=500,
        help_text=_("Để trống cũng được."),
    )

    def __init__(
        self, homes: Sequence[Area], *args: Any, urgent: bool = False, **kwargs: Any
    ) -> None:
        """`urgent`: a duty officer answers for some of these places, so alarms may be raised."""
        super().__init__(*args, **kwargs)
        if urgent:
            level = self.fields["level"]
            assert isinstance(level, forms.ChoiceField)  # noqa: S101 - for the type checker
            level.choices = list(words.LEVELS.items())
        else:
            del self.fields["alert"]
        for lang, name in languages.NAMES.items():
            self._add_language(lang, name)
        home = self.fields["home"]
        assert isinstance(home, forms.ModelChoiceField)  # noqa: S101 - for the type checker
        home.queryset = Area.objects.filter(id__in=[area.id for area in homes])
        home.required = len(homes) > 1
        if len(homes) <= 1:
            del self.fields["home"]

    def _add_language(self, lang: str, name: str) -> None:
        attrs = {"lang": lang, "class": "form-control"}
        self.fields[f"title_{lang}"] = forms.CharField(
            label=_("Tiêu đề"),
            required=False,
            max_length=LONGEST_TITLE,
            widget=forms.TextInput(attrs={**attrs, "data-language": name}),
        )
        self.fields[f"text_{lang}"] = forms.CharField(
            label=_("Nội dung"),
            required=False,
            max_length=LONGEST_TEXT,
            widget=forms.Textarea(attrs={**attrs, "rows": 9}),
        )

    def _tongues(self, langs: Sequence[str]) -> list[Tongue]:
        return [
            Tongue(lang, languages.name(lang), self[f"title_{lang}"], self[f"text_{lang}"])
            for lang in langs
        ]

    @property
    def tabs(self) -> list[Tab]:
        often = [lang for lang in settings.LOA.console.languages if lang in languages.NAMES]
        often = often[:MOST_TABS]
        mine = [Tab(n, t.name, [t]) for n, t in enumerate(self._tongues(often), start=1)]
        rest = self._tongues([lang for lang in languages.NAMES if lang not in often])
        return [*mine, Tab(len(mine) + 1, str(_("Tiếng khác")), rest)] if rest else mine

    @property
    def open_tab(self) -> int:
        """The first with a fault, else the language just worked on, else the first."""
        tabs = self.tabs
        wanted = [tab for tab in tabs if tab.faulty] or [
            tab for tab in tabs if self.open_lang in [tongue.lang for tongue in tab.tongues]
        ]
        return wanted[0].number if wanted else 1

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name in [n for n in cleaned if n.startswith(("title_", "text_"))]:
            cleaned[name] = shown(cleaned[name])
            self._refuse_unshowable(name, cleaned[name])
        for lang in languages.NAMES:
            if cleaned.get(f"text_{lang}") and cleaned.get(f"title_{lang}") == "":
                self.add_error(f"title_{lang}", _("Có nội dung nhưng chưa có tiêu đề."))
        self._refuse_unshowable("ticker", cleaned.get("ticker", ""))
        if cleaned.get("level") == "emergency":
            self._check_emergency(cleaned)
        if not any(cleaned.get(f"title_{lang}", "?") for lang in languages.NAMES):
            self.add_error("title_vi", _("Bản tin còn trống. Hãy gõ tiêu đề và nội dung."))
        return cleaned

    def _check_emergency(self, cleaned: dict[str, Any]) -> None:
        if not cleaned.get("alert"):
            self.add_error("alert", _("Bản tin khẩn cấp phải nói rõ loại báo động."))
        if cleaned.get("drill"):
            self.add_error(
                "drill", _("Diễn tập không được mang mức khẩn cấp; hãy chọn mức ưu tiên.")
            )

    def _refuse_unshowable(self, name: str, text: str) -> None:
        try:
            refuse_unshowable(text)
        except ValidationError as e:
            self.add_error(name, e)

    def texts(self, part: str) -> dict[str, str]:
        """{lang: text} of `title` or `text`, without the empty ones."""
        given = ((lang, self.cleaned_data[f"{part}_{lang}"]) for lang in languages.NAMES)
        return {lang: text for lang, text in given if text}


def as_typed(bulletin: Bulletin) -> Mapping[str, object]:
    """A saved bulletin as the form's initial values."""
    plain = ("version", "level", "alert", "genre", "source_number", "source_issuer", "ticker")
    values: dict[str, object] = {name: getattr(bulletin, name) for name in plain}
    values["drill"] = bulletin.kind == "drill"
    for lang in languages.NAMES:
        values[f"title_{lang}"] = bulletin.title.get(lang, "")
        values[f"text_{lang}"] = bulletin.text.get(lang, "")
    return values
