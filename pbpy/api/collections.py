"""Collections: the ten endpoints of superusers. Source: PocketBase apis/collection.go."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import orjson

from pbpy.api.guards import require_superuser
from pbpy.api.json_body import MalformedJson
from pbpy.api.responses import EncodedJson, Json, NoContent, Response
from pbpy.api.router import Route
from pbpy.api.struct_body import WrongKind, bind_pairs
from pbpy.binding import BindError
from pbpy.errors import (
    REQUIRED,
    BadRequest,
    ConstraintViolation,
    FieldError,
    NotFound,
    SchemaError,
    SqlRejected,
    UniqueViolation,
    ValidationFailed,
)
from pbpy.hooks.events import (
    CollectionRequestEvent,
    CollectionsImportRequestEvent,
    CollectionsListRequestEvent,
)
from pbpy.records.encode import encode_records
from pbpy.records.page import parse_page
from pbpy.records.record import Record
from pbpy.records.truncate import truncate_collection
from pbpy.schema.collection_list import list_collections
from pbpy.schema.defaults import random_suffix
from pbpy.schema.delete import delete_collection, names_of_referrers
from pbpy.schema.encode import collection_to_json, encode_collection
from pbpy.schema.importer import import_collections, import_failure
from pbpy.schema.merge import merged, new_collection, scaffold
from pbpy.schema.providers import provider_list
from pbpy.schema.refresh import refresh_catalog
from pbpy.schema.save import create_collection, update_collection
from pbpy.schema.views import InvalidView, dry_run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pbpy.api.request import ApiRequest
    from pbpy.api.struct_body import Shape
    from pbpy.errors import JsonValue
    from pbpy.hooks.hook import Hook
    from pbpy.schema.collection import Collection

TYPE_FAILURE = "Failed to load the collection type data due to invalid formatting."
DATA_FAILURE = "Failed to load the submitted data due to invalid formatting."
INVALID_FORM = "An error occurred while validating the submitted data."
LOAD_FAILURE = "An error occurred while loading the submitted data."
MAX_QUERY_BYTES = 5000

_FORM_TYPES = ("multipart/form-data", "application/x-www-form-urlencoded")
_FORM: Shape = {
    "id": "text",
    "name": "text",
    "type": "text",
    "viewQuery": "text",
    "listRule": "text",
    "viewRule": "text",
    "createRule": "text",
    "updateRule": "text",
    "deleteRule": "text",
    "authRule": "text",
    "manageRule": "text",
    "indexes": "texts",
    "fields": "json",
}
"""What a form may say of a collection; `fields` in its JSON payload."""
_REFUSALS = (SchemaError, SqlRejected, ConstraintViolation, UniqueViolation)


async def get_collections(request: ApiRequest) -> Response | None:
    """Answer with a page of collections."""
    page = parse_page(request.query)
    app = request.app
    found, total = await list_collections(
        app,
        filter=request.query.get("filter", ""),
        sort=request.query.get("sort", ""),
        limit=page.per_page,
        offset=page.offset,
        with_total=not page.skip_total,
    )
    event = CollectionsListRequestEvent(
        app,
        request.info,
        collections=found,
        page=page.page,
        per_page=page.per_page,
        total_items=total,
    )
    answer: Response | None = None

    async def respond(final: CollectionsListRequestEvent) -> None:
        nonlocal answer
        items = [orjson.Fragment(encode_collection(item)) for item in final.collections]
        answer = Json(page.envelope(items, final.total_items), is_page=True)

    await app.hooks.on_collections_list_request.trigger(event, respond)
    return answer if event.response is None else Json(event.response)


async def get_collection(request: ApiRequest) -> Response | None:
    """Answer with one collection."""

    async def show(_: CollectionRequestEvent) -> None:
        """Leave the collection as it is."""

    return await _answer(
        request, request.app.hooks.on_collection_view_request, _found(request), show
    )


async def post_collection(request: ApiRequest) -> Response | None:
    """Create a collection."""
    body = await _read(request, TYPE_FAILURE)
    if not all(isinstance(body.get(key, ""), (str, type(None))) for key in ("type", "name")):
        raise BadRequest(TYPE_FAILURE)
    try:
        collection = new_collection(body)
    except BindError as error:
        raise BadRequest(DATA_FAILURE) from error

    async def save(event: CollectionRequestEvent) -> None:
        with _refused("Failed to create collection."):
            event.collection = await create_collection(event.app, event.collection)

    hook = request.app.hooks.on_collection_create_request
    return await _answer(request, hook, collection, save)


async def patch_collection(request: ApiRequest) -> Response | None:
    """Change a collection."""
    body = await _read(request, DATA_FAILURE)
    await refresh_catalog(request.app)
    original = _found(request)
    try:
        collection = merged(original, body)
    except BindError as error:
        raise BadRequest(DATA_FAILURE) from error

    async def save(event: CollectionRequestEvent) -> None:
        with _refused("Failed to update collection."):
            event.collection = await update_collection(event.app, original, event.collection)

    hook = request.app.hooks.on_collection_update_request
    return await _answer(request, hook, collection, save)


async def remove_collection(request: ApiRequest) -> Response | None:
    """Delete a collection with its records."""
    is_done = False

    async def delete(event: CollectionRequestEvent) -> None:
        nonlocal is_done
        try:
            await delete_collection(event.app, event.collection)
        except (*_REFUSALS, ValidationFailed) as error:
            message = "Failed to delete collection"
            names = names_of_referrers(event.app.catalog, event.collection)
            if names:
                message += f" probably due to existing reference in {', '.join(names)}"
            errors = error.errors if isinstance(error, ValidationFailed) else {}
            raise BadRequest(message, errors) from error
        is_done = True

    event = CollectionRequestEvent(request.app, request.info, _found(request))
    await request.app.hooks.on_collection_delete_request.trigger(event, delete)
    if event.response is not None:
        return Json(event.response)
    return NoContent() if is_done else None


async def truncate(request: ApiRequest) -> Response:
    """Delete all records of a collection."""
    collection = _found(request)
    if collection.is_view:
        raise BadRequest(
            "View collections cannot be truncated since they don't store their own records."
        )
    try:
        await truncate_collection(request.app, collection)
    except (BadRequest, ConstraintViolation, ValidationFailed) as error:
        raise BadRequest(
            "Failed to truncate collection (most likely due to required cascade delete record"
            " references)."
        ) from error
    return NoContent()


async def put_import(request: ApiRequest) -> Response | None:
    """Import a list of collections."""
    body = await request.struct_body({"collections": "json", "deleteMissing": "bool"})
    submitted = _import_list(body.get("collections"))
    is_done = False

    async def run(event: CollectionsImportRequestEvent) -> None:
        nonlocal is_done
        try:
            await import_collections(
                event.app, event.collections, delete_missing=event.delete_missing
            )
        except ValidationFailed as error:
            raise BadRequest("Failed to import collections.", error.errors) from error
        except _REFUSALS as error:
            reason = f"Failed to import the collections configuration. Raw error:\n{error}"
            raise BadRequest(
                "Failed to import collections.", {"collections": import_failure(reason)}
            ) from error
        is_done = True

    event = CollectionsImportRequestEvent(
        request.app,
        request.info,
        collections=submitted,
        delete_missing=body.get("deleteMissing", False),
    )
    await request.app.hooks.on_collections_import_request.trigger(event, run)
    if event.response is not None:
        return Json(event.response)
    return NoContent() if is_done else None


async def get_scaffolds(_: ApiRequest) -> Response:
    """Answer with an empty collection of each type."""
    suffix = random_suffix()
    return Json(
        {
            kind: collection_to_json(scaffold(kind, "", suffix).replace(id=""))
            for kind in ("base", "auth", "view")
        }
    )


async def get_oauth2_providers(_: ApiRequest) -> Response:
    """Answer with the providers that auth collections may use."""
    return Json(provider_list())


async def post_dry_run_view(request: ApiRequest) -> Response:
    """Answer with the fields and some rows of a view query."""
    body = await request.struct_body({"query": "text"})
    query: str = body.get("query", "")
    if not query:
        raise BadRequest(INVALID_FORM, {"query": REQUIRED})
    if len(query.encode()) > MAX_QUERY_BYTES:
        raise BadRequest(INVALID_FORM, {"query": _TOO_LONG})
    try:
        trial = await dry_run(request.app, query)
    except InvalidView as error:
        raise BadRequest(f"Invalid view query. Raw error: \n{error}") from error
    records = [Record.from_row(trial.collection, row) for row in trial.rows]
    return Json(
        {
            "fields": [item.settings for item in trial.collection.fields],
            "sample": encode_records(records),
        }
    )


_TOO_LONG = FieldError(
    "validation_length_too_long",
    f"The length must be no more than {MAX_QUERY_BYTES}.",
    {"max": MAX_QUERY_BYTES, "min": 0},
)


async def _read(request: ApiRequest, message: str) -> dict[str, JsonValue]:
    """Return the body with its keys as they were sent; hooks find it in the request's info.

    Raises:
        BadRequest: with message; the body cannot be read.
    """
    content_type = request.header(b"content-type")
    if content_type.startswith(("text/xml", "application/xml")):
        raise BadRequest(DATA_FAILURE)
    try:
        if content_type.startswith(_FORM_TYPES):
            body = bind_pairs((await request.read_form(message)).values, _FORM)
        elif request.has_body and content_type.startswith("application/json"):
            body = _object(await request.json())
        else:
            body = await request.record_body()
    except (BadRequest, WrongKind, MalformedJson) as error:
        raise BadRequest(message) from error
    request.info.body = body
    return body


def _object(value: JsonValue) -> dict[str, JsonValue]:
    if value is None:
        return {"name": None}  # PocketBase: null empties the collection, its name is missed first
    if not isinstance(value, dict):
        raise BadRequest
    return value


def _found(request: ApiRequest) -> Collection:
    collection = request.app.catalog.find(request.params["collection"])
    if collection is None:
        raise NotFound
    return collection


async def _answer(
    request: ApiRequest, hook: Hook[CollectionRequestEvent], collection: Collection, work: Any
) -> Response | None:
    """Run the work inside the request's hook; answer with the collection it leaves."""
    is_done = False

    async def run(event: CollectionRequestEvent) -> None:
        nonlocal is_done
        await work(event)
        is_done = True

    event = CollectionRequestEvent(request.app, request.info, collection)
    await hook.trigger(event, run)
    if event.response is not None:
        return Json(event.response)
    if not is_done:
        return None
    if request.query.get("fields"):
        return Json(collection_to_json(event.collection))
    return EncodedJson(encode_collection(event.collection))


