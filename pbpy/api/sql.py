"""POST /api/sql: the console of superusers. Source: PocketBase apis/sql.go."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from pbpy.api.guards import require_superuser
from pbpy.api.responses import Json, Response
from pbpy.api.router import Route
from pbpy.errors import (
    REQUIRED,
    BadRequest,
    ConstraintViolation,
    FieldError,
    QueryTimeout,
    SqlRejected,
    UniqueViolation,
)
from pbpy.store.sql import Sql

if TYPE_CHECKING:
    from pbpy.api.request import ApiRequest
    from pbpy.app import App
    from pbpy.errors import JsonValue
    from pbpy.store.sql import SqlValue

MAX_QUERY_BYTES = 5000
MAX_ROWS = 1000
_WRITES = ("INSERT", "CREATE", "UPDATE", "DELETE", "DROP", "DETACH", "ALTER", "REPLACE")
_FAILED = "Failed to execute query. Raw error:\n"
_INVALID = "An error occurred while validating the submitted data."
_TOO_LONG = FieldError(
    "validation_length_too_long",
    f"The length must be no more than {MAX_QUERY_BYTES}.",
    {"max": MAX_QUERY_BYTES, "min": 0},
)
_EXACT_FLOAT_DIGITS = 21


async def run_sql(request: ApiRequest) -> Response:
    """Run the query of the body; answer its rows, or how many rows it changed.

    Raises:
        BadRequest: the query is missing, too long, or refused by SQLite.
    """
    body = await request.struct_body({"query": "text"})
    text: str = body.get("query", "")
    if not text:
        raise BadRequest(_INVALID, {"query": REQUIRED})
    if len(text.encode()) > MAX_QUERY_BYTES:
        raise BadRequest(_INVALID, {"query": _TOO_LONG})
    started = time.perf_counter()
    try:
        result = await _execute(request.app, text.strip())
    except (ConstraintViolation, QueryTimeout, SqlRejected, UniqueViolation) as error:
        raise BadRequest(f"{_FAILED}{error}") from error
    return Json({"execTime": int((time.perf_counter() - started) * 1000), **result})


async def _execute(app: App, text: str) -> dict[str, JsonValue]:
    """Return affectedRows, columns and rows."""
    if not text:
        raise BadRequest(_FAILED + "empty query")
    result: dict[str, JsonValue] = {"affectedRows": 0, "columns": [], "rows": []}
    if text.upper().startswith(_WRITES):
        async with app.transaction() as bound:
            result["affectedRows"] = await bound.tx.execute_long(Sql(text))
        await app.reload_catalog()
        return result
    columns, rows = await app.db.described(Sql(text), MAX_ROWS)
    result["columns"] = [{"name": name, "type": kind, "nullable": True} for name, kind in columns]
    result["rows"] = [[_cell(value) for value in row] for row in rows]
    return result


def _cell(value: SqlValue) -> str | None:
    """Return a value as text, as Go's database/sql scans it into a string."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, float):
        return _format_float(value)
    return str(value)


def _format_float(value: float) -> str:
    """Return Go's FormatFloat 'g', -1: an exponent from 1e21 on and below 1e-4."""
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    text = repr(value)
    if "e" not in text:
        return text.removesuffix(".0")
    return text if abs(value) >= 10**_EXACT_FLOAT_DIGITS or abs(value) < 1 else f"{value:.0f}"


ROUTES = (Route("POST", "/api/sql", run_sql, require_superuser),)
