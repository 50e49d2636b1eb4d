"""Who may use a route; the sentences are PocketBase's (apis/middlewares.go)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.errors import Forbidden, NotFound, Unauthorized

if TYPE_CHECKING:
    from pbpy.api.request import ApiRequest


def require_auth(request: ApiRequest) -> None:
    """Let signed-in records of any collection pass.

    Raises:
        Unauthorized: the request is a guest's.
    """
    if request.auth is None:
        raise Unauthorized("The request requires valid record authorization token.")


def require_superuser(request: ApiRequest) -> None:
    """Let superusers pass.

    Raises:
        Unauthorized: the request is a guest's.
        Forbidden: another record is signed in.
    """
    require_auth(request)
    if not request.is_superuser:
        raise Forbidden("The authorized record is not allowed to perform this action.")


def require_same_collection(request: ApiRequest) -> None:
    """Let records of the collection in the path pass.

    Raises:
        NotFound: there is no such collection.
        Unauthorized: the request is a guest's.
        Forbidden: a record of another collection is signed in.
    """
    collection = request.app.catalog.find(request.params["collection"])
    if collection is None:
        raise NotFound("Missing or invalid collection context.")
    require_auth(request)
    auth = request.auth
    if auth is None or auth.collection.id != collection.id:
        name = auth.collection.name if auth is not None else ""
        raise Forbidden(f"The request requires auth record from {name} collection.")
