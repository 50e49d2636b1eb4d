"""pbpy: the PocketBase server in Python.

`PocketBase` is the server as one object; the rest are the types its users meet. Names are
loaded when first asked for, so that importing one module of the package loads only its layer.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pbpy.errors import (
        ApiError,
        BadRequest,
        FieldError,
        Forbidden,
        NotFound,
        TooManyRequests,
        Unauthorized,
        ValidationFailed,
    )
    from pbpy.pocketbase import PocketBase
    from pbpy.records.record import Record
    from pbpy.schema.collection import Collection

__all__ = [
    "ApiError",
    "BadRequest",
    "Collection",
    "FieldError",
    "Forbidden",
    "NotFound",
    "PocketBase",
    "Record",
    "TooManyRequests",
    "Unauthorized",
    "ValidationFailed",
]

_HOMES = {
    "Collection": "pbpy.schema.collection",
    "PocketBase": "pbpy.pocketbase",
    "Record": "pbpy.records.record",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, "pbpy.errors")), name)
