"""Whose request it is, seen through proxies. Source: PocketBase core/event_request.go RealIP."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import Scope

    from pbpy.settings.model import TrustedProxy


def find_remote_ip(scope: Scope) -> str:
    """Return the address of the connection's other end, IPv6 written out; "" if unknown."""
    client = scope.get("client")
    return _expand(client[0]) if client else ""


def find_real_ip(scope: Scope, proxy: TrustedProxy) -> str:
    """Return the address that the first present header of proxy names, else the remote one.

    Of a header that comes several times the last counts, since the proxy added it.
    """
    for name in proxy.headers:
        key = name.lower().encode("latin-1")
        values = [value for known, value in scope["headers"] if known == key]
        if not values:
            continue
        parts = values[-1].decode("latin-1").split(",")
        for part in parts if proxy.use_leftmost_ip else reversed(parts):
            if address := _expand(part.strip()):
                return address
    return find_remote_ip(scope)


@lru_cache(1024)
def _expand(text: str) -> str:
    try:
        return ip_address(text).exploded
    except ValueError:
        return ""
