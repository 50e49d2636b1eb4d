"""Turns whatever an endpoint raises into its answer; nothing but a lost client goes further."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.api.errors import answer_error
from pbpy.api.incoming_body import ClientGone

if TYPE_CHECKING:
    from pbpy.api.request import ApiRequest
    from pbpy.api.responses import Response
    from pbpy.api.router import Handler


async def recover(request: ApiRequest, go_on: Handler) -> Response:
    """Return the endpoint's answer, complete, or the answer to its exception.

    Raises:
        ClientGone: nobody waits for an answer.
    """
    try:
        response = await go_on(request)
        response.prepare(request.query)
    except ClientGone:
        raise
    except Exception as error:  # the edge of the process
        response = answer_error(request, error)
        response.prepare({})
    return response
