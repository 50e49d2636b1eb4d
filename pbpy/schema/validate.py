"""Validation of a collection before it is saved, with PocketBase's codes, texts and layers.

The parts: names and types here, `validate_fields`, `validate_indexes`, `validate_auth`, and
`view_columns` for the query of a view. Each value shows its first error only.

Source: PocketBase core/collection_validate.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.errors import FieldError, FilterError, ValidationFailed, to_sentence
from pbpy.schema import checks
from pbpy.schema.catalog import Catalog
from pbpy.schema.validate_auth import auth_errors
from pbpy.schema.validate_fields import field_errors
from pbpy.schema.validate_indexes import index_errors
from pbpy.schema.views import InvalidView, SlowView, derive_fields, dry_run
from pbpy.store import ddl

if TYPE_CHECKING:
    from collections.abc import Callable

    from pbpy.context import Context
    from pbpy.errors import ErrorMap
    from pbpy.fields.field import Field
    from pbpy.schema.collection import Collection, Rule

SYSTEM_NAME_CHANGE = FieldError(
    "validation_collection_system_name_change", "System collection name cannot be changed."
)
SYSTEM_FLAG_CHANGE = FieldError(
    "validation_collection_system_flag_change", "System collection state cannot be changed."
)
TYPE_CHANGE = FieldError("validation_collection_type_change", "Collection type cannot be changed.")
EXISTING_ID = FieldError(
    "validation_invalid_or_existing_id", "The model id is invalid or already exists."
)
NAME_EXISTS = FieldError(
    "validation_collection_name_exists", "Collection name must be unique (case insensitive)."
)
NAME_IS_ID = FieldError(
    "validation_collection_name_id_duplicate",
    "The name must not match an existing collection id.",
)
NAME_IS_TABLE = FieldError(
    "validation_collection_name_invalid",
    "The name shouldn't match with an existing internal table.",
)
VIEW_REASON_LIMIT = 500

RULES = ("list_rule", "view_rule", "create_rule", "update_rule", "delete_rule")
RULE_KEYS = ("listRule", "viewRule", "createRule", "updateRule", "deleteRule")


async def validate_collection(
    ctx: Context, collection: Collection, original: Collection | None
) -> Collection:
    """Return the collection when it may be saved, a view with the fields of its query.

    Args:
        ctx: its catalog is the present state; inside a transaction, because views are tried.
        collection: the new state, prepared.
        original: the stored state; None when it is new.

    Raises:
        ValidationFailed: by the keys of the JSON form.
    """
    if collection.is_view:
        collection = collection.replace(fields=await _fields_of_query(ctx, collection))
    errors = checks.present(
        {
            "id": _id_error(ctx, collection, original),
            "system": _system_error(collection, original),
            "type": _type_error(collection, original),
            "name": await _name_error(ctx, collection, original),
            "fields": field_errors(ctx.catalog, collection, original),
            **_rule_errors(ctx, collection, original),
            "indexes": await index_errors(ctx, collection, original),
        }
    )
    errors.update(await _option_errors(ctx, collection, original))
    if errors:
        raise ValidationFailed(errors)
    return collection


async def _fields_of_query(ctx: Context, collection: Collection) -> tuple[Field, ...]:
    """Return the fields of a view; those found so far when its query is not usable."""
    try:
        return await derive_fields(ctx, collection.view_query)
    except InvalidView as error:
        return error.fields


def _id_error(
    ctx: Context, collection: Collection, original: Collection | None
) -> FieldError | ErrorMap | None:
    if original is not None:
        return checks.first(
            checks.required(collection.id),
            None if collection.id == original.id else checks.VALUES_MISMATCH,
        )
    return checks.first(
        checks.required(collection.id),
        checks.length(collection.id, 1, 100),
        checks.word(collection.id),
        EXISTING_ID if ctx.catalog.by_id(collection.id) else None,
    )


def _system_error(collection: Collection, original: Collection | None) -> FieldError | None:
    changed = original is not None and collection.system != original.system
    return SYSTEM_FLAG_CHANGE if changed else None


def _type_error(
    collection: Collection, original: Collection | None
) -> FieldError | ErrorMap | None:
    return checks.first(
        checks.required(collection.type),
        checks.one_of(collection.type, ("base", "auth", "view")),
        TYPE_CHANGE if original is not None and collection.type != original.type else None,
    )


async def _name_error(
    ctx: Context, collection: Collection, original: Collection | None
) -> FieldError | ErrorMap | None:
    name = collection.name
    is_system = original is not None and original.system
    return checks.first(
        checks.required(name),
        checks.length(name, 1, 255),
        checks.no_via(name),
        checks.word(name),
        SYSTEM_NAME_CHANGE if is_system and original and name != original.name else None,
    ) or await _taken_name_error(ctx, name, original)


async def _taken_name_error(
    ctx: Context, name: str, original: Collection | None
) -> FieldError | None:
    original_id = original.id if original is not None else ""
    same_name = [item for item in ctx.catalog.collections if item.name.lower() == name.lower()]
    if any(item.id != original_id for item in same_name):
        return NAME_EXISTS
    if ctx.catalog.by_id(name) is not None:
        return NAME_IS_ID
    is_changed = original is None or original.name != name
    if is_changed and not same_name and await ddl.has_table(ctx.db, name):
        return NAME_IS_TABLE
    return None


def _rule_errors(
    ctx: Context, collection: Collection, original: Collection | None
) -> dict[str, FieldError | ErrorMap | None]:
    errors: dict[str, FieldError | ErrorMap | None] = {}
    check = rule_checker(ctx, collection)
    for attribute, key in zip(RULES, RULE_KEYS, strict=True):
        rule: Rule = getattr(collection, attribute)
        is_write = attribute not in ("list_rule", "view_rule")
        errors[key] = checks.first(
            checks.NIL if collection.is_view and is_write and rule is not None else None,
            check(rule),
            system_rule_error(rule, original, getattr(original, attribute, None)),
        )
    return errors


def rule_checker(ctx: Context, collection: Collection) -> Callable[[Rule], FieldError | None]:
    """Return the check of one rule of the collection in its new state.

    PocketBase: the rule may still name a renamed collection by its old name, so the catalog is
    the old one; a copy, because rules of a collection that may be refused must not stay in it.
    """
    catalog = Catalog(ctx.catalog.collections)

    def check(rule: Rule) -> FieldError | None:
        if not rule:
            return None
        try:
            ctx.compile_rule(catalog, collection, rule)
        except FilterError as error:
            reason = to_sentence(f"Invalid rule. Raw error: {error}")
            return FieldError("validation_invalid_rule", reason)
        return None

    return check


def system_rule_error(rule: Rule, original: Collection | None, known: Rule) -> FieldError | None:
    """Refuse another rule for a system collection."""
    is_fixed = original is not None and original.system
    return checks.SYSTEM_RULE_CHANGE if is_fixed and rule != known else None


async def _option_errors(
    ctx: Context, collection: Collection, original: Collection | None
) -> ErrorMap:
    if collection.is_auth and collection.auth is not None:
        return auth_errors(collection, original, rule_checker(ctx, collection))
    if collection.is_view:
        error = await _view_query_error(ctx, collection.view_query)
        return {} if error is None else {"viewQuery": error}
    return {}


async def _view_query_error(ctx: Context, query: str) -> FieldError | None:
    if not query:
        return checks.required(query)
    try:
        await dry_run(ctx, query)
    except InvalidView as error:
        return _refused_query(error)
    return None


def _refused_query(error: InvalidView) -> FieldError:
    message = to_sentence(f"Invalid query - {str(error)[:VIEW_REASON_LIMIT]}")
    return FieldError("validation_invalid_view_query", message)


async def refuse_slow_view(ctx: Context, collection: Collection) -> None:
    """Try the query of a view before the write lock is taken, which nobody else gets meanwhile.

    Raises:
        ValidationFailed: it took longer than the query timeout.
    """
    if not collection.is_view or not collection.view_query or ctx.in_transaction:
        return
    try:
        await dry_run(ctx, collection.view_query)
    except SlowView as error:
        raise ValidationFailed({"viewQuery": _refused_query(error)}) from error
    except InvalidView:
        return  # the validation says so, with all other errors
