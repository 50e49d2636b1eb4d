"""The items of a batch: what the body says, and the record endpoints they stand for.

Source: PocketBase apis/batch.go.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from pbpy.api.form_values import merge_payload, parse_pairs, parse_query, record_values
from pbpy.api.json_body import MalformedJson
from pbpy.api.middleware.rate_limit import limit_batch_item
from pbpy.api.struct_body import WrongKind, bind_json
from pbpy.binding import BindError, as_list, as_object, bind_text
from pbpy.errors import REQUIRED, BadRequest, NotFound
from pbpy.fields.casts import to_text
from pbpy.fields.rule_errors import rule_error
from pbpy.files.upload import Upload
from pbpy.hooks.batch_events import BatchItem
from pbpy.records.create import create_record
from pbpy.records.delete import delete_requested
from pbpy.records.find import find_record
from pbpy.records.request_info import RequestInfo
from pbpy.records.update import update_record

if TYPE_CHECKING:
    from pbpy.api.request import ApiRequest
    from pbpy.api.struct_body import Shape
    from pbpy.context import Context
    from pbpy.errors import ErrorMap, FieldError, JsonValue
    from pbpy.schema.collection import Collection

_ITEM: Final[Shape] = {"method": "text", "url": "text", "headers": "json", "body": "json"}
_METHODS: Final = frozenset(("GET", "POST", "PUT", "PATCH", "DELETE"))
_MAX_URL_BYTES: Final = 2000
_UNREADABLE: Final = "Failed to read the submitted batch data."
_INVALID: Final = "Invalid batch request data."
_IN_INVALID: Final = rule_error("in_invalid", "must be a valid value")

_FILE_KEY: Final = re.compile(r"requests(?:\.(\d+)\.|\[(\d+)\]\.)(.+)", re.DOTALL)
_URL: Final = re.compile(r"(/api/collections/([^/?]+)/records(?:/([^/?]+))?)(?:\?(.*))?")
_BAD_PATH: Final = re.compile("[\x00-\x1f\x7f]|%(?![0-9A-Fa-f]{2})")
"""What Go's URL parser refuses in a path."""

_TAGS: Final = {"POST": "create", "PATCH": "update", "DELETE": "delete"}
_FORM_TYPE: Final = (b"content-type", b"multipart/form-data")


async def read_items(request: ApiRequest, most: int) -> list[BatchItem]:
    """Return the items of the body, 1 to most, with their files.

    Raises:
        BadRequest: it cannot be read, or an item is not valid (errors by index).
    """
    try:
        body = await request.struct_body({"requests": "json"}, _UNREADABLE)
        items = [_bind_item(raw) for raw in as_list(body.get("requests"))]
    except (BadRequest, BindError, WrongKind) as error:
        raise BadRequest(_UNREADABLE) from error
    _validate(items, most)
    if request.files:
        _add_files(items, request.files)
    return items


def _bind_item(raw: JsonValue) -> BatchItem:
    bound = bind_json(raw, _ITEM)
    headers = as_object(bound.get("headers"))
    return BatchItem(
        bound.get("method", ""),
        bound.get("url", ""),
        {name: bind_text("", value) for name, value in headers.items()},
        dict(as_object(bound.get("body"))),
    )


def _add_files(items: list[BatchItem], files: dict[str, list[Upload]]) -> None:
    """Give the items the uploads whose keys name them; they replace what a body says there.

    PocketBase: files are named twice, once when the batch is read and once for their item.
    """
    known = {str(index): item for index, item in enumerate(items)}
    for key, uploads in files.items():
        found = _FILE_KEY.fullmatch(key)
        item = known.get(found[1] or found[2]) if found else None
        if found is None or item is None:
            continue
        item.body.pop(found[3], None)
        renamed = [Upload(upload.open(), upload.name, upload.size) for upload in uploads]
        item.files.setdefault(found[3], []).extend(renamed)


def _validate(items: list[BatchItem], most: int) -> None:
    errors: dict[str, FieldError | ErrorMap] = {}
    if not items:
        errors["requests"] = REQUIRED
    elif len(items) > most:
        errors["requests"] = _too_long(most)
    else:
        found = {str(index): _item_errors(item) for index, item in enumerate(items)}
        if wrong := {index: error for index, error in found.items() if error}:
            errors["requests"] = wrong
    if errors:
        raise BadRequest(_INVALID, errors)


