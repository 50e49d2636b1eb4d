"""The text of migration files; pure functions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pbpy.migrate.diff import Change, diff
from pbpy.migrate.python_text import INDENT, enclosed, field_source, keywords, literal
from pbpy.schema.merge import scaffold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pbpy.errors import JsonValue
    from pbpy.schema.collection import Collection

_BODY = INDENT
_ARGUMENT = INDENT * 2

BLANK = """from pbpy.migrations import App


async def up(app: App) -> None:
    pass


async def down(app: App) -> None:
    pass
"""


def render_change(old: Collection | None, new: Collection | None) -> str | None:
    """Return a file whose `up` turns old into new and whose `down` turns new into old.

    Args:
        old: None when new is created.
        new: None when old is deleted.

    Returns:
        The text; None when nothing but secrets, OAuth2 providers or timestamps has changed.
    """
    if old is not None and new is not None and not diff(old, new):
        return None
    names = {"App"}
    up = _render(old, new, names)
    down = _render(new, old, names)
    return (
        f"from pbpy.migrations import {', '.join(sorted(names))}\n\n\n"
        f"async def up(app: App) -> None:\n{up}\n\n"
        f"async def down(app: App) -> None:\n{down}"
    )


def render_snapshot(collections: Sequence[JsonValue]) -> str:
    """Return a file that imports the collections; reverting it changes nothing."""
    listed = literal(list(collections))
    return (
        f"from pbpy.migrations import App\n\nCOLLECTIONS = {listed}\n\n\n"
        "async def up(app: App) -> None:\n"
        f"{_BODY}await app.import_collections(COLLECTIONS)\n\n\n"
        "async def down(app: App) -> None:\n"
        f'{_BODY}"""Change nothing: what was there before is not known."""\n'
    )


def _render(old: Collection | None, new: Collection | None, names: set[str]) -> str:
    """Return the body of the function that turns old into new; add to names what it uses."""
    if new is None:
        assert old is not None  # noqa: S101  # one of both exists
        return f"{_BODY}await app.delete(app.get_collection({literal(old.id)}))\n"
    if old is None:
        return _creation(new, names)
    change = diff(old, new)
    names.update(type(item).__name__ for item in change.fields)
    return (
        f"{_BODY}collection = app.get_collection({literal(new.id)})\n"
        f"{_assignments(change)}"
        f"{_BODY}await app.save(collection)\n"
    )


def _creation(new: Collection, names: set[str]) -> str:
    change = diff(scaffold(new.type, new.name, new.id), new)
    names.update(("Collection", *(type(item).__name__ for item in change.fields)))
    settings = {"id": new.id, **change.attributes}
    arguments = [literal(new.name), *keywords(settings, _BODY)]
    if change.fields and not change.removed:
        arguments.append(f"fields={_fields(change, _ARGUMENT)}")
        change = replace(change, fields=())
    if change.options:
        arguments.append(f"options={literal(change.options, _ARGUMENT)}")
    call = f"{_BODY}collection = Collection.new_{new.type}"
    rest = replace(change, options={}, attributes={})
    return (
        f"{call}{enclosed('(', arguments, ')', _BODY)}\n"
        f"{_assignments(rest)}"
        f"{_BODY}await app.save(collection)\n"
    )


def _fields(change: Change, indent: str) -> str:
    return enclosed("[", [field_source(f, indent + INDENT) for f in change.fields], "]", indent)


def _assignments(change: Change) -> str:
    """Return one line for each part of a change, in the order of `Change.apply`."""
    calls: list[tuple[str, list[str]]] = [
        ("without_fields", [literal(name) for name in change.removed]),
        ("with_fields", [field_source(item, _ARGUMENT) for item in change.fields]),
        ("with_field_order", [literal(name) for name in change.order]),
        ("with_options", [literal(change.options, _ARGUMENT)] if change.options else []),
        ("replace", keywords(change.attributes, _BODY)),
    ]
    return "".join(
        f"{_BODY}collection = collection.{name}{enclosed('(', arguments, ')', _BODY)}\n"
        for name, arguments in calls
        if arguments
    )
