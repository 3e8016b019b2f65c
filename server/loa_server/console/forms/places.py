"""What a place is called and where it lies: made, renamed, moved, merged; a file of places."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from loa_server.areas.models import KINDS, Area
from loa_server.areas.tree import LONGEST_NAME, Naming
from loa_server.console import languages, words
from loa_server.console.forms.sheet import DateInput, Sheet

BAD_DAY = _("Ngày này không có. Hãy gõ theo mẫu 31/12/2026.")


class NamingForm(Sheet):
    """Fields: kind, name, number, since."""

    kind = forms.ChoiceField(
        label=_("Loại đơn vị"), choices=[(kind, words.AREA_KINDS[kind]) for kind in KINDS]
    )
    name = forms.CharField(
        label=_("Tên"),
        max_length=LONGEST_NAME,
        help_text=_("Không cần gõ chữ Xã, Phường ở trước. Ấp, sóc thì ghi đủ: Ấp 3, Sóc Bù Đốp."),
    )
    number = forms.CharField(label=_("Mã đơn vị"), max_length=20, required=False)
    since = forms.DateField(
        label=_("Có hiệu lực từ ngày"),
        required=False,
        widget=DateInput,
        help_text=_("Để trống nếu chỉ sửa lỗi gõ: tên cũ không được giữ lại."),
        error_messages={"invalid": BAD_DAY},
    )

    def naming(self) -> Naming:
        said = self.cleaned_data
        return Naming(said["kind"], said["name"], said["number"], said["since"])


class NewPlaceForm(NamingForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["since"].help_text = _("Để trống nếu không rõ.")


class SpokenForm(Sheet):
    """Fields: first, second, third (codes of languages)."""

    first = forms.ChoiceField(label=_("Quen nghe nhất"), required=False)
    second = forms.ChoiceField(label=_("Thứ hai"), required=False)
    third = forms.ChoiceField(label=_("Thứ ba"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("first", "second", "third"):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
            none = _("— như nơi bên trên —") if name == "first" else _("— không —")
            field.choices = [("", none), *languages.NAMES.items()]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        given = self.spoken()
        if len(set(given)) < len(given):
            self.add_error("second", _("Một tiếng chỉ chọn một lần."))
        if given and not cleaned.get("first"):
            self.add_error("first", _("Hãy chọn tiếng quen nghe nhất trước."))
        return cleaned

    def spoken(self) -> list[str]:
        asked = (self.cleaned_data.get(name, "") for name in ("first", "second", "third"))
        return [lang for lang in asked if lang]


class TargetForm(Sheet):
    """Field: area (an id), which one of those offered."""

    area = forms.ModelChoiceField(
        queryset=Area.objects.none(),
        error_messages={
            "required": _("Hãy chọn một nơi."),
            "invalid_choice": _("Nơi này ngoài địa bàn mà bạn quản trị."),
        },
    )

    def __init__(self, offered: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.fields["area"]
        assert isinstance(chosen, forms.ModelChoiceField)  # noqa: S101 - for the type checker
        chosen.queryset = offered


class MergeForm(TargetForm):
    """Fields: area, since."""

    since = forms.DateField(
        label=_("Nhập từ ngày"), widget=DateInput, error_messages={"invalid": BAD_DAY}
    )


class NodePlaceForm(TargetForm):
    """Fields: area, name."""

    name = forms.CharField(label=_("Tên điểm phát"), max_length=120)


class FileForm(Sheet):
    """Fields: file, since."""

    file = forms.FileField(
        label=_("Tệp CSV hoặc JSON"),
        widget=forms.FileInput(attrs={"accept": ".csv,.json,text/csv,application/json"}),
        error_messages={"required": _("Hãy chọn tệp."), "empty": _("Tệp không có gì bên trong.")},
    )
    since = forms.DateField(
        label=_("Tên mới có hiệu lực từ ngày"),
        required=False,
        widget=DateInput,
        help_text=_("Để trống: từ hôm nay."),
        error_messages={"invalid": BAD_DAY},
    )


class ConfirmForm(Sheet):
    """Fields: text (the file that was shown), since."""

    text = forms.CharField(widget=forms.HiddenInput, strip=False)
    since = forms.DateField(required=False, widget=forms.HiddenInput)


class OutlineForm(Sheet):
    """Fields: file, and the code beside it."""

    file = forms.FileField(
        label=_("Tệp GeoJSON"),
        widget=forms.FileInput(attrs={"accept": ".geojson,.json,application/geo+json"}),
        error_messages={"required": _("Hãy chọn tệp."), "empty": _("Tệp không có gì bên trong.")},
    )
