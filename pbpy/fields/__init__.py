"""Field types: casts, columns, validation and settings of the values of records.

One frozen class per type, in a file named as in the API; `FIELD_TYPES` maps PocketBase's type
name to its class. A Field is part of a Collection and never changes; it holds no state of a
record. Casts never fail; `check` and `validate` report PocketBase's codes and sentences.

Imports store (SQL values), files (uploads) and errors. The schema builds fields from their
settings, records use them for every value, auth for passwords.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.fields.autodate import Autodate
from pbpy.fields.bool import Bool
from pbpy.fields.date import Date
from pbpy.fields.editor import Editor
from pbpy.fields.email import Email
from pbpy.fields.field import ColumnKind, Field, GrowsBody, Value, default_field_id, setting_key
from pbpy.fields.file import File
from pbpy.fields.geo_point import GeoPoint, Point
from pbpy.fields.json import Json
from pbpy.fields.json_text import JsonText, dump_json
from pbpy.fields.number import Number
from pbpy.fields.password import Password, PasswordValue
from pbpy.fields.relation import Relation
from pbpy.fields.select import Select
from pbpy.fields.text import Text
from pbpy.fields.url import Url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pbpy.errors import JsonValue

FIELD_TYPES: Mapping[str, type[Field]] = {
    kind.type: kind
    for kind in (
        Text,
        Number,
        Bool,
        Email,
        Url,
        Editor,
        Date,
        Autodate,
        Select,
        File,
        Relation,
        Json,
        Password,
        GeoPoint,
    )
}


def field_from_settings(body: Mapping[str, JsonValue]) -> Field:
    """Build a field of any type from its stored or submitted form.

    Raises:
        ValueError: the type is unknown, or a setting has the wrong JSON type.
    """
    name = body.get("type")
    kind = FIELD_TYPES.get(name) if isinstance(name, str) else None
    if kind is None:
        raise ValueError(f"unknown field type {name!r}")
    return kind.from_settings(body)


__all__ = [
    "FIELD_TYPES",
    "Autodate",
    "Bool",
    "ColumnKind",
    "Date",
    "Editor",
    "Email",
    "Field",
    "File",
    "GeoPoint",
    "GrowsBody",
    "Json",
    "JsonText",
    "Number",
    "Password",
    "PasswordValue",
    "Point",
    "Relation",
    "Select",
    "Text",
    "Url",
    "Value",
    "default_field_id",
    "dump_json",
    "field_from_settings",
    "setting_key",
]
