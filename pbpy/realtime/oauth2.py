"""The `@oauth2` topic, on which a client waits for the redirect of its provider."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pbpy.context import Context
    from pbpy.errors import JsonValue


async def send_oauth2_redirect(
    ctx: Context, client_id: str, client_ip: str, message: JsonValue
) -> bool:
    """Send message to the client that waits on the topic, once; tell whether there was one.

    A client that came from another address than client_ip does not count. As long as there is
    no broker there are no clients.
    """
    ctx.log.debug("nobody waits for the OAuth2 redirect of %s", client_ip)
    return False