def _item_errors(item: BatchItem) -> dict[str, FieldError]:
    errors = {}
    if item.method not in _METHODS:
        errors["method"] = _IN_INVALID if item.method else REQUIRED
    if not item.url:
        errors["url"] = REQUIRED
    elif len(item.url.encode()) > _MAX_URL_BYTES:
        errors["url"] = _too_long(_MAX_URL_BYTES)
    return errors


def _too_long(limit: int) -> FieldError:
    return rule_error(
        "length_too_long", f"the length must be no more than {limit}", max=limit, min=0
    )


@dataclass(frozen=True, slots=True)
class _Target:
    """The request that an item stands for: a method and the parts of its URL."""

    method: str
    path: str
    collection: str
    record_id: str
    query: str


async def run_item(ctx: Context, request: ApiRequest, item: BatchItem) -> dict[str, JsonValue]:
    """Do what item asks for, by the rules for whoever sent the batch; return `{"body", "status"}`.

    Raises:
        BadRequest: no such request may be in a batch.
        NotFound: the collection is not there.
        TooManyRequests: a rate limit is reached.
        Exception: whatever the use case raises.
    """
    target = await _find_target(ctx, item)
    collection = ctx.catalog.find(target.collection)
    if collection is None:
        raise NotFound("Missing collection context.")
    if collection.is_view:
        raise BadRequest("Unsupported collection type.")
    limit_batch_item(request, collection, _TAGS[target.method], target.method, target.path)
    info = _make_info(request, item, target)
    answer = await _run(ctx, collection, info, target.record_id, item)
    is_empty = target.method == "DELETE" and answer is None
    return {"body": answer, "status": 204 if is_empty else 200}


async def _run(
    ctx: Context, collection: Collection, info: RequestInfo, record_id: str, item: BatchItem
) -> JsonValue:
    if info.method == "POST":
        return await create_record(ctx, collection, info, item.files)
    if info.method == "PATCH":
        return await update_record(ctx, collection, info, record_id, item.files)
    return await delete_requested(ctx, collection, info, record_id)


async def _find_target(ctx: Context, item: BatchItem) -> _Target:
    """Return the request that item stands for: PUT is an update where the record exists.

    Raises:
        BadRequest: none that may be in a batch.
    """
    found = _URL.fullmatch(item.url)
    if found is None:
        raise BadRequest
    method, path, name, record_id = item.method.upper(), found[1], found[2], found[3] or ""
    if method == "PUT" and not record_id:
        record_id = await _find_stored(ctx, name, to_text(item.body.get("id")))
        method = "PATCH" if record_id else "POST"
        path = f"{path}/{record_id}" if record_id else path
    takes_id = {"POST": False, "PATCH": True, "DELETE": True}.get(method)
    if takes_id is not bool(record_id) or _BAD_PATH.search(path):
        raise BadRequest
    query = (found[4] or "").partition("#")[0]
    return _Target(method, unquote(path), name, record_id, query)


async def _find_stored(ctx: Context, collection_name: str, record_id: str) -> str:
    """Return record_id if there is such a record, else ""."""
    collection = ctx.catalog.find(collection_name)
    if collection is None or not record_id:
        return ""
    return record_id if await find_record(ctx, collection, record_id) else ""


def _make_info(request: ApiRequest, item: BatchItem, target: _Target) -> RequestInfo:
    outer = request.info
    own = (
        (name.lower().encode(), value.encode())
        for name, value in item.headers.items()
        if name.lower() != "authorization"
    )
    return RequestInfo(
        context="batch",
        method=target.method,
        query=parse_query(target.query) if target.query else {},
        raw_headers=(_FORM_TYPE, *own, *outer.raw_headers),
        body=_body_with_query(item.body, target.query) if target.query else item.body,
        auth=request.auth,
        real_ip=outer.real_ip,
    )


def _body_with_query(body: dict[str, JsonValue], query: str) -> dict[str, JsonValue]:
    """Return body with the values of the query below it.

    PocketBase: an item is a multipart form, to which the values of the URL belong.

    Raises:
        BadRequest: the query is malformed, or gives a value another kind.
    """
    pairs, is_fine = parse_pairs(query)
    try:
        values = record_values(pairs)
        merge_payload(values, body)
    except MalformedJson as error:
        raise BadRequest from error
    if not is_fine:
        raise BadRequest
    return values
