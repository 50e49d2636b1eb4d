"""Refuses clients that ask more often than the settings allow.

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
    _count(request, limiter, _path_labels(request.method, request.path))


def _limit_collection(request: ApiRequest, route: Route, limiter: RateLimiter) -> None:
    """Count a request of one collection: each collection and route has counters of its own.

    What the endpoint refuses anyway, for want of a collection that fits, is not counted.
    """
    collection = request.app.catalog.find(request.params["collection"])
    if collection is None or (collection.is_view and route.tags[0] in _WRITES):
        return
    labels = _collection_labels(collection, route.tags, request.method, request.path)
    _count(request, limiter, labels, (collection.id, route.method, route.path))


def limit_batch_item(
    request: ApiRequest, collection: Collection, tag: str, method: str, path: str
) -> None:
    """Count one item of a batch; each collection and action has a counter of its own for these.

    Raises:
        TooManyRequests: the limit of its rule is reached.
    """
    limiter = request.app.rate_limiter
    if limiter is None or request.is_superuser:
        return
    labels = _collection_labels(collection, (tag,), method, path)
    _count(request, limiter, labels, (collection.id, "batch", tag))


def _count(
    request: ApiRequest,
    limiter: RateLimiter,
    labels: tuple[str, ...],
    counter: tuple[str, ...] = (),
) -> None:
    rule = limiter.find_rule(labels, is_guest=request.auth is None)
    if rule is None:
        return
    key = (*(counter or (rule.label,)), rule.audience)
    if not limiter.allows(key, rule, request.real_ip):
        raise TooManyRequests


def _collection_labels(
    collection: Collection, tags: tuple[str, ...], method: str, path: str
) -> tuple[str, ...]:
    own = (f"{collection.name}:{tag}" for tag in tags)
    return (*own, *(f"*:{tag}" for tag in tags), *_path_labels(method, path))


def _path_labels(method: str, path: str) -> tuple[str, str]:
    return f"{method} {path}", path
