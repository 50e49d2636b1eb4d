"""The `@oauth2` topic, on which a client waits for the redirect of its provider."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import orjson

from pbpy.bus.bus import WORKER_ID_LENGTH, Message
from pbpy.errors import WorkerGone

if TYPE_CHECKING:
    from pbpy.context import Context
    from pbpy.errors import JsonValue

TOPIC: Final = "@oauth2"

_KIND: Final = "realtime.oauth2"
_DELIVERED: Final = b"1"


async def send_oauth2_redirect(
    ctx: Context, client_id: str, client_ip: str, message: JsonValue
) -> bool:
    """Send message to the client that waits on the topic, once; tell whether there was one.

    The process with its stream is asked to. A client that came from another address than
    client_ip does not count, and waits no longer.
    """
    worker = client_id[:WORKER_ID_LENGTH]
    if ctx.bus.is_alone or worker == ctx.bus.worker:
        return _send(ctx, client_id, client_ip, message)
    try:
        question = Message(_KIND, orjson.dumps([client_id, client_ip, message]))
        return await ctx.bus.send(worker, question) == _DELIVERED
    except WorkerGone:
        return False


def join_oauth2(ctx: Context) -> None:
    """Begin to do it for the other processes."""
    ctx.bus.subscribe(_KIND, partial(_answer, ctx))


async def _answer(ctx: Context, question: Message) -> bytes:
    return _DELIVERED if _send(ctx, *orjson.loads(question.data)) else b""


def _send(ctx: Context, client_id: str, client_ip: str, message: JsonValue) -> bool:
    broker = ctx.realtime.broker
    client = broker.clients.get(client_id)
    if client is None or TOPIC not in client.subscriptions:
        return False
    broker.unsubscribe(client, TOPIC)
    if client.ip and client.ip != client_ip:
        ctx.log.debug("the OAuth2 redirect came from another address than its realtime client")
        return False
    return client.send(TOPIC, message)
