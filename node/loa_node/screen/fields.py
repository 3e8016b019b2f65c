"""Typed reads from a JSON object that anyone may have written."""

from __future__ import annotations

from loa_node.screen.writing import tidy


class FieldError(ValueError):
    """A field is not what the shape says; the message names it."""


class Fields:
    """Typed reads from a JSON object; null is the same as absent."""

    def __init__(self, raw: object, longest: dict[str, int]) -> None:
        if not isinstance(raw, dict):
            raise FieldError("a scene must be an object")
        self._raw: dict[object, object] = raw
        self._longest = longest

    def _get(self, name: str) -> object:
        return self._raw.get(name)

    def text(self, name: str, *, required: bool = False) -> str:
        value = self._get(name)
        if value is None and not required:
            return ""
        if not isinstance(value, str) or (required and not value):
            raise FieldError(f"{name} must be text")
        return self._bounded(name, value)

    def line(self, name: str) -> str:
        return " ".join(self.text(name).split("\n"))

    def texts(self, name: str, most: int) -> dict[str, str]:
        value = self._get(name) or {}
        if not isinstance(value, dict):
            raise FieldError(f"{name} must be an object of language and text")
        if len(value) > most:
            raise FieldError(f"{name} has more than {most} languages")
        found: dict[str, str] = {}
        for language, words in value.items():
            if not isinstance(words, str):
                raise FieldError(f"{name} in {str(language)[:20]!r} must be text")
            found[str(language)] = self._bounded(name, words)
        return found

    def names(self, name: str, most: int) -> tuple[str, ...]:
        value = self._get(name) or []
        if not isinstance(value, list) or len(value) > most:
            raise FieldError(f"{name} must be a list of at most {most}")
        names = tuple(item for item in value if isinstance(item, str))
        if len(names) != len(value):
            raise FieldError(f"{name} must hold only text")
        return names

    def paths(self, name: str, most: int) -> tuple[str, ...]:
        paths = self.names(name, most)
        if not all(path.startswith("/") and "\0" not in path for path in paths):
            raise FieldError(f"{name} must hold absolute paths")
        return paths

    def number(self, name: str, low: int, high: int) -> int | None:
        value = self._get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise FieldError(f"{name} must be a whole number {low}-{high}")
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        value = self._get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise FieldError(f"{name} must be true or false")
        return value

    def one_of(self, name: str, choices: list[str], default: str) -> str:
        value = self._get(name)
        if value is None and default:
            return default
        if not isinstance(value, str) or value not in choices:
            raise FieldError(f"{name} must be one of {', '.join(choices)}")
        return value

    def _bounded(self, name: str, value: str) -> str:
        if len(value) > self._longest[name]:
            raise FieldError(f"{name} is longer than {self._longest[name]} characters")
        return tidy(value)
