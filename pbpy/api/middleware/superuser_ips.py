"""Refuses superusers who come from an address that the settings do not list (SEC-19)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.errors import Forbidden
from pbpy.settings.addresses import is_listed

if TYPE_CHECKING:
    from pbpy.api.request import ApiRequest
    from pbpy.records.record import Record


def is_listed_ip(request: ApiRequest, record: Record) -> bool:
    """Tell whether record may come from the address of the request; only superusers are asked."""
    listed = request.app.settings.superuser_ips
    if not listed or not record.collection.is_superusers:
        return True
    return is_listed(listed, request.real_ip)


def require_listed_ip(request: ApiRequest) -> None:
    """Let everyone pass but superusers who come from elsewhere.

    Raises:
        Forbidden: this is one.
    """
    if request.auth is not None and not is_listed_ip(request, request.auth):
        raise Forbidden
