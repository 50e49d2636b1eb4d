"""Records: list, view, create, update, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from pbpy.api.incoming_body import DEFAULT_BODY_LIMIT
from pbpy.api.responses import EncodedJson, NoContent, Response
from pbpy.api.router import Route
from pbpy.errors import BadRequest, NotFound
from pbpy.fields.field import GrowsBody
from pbpy.records.create import create_record
from pbpy.records.delete import delete_requested
from pbpy.records.list import list_records
from pbpy.records.moved_schema import with_fresh_catalog
from pbpy.records.update import update_record
from pbpy.records.view import view_record

if TYPE_CHECKING:
    from pbpy.api.request import ApiRequest
    from pbpy.errors import JsonValue
    from pbpy.schema.collection import Collection


async def get_page(request: ApiRequest) -> Response:
    """Answer with a page of records."""
    await _read_odd_body(request)
    app, info = request.app, request.info
    return _respond(
        await with_fresh_catalog(
            app,
            _get_collection(request),
            lambda collection: list_records(app, collection, info, lambda: request.real_ip),
        )
    )


async def get_record(request: ApiRequest) -> Response:
    """Answer with one record."""
    await _read_odd_body(request)
    app, info = request.app, request.info
    return _respond(
        await with_fresh_catalog(
            app,
            _get_collection(request),
            lambda collection: view_record(app, collection, info, request.params["id"]),
        )
    )


async def post_record(request: ApiRequest) -> Response:
    """Create a record."""
    found = _get_table(request)
    body = await _read_body(request, found)
    info = request.info

    async def create(collection: Collection) -> JsonValue:
        info.body = body
        return await create_record(request.app, collection, info, request.files)

    return _respond(await with_fresh_catalog(request.app, found, create))


async def patch_record(request: ApiRequest) -> Response:
    """Change a record."""
    found = _get_table(request)
    body = await _read_body(request, found)
    info = request.info

    async def update(collection: Collection) -> JsonValue:
        info.body = body
        return await update_record(
            request.app, collection, info, request.params["id"], request.files
        )

    return _respond(await with_fresh_catalog(request.app, found, update))


async def remove_record(request: ApiRequest) -> Response:
    """Delete a record."""
    app, found = request.app, _get_table(request)
    await _read_odd_body(request)
    info = request.info
    answer = await with_fresh_catalog(
        app,
        found,
        lambda collection: delete_requested(app, collection, info, request.params["id"]),
    )
    return NoContent() if answer is None else _respond(answer)


async def _read_body(request: ApiRequest, collection: Collection) -> dict[str, JsonValue]:
    is_multipart = request.header(b"content-type").startswith("multipart/form-data")
    if is_multipart and not request.has_body and any(f.type == "file" for f in collection.fields):
        # PocketBase: looks for uploads only where there are file fields, and finds no form.
        raise BadRequest("Failed to read the submitted data.")
    return await request.record_body()


async def _read_odd_body(request: ApiRequest) -> None:
    """Read the body of a request that needs none: rules may look at it, and a bad one is 400."""
    if request.content_length:
        await request.record_body()


def record_body_limit(request: ApiRequest) -> int:
    """Return the largest body of a record: the usual limit and what its fields add to it.

    Raises:
        NotFound: there is no such collection.
    """
    collection = request.app.catalog.find(request.params["collection"])
    if collection is None:
        raise NotFound("Missing or invalid collection context.")
    limit: int | None = collection.memo.get("api.records.body_limit")
    if limit is None:
        grown = (item.max_body_bytes() for item in collection.fields if isinstance(item, GrowsBody))
        limit = collection.memo["api.records.body_limit"] = DEFAULT_BODY_LIMIT + sum(grown)
    return limit


def _get_collection(request: ApiRequest) -> Collection:
    collection = request.app.catalog.find(request.params["collection"])
    if collection is None:
        raise NotFound("Missing collection context.")
    return collection


def _get_table(request: ApiRequest) -> Collection:
    collection = _get_collection(request)
    if collection.is_view:
        raise BadRequest("Unsupported collection type.")
    return collection


def _respond(answer: JsonValue) -> Response:
    """Return what a use case gave; None when a hook ended the chain and answered nothing."""
    if answer is None:
        return Response()
    return EncodedJson(orjson.dumps(answer))


_RECORDS = "/api/collections/{collection}/records"
_RECORD = _RECORDS + "/{id}"

ROUTES = (
    Route("GET", _RECORDS, get_page, tags=("list",)),
    Route("GET", _RECORD, get_record, tags=("view",)),
    Route("POST", _RECORDS, post_record, body_limit=record_body_limit, tags=("create",)),
    Route("PATCH", _RECORD, patch_record, body_limit=record_body_limit, tags=("update",)),
    Route("DELETE", _RECORD, remove_record, tags=("delete",)),
)
