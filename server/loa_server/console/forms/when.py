"""Step four of writing: when it plays. Structured fields, never a rule language."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from loa_server.console import days, plain, words
from loa_server.console.forms.sheet import DateInput, MomentInput, Sheet
from loa_wire.bulletin import Late, Repeat, Schedule
from loa_wire.limits import LIFE_MS
from loa_wire.localtime import LOCAL
from loa_wire.place import Settings

TIMES = 4
"""Boxes for a time of day on the page; a request may bring fewer."""

MODES = (
    ("now", _("Phát ngay khi được duyệt")),
    ("at", _("Phát vào giờ đã hẹn")),
    ("slots", _("Phát trong khung giờ của điểm phát")),
)
LATE = (
    ("0", _("Bỏ qua lần phát đó")),
    ("3600", _("Phát bù trong vòng 1 giờ")),
    ("10800", _("Phát bù trong vòng 3 giờ")),
)


class TimesInput(forms.Widget):
    """Several time boxes under one name."""

    template_name = "console/times.html"

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:  # noqa: ARG002
        given = data.getlist(name) if isinstance(data, MultiValueDict) else data.get(name, [])
        return [text.strip() for text in given if text.strip()]

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        given = list(value or [])
        context["boxes"] = given + [""] * max(0, TIMES - len(given))
        return context


class TimesField(forms.Field):
    widget = TimesInput

    def clean(self, value: Any) -> list[str]:
        found = set()
        for text in value or []:
            try:
                found.add(time.fromisoformat(text).strftime("%H:%M"))
            except ValueError:
                raise forms.ValidationError(
                    _("“%(text)s” không phải là giờ. Ví dụ đúng: 05:00."), params={"text": text}
                ) from None
        return sorted(found)


class DaysField(forms.CharField):
    """Days as people list them -> ISO days."""

    def clean(self, value: Any) -> list[str]:
        text = super().clean(value)
        try:
            found = days.read(text, timezone.now().astimezone(LOCAL).date())
        except days.NotADayError as e:
            raise forms.ValidationError(
                _("“%(text)s” không phải là ngày. Ví dụ đúng: 24/12/2026."), params={"text": e}
            ) from None
        if len(found) > days.MOST:
            raise forms.ValidationError(_("Nhiều nhất %(most)d ngày."), params={"most": days.MOST})
        return [day.isoformat() for day in found]


class WhenForm(Sheet):
    """Fields: version, mode, times, weekdays, from, until, holidays, skip, extra, repeat, gap,
    plays, late, ends_at."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    mode = forms.ChoiceField(
        label=_("Phát khi nào?"),
        choices=MODES,
        widget=forms.RadioSelect,
        error_messages={"required": _("Hãy chọn phát khi nào.")},
    )
    times = TimesField(label=_("Giờ phát"), required=False)
    weekdays = forms.MultipleChoiceField(
        label=_("Vào các thứ"),
        required=False,
        choices=[(str(n), name) for n, name, _short in words.WEEKDAYS],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Không chọn thứ nào là phát mọi ngày."),
    )
    until = forms.DateField(label=_("Đến hết ngày"), required=False, widget=DateInput())
    holidays = forms.BooleanField(label=_("Nghỉ các ngày lễ, Tết"), required=False)
    skip = DaysField(
        label=_("Trừ các ngày"),
        required=False,
        max_length=1000,
        help_text=_("Ví dụ: 24/12, 31/12/2026. Để trống nếu không trừ ngày nào."),
    )
    extra = DaysField(
        label=_("Thêm các ngày"),
        required=False,
        max_length=1000,
        help_text=_("Ngày phát thêm ngoài các thứ đã chọn. Ví dụ: 02/12."),
    )
    repeat = forms.TypedChoiceField(
        label=_("Mỗi lần phát đọc mấy lượt"),
        coerce=int,
        choices=[("1", _("1 lượt")), ("2", _("2 lượt")), ("3", _("3 lượt"))],
        initial="1",
        required=False,
        empty_value="1",
    )
    gap = forms.IntegerField(
        label=_("Hai lượt cách nhau (phút)"),
        min_value=1,
        max_value=240,
        required=False,
        initial=10,
    )
    plays = forms.IntegerField(
        label=_("Phát nhiều nhất mấy buổi"),
        min_value=1,
        max_value=60,
        required=False,
        initial=1,
    )
    late = forms.TypedChoiceField(
        label=_("Nếu đúng giờ mà điểm phát mất điện"),
        coerce=int,
        choices=LATE,
        initial="3600",
        required=False,
        empty_value="0",
    )
    ends_at = forms.DateTimeField(
        label=_("Hết hiệu lực lúc"),
        required=False,
        widget=MomentInput(),
        help_text=_("Sau lúc này không phát và không hiện nữa. Để trống: hệ thống tự tính."),
    )

    def __init__(self, *args: Any, level: str, now: datetime, slots: Settings, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["from"] = forms.DateField(
            label=_("Từ ngày"), required=False, widget=DateInput()
        )
        self.fields["from"].widget.attrs["class"] = "form-control"
        self._level = level
        self._now = now
        self._slots = slots
        self.schedule: Schedule | None = None
        self.expires_at: datetime | None = None  # only where somebody said
        self.end: datetime | None = None  # that, or what follows from the schedule

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            self._check_fields(cleaned)
        if not self.errors:
            self.schedule = self._schedule(cleaned)
            self.expires_at = in_hamlets(cleaned.get("ends_at"))
            self.end = self.expires_at or plain.end_of(self.schedule, self._level, self._now)
            self._check_end()
        if not self.errors:
            self._check_still_to_come()
        return cleaned

    def _check_fields(self, cleaned: dict[str, Any]) -> None:
        if cleaned["mode"] == "at" and not cleaned["times"]:
            self.add_error("times", _("Hãy điền ít nhất một giờ phát."))
        first, last = cleaned.get("from"), cleaned.get("until")
        if first and last and first > last:
            self.add_error("until", _("Ngày kết thúc đứng trước ngày bắt đầu."))
        today = self._now.astimezone(LOCAL).date()
        if last and last < today:
            self.add_error("until", _("Ngày này đã qua. Hãy chọn hôm nay hoặc ngày sau."))
        if cleaned["mode"] != "now" and not last and not cleaned.get("ends_at"):
            self.add_error("until", _("Hãy cho biết phát đến hết ngày nào."))

    def _schedule(self, cleaned: dict[str, Any]) -> Schedule:
        mode = cleaned["mode"]
        dated = mode != "now"
        turns = int(cleaned["repeat"]) if mode != "slots" else 1
        gap = (cleaned.get("gap") or 10) * 60
        late = int(cleaned["late"]) if mode == "at" else 0
        return Schedule(
            mode=mode,
            times=cleaned["times"] if mode == "at" else [],
            weekdays=sorted(int(day) for day in cleaned["weekdays"]) if dated else [],
            start=_iso(cleaned.get("from")) if dated else None,
            until=_iso(cleaned.get("until")) if dated else None,
            skip_dates=self._skipped(cleaned) if dated else [],
            extra_dates=cleaned["extra"] if dated else [],
            repeat=Repeat(times=turns, gap_s=gap) if turns > 1 else None,
            plays=(cleaned.get("plays") or 1) if mode == "slots" else 1,
            late=Late(play_within_s=late) if late else None,
        )

    def _skipped(self, cleaned: dict[str, Any]) -> list[str]:
        """The days named, and where asked the days off until the last day."""
        named = set(cleaned["skip"])
        last = cleaned.get("until")
        if cleaned["holidays"] and last:
            today = self._now.astimezone(LOCAL).date()
            first = cleaned.get("from") or today
            named.update(
                d.isoformat() for d in days.off(first, last, settings.LOA.console.holidays)
            )
        return sorted(named)

    def _check_end(self) -> None:
        assert self.end is not None  # noqa: S101 - just computed
        if self.expires_at is not None and self.expires_at <= self._now:
            self.add_error("ends_at", _("Lúc này đã qua. Hãy chọn một lúc muộn hơn bây giờ."))
        life = timedelta(milliseconds=LIFE_MS[self._level])
        last = self.cleaned_data.get("until") if self.cleaned_data["mode"] != "now" else None
        days = {"days": life.days}
        if last and last > (self._now + life).astimezone(LOCAL).date():
            message = _("Bản tin mức này có hiệu lực tối đa %(days)d ngày. Hãy chọn ngày sớm hơn.")
            self.add_error("until", message % days)
        if self.expires_at is not None and self.expires_at - self._now > life:
            message = _("Bản tin mức này có hiệu lực tối đa %(days)d ngày. Hãy chọn lúc sớm hơn.")
            self.add_error("ends_at", message % days)

    def _check_still_to_come(self) -> None:
        if self.schedule is None or self.schedule.mode == "now" or self.upcoming():
            return
        if self.schedule.mode == "at":
            self.add_error(
                "times",
                _("Các giờ này đã qua, không còn lần phát nào. Hãy chọn giờ hoặc ngày khác."),
            )
        elif self._slots.slots:
            self.add_error("until", _("Từ nay đến ngày này không còn khung giờ nào."))

    def upcoming(self) -> list[int]:
        """The planned starts (ms) still to come, as the nodes will reckon them."""
        if self.schedule is None:
            return []
        return plain.starts(self.schedule, self._slots, self._now, self.end)


def in_hamlets(typed: datetime | None) -> datetime | None:
    """The wall time that was typed is the hamlets', whatever zone the request was read in."""
    return typed and datetime.combine(typed.date(), typed.time(), tzinfo=LOCAL)


def _iso(day: Any) -> str | None:
    return day.isoformat() if day else None
