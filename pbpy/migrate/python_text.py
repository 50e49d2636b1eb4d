"""Python source of values, fields and calls, laid out as in a hand-written file."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pbpy.fields import Field

INDENT = "    "
WIDTH = 96


def literal(value: Any, indent: str = "") -> str:
    """Return the source of decoded JSON or of a tuple, which becomes a list.

    Args:
        value: what `ast.literal_eval` gives back.
        indent: of the line on which it begins; following lines go deeper.
    """
    if isinstance(value, str):
        return _text(value, indent)
    if isinstance(value, dict):
        items = [f"{literal(key)}: {literal(item, indent + INDENT)}" for key, item in value.items()]
        return enclosed("{", items, "}", indent)
    if isinstance(value, (list, tuple)):
        return enclosed("[", [literal(item, indent + INDENT) for item in value], "]", indent)
    return repr(value)


def _text(value: str, indent: str) -> str:
    """Return a string; one of several lines as several strings in brackets."""
    lines = value.split("\n")
    if len(lines) < 2:
        return _quoted(value)
    parts = [_quoted(line + "\n") for line in lines[:-1]]
    if lines[-1]:
        parts.append(_quoted(lines[-1]))
    inner = indent + INDENT
    return f"(\n{inner}" + f"\n{inner}".join(parts) + f"\n{indent})"


def _quoted(value: str) -> str:
    """Return repr with double quotes where that needs no more escapes."""
    text = repr(value)
    return f'"{text[1:-1]}"' if text[0] == "'" and '"' not in text and "\\'" not in text else text


def enclosed(opening: str, items: Sequence[str], closing: str, indent: str) -> str:
    """Return items between brackets, on one line if they fit, else on lines of their own."""
    line = f"{opening}{', '.join(items)}{closing}"
    if "\n" not in line and len(indent) + len(line) <= WIDTH:
        return line
    inner = indent + INDENT
    return f"{opening}\n" + "".join(f"{inner}{item},\n" for item in items) + f"{indent}{closing}"


def keywords(values: Mapping[str, Any], indent: str) -> list[str]:
    """Return `name=value` for each entry, for a call that is broken into lines at indent."""
    return [f"{name}={literal(value, indent + INDENT)}" for name, value in values.items()]


def field_source(item: Field, indent: str = "") -> str:
    """Return the call that makes an equal field; settings with their default are left out."""
    settings = {
        known.name: getattr(item, known.name)
        for known in fields(item)
        if known.name != "name" and getattr(item, known.name) != _default(known)
    }
    arguments = [literal(item.name), *keywords(settings, indent)]
    return enclosed(f"{type(item).__name__}(", arguments, ")", indent)


def _default(known: Any) -> Any:
    return None if known.default is MISSING else known.default
