"""The exception tree; every error of pbpy derives from PbpyError.

    PbpyError
      ApiError(status, message, data)    what a client gets, as PocketBase's envelope
        BadRequest  Unauthorized  Forbidden  NotFound
        ContentTooLarge  TooManyRequests  InternalError
      ValidationFailed(errors)           field -> FieldError, nested for lists and objects
      StoreError                         the database refused
        UniqueViolation(columns)  ConstraintViolation  SqlRejected  Busy  QueryTimeout  StorageFull
      StorageError(reason)               the storage of files refused
      FilterError(reason)                a filter, sort or rule that cannot be used
        FilterForbidden                  a client may not use this path
      SchemaError(reason)                a collection change that the database refused
      MigrationError(reason)             a migration file that cannot be applied
      TokenError(reason)                 a token that proves nothing
      MailError(reason)                  a mail that was not sent
      RecordChanged                      a conditional update that came too late
      BatchFailed(index, cause)          one operation of a batch; none of them is done
      WorkerGone                         another process of this server that does not answer
      ConfigError(reason)                a start that cannot work

Layers below `api` never send a response; `api/errors.py` holds the one table from type to answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

JsonValue: TypeAlias = Any
"""Decoded JSON: None, bool, int, float, str, list or dict with str keys."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """One validation error: PocketBase's code, its sentence and its parameters (may be empty)."""

    code: str
    message: str
    params: Mapping[str, JsonValue] = field(default_factory=dict)

    def to_json(self) -> dict[str, JsonValue]:
        """Return `{"code", "message"}` and `"params"` where there are any."""
        body: dict[str, JsonValue] = {"code": self.code, "message": self.message}
        if self.params:
            body["params"] = dict(self.params)
        return body


ErrorMap: TypeAlias = "Mapping[str, FieldError | ErrorMap]"
"""Key of the body -> its error; lists are keyed by their index as text."""

REQUIRED = FieldError("validation_required", "Cannot be blank.")


def errors_to_json(errors: ErrorMap) -> dict[str, JsonValue]:
    """Return the `data` member of PocketBase's error envelope."""
    return {
        key: error.to_json() if isinstance(error, FieldError) else errors_to_json(error)
        for key, error in errors.items()
    }


def _summary(errors: ErrorMap) -> str:
    return "; ".join(
        f"{key}: {item.message}" if isinstance(item, FieldError) else f"{key}: ({_summary(item)})"
        for key, item in errors.items()
    )


class PbpyError(Exception):
    """Base of all errors that pbpy raises on purpose."""


GENERIC_MESSAGES = {
    400: "Something went wrong while processing your request.",
    401: "Missing or invalid authentication.",
    403: "You are not allowed to perform this request.",
    404: "The requested resource wasn't found.",
    413: "Request entity too large.",
    429: "Too Many Requests.",
    500: "Something went wrong while processing your request.",
}
"""PocketBase's sentence for each status when an error brings none of its own."""


def to_sentence(text: str) -> str:
    """Return text with its first letter in upper case and a closing mark, as PocketBase does."""
    text = text.strip()
    if not text:
        return ""
    text = text[0].upper() + text[1:]
    return text if text[-1] in ".?!" else text + "."


class ApiError(PbpyError):
    """An error with a status; its message and data go to the client."""

    def __init__(self, status: int, message: str = "", data: ErrorMap | None = None) -> None:
        self.status = status
        self.message = to_sentence(message) or GENERIC_MESSAGES.get(status, GENERIC_MESSAGES[400])
        self.data: ErrorMap = data or {}
        super().__init__(self.message)

    def to_json(self) -> dict[str, JsonValue]:
        """Return the envelope `{"data", "message", "status"}` in PocketBase's key order."""
        return {
            "data": errors_to_json(self.data),
            "message": self.message,
            "status": self.status,
        }


class BadRequest(ApiError):
    """400: a malformed request, failed validation or a create rule that does not match."""

    def __init__(self, message: str = "", data: ErrorMap | None = None) -> None:
        super().__init__(400, message, data)


class Unauthorized(ApiError):
    """401: a guest asks for what needs a signed-in record."""

    def __init__(self, message: str = "", data: ErrorMap | None = None) -> None:
        super().__init__(401, message, data)


class Forbidden(ApiError):
    """403: signed in or not, this is not allowed."""

    def __init__(self, message: str = "", data: ErrorMap | None = None) -> None:
        super().__init__(403, message, data)


class NotFound(ApiError):
    """404: no such thing, or the rules hide it."""

    def __init__(self, message: str = "", data: ErrorMap | None = None) -> None:
        super().__init__(404, message, data)


class ContentTooLarge(ApiError):
    """413: the body is larger than the route allows."""

    def __init__(self, message: str = "", data: ErrorMap | None = None) -> None:
        super().__init__(413, message, data)


class TooManyRequests(ApiError):
    """429: a limit of attempts was reached."""

    def __init__(self, message: str = "", data: ErrorMap | None = None) -> None:
        super().__init__(429, message, data)


class InternalError(ApiError):
    """500: a defect or a broken environment; the cause goes to the log."""

    def __init__(self, message: str = "", data: ErrorMap | None = None) -> None:
        super().__init__(500, message, data)


class ValidationFailed(PbpyError):
    """Values or settings that PocketBase refuses with `validation_*` codes; always a 400."""

    def __init__(self, errors: ErrorMap) -> None:
        self.errors = errors
        super().__init__(f"validation failed: {errors_to_json(errors)}")

    @property
    def summary(self) -> str:
        """The sentences by key, for a person: `name: Cannot be blank.; ...`."""
        return _summary(self.errors)


class StoreError(PbpyError):
    """The database could not do what was asked."""


class UniqueViolation(StoreError):
    """A unique index refused a row; `columns` are the plain names of its columns."""

    def __init__(self, columns: tuple[str, ...], reason: str) -> None:
        self.columns = columns
        super().__init__(reason)


class ConstraintViolation(StoreError):
    """A NOT NULL, CHECK or other constraint refused a row."""


class SqlRejected(StoreError):
    """SQLite does not accept the statement: syntax, unknown table or column, wrong arguments."""


class Busy(StoreError):
    """Another process held the write lock for longer than the limit."""


class QueryTimeout(StoreError):
    """A read took longer than the query timeout and was interrupted."""


class StorageFull(StoreError):
    """The disk is full or read-only."""


class StorageError(PbpyError):
    """The storage of files could not do what was asked, or the key is no plain path."""


class FilterError(PbpyError):
    """A filter, sort or rule that cannot be parsed, resolved or is over a limit."""


class FilterForbidden(FilterError):
    """A client filter or sort uses `@request.` or `@collection.`; the answer is 403."""


class SchemaError(PbpyError):
    """A change of a collection that the database refused; the message is shown to superusers."""


class MigrationError(PbpyError):
    """A migration that cannot be loaded or applied; the message names file and line."""


class TokenError(PbpyError):
    """A token that is malformed, expired, of the wrong type or signed by another key."""


class MailError(PbpyError):
    """A mail that could not be written or handed over; the message is for the log."""


class RecordChanged(PbpyError):
    """A conditional update came too late: the stored record is another one by now."""


class BatchFailed(PbpyError):
    """One operation of a batch has failed, so that none of them is done."""

    def __init__(self, index: int, cause: Exception) -> None:
        self.index = index
        self.cause = cause
        super().__init__(f"operation {index} of a batch failed: {cause}")


class WorkerGone(PbpyError):
    """Another process of this server is not there any more, or does not answer in time."""


class ConfigError(PbpyError):
    """A start that cannot work; the message tells the person what to change."""
