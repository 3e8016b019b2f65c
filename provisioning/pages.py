"""A browser without a screen: opens pages, fills in the forms that are really there, sends them.

A field that a form does not have cannot be filled in, so this notices when a page changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import requests

from provisioning.authenticator import Authenticator

TIMEOUT_S = 120.0
Values = dict[str, str | list[str]]


class PageError(RuntimeError):
    """The console did not answer as a person would need it to; the message says what it said."""


@dataclass(slots=True)
class Form:
    """What a browser would send: one (name, value) for each filled field, ticked box, choice."""

    action: str
    method: str
    names: set[str] = field(default_factory=set)
    filled: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Page:
    url: str
    html: str
    forms: list[Form]

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    def form(self, action_ends: str) -> Form:
        found = [f for f in self.forms if urlsplit(f.action).path.endswith(action_ends)]
        if not found:
            raise PageError(f"{self.path}: no form that goes to …{action_ends}\n{self.text()}")
        return found[0]

    def text(self) -> str:
        """What a person would read, one line per piece of text."""
        reader = _Text()
        reader.feed(self.html)
        return "\n".join(reader.lines)


class Browser:
    """`app` is the telephone of whoever sits here, where they have one."""

    def __init__(self, address: str, app: Authenticator | None = None) -> None:
        self._address = address
        self.app = app
        self._session = requests.Session()

    def open(self, path: str) -> Page:
        url = urljoin(self._address, path)
        return self._page(self._session.get(url, timeout=TIMEOUT_S))

    def send(
        self, page: Page, form: Form, values: Values, files: Sequence[tuple[str, Path]] = ()
    ) -> Page:
        """Sends `form` with `values` over what it holds already; follows to the next page."""
        unknown = (set(values) | {name for name, _ in files}) - form.names
        if unknown:
            raise PageError(f"{page.path}: no field {', '.join(sorted(unknown))} in the form")
        data = [(name, value) for name, value in form.filled if name not in values]
        for name, value in values.items():
            data += [(name, one) for one in ([value] if isinstance(value, str) else value)]
        parts = [(name, (path.name, path.read_bytes())) for name, path in files]
        answer = self._session.request(
            form.method,
            urljoin(page.url, form.action),
            data=data,
            files=parts or None,
            headers={"Referer": page.url},
            timeout=TIMEOUT_S,
        )
        return self._page(answer)

    def _page(self, answer: requests.Response) -> Page:
        reader = _Forms()
        reader.feed(answer.text)
        page = Page(answer.url, answer.text, reader.forms)
        if answer.status_code >= 400:
            raise PageError(f"{page.path}: answered {answer.status_code}\n{page.text()}")
        return page


class _Forms(HTMLParser):
    """Collects forms as a browser fills them before anyone touches them."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._select = ""
        self._options: list[tuple[str, bool]] = []
        self._textarea: list[str] | None = None
        self._name = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._form)
        elif self._form is not None and tag in ("input", "select", "textarea", "option", "button"):
            self._control(self._form, tag, given)

    def _control(self, form: Form, tag: str, given: dict[str, str]) -> None:
        name = given.get("name", "")
        if tag == "option":
            self._options.append((given.get("value", ""), "selected" in given))
        if not name or "disabled" in given or "form" in given:
            return  # form="" takes a control out of the form around it
        form.names.add(name)
        if tag == "select":
            self._select, self._options = name, []
        elif tag == "textarea":
            self._name, self._textarea = name, []
        elif tag == "input":
            _input(form, name, given)

    def handle_endtag(self, tag: str) -> None:
        if self._form is None:
            return
        if tag == "form":
            self._form = None
        elif tag == "select" and self._select:
            chosen = [value for value, selected in self._options if selected]
            default = chosen or [value for value, _ in self._options[:1]]
            self._form.filled += [(self._select, value) for value in default]
            self._select = ""
        elif tag == "textarea" and self._textarea is not None:
            # HTML drops one newline right after the tag
            self._form.filled.append((self._name, "".join(self._textarea).removeprefix("\n")))
            self._textarea = None

    def handle_data(self, data: str) -> None:
        if self._textarea is not None:
            self._textarea.append(data)


def _input(form: Form, name: str, given: dict[str, str]) -> None:
    kind = given.get("type", "text")
    if kind in ("submit", "button", "file", "reset", "image"):
        return
    if kind in ("checkbox", "radio"):
        if "checked" in given:
            form.filled.append((name, given.get("value", "on")))
        return
    form.filled.append((name, given.get("value", "")))


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._hidden += tag in ("script", "style", "head", "svg")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("script", "style", "head", "svg")

    def handle_data(self, data: str) -> None:
        if not self._hidden and data.strip():
            self.lines.append(" ".join(data.split()))
