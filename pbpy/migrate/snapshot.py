"""The present collections as a list that `import_collections` takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.migrate.diff import shown_options
from pbpy.schema.encode import collection_to_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pbpy.errors import JsonValue
    from pbpy.schema.collection import Collection


def snapshot(collections: Iterable[Collection]) -> list[JsonValue]:
    """Return the JSON forms, the oldest first, without secrets, providers and timestamps."""
    return [
        {
            key: value
            for key, value in {**collection_to_json(item), **shown_options(item)}.items()
            if key not in ("created", "updated")
        }
        for item in sorted(collections, key=lambda item: item.created)
    ]