def _import_list(submitted: JsonValue) -> list[Mapping[str, JsonValue]]:
    """Return the submitted collections; null stands for an empty object.

    Raises:
        BadRequest: there are none, or they are no list of objects.
    """
    if submitted is None or submitted == []:
        raise BadRequest(INVALID_FORM, {"collections": REQUIRED})
    if not isinstance(submitted, list):
        raise BadRequest(LOAD_FAILURE)
    bodies = [{} if item is None else item for item in submitted]
    if not all(isinstance(item, dict) for item in bodies):
        raise BadRequest(LOAD_FAILURE)
    return bodies


@contextmanager
def _refused(message: str) -> Iterator[None]:
    """Answer a refused save with PocketBase's sentence."""
    try:
        yield
    except ValidationFailed as error:
        raise BadRequest(message, error.errors) from error
    except _REFUSALS as error:
        raise BadRequest(f"{message} Raw error: \n{error}") from error


ROUTES = tuple(
    Route(method, f"/api/collections{path}", endpoint, guard=require_superuser)
    for method, path, endpoint in (
        ("GET", "", get_collections),
        ("POST", "", post_collection),
        ("GET", "/{collection}", get_collection),
        ("PATCH", "/{collection}", patch_collection),
        ("DELETE", "/{collection}", remove_collection),
        ("DELETE", "/{collection}/truncate", truncate),
        ("PUT", "/import", put_import),
        ("GET", "/meta/scaffolds", get_scaffolds),
        ("GET", "/meta/oauth2-providers", get_oauth2_providers),
        ("POST", "/meta/dry-run-view", post_dry_run_view),
    )
)
