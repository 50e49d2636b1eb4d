"""The stored files of records, and the tokens for protected ones (contract 10.4, 10.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.api.file_response import FileResponse
from pbpy.api.guards import require_auth
from pbpy.api.middleware.superuser_ips import is_listed_ip
from pbpy.api.responses import Json, Response
from pbpy.api.router import Route
from pbpy.auth.tokens import issue_token
from pbpy.errors import NotFound, StorageError, Unauthorized
from pbpy.fields.file import File
from pbpy.files.names import file_key
from pbpy.files.serving import file_headers
from pbpy.hooks.events import FileTokenRequestEvent
from pbpy.records.find import find_record
from pbpy.records.rules import satisfies_rule

if TYPE_CHECKING:
    from pbpy.api.request import ApiRequest
    from pbpy.records.record import Record

_FORCED = frozenset(("1", "t", "T", "TRUE", "true", "True"))


async def download(request: ApiRequest) -> Response:
    """Send a file of a record.

    Raises:
        NotFound: there is no such file, or the rules hide it; nobody can tell which.
    """
    app, name = request.app, request.params["filename"]
    collection = app.catalog.find(request.params["collection"])
    if collection is None:
        raise NotFound("Missing or invalid collection context.")
    record = await find_record(app, collection, request.params["recordId"])
    if record is None:
        raise NotFound
    owner = _find_field(record, name)
    if owner.protected and not await _may_view(request, record):
        raise NotFound
    try:
        opened = await app.storage.open(file_key(record.collection.id, record.id, name))
    except StorageError as error:
        raise NotFound from error
    if opened is None:
        raise NotFound
    info = opened.info
    forced = request.query.get("download", "") in _FORCED
    headers = file_headers(name, name, info.content_type, download=forced)
    return FileResponse(
        request,
        opened.source,
        size=info.size,
        modified=info.modified,
        content_type=dict(headers)["Content-Type"],
        headers=[
            (key.lower().encode(), value.encode())
            for key, value in headers
            if key != "Content-Type"
        ],
        frameable=True,
    )


def _find_field(record: Record, name: str) -> File:
    for field in record.collection.fields:
        if isinstance(field, File) and name in field.names(record.get(field.name)):
            return field
    raise NotFound


async def _may_view(request: ApiRequest, record: Record) -> bool:
    """Tell whether the view rule lets the token's record see this one; a guest without a token.

    The Authorization header is not looked at.
    """
    info = request.info.with_context("protectedFile")
    viewer = await request.app.authenticate(request.query.get("token", ""), "file")
    info.auth = viewer if viewer is not None and is_listed_ip(request, viewer) else None
    return await satisfies_rule(request.app, info, record, record.collection.view_rule)


async def post_token(request: ApiRequest) -> Response:
    """Answer with a token that shows protected files to whoever has their URL.

    Raises:
        Unauthorized: the request is a guest's.
    """
    if request.auth is None:
        raise Unauthorized("Missing auth context.")
    answer = Response()

    async def show(final: FileTokenRequestEvent) -> None:
        nonlocal answer
        answer = Json({"token": final.token})

    app, auth = request.app, request.auth
    event = FileTokenRequestEvent(app, request.info, auth, issue_token(auth, "file"))
    await app.hooks.on_file_token_request.trigger(event, show)
    return answer if event.response is None else Json(event.response)


ROUTES = (
    Route("POST", "/api/files/token", post_token, require_auth),
    Route("GET", "/api/files/{collection}/{recordId}/{filename}", download, tags=("file",)),
)
