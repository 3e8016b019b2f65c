"""Vietnamese first, English by a switch, both complete."""

from __future__ import annotations

import ast
import gettext
import re
from collections.abc import Callable
from pathlib import Path

from django.test import Client

from fakes.town import Town
from loa_server import console

CONSOLE = Path(console.__file__).parent
CATALOGUE = CONSOLE / "locale" / "en" / "LC_MESSAGES" / "django"
TAG = re.compile(r"""{%\s*translate\s+(?:"([^"]*)"|'([^']*)')""")
DEFAULT = re.compile(r"""default:_\("([^"]*)"\)""")
BLOCK = re.compile(r"{%\s*blocktranslate[^%]*%}(.*?){%\s*(?:plural|endblocktranslate)", re.S)
VARIABLE = re.compile(r"{{\s*(\w+)\s*}}")
SAME = {"Xã", "Phường", "Ấp", "Sóc", "Thôn", "Khu phố"}


def english() -> dict[str, str]:
    with CATALOGUE.with_suffix(".mo").open("rb") as f:
        catalogue = gettext.GNUTranslations(f)._catalog  # type: ignore[attr-defined]
    return {k if isinstance(k, str) else k[0]: text for k, text in catalogue.items() if k}


def said_in_templates() -> set[str]:
    found: set[str] = set()
    for file in CONSOLE.rglob("*.html"):
        text = file.read_text(encoding="utf-8")
        found |= {a or b for a, b in TAG.findall(text)} | set(DEFAULT.findall(text))
        found |= {VARIABLE.sub(r"%(\1)s", block) for block in BLOCK.findall(text)}
    return found


def _asks_for_words(call: ast.Call) -> bool:
    named = isinstance(call.func, ast.Name) and call.func.id in ("_", "gettext", "ngettext")
    return named and isinstance(call.args[0], ast.Constant)


def said_in_code() -> set[str]:
    found: set[str] = set()
    for file in CONSOLE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _asks_for_words(node):
                found.add(ast.literal_eval(node.args[0]))
    return found


def test_every_word_of_the_console_is_there_in_english() -> None:
    said = said_in_templates() | said_in_code()
    catalogue = english()

    assert len(said) > 300
    assert sorted(said - set(catalogue)) == []
    assert {k for k, text in catalogue.items() if text == k and k not in SAME} <= {"%(s)d s"}


def test_the_catalogue_says_nothing_that_the_console_does_not() -> None:
    assert sorted(set(english()) - said_in_templates() - said_in_code()) == []


def test_the_compiled_catalogue_is_the_written_one() -> None:
    written = CATALOGUE.with_suffix(".po").read_text(encoding="utf-8")
    pairs = re.findall(r'^msgid "(.+)"\nmsgstr "(.*)"$', written, re.M)
    plain = {key.replace('\\"', '"'): text.replace('\\"', '"') for key, text in pairs}

    assert {k: v for k, v in english().items() if k in plain} == plain
    assert len(english()) - len(plain) == written.count("msgid_plural")


def test_placeholders_survive_translation() -> None:
    fields = re.compile(r"%\(\w+\)[.\d]*\w")
    torn = [k for k, v in english().items() if set(fields.findall(k)) != set(fields.findall(v))]

    assert torn == []


def test_an_english_browser_gets_vietnamese_until_somebody_switches(
    town: Town, seat: Callable[..., Client]
) -> None:
    client = seat(town.author)
    english_browser = {"Accept-Language": "en-US,en"}

    before = client.get("/", headers=english_browser).content.decode()
    client.post("/language", {"language": "en", "next": "/"})
    after = client.get("/").content.decode()

    assert '<html lang="vi">' in before
    assert "Viết bản tin mới" in before
    assert '<html lang="en">' in after
    assert "Write a bulletin" in after
    assert "Viết bản tin mới" not in after


def test_a_fault_is_said_in_the_language_of_the_reader(
    town: Town, seat: Callable[..., Client]
) -> None:
    client = seat(town.author)
    client.cookies["loa_language"] = "en"

    typed = {"level": "normal", "text_vi": "x", "text_km": "😀"}
    said = client.post("/bulletins/new", typed).content.decode()

    assert "There is a text but no title." in said
    assert "The screens cannot show: 😀" in said
    assert "This box is empty." in said
