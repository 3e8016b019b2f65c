"""A notice for a third party: named fields around sentences that nobody edits."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from loa_server.bulletins import notices
from loa_server.bulletins.models import Bulletin
from loa_server.bulletins.notices import Notice
from loa_server.console.forms.fonts import refuse_unshowable
from loa_server.console.forms.sheet import DateInput, Sheet

FAULTS: Final = {
    "words": _("Chỉ gõ tên, không gõ câu: chữ, số, dấu phẩy, gạch ngang; từ 2 đến 160 ký tự."),
    "smuggled": _("Ô này không được có số điện thoại, số tài khoản hay địa chỉ mạng."),
    "number": _("Gõ đúng số, ký hiệu trên văn bản, ví dụ 15/TB-UBND."),
    "phone": _("Phải là số máy bàn của cơ quan, bắt đầu bằng 02, ví dụ 0271 3666 123."),
    "deadline": _("Hãy chọn một ngày."),
}


class NoticeForm(Sheet):
    version = forms.IntegerField(widget=forms.HiddenInput, required=False, initial=0)
    issuer = forms.CharField(
        label=_("Cơ quan, đơn vị ra thông báo"),
        max_length=160,
        help_text=_("Đúng tên trên văn bản. Ví dụ: Trường Trung cấp nghề Bình Long."),
    )
    number = forms.CharField(
        label=_("Số, ký hiệu văn bản"),
        max_length=60,
        help_text=_("Bản giấy phải có ở xã. Ví dụ: 15/TB-TCN."),
    )
    what = forms.CharField(label=_("Nội dung"), max_length=160)
    where = forms.CharField(
        label=_("Nơi nộp hồ sơ hoặc nhận ủng hộ"),
        max_length=160,
        help_text=_("Địa chỉ của cơ quan, không phải nhà riêng."),
    )
    person = forms.CharField(
        label=_("Người trả lời khi hỏi"),
        max_length=160,
        help_text=_("Họ tên và chức vụ."),
    )
    phone = forms.CharField(
        label=_("Điện thoại bàn của cơ quan"),
        max_length=20,
        help_text=_("Số máy bàn bắt đầu bằng 02; không nhận số di động."),
    )
    deadline = forms.DateField(
        label=_("Hạn cuối"),
        widget=DateInput,
        error_messages={"invalid": FAULTS["deadline"]},
    )

    def __init__(self, today: date, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._today = today

    def clean_deadline(self) -> date:
        day: date = self.cleaned_data["deadline"]
        if day < self._today:
            raise forms.ValidationError(_("Hạn này đã qua."))
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name, fault in notices.faults(self.notice).items():
            if name not in self.errors:
                self.add_error(name, FAULTS[fault])
        for name in [n for n in Notice.__slots__ if n not in self.errors]:
            try:
                refuse_unshowable(str(cleaned[name]))
            except forms.ValidationError as e:
                self.add_error(name, e)
        return cleaned

    @property
    def notice(self) -> Notice:
        said = {name: str(self.cleaned_data.get(name, "")) for name in Notice.__slots__}
        day = self.cleaned_data.get("deadline")
        return Notice.typed(said | {"deadline": f"{day:%d/%m/%Y}" if day else ""})


def as_typed(bulletin: Bulletin) -> dict[str, Any]:
    """Of words that were changed behind the form only what the source says is left."""
    held = notices.read(
        bulletin.genre,
        bulletin.title.get(notices.LANG, ""),
        bulletin.text.get(notices.LANG, ""),
    )
    if held is None:
        rest = {"issuer": bulletin.source_issuer, "number": bulletin.source_number}
        return {"version": bulletin.version, **rest}
    said = {name: getattr(held, name) for name in Notice.__slots__}
    return {**said, "deadline": notices.day_of(held.deadline), "version": bulletin.version}
