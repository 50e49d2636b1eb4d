"""A submitted record: its body on a record, and what PocketBase checks before the save.

Source: PocketBase forms/record_upsert.go, apis/record_crud.go recordDataFromRequest.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

from pbpy.errors import (
    REQUIRED,
    BadRequest,
    ConstraintViolation,
    FieldError,
    SqlRejected,
    UniqueViolation,
    ValidationFailed,
)
from pbpy.fields.casts import to_text, to_texts
from pbpy.fields.geo_point import Point
from pbpy.fields.json_text import JsonText
from pbpy.fields.password import PasswordValue
from pbpy.files.upload import Upload
from pbpy.records.layout import layout_of
from pbpy.records.moved_schema import is_moved_schema
from pbpy.records.save import save_record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pbpy.context import Context
    from pbpy.errors import ErrorMap, JsonValue
    from pbpy.fields.field import Value
    from pbpy.records.layout import Layout
    from pbpy.records.record import Record
    from pbpy.records.request_info import RequestInfo
    from pbpy.schema.collection import Collection

_MISMATCH: Final = FieldError("validation_values_mismatch", "Values don't match.")
_INVALID_OLD_PASSWORD: Final = FieldError(
    "validation_invalid_old_password", "Missing or invalid old password."
)
_PLAIN: Final = frozenset((str, bool, int, float))
_REFUSALS: Final = (ConstraintViolation, SqlRejected, UniqueViolation)


def with_uploads(
    collection: Collection,
    body: Mapping[str, JsonValue],
    files: Mapping[str, Sequence[Upload]],
) -> dict[str, JsonValue]:
    """Return body with the uploads of file fields in it.

    Uploads under a plain name join the names that were sent under it, so that files which
    the client listed are kept, and undo what modifiers were sent for the field. Uploads
    under a modifier come after its names: behind them, or before them for a prefix.
    """
    values = dict(body)
    layout = layout_of(collection)
    for key in sorted(files, key=len):  # plain names first
        position, modifier = layout.setters.get(key, (-1, ""))
        if position < 0 or layout.fields[position].type != "file" or modifier == "name-":
            continue
        if not modifier:
            for other in layout.fields[position].modifier_keys:
                values.pop(other, None)
        listed, uploads = to_texts(values.get(key)), files[key]
        values[key] = [*uploads, *listed] if modifier == "+name" else [*listed, *uploads]
    return values


def needs_stored_record(collection: Collection, values: Mapping[str, JsonValue]) -> bool:
    """Tell whether what a body means depends on the values that are stored."""
    layout = layout_of(collection)
    for key in _setting_keys(layout, values):
        position, modifier = layout.setters[key]
        if modifier or not layout.fields[position].settable:
            return True
    return False


def _setting_keys(layout: Layout, values: Mapping[str, JsonValue]) -> list[str]:
    """Return the keys of a body that set a field; clients may send any number of others."""
    setters = layout.setters
    if len(values) > len(setters):
        return [key for key in setters if key in values]
    return [key for key in values if key in setters]


def load_body(
    record: Record, values: Mapping[str, JsonValue], info: RequestInfo
) -> dict[str, JsonValue]:
    """Set values on record, shortest key first; return what rules see as `@request.body`.

    There, fields are under their plain name with their final value. Nobody but superusers
    reaches hidden fields, except the password of auth records.
    """
    collection = record.collection
    layout = layout_of(collection)
    keys = _setting_keys(layout, values)
    resolved = dict(values)
    for key in keys:
        del resolved[key]
    for key in sorted(keys, key=len):
        item = layout.fields[layout.setters[key][0]]
        is_own_password = collection.is_auth and item.name == "password"
        if item.hidden and not info.is_superuser and not is_own_password:
            continue
        record.set_field(key, values[key])
        resolved[item.name] = _as_json(record.get(item.name))
    return resolved


def _as_json(value: Value) -> JsonValue:
    """Return a field's value as rules see it in a body."""
    if type(value) in _PLAIN:
        return cast("JsonValue", value)
    if isinstance(value, JsonText):
        try:
            return value.load()
        except ValueError:  # the validation will refuse it
            return str(value)
    if isinstance(value, tuple):
        return [_as_json(item) for item in value]
    if isinstance(value, PasswordValue):
        return value.plain
    if isinstance(value, Point):
        return {"lon": value.lon, "lat": value.lat}
    return value.to_json() if isinstance(value, Upload) else value


@dataclass(slots=True)
class Submission:
    """A record with a body on it, about to be saved.

    Attributes:
        body: the resolved body.
        is_manager: whether the client may change email, password and `verified` of others.
    """

    record: Record
    body: dict[str, JsonValue] = field(default_factory=dict)
    is_manager: bool = False

    async def save(self, ctx: Context, record: Record, failure: str) -> None:
        """Check the auth fields and save record, which a hook may have changed or replaced.

        Raises:
            BadRequest: with the sentence `failure` and the errors by field.
        """
        try:
            if record.collection.is_auth:
                await self._check_auth_fields(ctx, record)
            await save_record(ctx, record)
        except ValidationFailed as error:
            raise BadRequest(failure, error.errors) from error
        except _REFUSALS as error:
            if isinstance(error, SqlRejected) and is_moved_schema(error):
                raise
            raise BadRequest(failure) from error

    async def _check_auth_fields(self, ctx: Context, record: Record) -> None:
        errors: dict[str, FieldError | ErrorMap] = {}
        if not self.is_manager:
            if not record.is_new and record.email != record.original("email"):
                errors["email"] = _MISMATCH
            if record.verified != record.original("verified"):
                errors["verified"] = _MISMATCH
        if not self._is_password_from_elsewhere(record):
            await self._check_passwords(ctx, record, errors)
        if errors:
            raise ValidationFailed(errors)

    def _is_password_from_elsewhere(self, record: Record) -> bool:
        """Tell whether a hook has set the password, which then needs no confirmation."""
        value: PasswordValue = record.get("password")
        if value.plain:
            return value.plain != to_text(self.body.get("password"))
        return bool(value.hash) and record.is_new

    async def _check_passwords(
        self, ctx: Context, record: Record, errors: dict[str, FieldError | ErrorMap]
    ) -> None:
        password, confirm, old = (
            to_text(self.body.get(name)) for name in ("password", "passwordConfirm", "oldPassword")
        )
        if not password and (record.is_new or confirm or old):
            errors["password"] = REQUIRED
        if not confirm and (record.is_new or password or old):
            errors["passwordConfirm"] = REQUIRED
        elif confirm != password:
            errors["passwordConfirm"] = _MISMATCH
        if record.is_new or self.is_manager or not (password or confirm):
            return
        if not old:
            errors["oldPassword"] = REQUIRED
        elif not await ctx.verify_password(old, record.original("password").hash):
            errors["oldPassword"] = _INVALID_OLD_PASSWORD
