"""Who gets an account, which roles where, and until when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from loa_server.areas.accounts import Wanted
from loa_server.areas.models import Area, Grant, Role
from loa_server.console import words
from loa_server.console.forms.sheet import DateInput, Sheet
from loa_server.console.forms.where import Place, Twig, grow

_MEANS: dict[str, Promise] = {
    "author": _("viết và trình bản tin"),
    "approver": _("duyệt bản tin của người khác"),
    "duty": _("ký thứ hai cho tin khẩn cấp"),
    "registrar": _("tài khoản, địa bàn, nhận điểm phát"),
    "technician": _("lắp và sửa điểm phát"),
    "auditor": _("chỉ xem, kể cả nhật ký kiểm tra"),
}


class RolesForm(Sheet):
    """Fields: roles (codes), areas (ids), until (a day)."""

    roles = forms.MultipleChoiceField(
        choices=[(str(role), words.ROLES[role]) for role in Role],
        error_messages={"required": _("Hãy chọn ít nhất một vai trò.")},
    )
    areas = forms.MultipleChoiceField(
        error_messages={
            "required": _("Hãy chọn ít nhất một địa bàn."),
            "invalid_choice": _("Địa bàn này không thuộc quyền của bạn."),
        }
    )
    until = forms.DateField(
        label=_("Uỷ quyền đến hết ngày"),
        required=False,
        widget=DateInput,
        help_text=_("Để trống nếu không có thời hạn. Hết ngày này quyền tự hết."),
        error_messages={"invalid": _("Ngày này không có. Hãy gõ theo mẫu 31/12/2026.")},
    )

    def __init__(self, offered: Sequence[Area], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offered = {area.id: area for area in offered}
        chosen = self.fields["areas"]
        assert isinstance(chosen, forms.MultipleChoiceField)  # noqa: S101 - for the type checker
        chosen.choices = [(area.id, area.name) for area in offered]

    def wanted(self) -> Wanted:
        said = self.cleaned_data
        areas = [self._offered[area_id] for area_id in said["areas"]]
        held = [(Role(role), area) for area in areas for role in said["roles"]]
        return Wanted(held, said["until"])

    def tree(self) -> list[Twig]:
        """A registrar of one place only has nothing to choose: it is chosen."""
        ticked = {str(area_id) for area_id in self["areas"].value() or []}
        if len(self._offered) == 1 and not self.is_bound:
            ticked = set(self._offered)
        return grow([Place(area, 0) for area in self._offered.values()], ticked)

    def offers(self) -> list[tuple[str, Promise, Promise, bool]]:
        """(code, name, what it is for, ticked)"""
        ticked = {str(role) for role in self["roles"].value() or []}
        return [(str(r), words.ROLES[r], _MEANS[r], str(r) in ticked) for r in Role]


class PersonForm(RolesForm):
    """Fields: full_name, username, and those of the roles."""

    full_name = forms.CharField(label=_("Họ và tên"), max_length=120)
    username = forms.CharField(
        label=_("Tên đăng nhập"),
        max_length=41,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
        help_text=_("Chữ thường không dấu, ví dụ: lan.tanquan"),
    )


class EndForm(Sheet):
    """Fields: grants (ids), until."""

    grants = forms.ModelMultipleChoiceField(
        queryset=Grant.objects.none(),
        error_messages={"required": _("Hãy chọn quyền sẽ kết thúc.")},
    )
    until = forms.DateField(
        label=_("Còn đến hết ngày"),
        required=False,
        widget=DateInput,
        help_text=_("Để trống: kết thúc ngay bây giờ."),
        error_messages={"invalid": _("Ngày này không có. Hãy gõ theo mẫu 31/12/2026.")},
    )

    def __init__(self, grants: QuerySet[Grant], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.fields["grants"]
        assert isinstance(chosen, forms.ModelMultipleChoiceField)  # noqa: S101 - the type checker
        chosen.queryset = grants

    def clean_grants(self) -> list[Grant]:
        return list(self.cleaned_data["grants"])
