"""Refuses a body that announces more than its route allows, before any of it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.errors import ContentTooLarge

if TYPE_CHECKING:
    from pbpy.api.request import ApiRequest
    from pbpy.api.router import BodyLimit


def apply_body_limit(request: ApiRequest, limit: BodyLimit) -> None:
    """Set what `request.chunks` lets pass.

    Raises:
        ContentTooLarge: the announced length is larger.
    """
    allowed = limit(request) if callable(limit) else limit
    request.body_limit = allowed
    length = request.content_length
    if length is not None and allowed is not None and length > allowed:
        raise ContentTooLarge
