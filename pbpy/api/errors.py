"""The one table from exception type to answer.

An exception is found by its type's method resolution order, so a subclass without a row of
its own is answered as its base. What no row names is logged with its trace: an error that a
hook or an endpoint raises is a generic 400 as in PocketBase, a defect is 500 as Go's panic.
"""

from __future__ import annotations

import errno
import logging
from typing import TYPE_CHECKING, Any

import orjson

from pbpy import errors as e
from pbpy.api.responses import Json
from pbpy.auth.mfa import MfaRequired

if TYPE_CHECKING:
    from collections.abc import Callable

    from pbpy.api.request import ApiRequest
    from pbpy.api.responses import Response

INSUFFICIENT_STORAGE = 507
_SERVER_ERRORS = 500
_FULL = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EROFS))


def answer_error(request: ApiRequest, error: Exception) -> Response:
    """Return the answer to an exception; what clients must not know goes to the log."""
    kind = next(kind for kind in type(error).__mro__ if kind in TABLE)
    return TABLE[kind](request, error)


def _api_error(_: ApiRequest, error: Any) -> Response:
    return Json(error.to_json(), error.status)


def _validation(_: ApiRequest, error: Any) -> Response:
    refused = e.BadRequest(data=error.errors)
    return Json(refused.to_json(), refused.status)


def _mfa(_: ApiRequest, error: Any) -> Response:
    return Json({"mfaId": error.mfa_id}, 401)


def _generic(status: int, level: int) -> Callable[[ApiRequest, Any], Response]:
    """Return an answer with PocketBase's sentence for status; the cause is logged at level."""
    body = e.ApiError(status).to_json()

    def answer(request: ApiRequest, error: Any) -> Response:
        _log(request, level, f"{type(error).__name__}: {error}")
        return Json(body, status)

    return answer


def _storage_full(request: ApiRequest, error: Any) -> Response:
    _log(request, logging.ERROR, f"the data directory cannot be written: {error}")
    return Json(e.ApiError(INSUFFICIENT_STORAGE).to_json(), INSUFFICIENT_STORAGE)


def _storage(request: ApiRequest, error: Any) -> Response:
    if isinstance(error.__cause__, OSError) and error.__cause__.errno in _FULL:
        return _storage_full(request, error)
    return _BROKEN(request, error)


def _batch(request: ApiRequest, error: Any) -> Response:
    """Answer 400 with what the item would be answered alone, under its index.

    A failure of the server itself, as a full disk, is no item's mistake and answered as such.
    """
    inner = answer_error(request, error.cause)
    if inner.status >= _SERVER_ERRORS and not isinstance(error.cause, e.ApiError):
        return inner
    inner.prepare({})
    failed = {
        "code": "batch_request_failed",
        "message": "Batch request failed.",
        "response": orjson.Fragment(inner.body),
    }
    refused = e.BadRequest("Batch transaction failed.").to_json()
    return Json({**refused, "data": {"requests": {str(error.index): failed}}}, 400)


def _schema(_: ApiRequest, error: Any) -> Response:
    return Json(e.BadRequest(str(error)).to_json(), 400)


def _filter_forbidden(_: ApiRequest, error: Any) -> Response:
    return Json(e.Forbidden(str(error)).to_json(), 403)


def _unexpected(status: int) -> Callable[[ApiRequest, Any], Response]:
    body = e.ApiError(status).to_json()

    def answer(request: ApiRequest, error: Any) -> Response:
        _log(request, logging.ERROR, "unexpected error", exc_info=error)
        return Json(body, status)

    return answer


def _log(request: ApiRequest, level: int, text: str, **options: Any) -> None:
    request.app.log.log(
        level, "%s %s [%s] %s", request.method, request.path, request.id, text, **options
    )


_WRONG_INPUT = _generic(400, logging.DEBUG)
_BROKEN = _generic(500, logging.ERROR)
_DEFECT = _unexpected(500)

TABLE: dict[type[Exception], Callable[[ApiRequest, Any], Response]] = {
    e.ApiError: _api_error,
    e.ValidationFailed: _validation,
    MfaRequired: _mfa,
    e.StorageFull: _storage_full,
    e.Busy: _generic(503, logging.WARNING),
    e.QueryTimeout: _generic(400, logging.WARNING),
    e.StoreError: _generic(400, logging.WARNING),
    e.StorageError: _storage,
    e.FilterForbidden: _filter_forbidden,
    e.FilterError: _WRONG_INPUT,
    e.SchemaError: _schema,
    e.TokenError: _WRONG_INPUT,
    e.MailError: _generic(400, logging.WARNING),
    e.RecordChanged: _WRONG_INPUT,
    e.BatchFailed: _batch,
    e.WorkerGone: _generic(503, logging.WARNING),
    e.MigrationError: _BROKEN,
    e.ConfigError: _BROKEN,
    FileNotFoundError: _generic(404, logging.DEBUG),
    RecursionError: _WRONG_INPUT,
    # what Go would panic for
    **dict.fromkeys(
        (ArithmeticError, AssertionError, AttributeError, LookupError, MemoryError, NameError),
        _DEFECT,
    ),
    RuntimeError: _DEFECT,
    TypeError: _DEFECT,
    Exception: _unexpected(400),
}
