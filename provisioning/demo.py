"""The sample programme, published as people would: written by one account, approved by another.

Everything goes through the console's own forms (`pages.py`), and what is printed at the end is
read from the console's ledger pages.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from provisioning.authenticator import Authenticator
from provisioning.children import Children
from provisioning.pages import Browser, Page, PageError, Values

SAMPLES = Path(__file__).resolve().parent.parent / "content" / "samples"
LIMIT_S = 600.0
PASSING = ("expected", "accepted", "ready", "playing", "not_reported")
Accounts = dict[str, dict[str, Any]]


class DemoError(RuntimeError):
    """The programme could not be published or was not heard; the message says where it stopped."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the ledger: this bulletin at this node."""

    title: str
    node: str
    state: str
    evidence: str

    def __str__(self) -> str:
        return f"{self.title} · {self.node} · {self.state} · {self.evidence or '-'}"


def run(address: str, accounts: Accounts, children: Children, keep: Callable[[], None]) -> int:
    """0 only if every row of every ledger is played. `keep` stores `accounts` when changed."""
    programme = json.loads((SAMPLES / "programme.json").read_text(encoding="utf-8"))
    try:
        author = sign_in(address, accounts, "author", keep)
        approver = sign_in(address, accounts, "approver", keep)
        published: dict[str, str] = {}  # id: title
        for sample in programme["bulletins"]:
            bulletin = write(author, sample)
            approve(approver, bulletin)
            published[bulletin] = title_of(sample)
            print(f"  published: {title_of(sample)}", flush=True)
        rows = wait_for(author, published, children)
    except PageError as e:
        raise DemoError(f"the console stopped the demo: {e}") from e
    for row in rows:
        print(row, flush=True)
    return 0 if rows and all(row.state == "played" for row in rows) else 1


def title_of(sample: dict[str, Any]) -> str:
    titles: dict[str, str] = sample["title"]
    return titles.get("vi") or next(iter(titles.values()))


def sign_in(address: str, accounts: Accounts, role: str, keep: Callable[[], None]) -> Browser:
    """As the first account with this role; a password for one use is changed as the page asks."""
    found = [name for name, account in accounts.items() if role in account["roles"]]
    if not found:
        raise DemoError(f"no account has the role {role}")
    account = accounts[found[0]]
    browser = Browser(address, app_of(account))
    page = browser.open("/sign-in")
    values: Values = {"username": found[0], "password": account["password"]}
    page = browser.send(page, page.form("/sign-in"), values)
    if browser.app and any(form.action.endswith("/sign-in/code") for form in page.forms):
        page = browser.send(page, page.form("/sign-in/code"), {"code": browser.app.code()})
    if page.path.startswith("/sign-in"):
        raise DemoError(
            f"{found[0]} cannot sign in with the password of {role} in accounts.json: whoever "
            "changed it since has to publish by hand (or `make clean` and begin anew)"
        )
    if page.path == "/password":
        new = secrets.token_urlsafe(12)
        values = {"old": account["password"], "new": new, "again": new}
        page = browser.send(page, page.form("/password"), values)
        account["password"] = new
        keep()
    if page.path == "/factor":
        page = set_up(browser, page, account)
        keep()
    expect(page, "/")
    return browser


def app_of(account: dict[str, Any]) -> Authenticator | None:
    return Authenticator(account["totp"]) if "totp" in account else None


def set_up(browser: Browser, page: Page, account: dict[str, Any]) -> Page:
    """The second factor, as the page asks for it; its secret is kept with the account."""
    shown = re.search(r'data-secret="([A-Z2-7]+)"', page.html)
    if shown is None:
        raise PageError(f"{page.path}: no secret to type\n{page.text()}")
    browser.app = Authenticator(shown[1])
    browser.send(page, page.form("/factor"), {"code": browser.app.code()})
    account["totp"] = shown[1]
    return browser.open("/")


