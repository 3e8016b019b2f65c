"""Words out of a Word or PDF file, laid into the write form for its author to read.

Nothing is saved and nothing typed is lost: the page comes back as it was sent, with the words in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from loa_server.areas.models import Area, Person
from loa_server.console import doors, duty, languages, prepare
from loa_server.console.forms.content import LONGEST_TEXT, ContentForm
from loa_server.console.forms.fonts import fonts_dir, in_words
from loa_server.media import words
from loa_server.media.refusal import MediaRefusedError


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of it, said beside the box of this language."""

    lang: str
    fault: str = ""
    text: str = ""
    warned: tuple[str, ...] = ()  # what has to be mended before it can be saved


def asked(request: HttpRequest) -> str:
    """The language whose button was pressed, or ""."""
    what, _colon, lang = request.POST.get("do", "").partition(":")
    pressed = request.method == "POST" and what == "take" and lang in languages.NAMES
    return lang if pressed else ""


def take(request: HttpRequest, person: Person, lang: str) -> Taken:
    upload = request.FILES.get(f"doc_{lang}")
    if not isinstance(upload, UploadedFile):
        return Taken(lang, fault=_("Hãy chọn một tệp Word (.docx) hoặc PDF trước."))
    if doors.busy(person):
        return Taken(lang, fault=doors.BUSY.text(get_language() or "vi"))
    try:
        text = prepare.text_from_upload(upload)
    except MediaRefusedError as e:
        return Taken(lang, fault=f"{upload.name}: {in_words(e)}")
    typed = request.POST.get(f"text_{lang}", "").strip()
    if typed and request.POST.get(f"take_{lang}") != "replace":
        text = f"{typed}\n\n{text}"
    long = _("Nội dung dài %(n)d ký tự, tối đa %(most)d: hãy rút gọn trước khi lưu.")
    much = {"n": len(text), "most": LONGEST_TEXT}
    warned = [long % much] if len(text) > LONGEST_TEXT else []
    try:
        words.refuse_uncovered(text, fonts_dir())
    except MediaRefusedError as e:
        warned.append(in_words(e))
    return Taken(lang, text=text, warned=tuple(warned))


def form_with(request: HttpRequest, taken: Taken, homes: Sequence[Area]) -> ContentForm:
    """Everything as it was typed, and this language's words as they are now."""
    values = {name: request.POST[name] for name in request.POST}
    if taken.text:
        values[f"text_{taken.lang}"] = taken.text
    form = ContentForm(homes, initial=values, urgent=duty.answers_for(homes))
    form.open_lang = taken.lang
    return form
