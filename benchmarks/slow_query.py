"""How long health requests wait while the server works on a query of about three seconds."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.runner import p99
from benchmarks.target import ApiError, records_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.target import Target

_WANTED_S = 3.0
_INTERVAL_S = 0.005
_SQL_PATH = "/api/sql"
_SQL_ROWS = 400_000
_SQL = (
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < {rows})"
    " SELECT count(*) AS total FROM n"
)
_CLAUSE = "@collection.posts.description ?~ email"
_MAX_CLAUSES = 40


@dataclass(frozen=True, slots=True)
class SlowQueryResult:
    """Waiting times of health requests, and how long the query they met really took."""

    query: str
    query_s: float
    requests: int
    p99_ms: float
    max_ms: float


def measure_slow_query(target: Target) -> SlowQueryResult:
    """Run a slow query and, meanwhile, a health request every 5 ms.

    A request's time counts from the moment it was due, so a pause of the server is seen by all
    requests which fell into it.
    """
    name, query = _calibrate(target)
    took: list[float] = []
    worker = threading.Thread(target=lambda: took.append(_timed(query)), name="slow query")
    worker.start()
    waits = poll_health(target, worker)
    worker.join()
    if not took:
        raise ApiError(f"{target.name}: the slow query failed")
    return SlowQueryResult(name, took[0], len(waits), p99(waits), max(waits))


def _calibrate(target: Target) -> tuple[str, Callable[[], None]]:
    """Return a query that takes three seconds: the SQL console's, else a heavy filter."""
    try:
        return "POST /api/sql", _scaled_sql(target)
    except ApiError:
        return "heavy filter", _scaled_filter(target)


def _scaled_sql(target: Target) -> Callable[[], None]:
    def query(rows: int) -> None:
        target.root("POST", _SQL_PATH, {"query": _SQL.format(rows=rows)})

    query(1)
    factor = _WANTED_S / _timed(lambda: query(_SQL_ROWS))
    return lambda: query(int(_SQL_ROWS * factor))


def _scaled_filter(target: Target) -> Callable[[], None]:
    """Every author against every post, without a match; the clauses are repeated until slow."""

    def query(clauses: int) -> None:
        text = " || ".join([_CLAUSE] * clauses)
        target.root("GET", records_path("authors", {"filter": text, "skipTotal": 1}))

    query(1)
    factor = _WANTED_S / _timed(lambda: query(1))
    return lambda: query(min(_MAX_CLAUSES, max(1, round(factor))))


def _timed(query: Callable[[], None]) -> float:
    started = time.perf_counter()
    query()
    return time.perf_counter() - started


def poll_health(target: Target, worker: threading.Thread) -> list[float]:
    """Return how many milliseconds health requests waited while a thread ran, one every 5 ms."""
    waits: list[float] = []
    connection = target.server.connect(60.0)
    try:
        due = time.perf_counter()
        while worker.is_alive():
            due += _INTERVAL_S
            time.sleep(max(0.0, due - time.perf_counter()))
            connection.request("GET", "/api/health")
            connection.getresponse().read()
            waits.append((time.perf_counter() - due) * 1000)
    finally:
        connection.close()
    return waits
