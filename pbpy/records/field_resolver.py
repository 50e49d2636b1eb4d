"""Identifiers of a record filter -> operands.

Source of the behaviour: PocketBase core/record_field_resolver.go and its runner.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import dropwhile
from typing import TYPE_CHECKING, Any, cast

from pbpy.errors import FilterError
from pbpy.fields.field import ColumnKind
from pbpy.filter.joins import Join, JoinKind, Param, Pieces, Ref
from pbpy.filter.operand import NULL, NullFallback, Operand
from pbpy.records.paths import Place, split_modifier
from pbpy.records.request_paths import resolve_request_path
from pbpy.schema.indexes import find_unique_index, parse_index

if TYPE_CHECKING:
    from pbpy.fields.field import Field
    from pbpy.fields.relation import Relation
    from pbpy.filter.operand import AnyOperand, Slots
    from pbpy.schema.catalog import Catalog
    from pbpy.schema.collection import Collection

MAX_RELATIONS = 6
"""The most relations in one path."""

_FIELD_PATH = re.compile(r"\w[\w.:]*", re.ASCII)
_VIA = re.compile(r"(\w+)_via_(\w+)", re.ASCII)
_TEXT_COLUMNS = (ColumnKind.TEXT, ColumnKind.PRIMARY_KEY)


class FieldResolver:
    """Resolves the paths of one template that begin at one collection.

    Attributes:
        catalog: all collections.
        collection: the one that is filtered.
        root: its rows.
        slots: the values that the template needs.
        auth: the collection of the signed-in record, None for guests.
        trusted: whether hidden fields and every collection may be used, as in rules and by
            superusers.
        joins_ruled: collections with a list rule that a client's paths lead to, by join.
        root_is_table: whether root has a row in every case and the columns of a table.
    """

    def __init__(
        self,
        catalog: Catalog,
        collection: Collection,
        root: Join,
        slots: Slots,
        *,
        auth: Collection | None,
        trusted: bool,
        root_is_table: bool = True,
    ) -> None:
        self.catalog = catalog
        self.collection = collection
        self.root = root
        self.slots = slots
        self.auth = auth
        self.trusted = trusted
        self.joins_ruled: dict[Join, Collection] = {}
        self.root_is_table = root_is_table
        self._joins: dict[tuple[Any, ...], Join] = {}

    @property
    def has_joins(self) -> bool:
        """Whether any path so far left the root's own row."""
        return any(join.kind != "ids" for join in self._joins.values())

    def behind(self, join: Join, collection: Collection) -> FieldResolver:
        """Return a trusted resolver for a rule that is applied to the rows of join."""
        return FieldResolver(
            self.catalog,
            collection,
            join,
            self.slots,
            auth=self.auth,
            trusted=True,
            root_is_table=False,
        )

    def resolve(self, name: str) -> AnyOperand:
        """Return the operand of an identifier.

        Raises:
            FilterError: there is no such thing, or it may not be used.
        """
        if name.startswith("@"):
            return resolve_request_path(self, name)
        if not _FIELD_PATH.fullmatch(name):
            raise FilterError(f'failed to resolve field "{name}"')
        return self.walk(Place(self.collection, self.root), name.split("."))

    def find_collection(self, name_or_id: str, path: str = "") -> Collection:
        """Return a collection that path names; the filtered one may not be in the catalog yet.

        Raises:
            FilterError: there is none.
        """
        if name_or_id in (self.collection.name, self.collection.id):
            return self.collection
        found = self.catalog.find(name_or_id)
        if found is None:
            where = f' from field path "{path}"' if path else ""
            raise FilterError(f'failed to load collection "{name_or_id}"{where}')
        return found

    def join(
        self,
        kind: JoinKind,
        parent: Join | None,
        collection: Collection | None,
        key: str = "",
        param: Param | None = None,
        *,
        indexed: bool = False,
    ) -> Join:
        """Return the row source at the end of a step; equal steps share one.

        Raises:
            FilterError: a client's path leads to a collection that only superusers list.
        """
        table = collection.name if collection is not None else ""
        identity = (kind, parent, table, key)
        join = self._joins.get(identity)
        if join is None:
            is_table = collection is None or not collection.is_view
            join = self._joins[identity] = Join(kind, parent, table, key, param, is_table, indexed)
        if collection is not None and not self.trusted:
            self._require_listable(collection, join)
        return join

    def alias(self, collection: Collection, alias: str) -> Join:
        """Return the rows of `@collection.NAME:alias`; name and alias make it unique."""
        identity = (
            ("collection", None, "", alias) if alias else ("collection", None, collection.name)
        )
        join = self._joins.get(identity)
        if join is None or join.table != collection.name:
            join = self._joins[identity] = Join(
                "collection", table=collection.name, is_table=not collection.is_view
            )
        if not self.trusted:
            self._require_listable(collection, join)
        return join

    def _require_listable(self, collection: Collection, join: Join) -> None:
        if collection.list_rule is None:
            raise FilterError(
                f'"{collection.name}" fields can be accessed only '
                "when allowHiddenFields is enabled or by superusers"
            )
        if collection.list_rule:
            self.joins_ruled[join] = collection

    # field paths

    def walk(self, place: Place, keys: list[str]) -> Operand:
        """Return the operand at the end of keys, starting from place.

        Raises:
            FilterError: a key leads nowhere.
        """
        for index, key in enumerate(keys):
            if index == len(keys) - 1:
                return self._last(place, key)
            field = place.collection.by_name.get(key)
            if field is not None:
                self._require_visible(field)
                if field.type in ("json", "geoPoint"):
                    return self._json_path(place, field, keys[index + 1 :])
            if index >= MAX_RELATIONS:
                raise FilterError(f'max nested relations reached for field "{key}"')
            if field is None:
                found = self._back_relation(place, key)
                if found is None:
                    return NULL
                place = found
                continue
            if field.type != "relation":
                raise FilterError(f'field "{key}" is not a valid relation')
            if not field.is_multiple and keys[index + 1 :] == ["id"]:
                return self._last(place, key)
            place = self._relation(place, cast("Relation", field))
        raise FilterError("failed to resolve an empty path")

    def _require_visible(self, field: Field) -> None:
        if field.hidden and not self.trusted:
            raise FilterError(f'non-filterable field "{field.name}"')

    def _relation(self, place: Place, field: Relation) -> Place:
        target = self.find_collection(field.collection_id)
        if not field.is_multiple:
            join = self.join("relation", place.join, target, field.name)
            return replace(place, collection=target, join=join)
        items = self.join("items", place.join, None, field.name)
        join = self.join("relation", items, target, "value")
        return replace(place, collection=target, join=join, several=True)

    def _back_relation(self, place: Place, key: str) -> Place | None:
        """Return the place behind `COLLECTION_via_FIELD`; None for NULL."""
        try:
            source, field = self._find_back_field(place, key)
        except FilterError:
            if place.lenient:
                return None
            raise
        if field.hidden and not self.trusted:
            raise FilterError(f'non-filterable back relation field "{field.name}"')
        several = place.several or field.is_multiple or not _is_unique(source, field.name)
        join = self.join(
            "back_items" if field.is_multiple else "back",
            place.join,
            source,
            field.name,
            indexed=not field.is_multiple and _is_indexed(source, field.name),
        )
        return replace(place, collection=source, join=join, several=several)

    def _find_back_field(self, place: Place, key: str) -> tuple[Collection, Relation]:
        match = _VIA.fullmatch(key)
        if match is None:
            raise FilterError(f'failed to resolve field "{key}"')
        try:
            source = self.find_collection(match[1])
        except FilterError as error:
            reason = f'failed to load back relation field "{key}" collection'
            raise FilterError(reason) from error
        field = source.by_name.get(match[2])
        if field is None:
            raise FilterError(f'missing back relation field "{match[2]}"')
        if field.type != "relation":
            raise FilterError(f'invalid back relation field "{match[2]}"')
        relation = cast("Relation", field)
        if relation.collection_id != place.collection.id:
            raise FilterError(f'invalid collection reference of a back relation field "{match[2]}"')
        return source, relation

    def _json_path(self, place: Place, field: Field, keys: list[str]) -> Operand:
        path = ""
        for position, key in enumerate(keys):
            name = key.replace(":", "")
            if not name:
                raise FilterError(f'invalid path into field "{field.name}"')
            if key.isdecimal():
                path += f"[{key}]"
            else:
                path += f".{name}" if position else name
        return self._json_value(place, field, path)

    def _json_value(self, place: Place, field: Field, path: str) -> Operand:
        """Source: PocketBase tools/dbutils/json.go JSONExtract."""
        if path and not path.startswith("["):
            path = "." + path
        column = Ref(place.join, field.name)
        pieces: Pieces = (
            "(CASE WHEN json_valid(",
            column,
            ") THEN JSON_EXTRACT(",
            column,
            f", '${path}') ELSE JSON_EXTRACT(json_object('pb', ",
            column,
            f"), '$.pb{path}') END)",
        )
        return Operand(
            pieces,
            fallback=NullFallback.DISABLED,
            match_all=self._match_all(place.join, several=place.several),
        )

    def _match_all(self, end: Join, *, several: bool) -> tuple[Join, ...]:
        """Return the row sources up to end that make the values of a path several, if they are.

        What lies before the first with several rows gives one row at most. A rule that is applied
        to related rows is asked of each by itself, so the way that led there does not count.
        """
        if not several:
            return ()
        own = (join for join in end.lineage if join not in self.root.lineage)
        return tuple(dropwhile(lambda join: join.one_row, own))

    def _last(self, place: Place, key: str) -> Operand:
        name, modifier = split_modifier(key)
        field = place.collection.by_name.get(name)
        if field is None:
            if place.lenient:
                return NULL
            raise FilterError(f'unknown field "{name}"')
        self._require_visible(field)
        if modifier == "length" and field.can_be_multiple:
            match_all = self._match_all(place.join, several=place.several)
            return _length(Ref(place.join, field.name), match_all)
        if modifier == "each" and field.can_be_multiple:
            items = self.join("items", place.join, None, field.name)
            match_all = self._match_all(items, several=place.several or field.is_multiple)
            return Operand((Ref(items, "value"),), match_all=match_all)
        found = self._column(place, field)
        return found.wrapped("LOWER(", ")") if modifier == "lower" else found

    def _column(self, place: Place, field: Field) -> Operand:
        if field.type == "json":
            return self._json_value(place, field, "")
        certain = place.join is self.root and self.root_is_table
        guarded = field.name == "email" and not self.trusted and place.collection.is_auth
        return Operand(
            (Ref(place.join, field.name),),
            match_all=self._match_all(place.join, several=place.several),
            guard=Ref(place.join, "emailVisibility") if guarded else None,
            text_column=field.column in _TEXT_COLUMNS and not place.collection.is_view,
            never_null=certain and field.column is not ColumnKind.JSON,
        )


def _length(column: Ref, match_all: tuple[Join, ...]) -> Operand:
    """Source: PocketBase tools/dbutils/json.go JSONArrayLength."""
    return Operand(
        (
            "json_array_length(CASE WHEN iif(json_valid(",
            column,
            "), json_type(",
            column,
            ") = 'array', FALSE) THEN ",
            column,
            " ELSE (CASE WHEN ",
            column,
            " = '' OR ",
            column,
            " IS NULL THEN json_array() ELSE json_array(",
            column,
            ") END) END)",
        ),
        match_all=match_all,
        null_when_missing=False,
    )


def _is_unique(collection: Collection, column: str) -> bool:
    return find_unique_index(collection.indexes, column) is not None


def _is_indexed(collection: Collection, column: str) -> bool:
    return any(
        index.columns and index.columns[0].name.lower() == column.lower() and not index.where
        for index in map(parse_index, collection.indexes)
    )
