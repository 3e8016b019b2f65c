"""Who is there, and a password nobody else has seen."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from loa_server.areas.models import Person
from loa_server.console.forms.sheet import Sheet


class SignInForm(Sheet):
    username = forms.CharField(
        label=_("Tên đăng nhập"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    password = forms.CharField(
        label=_("Mật khẩu"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


def _new_password(label: Any) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
    return forms.CharField(label=label, strip=False, widget=widget)


class FirstPasswordForm(Sheet):
    """A password of one's own for who has none."""

    new = _new_password(_("Mật khẩu mới"))
    again = _new_password(_("Gõ lại mật khẩu mới"))

    def __init__(self, person: Person, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def clean_new(self) -> str:
        new = str(self.cleaned_data["new"])
        password_validation.validate_password(new, self.person)
        return new

    def clean_again(self) -> str:
        again = str(self.cleaned_data["again"])
        if again != self.data.get("new"):
            raise ValidationError(_("Hai lần gõ mật khẩu mới không giống nhau."))
        return again


class PasswordForm(FirstPasswordForm):
    old = forms.CharField(
        label=_("Mật khẩu đang dùng"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    field_order = ("old", "new", "again")

    def clean_old(self) -> str:
        old = str(self.cleaned_data["old"])
        if not self.person.check_password(old):
            raise ValidationError(_("Mật khẩu đang dùng không đúng."))
        return old

    def clean_new(self) -> str:
        new = super().clean_new()
        if self.data.get("old") == new:
            raise ValidationError(_("Mật khẩu mới phải khác mật khẩu đang dùng."))
        return new


class CodeForm(Sheet):
    """One box for both: an app's code, or one of the recovery codes."""

    code = forms.CharField(
        label=_("Mã xác nhận"),
        max_length=40,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "class": "form-control code",
            }
        ),
    )
