"""Saving of a collection: hooks, validation, row, table, catalog; all in one transaction.

Source: PocketBase core/collection_model.go, core/db.go.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pbpy.errors import NotFound, PbpyError, SchemaError
from pbpy.hooks.models import CollectionMoment
from pbpy.ids import random_secret
from pbpy.schema import queries
from pbpy.schema.lifecycle import tell_failure, tell_success_later
from pbpy.schema.prepare import prepared, with_superuser_limits
from pbpy.schema.refresh import refresh_catalog
from pbpy.schema.relation_targets import points_to_itself, with_target_ids
from pbpy.schema.stored import collection_to_row
from pbpy.schema.table_sync import sync_table
from pbpy.schema.validate import refuse_slow_view, validate_collection
from pbpy.schema.views import derive_fields, fields_changed, stored_query
from pbpy.settings.save import rename_rate_limits

if TYPE_CHECKING:
    from pbpy.context import Context
    from pbpy.schema.collection import Collection


async def save_collection(ctx: Context, collection: Collection) -> Collection:
    """Validate and save a collection, new or changed; return it as it was stored.

    Relations may name their target instead of giving its id.

    Raises:
        ValidationFailed: by the keys of the JSON form; nothing is written.
        SchemaError, StoreError: the database refuses the change; nothing is written.
        NotFound: a collection that is not new is not stored either.
    """
    collection = with_target_ids(ctx.catalog, collection)
    if collection.is_new and points_to_itself(collection):
        return await _create_self_related(ctx, collection)
    if collection.is_new:
        return await create_collection(ctx, collection)
    return await update_collection(ctx, _stored(ctx, collection.id), collection)


async def _create_self_related(ctx: Context, collection: Collection) -> Collection:
    """Save a new collection whose relations can be checked only once it is there."""
    async with ctx.transaction() as tx_ctx:
        saved = await save_collection_no_validate(tx_ctx, collection)
        return await validate_collection(tx_ctx, saved, saved)


async def save_collection_no_validate(ctx: Context, collection: Collection) -> Collection:
    """Save a collection without validation; hooks, system fields and tables as always.

    Raises:
        SchemaError, StoreError, ValidationFailed: the database refuses it.
        NotFound: a collection that is not new is not stored either.
    """
    original = None if collection.is_new else _stored(ctx, collection.id)
    return await _Save(original, with_validation=False).run(ctx, collection)


async def create_collection(ctx: Context, collection: Collection) -> Collection:
    """Validate and save a new collection; raises as save_collection."""
    await refuse_slow_view(ctx, collection)
    return await _Save(None).run(ctx, collection)


async def update_collection(
    ctx: Context, original: Collection, collection: Collection
) -> Collection:
    """Validate and save the new state of a stored collection; raises as save_collection."""
    if ctx.catalog.find(collection.id) is None:
        raise NotFound  # PocketBase: looks a changed id up before it is validated
    await refuse_slow_view(ctx, collection)
    return await _Save(original).run(ctx, collection)


def _stored(ctx: Context, collection_id: str) -> Collection:
    found = ctx.catalog.by_id(collection_id)
    if found is None:
        raise NotFound
    return found


class _Save:
    """One save on its way through the hooks; `latest` is its newest state."""

    __slots__ = ("_action", "_original", "_with_validation", "latest")

    latest: Collection

    def __init__(self, original: Collection | None, *, with_validation: bool = True) -> None:
        self._original = original
        self._with_validation = with_validation
        self._action = "create" if original is None else "update"

    async def run(self, ctx: Context, collection: Collection) -> Collection:
        """Save the collection and return it as it was stored."""
        self.latest = collection
        try:
            async with ctx.transaction() as tx_ctx:
                await refresh_catalog(tx_ctx)
                if self._original is not None:
                    self._original = _stored(tx_ctx, self._original.id)
                self.latest = prepared(tx_ctx, collection)
                await CollectionMoment(self._action).run(tx_ctx, self.latest, self._save)
                tell_success_later(ctx, tx_ctx, self._action, lambda: self.latest)
        except Exception as error:
            await tell_failure(ctx, self._action, self.latest, error)
            raise
        return self.latest

    async def _save(self, ctx: Context, collection: Collection) -> None:
        self.latest = collection
        if self._with_validation:
            await CollectionMoment("validate").run(ctx, self.latest, self._validate)
        await CollectionMoment(f"{self._action}_execute").run(ctx, self.latest, self._execute)
        await resave_dependent_views(ctx, self.latest.id)
        if self._original is not None and self._original.name != self.latest.name:
            await rename_rate_limits(ctx, self._original.name, self.latest.name)

    async def _validate(self, ctx: Context, collection: Collection) -> None:
        self.latest = await validate_collection(ctx, collection, self._original)

    async def _execute(self, ctx: Context, collection: Collection) -> None:
        original = self._original
        if original is not None:
            if collection.id != original.id:
                raise SchemaError("primary key change is not allowed")
            collection = _with_new_sessions(collection, original)
        collection = with_superuser_limits(collection)
        if collection.is_view:
            collection = collection.replace(fields=await derive_fields(ctx, collection.view_query))
        await _write(ctx, original, collection)
        self.latest = collection


def _with_new_sessions(collection: Collection, original: Collection) -> Collection:
    """Return the collection with a new token secret when its auth rule has changed."""
    if collection.auth is None or original.auth is None:
        return collection
    if (collection.auth.auth_rule or "") == (original.auth.auth_rule or ""):
        return collection
    token = replace(collection.auth.auth_token, secret=random_secret())
    return collection.replace(auth=replace(collection.auth, auth_token=token))


async def _write(ctx: Context, original: Collection | None, collection: Collection) -> None:
    """Write the row, the table or view, and the catalog."""
    row = collection_to_row(collection)
    if original is None:
        await queries.insert_collection_row(ctx.tx, row)
    else:
        await queries.update_collection_row(ctx.tx, row)
    synced = collection
    if collection.is_view:
        synced = collection.replace(view_query=await stored_query(ctx, collection.view_query))
    await sync_table(ctx.tx, original, synced)
    ctx.replace_catalog(ctx.catalog.with_collection(collection))


async def resave_dependent_views(ctx: Context, changed_id: str) -> None:
    """Save all views again whose queries give other fields than before; log what fails."""
    for view in ctx.catalog.collections:
        if not view.is_view or view.id == changed_id:
            continue
        try:
            await _resave_view(ctx, view)
        except PbpyError as error:
            ctx.log.warning("view %s may need another query: %s", view.name, error)


async def check_dependent_views(ctx: Context, deleted: Collection) -> None:
    """Save all views again that a deleted collection changes.

    Raises:
        SchemaError: a view does not work without it.
    """
    for view in ctx.catalog.collections:
        if not view.is_view or view.id == deleted.id:
            continue
        try:
            await _resave_view(ctx, view)
        except PbpyError as error:
            raise SchemaError(
                f"[{deleted.name}] failed to delete due to existing view dependency:"
                f" [{view.name}] {error}"
            ) from error


async def _resave_view(ctx: Context, view: Collection) -> None:
    if fields_changed(view.fields, await derive_fields(ctx, view.view_query)):
        await save_collection(ctx, view)
