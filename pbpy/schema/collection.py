"""Collection: the frozen definition of one collection."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from pbpy.schema.auth_options import AuthOptions
from pbpy.schema.defaults import with_type_defaults
from pbpy.schema.field_list import add_fields
from pbpy.schema.indexes import Index, IndexColumn, parse_index, with_renamed_id, with_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pbpy.errors import JsonValue
    from pbpy.fields.field import Field

Rule: TypeAlias = "str | None"
"""None: superusers only; "": everyone; else a filter expression."""

CollectionType = Literal["base", "auth", "view"]
SUPERUSERS = "_superusers"
REFERENCE_COLLECTIONS = ("_mfas", "_otps", "_externalAuths", "_authOrigins")
"""System collections whose records belong to an auth record (`collectionRef`, `recordRef`)."""


def default_collection_id(type_name: str, name: str) -> str:
    """Return PocketBase's id for a collection: `pbc_` and the CRC32 of type and name."""
    return f"pbc_{zlib.crc32((type_name + name).encode())}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """One collection; change it with `replace`, save it with `app.save`.

    Attributes:
        fields: in the order of the JSON form, which is not the order of the columns.
        indexes: CREATE INDEX statements as PocketBase stores them.
        id: a new collection without a custom one has the default id of its type and name, and
            keeps it in step with its name until the first save.
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
        object.__setattr__(self, "fields", tuple(self.fields))
        object.__setattr__(self, "indexes", tuple(self.indexes))
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

    @property
    def is_new(self) -> bool:
        """Whether it was never saved."""
        return not self.created

    @classmethod
    def new_base(cls, name: str, **attributes: Any) -> Collection:
        """Return a new base collection; the given fields follow the system ones."""
        return cls._create("base", name, attributes)

    @classmethod
    def new_auth(
        cls, name: str, *, options: Mapping[str, JsonValue] | None = None, **attributes: Any
    ) -> Collection:
        """Return a new auth collection with fresh secrets.

        Args:
            name: its name.
            options: merged over PocketBase's default options, as `with_options`.
            attributes: any other attribute; the given fields follow the system ones.
        """
        return cls._create("auth", name, attributes).with_options(options or {})

    @classmethod
    def new_view(cls, name: str, view_query: str = "", **attributes: Any) -> Collection:
        """Return a new view collection; its fields come from the query when it is saved."""
        return cls._create("view", name, {"view_query": view_query, **attributes})

    @classmethod
    def _create(cls, kind: CollectionType, name: str, attributes: dict[str, Any]) -> Collection:
        """Return a new collection of a type with everything that the type brings along."""
        settings = {"id": default_collection_id(kind, name), **attributes}
        own_fields = settings.pop("fields", ())
        return with_type_defaults(cls(name=name, type=kind, **settings)).with_fields(*own_fields)

    @property
    def has_generated_id(self) -> bool:
        """Whether it is new and its id follows its name."""
        return self.is_new and self.id in ("", default_collection_id(self.type, self.name))

    def replace(self, **changes: Any) -> Collection:
        """Return a copy with the given attributes changed; a generated id follows the name."""
        changed = replace(self, **changes)
        follows = self.has_generated_id and "id" not in changes
        if not follows or (changed.type, changed.name) == (self.type, self.name):
            return changed
        return changed.with_id(default_collection_id(changed.type, changed.name))

    def with_id(self, new_id: str) -> Collection:
        """Return a copy with another id, also inside the names of its indexes."""
        if not self.id:
            return replace(self, id=new_id)
        indexes = tuple(with_renamed_id(item, self.id, new_id) for item in self.indexes)
        return replace(self, id=new_id, indexes=indexes)

    def with_fields(self, *added: Field) -> Collection:
        """Return a copy with fields added at the end.

        A field with a known id, or one without an id and with a known name, takes that one's
        place. A field without an id gets the default one.
        """
        return replace(self, fields=add_fields(self.fields, added))

    def without_fields(self, *names: str) -> Collection:
        """Return a copy without the named fields."""
        return replace(self, fields=tuple(f for f in self.fields if f.name not in names))

    def with_renamed_field(self, name: str, new_name: str) -> Collection:
        """Return a copy with another name for a field, which keeps its data.

        Indexes, rules and queries that name it are yours to change.

        Raises:
            KeyError: there is no such field.
        """
        renamed = replace(self.by_name[name], name=new_name)
        return replace(self, fields=add_fields(self.fields, [renamed]))

    def with_field_order(self, *names: str) -> Collection:
        """Return a copy with its fields in this order; those not named follow as they are.

        Raises:
            KeyError: there is no such field.
        """
        first = tuple(self.by_name[name] for name in names)
        return replace(self, fields=first + tuple(f for f in self.fields if f.name not in names))

    def with_options(self, options: Mapping[str, JsonValue]) -> Collection:
        """Return a copy with options of an auth collection merged over the present ones.

        Args:
            options: with the keys of the JSON form: `{"otp": {"enabled": True}}`.

        Raises:
            BindError: a value has the wrong JSON type.
        """
        return replace(self, auth=(self.auth or AuthOptions()).merged(options))

    def with_index(
        self, name: str, *columns: str, unique: bool = False, where: str = ""
    ) -> Collection:
        """Return a copy with an index added at the end, in the place of one of this name."""
        parts = tuple(IndexColumn(column) for column in columns)
        index = Index(name, self.name, parts, where=where, unique=unique)
        return self.without_indexes(name).with_indexes(index.build())

    def with_indexes(self, *added: str) -> Collection:
        """Return a copy with CREATE INDEX statements added, for this collection's table."""
        return replace(self, indexes=(*self.indexes, *(with_table(i, self.name) for i in added)))

    def without_indexes(self, *names: str) -> Collection:
        """Return a copy without the named indexes."""
        kept = tuple(item for item in self.indexes if parse_index(item).name not in names)
        return replace(self, indexes=kept)
