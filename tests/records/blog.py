"""A small blog, the world in which the use cases are tested."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from pbpy.fields.autodate import Autodate
from pbpy.fields.file import File
from pbpy.fields.json import Json
from pbpy.fields.number import Number
from pbpy.fields.relation import Relation
from pbpy.fields.select import Select
from pbpy.fields.text import Text
from pbpy.records.create import create_record
from pbpy.records.delete import delete_requested
from pbpy.records.list import list_records
from pbpy.records.record import Record
from pbpy.records.request_info import RequestInfo
from pbpy.records.update import update_record
from pbpy.records.view import view_record
from pbpy.schema.collection import Collection

if TYPE_CHECKING:
    from pbpy.app import App
    from pbpy.files.upload import Upload

OPEN: dict[str, Any] = {
    "list_rule": "",
    "view_rule": "",
    "create_rule": "",
    "update_rule": "",
    "delete_rule": "",
}


async def make_blog(app: App) -> None:
    """Create tags, posts (with author, tags, files) and comments (with a cascading post)."""
    users = app.catalog.get("users").replace(**OPEN)
    await app.save(users)
    await app.save(Collection.new_base("tags", **OPEN, fields=(Text("name"), Number("n"))))
    tags = app.catalog.get("tags")
    await app.save(
        Collection.new_base(
            "posts",
            **OPEN,
            fields=(
                Text("title", max=20),
                Number("n"),
                Select("kind", values=("a", "b", "c"), max_select=3),
                Json("js"),
                Text("secret", hidden=True),
                Relation("author", collection_id=users.id),
                Relation("tags", collection_id=tags.id, max_select=9),
                File("cover", max_select=1),
                File("docs", max_select=3),
                Autodate("created", on_create=True),
                Autodate("updated", on_create=True, on_update=True),
            ),
            indexes=("CREATE UNIQUE INDEX idx_title ON posts (title) WHERE title != ''",),
        )
    )
    posts = app.catalog.get("posts")
    await app.save(
        Collection.new_base(
            "comments",
            **OPEN,
            fields=(
                Text("text"),
                Relation("post", collection_id=posts.id, cascade=True),
                Relation("likes", collection_id=users.id, max_select=9),
            ),
        )
    )


async def add(app: App, collection: str, **values: Any) -> Record:
    """Save a new record without rules."""
    record = Record(app.catalog.get(collection), values)
    await app.save(record)
    return record


async def add_user(app: App, email: str, collection: str = "users", **values: Any) -> Record:
    """Save a new auth record with a hash that nobody computes."""
    record = Record(app.catalog.get(collection), {"email": email, **values})
    record.set_password_hash("$argon2id$none")
    await app.save(record)
    return record


def asking(auth: Record | None = None, body: Any = None, **query: str) -> RequestInfo:
    """Return a request."""
    return RequestInfo(method="POST", query=query, body=dict(body or {}), auth=auth)


def plain(answer: Any) -> Any:
    """Return an answer as a client reads it."""
    return orjson.loads(orjson.dumps(answer))


async def post(
    app: App,
    collection: str,
    body: dict[str, Any],
    auth: Record | None = None,
    files: dict[str, list[Upload]] | None = None,
    **query: str,
) -> Any:
    """Create a record as a client."""
    info = asking(auth, body, **query)
    return plain(await create_record(app, app.catalog.get(collection), info, files))


async def patch(
    app: App,
    collection: str,
    record_id: str,
    body: dict[str, Any],
    auth: Record | None = None,
    files: dict[str, list[Upload]] | None = None,
    **query: str,
) -> Any:
    """Change a record as a client."""
    info = asking(auth, body, **query)
    return plain(await update_record(app, app.catalog.get(collection), info, record_id, files))


async def get(
    app: App, collection: str, record_id: str, auth: Record | None = None, **query: str
) -> Any:
    """View a record as a client."""
    info = asking(auth, **query)
    return plain(await view_record(app, app.catalog.get(collection), info, record_id))


async def page(app: App, collection: str, auth: Record | None = None, **query: Any) -> Any:
    """List records as a client."""
    return plain(await list_records(app, app.catalog.get(collection), asking(auth, **query)))


async def remove(app: App, collection: str, record_id: str, auth: Record | None = None) -> None:
    """Delete a record as a client."""
    await delete_requested(app, app.catalog.get(collection), asking(auth), record_id)
