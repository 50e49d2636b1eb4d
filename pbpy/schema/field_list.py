"""Lists of fields: default ids, and which field takes the place of which.

Source: PocketBase core/fields_list.go.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pbpy.fields.field import default_field_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pbpy.fields.field import Field


def add_field(fields: tuple[Field, ...], added: Field) -> tuple[Field, ...]:
    """Return fields with one more at the end, or in the place of the one that it replaces.

    A field with an id replaces the one of the same id. A field without replaces the one of the
    same name and takes over its id; otherwise it gets the default id of its type and name.
    """
    if added.id:
        return _placed(fields, added, _position(fields, "id", added.id))
    position = _position(fields, "name", added.name) if added.name else None
    known_id = _free_id(fields, added) if position is None else fields[position].id
    return _placed(fields, replace(added, id=known_id), position)


def add_fields(fields: tuple[Field, ...], added: Iterable[Field]) -> tuple[Field, ...]:
    """Add several fields, one after the other."""
    for item in added:
        fields = add_field(fields, item)
    return fields


def _position(fields: tuple[Field, ...], attribute: str, value: str) -> int | None:
    for position, item in enumerate(fields):
        if getattr(item, attribute) == value:
            return position
    return None


def _placed(fields: tuple[Field, ...], added: Field, position: int | None) -> tuple[Field, ...]:
    if position is None:
        return (*fields, added)
    return (*fields[:position], added, *fields[position + 1 :])


def _free_id(fields: tuple[Field, ...], added: Field) -> str:
    taken = {item.id for item in fields}
    base = default_field_id(added.type, added.name)
    candidate, number = base, 2
    while candidate in taken:
        candidate, number = f"{base}{number}", number + 1
    return candidate
