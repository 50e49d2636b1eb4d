"""Refuses clients that ask more often than the settings allow (contract 11.3).

Source: PocketBase apis/middlewares_rate_limit.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.errors import TooManyRequests

if TYPE_CHECKING:
    from pbpy.api.request import ApiRequest
    from pbpy.api.router import Route
    from pbpy.schema.collection import Collection
    from pbpy.settings.rate_limiter import RateLimiter

_WRITES = frozenset(("create", "update", "delete"))


def apply_rate_limit(request: ApiRequest, route: Route, limiter: RateLimiter) -> None:
    """Count the request; superusers are never counted.

    Raises:
        TooManyRequests: the limit of its rule is reached.
    """
    if request.is_superuser:
        return
    if route.tags:
        _limit_collection(request, route, limiter)
        return
    rule = limiter.find_rule(_path_labels(request), is_guest=request.auth is None)
    if rule is None:
        return
    if not limiter.allows((rule.label, rule.audience), rule, request.real_ip):
        raise TooManyRequests


def _limit_collection(request: ApiRequest, route: Route, limiter: RateLimiter) -> None:
    """Count a request of one collection: each collection and route has counters of its own.

    What the endpoint refuses anyway, for want of a collection that fits, is not counted.
    """
    collection = request.app.catalog.find(request.params["collection"])
    if collection is None or (collection.is_view and route.tags[0] in _WRITES):
        return
    labels = _collection_labels(request, route, collection)
    rule = limiter.find_rule(labels, is_guest=request.auth is None)
    if rule is None:
        return
    counter = (collection.id, route.method, route.path, rule.audience)
    if not limiter.allows(counter, rule, request.real_ip):
        raise TooManyRequests


def _collection_labels(
    request: ApiRequest, route: Route, collection: Collection
) -> tuple[str, ...]:
    own = (f"{collection.name}:{tag}" for tag in route.tags)
    return (*own, *(f"*:{tag}" for tag in route.tags), *_path_labels(request))


def _path_labels(request: ApiRequest) -> tuple[str, str]:
    return f"{request.method} {request.path}", request.path
