"""POST /api/batch: several writes of records, all of them or none."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, cast

from pbpy.api.batch_items import read_items, run_item
from pbpy.api.responses import Json, Response
from pbpy.api.router import Route
from pbpy.errors import Forbidden
from pbpy.hooks.batch_events import BatchRequestEvent
from pbpy.records.batch import run_batch
from pbpy.records.picker import compile_picker

if TYPE_CHECKING:
    from pbpy.api.request import ApiRequest
    from pbpy.context import Context
    from pbpy.errors import JsonValue

DEFAULT_MAX_BYTES: Final = 128 << 20


async def post_batch(request: ApiRequest) -> Response:
    """Run the submitted items in one transaction; answer with status and body of each."""
    app, limits = request.app, request.app.settings.batch
    items = await read_items(request, limits.max_requests)
    compile_picker(request.query.get("fields", ""))  # refused before anything is written
    answer: JsonValue = None

    async def run(final: BatchRequestEvent) -> None:
        nonlocal answer
        operations = [partial(run_item, request=request, item=item) for item in final.batch]
        answer = await run_batch(cast("Context", final.app), operations, limits.timeout)

    event = BatchRequestEvent(app, request.info, items)
    await app.on_batch_request.trigger(event, run)
    if event.response is not None:
        return Json(event.response)
    return Response() if answer is None else Json(answer)


def _body_limit(request: ApiRequest) -> int:
    """Return the largest body in bytes.

    Raises:
        Forbidden: there are no batches here.
    """
    limits = request.app.settings.batch
    if not limits.enabled or limits.max_requests <= 0:
        raise Forbidden("Batch requests are not allowed.")
    return limits.max_body_size or DEFAULT_MAX_BYTES


ROUTES = (Route("POST", "/api/batch", post_batch, body_limit=_body_limit),)
