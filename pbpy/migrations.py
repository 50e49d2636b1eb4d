"""What a migration file imports: collections, fields, records, files and the types of `app`."""

from __future__ import annotations

from pbpy.app import App
from pbpy.fields import (
    Autodate,
    Bool,
    Date,
    Editor,
    Email,
    Field,
    File,
    GeoPoint,
    Json,
    Number,
    Password,
    Relation,
    Select,
    Text,
    Url,
)
from pbpy.files.upload import Upload
from pbpy.records.record import Record
from pbpy.schema.collection import Collection
from pbpy.sync_app import SyncApp

__all__ = [
    "App",
    "Autodate",
    "Bool",
    "Collection",
    "Date",
    "Editor",
    "Email",
    "Field",
    "File",
    "GeoPoint",
    "Json",
    "Number",
    "Password",
    "Record",
    "Relation",
    "Select",
    "SyncApp",
    "Text",
    "Upload",
    "Url",
]
