"""What turns one state of a collection into another; a pure function of both.

Left out on purpose: token secrets, OAuth2 providers, timestamps, and the fields of a view,
which come from its query.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pbpy.schema.field_list import add_fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pbpy.errors import JsonValue
    from pbpy.fields import Field
    from pbpy.schema.collection import Collection

_ATTRIBUTES = (
    "name",
    "system",
    "list_rule",
    "view_rule",
    "create_rule",
    "update_rule",
    "delete_rule",
    "view_query",
    "indexes",
)


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one collection, in the order in which its parts apply; false when empty.

    Attributes:
        removed: names of fields, as they were.
        fields: new fields, and changed ones under their ids.
        order: names of all fields, where the above does not give their order; else empty.
        options: changed options of an auth collection in their JSON form.
        attributes: other attributes of a Collection by name.
    """

    removed: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    order: tuple[str, ...] = ()
    options: Mapping[str, JsonValue] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.removed or self.fields or self.order or self.options or self.attributes)

    def apply(self, collection: Collection) -> Collection:
        """Return the collection changed."""
        changed = collection.without_fields(*self.removed).with_fields(*self.fields)
        if self.order:
            changed = changed.with_field_order(*self.order)
        if self.options:
            changed = changed.with_options(self.options)
        return changed.replace(**self.attributes)


def diff(old: Collection, new: Collection) -> Change:
    """Return what turns old into new, which have the same id and type."""
    removed: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    order: tuple[str, ...] = ()
    if not new.is_view:
        removed = tuple(item.name for item in old.fields if item.id not in new.by_id)
        fields = tuple(item for item in new.fields if old.by_id.get(item.id) != item)
        names = tuple(item.name for item in new.fields)
        reached = add_fields(old.without_fields(*removed).fields, fields)
        order = () if tuple(item.name for item in reached) == names else names
    return Change(
        removed=removed,
        fields=fields,
        order=order,
        options=_changed(shown_options(old), shown_options(new)),
        attributes={
            name: getattr(new, name)
            for name in _ATTRIBUTES
            if getattr(new, name) != getattr(old, name)
        },
    )


def shown_options(collection: Collection) -> dict[str, JsonValue]:
    """Return the options of an auth collection without secrets and providers; else nothing."""
    if not collection.is_auth or collection.auth is None:
        return {}
    options = collection.auth.to_output()
    del options["oauth2"]["providers"]
    return options


def _changed(old: JsonValue, new: JsonValue) -> dict[str, JsonValue]:
    """Return the entries of new that old has not, objects within objects alike."""
    found: dict[str, JsonValue] = {}
    for key, value in new.items():
        known = old.get(key)
        if isinstance(value, dict) and isinstance(known, dict):
            inner = _changed(known, value)
            if inner:
                found[key] = inner
        elif key not in old or value != known:
            found[key] = value
    return found
