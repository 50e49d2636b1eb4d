"""The `@oauth2` topic, on which a client waits for the redirect of its provider."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pbpy.context import Context
    from pbpy.errors import JsonValue

TOPIC: Final = "@oauth2"


async def send_oauth2_redirect(
    ctx: Context, client_id: str, client_ip: str, message: JsonValue
) -> bool:
    """Send message to the client that waits on the topic, once; tell whether there was one.

    A client that came from another address than client_ip does not count, and waits no longer.
    """
    broker = ctx.realtime.broker
    client = broker.clients.get(client_id)
    if client is None or TOPIC not in client.subscriptions:
        return False
    broker.unsubscribe(client, TOPIC)
    if client.ip and client.ip != client_ip:
        ctx.log.debug("the OAuth2 redirect came from another address than its realtime client")
        return False
    return client.send(TOPIC, message)
