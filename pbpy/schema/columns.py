"""The columns of `_collections`."""

from __future__ import annotations

COLUMNS = (
    "id",
    "system",
    "type",
    "name",
    "fields",
    "indexes",
    "listRule",
    "viewRule",
    "createRule",
    "updateRule",
    "deleteRule",
    "options",
    "created",
    "updated",
)
"""In the order of every row that `queries.py` reads and writes."""
