"""Fill a data directory through PocketBase, so that both servers get the same bytes."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from benchmarks import rows
from benchmarks.target import Target
from tests.servers import start_pocketbase

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from benchmarks.target import Json

_BATCH = 500
_OPEN = {f"{action}Rule": "" for action in ("list", "view", "create", "update", "delete")}
_AUTODATES = [
    {"name": "created", "type": "autodate", "onCreate": True},
    {"name": "updated", "type": "autodate", "onCreate": True, "onUpdate": True},
]
_AUTHORS_ID = "bench_authors"
_SETTINGS = {
    "batch": {"enabled": True, "maxRequests": _BATCH, "timeout": 120},
    "logs": {"maxDays": 0},  # neither server logs requests
}


def build_data(folder: Path) -> None:
    """Write `folder/pb_data` with all rows; takes some ten seconds, most of them bcrypt's."""
    with start_pocketbase(folder) as server:
        target = Target(server)
        target.root("PATCH", "/api/settings", _SETTINGS)
        target.root("PUT", "/api/collections/import", {"collections": _collections()})
        _insert(target, "organizations", rows.organisations())
        _insert(target, "permissions", rows.permissions())
        _insert(target, "authors", rows.authors())
        _insert(target, "posts", rows.posts("posts", rows.POSTS))
        _insert(target, "drafts", rows.posts("drafts", rows.DRAFTS))


def copy_data(source: Path, folder: Path) -> None:
    """Give `folder` a copy of the data directory of a stopped server."""
    shutil.copytree(source / "pb_data", folder / "pb_data")


def _insert(target: Target, collection: str, items: list[rows.Row]) -> None:
    path = f"/api/collections/{collection}/records"
    for some in _chunks(items, _BATCH):
        requests = [{"method": "POST", "url": path, "body": item} for item in some]
        target.root("POST", "/api/batch", {"requests": requests})


def _chunks(items: Sequence[rows.Row], size: int) -> Iterator[Sequence[rows.Row]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _collections() -> list[Json]:
    return [
        {
            **_OPEN,
            "id": "bench_organizations",
            "name": "organizations",
            "fields": [_text("name")],
        },
        {
            **_OPEN,
            "id": "bench_permissions",
            "name": "permissions",
            "fields": [_text("name"), {"name": "active", "type": "bool"}],
        },
        {
            **_OPEN,
            "id": _AUTHORS_ID,
            "name": "authors",
            "type": "auth",
            "authAlert": {"enabled": False},
            "fields": [
                _text("name"),
                _relation("organization", "bench_organizations", 1),
                _relation("permissions", "bench_permissions", 99),
                *_AUTODATES,
            ],
        },
        {**_OPEN, "id": "bench_posts", "name": "posts", "fields": _post_fields()},
        {**_OPEN, "id": "bench_drafts", "name": "drafts", "fields": _post_fields()},
    ]


def _post_fields() -> list[Json]:
    return [
        _text("title"),
        {"name": "description", "type": "editor"},
        {"name": "active", "type": "bool"},
        {"name": "public", "type": "bool"},
        {"name": "type", "type": "select", "maxSelect": 3, "values": list(rows.KINDS)},
        _relation("author", _AUTHORS_ID, 1),
        *_AUTODATES,
    ]


def _text(name: str) -> Json:
    return {"name": name, "type": "text"}


def _relation(name: str, collection_id: str, max_select: int) -> Json:
    return {
        "name": name,
        "type": "relation",
        "collectionId": collection_id,
        "maxSelect": max_select,
    }
