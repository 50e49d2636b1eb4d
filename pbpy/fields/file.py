"""File: names of the files of a record, and uploads that are to become such names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import orjson

from pbpy.errors import REQUIRED
from pbpy.fields import setting_rules
from pbpy.fields.casts import to_texts
from pbpy.fields.one_or_many import OneOrMany
from pbpy.fields.rule_errors import rule_error
from pbpy.files.upload import Upload
from pbpy.go_quote import go_quote

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pbpy.context import Context
    from pbpy.errors import ErrorMap, FieldError, JsonValue
    from pbpy.records.record import Record
    from pbpy.schema.catalog import Catalog
    from pbpy.schema.collection import Collection
    from pbpy.store.sql import SqlValue

DEFAULT_MAX_BYTES = 5 << 20

StoredFile = str | Upload
FileValue = StoredFile | tuple[StoredFile, ...]

_UPLOAD_NAME = re.compile(r"[^./\\][^/\\]+\Z")
_THUMB = re.compile(r"\d+x\d+[tbf]?\Z", re.ASCII)
_EMPTY_THUMBS = frozenset({"0x0", "0x0t", "0x0b", "0x0f"})
_SHOWN_NAME_BYTES = 250
_SHOWN_ORIGINAL_BYTES = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class File(OneOrMany):
    """A str or Upload when single, a tuple of them when `max_select` is above 1.

    The save pipeline stores each Upload under its name before the row is written, and
    replaces it by that name (`saved`) afterwards.
    """

    max_size: int = 0
    mime_types: tuple[str, ...] = ()
    thumbs: tuple[str, ...] = ()
    protected: bool = False

    type: ClassVar[str] = "file"

    def normalize(self, raw: JsonValue) -> FileValue:
        """Return the files in raw with distinct names; a single field keeps the last."""
        files = to_files(raw)
        if self.max_select > 1:
            return files
        return files[-1] if files else ""

    def apply_modifier(self, current: FileValue, modifier: str, raw: JsonValue) -> FileValue:
        """Return current with the files of raw before it, behind it or taken out of it."""
        files, change = to_files(current), to_files(raw)
        if modifier == "name-":
            removed = set(map(file_name, change))
            return self.normalize([item for item in files if file_name(item) not in removed])
        return self.normalize([*change, *files] if modifier == "+name" else [*files, *change])

    def encode(self, value: FileValue) -> SqlValue:
        """Return the name, or the JSON list of names."""
        if isinstance(value, tuple):
            return orjson.dumps([file_name(item) for item in value]).decode()
        return file_name(value)

    def to_output(self, value: FileValue) -> JsonValue:
        """Return the name or names."""
        return self.saved(value)

    def saved(self, value: FileValue) -> str | tuple[str, ...]:
        """Return value with each upload replaced by its name."""
        if isinstance(value, tuple):
            return tuple(map(file_name, value))
        return file_name(value)

    def uploads(self, value: FileValue) -> tuple[Upload, ...]:
        """Return the uploads in value."""
        return tuple(item for item in to_files(value) if isinstance(item, Upload))

    def names(self, value: FileValue) -> tuple[str, ...]:
        """Return the names in value that are stored already."""
        return tuple(item for item in to_files(value) if isinstance(item, str))

    async def validate(self, ctx: Context, record: Record, value: FileValue) -> FieldError | None:
        """Return the first error; a name must be one of the stored names."""
        return self.check_against(value, record.original(self.name))

    def check(self, value: FileValue) -> FieldError | None:
        """Return the first error for a record without files."""
        return self.check_against(value, "")

    def check_against(self, value: FileValue, stored: FileValue) -> FieldError | None:
        """Return the first error for a record that holds the files in stored."""
        files = to_files(value)
        if not files:
            return REQUIRED if self.required else None
        known = set(self.names(stored))
        unknown = [item for item in files if isinstance(item, str) and item not in known]
        if unknown:
            shown = [cut_bytes(name, _SHOWN_NAME_BYTES) for name in unknown]
            return rule_error(
                "invalid_file",
                f"Invalid new files: [{' '.join(shown)}].",
                invalidFiles=shown,
            )
        limit = max(self.max_select, 1)
        if len(files) > limit:
            return rule_error(
                "too_many_files", f"The maximum allowed files is {limit}", maxSelect=limit
            )
        errors = map(self._check_upload, self.uploads(value))
        return next((error for error in errors if error), None)

    def _check_upload(self, upload: Upload) -> FieldError | None:
        error = setting_rules.check_length(upload.name, 1, 150)
        if error:
            return error
        if not _UPLOAD_NAME.match(upload.name):
            return rule_error("match_invalid", "must be in a valid format")
        limit = self._max_file_bytes
        if upload.size > limit:
            shown = cut_bytes(upload.original_name, _SHOWN_ORIGINAL_BYTES, "...")
            return rule_error(
                "file_size_limit",
                f"Failed to upload {shown} - the maximum allowed file size is {limit} bytes.",
                file=shown,
                maxSize=limit,
            )
        if self.mime_types and not any(map(upload.content_type.matches, self.mime_types)):
            return rule_error(
                "invalid_mime_type",
                f"{go_quote(upload.name)} mime type must be one of: {', '.join(self.mime_types)}.",
            )
        return None

    @property
    def _max_file_bytes(self) -> int:
        return self.max_size if self.max_size > 0 else DEFAULT_MAX_BYTES

    def max_body_bytes(self) -> int:
        """Return the largest size of all files together."""
        return self._max_file_bytes * max(self.max_select, 1)

    def setting_errors(
        self, catalog: Catalog, collection: Collection
    ) -> Iterable[tuple[str, FieldError | ErrorMap | None]]:
        """Check the limits and the thumb sizes."""
        yield "maxSelect", setting_rules.check_size(self.max_select)
        yield "maxSize", setting_rules.check_size(self.max_size)
        errors = {str(i): _check_thumb(thumb) for i, thumb in enumerate(self.thumbs)}
        yield "thumbs", {key: error for key, error in errors.items() if error} or None


def to_files(raw: JsonValue) -> tuple[StoredFile, ...]:
    """Return the names and uploads in raw, the first of each name.

    PocketBase: an element of a list that stands for several files counts for none.
    """
    if isinstance(raw, Upload):
        return (raw,)
    if not isinstance(raw, (list, tuple)):
        return to_texts(raw)
    files: dict[str, StoredFile] = {}
    for item in raw:
        found = to_files(item)
        if len(found) == 1:
            files.setdefault(file_name(found[0]), found[0])
    return tuple(files.values())


def file_name(file: StoredFile) -> str:
    """Return the name under which a file is or will be stored."""
    return file if isinstance(file, str) else file.name


def cut_bytes(text: str, limit: int, mark: str = "") -> str:
    """Return text cut to limit bytes of UTF-8, with mark behind it if it was longer."""
    raw = text.encode()
    if len(raw) <= limit:
        return text
    return raw[:limit].decode("utf-8", "replace") + mark


def _check_thumb(thumb: str) -> FieldError | None:
    if thumb in _EMPTY_THUMBS:
        return rule_error("not_in_invalid", "must not be in list")
    if thumb and not _THUMB.match(thumb):
        return rule_error("match_invalid", "must be in a valid format")
    return None
