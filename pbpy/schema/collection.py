"""Collection: the frozen definition of one collection."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pbpy.fields.field import Field
    from pbpy.schema.auth_options import AuthOptions

Rule: TypeAlias = "str | None"
"""None: superusers only; "": everyone; else a filter expression."""

CollectionType = Literal["base", "auth", "view"]
SUPERUSERS = "_superusers"


def default_collection_id(type_name: str, name: str) -> str:
    """Return PocketBase's id for a collection: `pbc_` and the CRC32 of type and name."""
    return f"pbc_{zlib.crc32((type_name + name).encode())}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """One collection; change it with `replace`, save it with `app.save`.

    Attributes:
        fields: in the order of the JSON form, which is not the order of the columns.
        indexes: CREATE INDEX statements as PocketBase stores them.
        created, updated: timestamps as text; empty before the first save.
        auth: options of an auth collection, None for the others.
        view_query: the SELECT of a view collection.
        memo: things that upper layers compute once per collection version, keyed by what
            computes them. A changed collection starts with an empty memo.
    """

    name: str
    type: CollectionType = "base"
    id: str = ""
    system: bool = False
    list_rule: Rule = None
    view_rule: Rule = None
    create_rule: Rule = None
    update_rule: Rule = None
    delete_rule: Rule = None
    fields: tuple[Field, ...] = ()
    indexes: tuple[str, ...] = ()
    created: str = ""
    updated: str = ""
    auth: AuthOptions | None = None
    view_query: str = ""
    memo: dict[Any, Any] = field(default_factory=dict, init=False, compare=False, repr=False)
    by_name: dict[str, Field] = field(init=False, compare=False, repr=False)
    by_id: dict[str, Field] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {item.name: item for item in self.fields})
        object.__setattr__(self, "by_id", {item.id: item for item in self.fields})

    @property
    def is_auth(self) -> bool:
        """Whether its records can sign in."""
        return self.type == "auth"

    @property
    def is_view(self) -> bool:
        """Whether it is a read-only SELECT."""
        return self.type == "view"

    @property
    def is_superusers(self) -> bool:
        """Whether it is the collection of superusers."""
        return self.name == SUPERUSERS

    def replace(self, **changes: Any) -> Collection:
        """Return a copy with the given attributes changed."""
        return replace(self, **changes)

    def with_fields(self, *added: Field) -> Collection:
        """Return a copy with fields added at the end; one with a known name takes its place."""
        names = {item.name: item for item in added}
        kept: Iterable[Field] = (names.pop(item.name, item) for item in self.fields)
        return replace(self, fields=(*kept, *names.values()))

    def without_fields(self, *names: str) -> Collection:
        """Return a copy without the named fields."""
        return replace(self, fields=tuple(f for f in self.fields if f.name not in names))