def write(author: Browser, sample: dict[str, Any]) -> str:
    """The five steps of writing, then submit. Returns the bulletin's id."""
    page = author.open("/bulletins/new")
    page = expect(author.send(page, page.form("/new"), content(sample, page)), "/media")
    bulletin = page.path.split("/")[-2]
    files = [(f"voice_{lang}", SAMPLES / v["file"]) for lang, v in sample["voices"].items()]
    files += [("picture", SAMPLES / name) for name in sample["pictures"]]
    page = expect(author.send(page, page.form("/media"), {"do": "next"}, files), "/areas")
    urgent = sample["level"] == "emergency"  # plays at once: no step for its times
    page = author.send(page, page.form("/areas"), {"areas": sample["areas"]})
    page = expect(page, "/check" if urgent else "/when")
    if not urgent:
        page = expect(author.send(page, page.form("/when"), sample["schedule"]), "/check")
    form = page.form("/submit")
    said: Values = {"heard": "yes"} if "heard" in form.names else {}
    if "named" in form.names:  # an emergency: the page says which name it wants typed
        said["named"] = re.findall(r" ở\s+(.+?)\s+sẽ hú còi", page.text())[0]
    page = author.send(page, form, said)
    if urlsplit(page.url).path.endswith(("/check", "/submit")):
        raise PageError(f"{page.path}: not submitted\n{page.text()}")
    return bulletin


def content(sample: dict[str, Any], page: Page) -> Values:
    values: Values = {"level": sample["level"], "genre": sample["genre"]}
    values["source_number"] = sample["source"]["number"]
    values["source_issuer"] = sample["source"]["issuer"]
    values["ticker"] = sample["ticker"]
    values |= {name: sample[name] for name in ("alert", "drill") if name in sample}
    for part in ("title", "text"):
        values |= {f"{part}_{lang}": said for lang, said in sample[part].items()}
    if "home" in page.form("/new").names:
        values["home"] = sample["home"]
    return values


def approve(approver: Browser, bulletin: str) -> None:
    page = approver.open(f"/approve/{bulletin}")
    values: Values = {"code": approver.app.code()} if approver.app else {}
    expect(approver.send(page, page.form("/approve"), values), f"/bulletins/{bulletin}")


def expect(page: Page, path_ends: str) -> Page:
    """The page one gets when a form was accepted; refused, it stays and says why."""
    if not page.path.endswith(path_ends):
        raise PageError(f"{page.path} instead of …{path_ends}\n{page.text()}")
    return page


def wait_for(reader: Browser, bulletins: dict[str, str], children: Children) -> list[Row]:
    """Until no row is on its way any more, or the limit; says each row once it is settled."""
    began, said = time.monotonic(), set[Row]()
    while True:
        rows = [row for item in bulletins.items() for row in ledger(reader, *item)]
        settled = {row for row in rows if row.state not in PASSING}
        for row in sorted(settled - said, key=str):
            print(f"  after {time.monotonic() - began:.0f} s: {row}", flush=True)
        said |= settled
        if rows and len(settled) == len(rows):
            return rows
        if dead := children.the_dead():
            raise DemoError(f"{dead[0].name} ended by itself:\n{dead[0].tail()}")
        if time.monotonic() - began > LIMIT_S:
            print(f"  not everything was heard within {LIMIT_S:.0f} s", flush=True)
            return rows
        time.sleep(0.5)


def ledger(reader: Browser, bulletin: str, title: str) -> list[Row]:
    return rows_of(reader.open(f"/bulletins/{bulletin}").html, title)


def rows_of(html: str, title: str) -> list[Row]:
    """The lines of a ledger page; words for people are read back into the wire's codes."""
    table = _Ledger()
    table.feed(html)
    codes = {text: code for code, text in table.words.items() if code.startswith("evidence:")}
    return [
        Row(
            title,
            node,
            table.states[node],
            codes.get(evidence, evidence).removeprefix("evidence:"),
        )
        for node, evidence in table.evidence.items()
    ]


class _Ledger(HTMLParser):
    """`<tr data-node>` with `<td data-cell>`; the page's own table of words in `[data-word]`."""

    def __init__(self) -> None:
        super().__init__()
        self.states: dict[str, str] = {}
        self.evidence: dict[str, str] = {}
        self.words: dict[str, str] = {}
        self._node = self._cell = self._word = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "tr":
            self._node = given.get("data-node", "")
        elif tag == "td":
            self._cell = given.get("data-cell", "")
            if self._node and self._cell == "evidence":
                self.evidence[self._node] = ""
        elif tag == "span" and self._node and self._cell == "state":
            for name in given.get("class", "").split():
                if name.startswith("chip-"):
                    self.states[self._node] = name.removeprefix("chip-")
        self._word = given.get("data-word", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "td":
            self._cell = ""
        elif tag == "tr":
            self._node = ""
        self._word = ""

    def handle_data(self, data: str) -> None:
        if self._word:
            self.words[self._word] = data.strip()
        elif self._node and self._cell == "evidence":
            self.evidence[self._node] += data.strip()
