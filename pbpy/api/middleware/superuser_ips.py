"""Refuses superusers who come from an address that the settings do not list (SEC-19)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.errors import Forbidden
from pbpy.settings.addresses import is_listed

if TYPE_CHECKING:
    from pbpy.api.request import ApiRequest


def require_listed_ip(request: ApiRequest) -> None:
    """Let everyone pass but superusers who come from elsewhere.

    Raises:
        Forbidden: this is one.
    """
    listed = request.app.settings.superuser_ips
    if listed and request.is_superuser and not is_listed(listed, request.real_ip):
        raise Forbidden
