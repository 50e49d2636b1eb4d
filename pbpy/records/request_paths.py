"""`@request.*` and `@collection.*` paths -> operands and the slots behind them.

Source of the behaviour: PocketBase core/record_field_resolver_runner.go.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pbpy.errors import FilterError
from pbpy.fields.relation import Relation
from pbpy.filter.compare import build_condition
from pbpy.filter.compile import bind
from pbpy.filter.joins import Param, Ref
from pbpy.filter.operand import (
    NULL,
    FlagOperand,
    NullFallback,
    Operand,
    SlotOperand,
    WordOperand,
)
from pbpy.records import request_values as values
from pbpy.records.paths import Place, split_modifier

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from pbpy.fields.field import Field
    from pbpy.filter.operand import AnyOperand
    from pbpy.records.field_resolver import FieldResolver

_REQUEST = re.compile(
    r"@request\.(?:context|method|(?:auth|body|query|headers)\.[\w.:]*\w)", re.ASCII
)
_COLLECTION = re.compile(r"@collection\.\w+(?::\w+)?\.[\w.:]*\w", re.ASCII)

_STATIC_AUTH_FIELDS = frozenset(
    ["id", "collectionId", "collectionName", "email", "emailVisibility", "verified"]
)


def resolve_request_path(resolver: FieldResolver, name: str) -> AnyOperand:
    """Return the operand of a path that begins with `@`.

    Raises:
        FilterError: there is no such path.
    """
    keys = name.split(".")
    if _COLLECTION.fullmatch(name):
        return _collection_path(resolver, keys)
    if not _REQUEST.fullmatch(name):
        raise FilterError(f'failed to resolve field "{name}"')
    if keys[1] == "auth":
        return _auth_path(resolver, keys[2:])
    if keys[1] == "body":
        return _body_path(resolver, keys[2:])
    return _static(resolver, keys[1], keys[2:])


def _collection_path(resolver: FieldResolver, keys: list[str]) -> Operand:
    name, _, alias = keys[1].partition(":")
    collection = resolver.find_collection(name, ".".join(keys))
    join = resolver.alias(collection, alias)
    return resolver.walk(Place(collection, join, several=True), keys[2:])


def _auth_path(resolver: FieldResolver, keys: list[str]) -> AnyOperand:
    if resolver.auth is None:
        return NULL
    if len(keys) == 1 and keys[0] in _STATIC_AUTH_FIELDS:
        name = keys[0]
        return SlotOperand(resolver.slots.add(("auth", name), lambda: values.AuthSlot(name)))
    slot = resolver.slots.add(("auth", "id"), lambda: values.AuthSlot("id"))
    join = resolver.join("record", None, resolver.auth, param=Param(slot))
    return resolver.walk(Place(resolver.auth, join, lenient=True), keys)


def _body_path(resolver: FieldResolver, keys: list[str]) -> AnyOperand:
    name, modifier = split_modifier(keys[0])
    field = resolver.collection.by_name.get(name)
    if field is None:
        return _static(resolver, "body", keys)
    if isinstance(field, Relation) and len(keys) > 1:
        return _body_relation(resolver, field, keys[1:])
    if len(keys) == 1:
        match modifier:
            case "each":
                return _body_each(resolver, field)
            case "length":
                _require_list(field)
                slot = resolver.slots.add(("length", name), lambda: values.LengthSlot(name))
                return WordOperand(slot)
            case "lower":
                slot = resolver.slots.add(
                    ("lower", name), lambda: values.TextSlot(name, field.type == "json")
                )
                return SlotOperand(slot, lower=True)
            case "changed":
                return _body_changed(resolver, field)
    return _static(resolver, "body", keys)


def _static(resolver: FieldResolver, source: str, keys: list[str]) -> AnyOperand:
    """Return a value of the request, NULL where it has none."""
    if not keys:
        return SlotOperand(resolver.slots.add((source,), lambda: values.RequestSlot(source, ())))
    last, modifier = split_modifier(keys[-1])
    path = (*keys[:-1], last)
    if modifier == "isset":
        slot = resolver.slots.add(("isset", source, path), lambda: values.IssetSlot(source, path))
        return FlagOperand(slot)
    if modifier not in ("", "lower"):
        raise FilterError(f"invalid modifier sequence {last}:{modifier}")
    kind = _field_type(resolver, source, path)
    slot = resolver.slots.add((source, path, kind), lambda: values.RequestSlot(source, path, kind))
    return SlotOperand(slot, lower=modifier == "lower")


def _field_type(resolver: FieldResolver, source: str, path: tuple[str, ...]) -> str:
    """Return "number" or "json" where values have to be read as those of such a field."""
    field = resolver.collection.by_name.get(path[-1])
    if field is None:
        return ""
    if field.type == "json" and source == "body" and len(path) == 1:
        return "json"
    return "number" if field.type == "number" else ""


def _require_list(field: Field) -> None:
    if not field.can_be_multiple:
        raise FilterError(f'field "{field.name}" doesn\'t support multivalue operations')


def _body_each(resolver: FieldResolver, field: Field) -> Operand:
    _require_list(field)
    name = field.name
    slot = resolver.slots.add(("each", name), lambda: values.ItemsSlot(name))
    join = resolver.join("values", None, None, name, Param(slot))
    match_all = (join,) if field.is_multiple else ()
    return Operand((Ref(join, "value"),), params=1, match_all=match_all)


@dataclass(frozen=True, slots=True)
class BodyRelationOperand:
    """A path through a submitted relation; NULL when no id was submitted."""

    slot: int
    operand: Operand | None
    reason: str

    def bind(self, shapes: Sequence[Hashable]) -> Operand:
        """Return NULL or the path's operand.

        Raises:
            FilterError: the path leads nowhere; known only now, as PocketBase looks no earlier.
        """
        if shapes[self.slot] == "empty":
            return NULL
        if self.operand is None:
            raise FilterError(self.reason)
        return self.operand


def _body_relation(resolver: FieldResolver, field: Relation, keys: list[str]) -> AnyOperand:
    target = resolver.find_collection(field.collection_id)
    name = field.name
    slot = resolver.slots.add(("ids", name), lambda: values.IdsSlot(name))
    try:
        join = resolver.join("ids", None, target, name, Param(slot))
        place = Place(target, join, several=field.is_multiple, lenient=True)
        return BodyRelationOperand(slot, resolver.walk(place, keys), "")
    except FilterError as error:
        return BodyRelationOperand(slot, None, str(error))


@dataclass(frozen=True, slots=True)
class ChangedOperand:
    """Whether a field was submitted with another value than the stored one."""

    isset: int
    submitted: AnyOperand
    stored: AnyOperand

    def bind(self, shapes: Sequence[Hashable]) -> Operand:
        """Return 0, or a comparison with the stored value."""
        if shapes[self.isset] == 0:
            return Operand(("0",), fallback=NullFallback.DISABLED)
        condition = build_condition("!=", bind(self.submitted, shapes), bind(self.stored, shapes))
        return Operand(
            ("(", *condition.pieces, ")"),
            fallback=NullFallback.DISABLED,
            null_when_missing=False,
        )


def _body_changed(resolver: FieldResolver, field: Field) -> AnyOperand:
    name = field.name
    isset = resolver.slots.add(
        ("isset", "body", (name,)), lambda: values.IssetSlot("body", (name,))
    )
    return ChangedOperand(isset, _static(resolver, "body", [name]), resolver.resolve(name))
