"""GET and POST /api/realtime: a stream of events, and what its client listens to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pbpy.api.event_stream import EventStream
from pbpy.api.passed_on import pass_on
from pbpy.api.responses import NoContent, Response
from pbpy.api.router import Route
from pbpy.auth.tokens import read_claims
from pbpy.errors import REQUIRED, BadRequest, FieldError, Forbidden, NotFound
from pbpy.hooks.realtime_events import RealtimeConnectRequestEvent, RealtimeSubscribeRequestEvent
from pbpy.realtime.client import Client
from pbpy.realtime.topic import parse_topics

if TYPE_CHECKING:
    from pbpy.api.request import ApiRequest
    from pbpy.api.struct_body import Shape
    from pbpy.errors import ErrorMap

IDLE_TIMEOUT_S: Final = 300.0
MAX_TIMEOUT_S: Final = 1800.0
MAX_CLIENT_ID_BYTES: Final = 255
MAX_SUBSCRIPTIONS: Final = 1000
MAX_TOPIC_BYTES: Final = 2500

SUBSCRIBE: Final = "api.subscribe"
"""What workers call a request for subscriptions that they pass on."""

_FORM: Shape = {"clientId": "text", "subscriptions": "texts"}
_AUTH_CHANGED: Final = "The current and the previous request authorization don't match."


async def connect(request: ApiRequest) -> Response:
    """Open a stream; its first message tells the client its id."""
    event = RealtimeConnectRequestEvent(
        request.app,
        request.info,
        Client(request.real_ip, request.app.bus.worker),
        idle_timeout_s=IDLE_TIMEOUT_S,
        max_timeout_s=MAX_TIMEOUT_S,
    )
    return EventStream(request, event)


async def set_subscriptions(request: ApiRequest) -> Response:
    """Replace what a client listens to; the worker with its stream does it."""
    form = await request.struct_body(_FORM, "")
    client_id: str = form.get("clientId", "")
    subscriptions: list[str] = form.get("subscriptions", [])
    _validate(client_id, subscriptions)
    client = request.app.realtime.clients.get(client_id)
    if client is None:
        answer = await pass_on(request, SUBSCRIBE, client_id, form)
        if answer is None:
            raise NotFound("Missing or invalid client id.")
        return answer
    if client.ip and client.ip != request.real_ip:
        raise BadRequest("Invalid realtime client.")
    _require_same_auth(client, request)
    event = RealtimeSubscribeRequestEvent(request.app, request.info, client, subscriptions)

    async def subscribe(final: RealtimeSubscribeRequestEvent) -> None:
        await _subscribe(request, final)

    await request.app.on_realtime_subscribe_request.trigger(event, subscribe)
    return NoContent()


async def _subscribe(request: ApiRequest, event: RealtimeSubscribeRequestEvent) -> None:
    """Bind the client to the request's auth record and replace its subscriptions.

    Raises:
        Forbidden: the token was ended, or another request has bound the client, while this one
            was on its way.
    """
    broker, client = request.app.realtime.broker, event.client
    topics = await parse_topics(event.subscriptions)
    _require_same_auth(client, request)
    broker.sign_in(client, request.auth, _expiry(request))
    # Changes of the record reach the client from here on; those before it are seen now.
    if request.auth is not None and await request.app.authenticate(request.token) is None:
        broker.revoke(client)
        raise Forbidden(_AUTH_CHANGED)
    broker.subscribe(client, topics)


def _expiry(request: ApiRequest) -> float | None:
    """Return when the token of a signed-in request expires."""
    if request.auth is None:
        return None
    expiry = read_claims(request.token).get("exp")
    return float(expiry) if isinstance(expiry, (int, float)) else None


def _require_same_auth(client: Client, request: ApiRequest) -> None:
    """Check that a bound client is not to be bound to another record, or to none.

    Raises:
        Forbidden: it is.
    """
    known, auth = client.auth, request.auth
    if known is not None and (
        auth is None or (known.collection.id, known.id) != (auth.collection.id, auth.id)
    ):
        raise Forbidden(_AUTH_CHANGED)


def _validate(client_id: str, subscriptions: list[str]) -> None:
    """Check a submitted form.

    Raises:
        BadRequest: with the errors by field.
    """
    errors: dict[str, FieldError | ErrorMap] = {}
    size = len(client_id.encode("utf-8", "surrogatepass"))
    if not client_id:
        errors["clientId"] = REQUIRED
    elif size > MAX_CLIENT_ID_BYTES:
        errors["clientId"] = FieldError(
            "validation_length_out_of_range",
            f"The length must be between 1 and {MAX_CLIENT_ID_BYTES}.",
            {"max": MAX_CLIENT_ID_BYTES, "min": 1},
        )
    if len(subscriptions) > MAX_SUBSCRIPTIONS:
        errors["subscriptions"] = _too_long(MAX_SUBSCRIPTIONS)
    else:
        long = {
            str(index): _too_long(MAX_TOPIC_BYTES)
            for index, text in enumerate(subscriptions)
            if len(text) * 4 > MAX_TOPIC_BYTES
            and len(text.encode("utf-8", "surrogatepass")) > MAX_TOPIC_BYTES
        }
        if long:
            errors["subscriptions"] = long
    if errors:
        raise BadRequest(data=errors)


def _too_long(limit: int) -> FieldError:
    return FieldError(
        "validation_length_too_long",
        f"The length must be no more than {limit}.",
        {"max": limit, "min": 0},
    )


ROUTES = (
    Route("GET", "/api/realtime", connect),
    Route("POST", "/api/realtime", set_subscriptions),
)
