"""Validation of the list of fields, and of each field's own settings.

Source: PocketBase core/collection_validate.go.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pbpy.errors import REQUIRED, FieldError
from pbpy.fields.text import Text

if TYPE_CHECKING:
    from pbpy.errors import ErrorMap
    from pbpy.schema.catalog import Catalog
    from pbpy.schema.collection import Collection

MISSING_PRIMARY_KEY = FieldError(
    "validation_missing_primary_key", 'Missing or invalid "id" PK field.'
)
MUST_BE_SYSTEM = FieldError("validation_must_be_system", 'The field must be marked as "System".')
MUST_BE_SYSTEM_AND_HIDDEN = FieldError(
    "validation_must_be_system_and_hidden",
    'The field must be marked as "System" and "Hidden".',
)
SYSTEM_FIELD_CHANGE = FieldError(
    "validation_system_field_change", "System fields cannot be deleted or renamed."
)
FIELD_TYPE_CHANGE = FieldError("validation_field_type_change", "Field type cannot be changed.")
RESERVED_FIELD_NAME = FieldError(
    "validation_reserved_field_name", "The field name is reserved and cannot be used."
)
RESERVED_AUTH_NAMES = ("passwordConfirm", "oldPassword")

_AUTH_FIELDS = {
    "password": "password",
    "tokenKey": "text",
    "email": "email",
    "emailVisibility": "bool",
    "verified": "bool",
}
_HIDDEN_AUTH_FIELDS = ("password", "tokenKey")


def field_errors(
    catalog: Catalog, collection: Collection, original: Collection | None
) -> FieldError | ErrorMap | None:
    """Return the error of `fields` as a whole, or errors by position, or None."""
    error = _duplicate_error(collection) or _missing_error(collection)
    if not error and original is not None and not collection.is_view:
        error = _system_field_error(collection, original) or _type_errors(collection, original)
    if not error and collection.is_auth:
        error = _reserved_name_errors(collection)
    return error or _setting_errors(catalog, collection)


def _duplicate_error(collection: Collection) -> ErrorMap | None:
    ids: set[str] = set()
    names: set[str] = set()
    for position, item in enumerate(collection.fields):
        if item.id in ids:
            quoted = json.dumps(item.id, ensure_ascii=False)
            error = FieldError(
                "validation_duplicated_field_id", f"Duplicated or invalid field id {quoted}."
            )
            return {str(position): {"id": error}}
        if item.name.lower() in names:
            error = FieldError(
                "validation_duplicated_field_name",
                f"Duplicated or invalid field name {item.name}.",
                {"fieldName": item.name},
            )
            return {str(position): {"name": error}}
        ids.add(item.id)
        names.add(item.name.lower())
    return None


def _missing_error(collection: Collection) -> FieldError | ErrorMap | None:
    if not collection.fields:
        return REQUIRED
    id_field = collection.by_name.get("id")
    if not isinstance(id_field, Text) or not id_field.primary_key:
        return MISSING_PRIMARY_KEY
    if not collection.is_auth:
        return None
    for name, kind in _AUTH_FIELDS.items():
        known = collection.by_name.get(name)
        if known is None or known.type != kind:
            return FieldError(
                f"validation_missing_{name}_field", f'System "{name}" field is required.'
            )
        if name in _HIDDEN_AUTH_FIELDS and not (known.hidden and known.system):
            return {name: MUST_BE_SYSTEM_AND_HIDDEN}
        if not known.system:
            return {name: MUST_BE_SYSTEM}
    return None


def _system_field_error(collection: Collection, original: Collection) -> FieldError | None:
    for item in original.fields:
        kept = collection.by_id.get(item.id)
        if item.system and (kept is None or kept.name != item.name):
            return SYSTEM_FIELD_CHANGE
    return None


def _type_errors(collection: Collection, original: Collection) -> ErrorMap:
    return {
        str(position): FIELD_TYPE_CHANGE
        for position, item in enumerate(collection.fields)
        if item.id in original.by_id and original.by_id[item.id].type != item.type
    }


def _reserved_name_errors(collection: Collection) -> ErrorMap:
    return {
        str(position): {"name": RESERVED_FIELD_NAME}
        for position, item in enumerate(collection.fields)
        if item.name in RESERVED_AUTH_NAMES
    }


def _setting_errors(catalog: Catalog, collection: Collection) -> ErrorMap:
    errors: dict[str, FieldError | ErrorMap] = {}
    for position, item in enumerate(collection.fields):
        found = item.validate_settings(catalog, collection)
        if found:
            errors[str(position)] = found
    return errors
