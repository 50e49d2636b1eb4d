"""Save and delete any record: validation, hooks, files, statement, cascade.

    create, update: hooks { validate } -> passwords hashed, files stored ->
                    BEGIN { targets of relations looked up, execute hooks { statement } } COMMIT
                    -> files removed, after hooks
    delete:         hooks { BEGIN { execute hooks { statement, cascade } } COMMIT } -> the same

Whatever takes time happens before BEGIN, so the only writer is held for the statements alone.
What was computed from the stored row is computed again inside, on the row as it is then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.errors import BadRequest, NotFound, RecordChanged, StoreError
from pbpy.hooks.models import RecordMoment
from pbpy.records import queries, write
from pbpy.records.auth_effects import (
    delete_references,
    finish_auth_update,
    prepare_auth_update,
)
from pbpy.records.cascade import cascade
from pbpy.records.files import file_change
from pbpy.records.record import Record
from pbpy.records.superusers import drop_installer, require_another_superuser
from pbpy.records.validate import check_targets, fill_generated, validate_fields, validate_record

if TYPE_CHECKING:
    from pbpy.context import Context


class _Operation:
    """The four moments of creating, updating or deleting a record."""

    __slots__ = ("around", "execute", "failure", "success")

    def __init__(self, name: str) -> None:
        self.around = RecordMoment(name)
        self.execute = RecordMoment(f"{name}_execute")
        self.success = RecordMoment(f"after_{name}_success")
        self.failure = RecordMoment(f"after_{name}_error")


_CREATE = _Operation("create")
_UPDATE = _Operation("update")
_DELETE = _Operation("delete")


async def save_record(
    ctx: Context, record: Record, *, validate: bool = True, if_unchanged: str = ""
) -> None:
    """Create or update a record, with all hooks.

    Args:
        ctx: the application.
        record: what to save.
        validate: whether its values are checked.
        if_unchanged: a field that must still be stored as it was when the record was loaded;
            of two such updates at the same moment one succeeds.

    Raises:
        ValidationFailed: a value is refused; nothing is written.
        RecordChanged: `if_unchanged` has another value by now.
        NotFound: the record to update is gone.
        BadRequest: the collection is a view.
    """
    _require_table(record)
    if record.is_new:
        fill_generated(record)
        operation = _CREATE
    else:
        record.begin_save()
        operation = _UPDATE

    async def store(inner: Context, final: Record) -> None:
        await _store(inner, final, operation, validate=validate, if_unchanged=if_unchanged)

    try:
        await operation.around.run(ctx, record, store)
    except Exception as error:
        if operation is _CREATE:
            record.is_new = True
        await operation.failure.tell(ctx, record, error)
        raise


async def delete_record(ctx: Context, record: Record) -> None:
    """Delete a record and what depends on it, with all hooks.

    Raises:
        BadRequest: a required relation points to it, or it is the only superuser.
        NotFound: it is gone already.
    """
    _require_table(record)
    record.begin_save()
    try:
        await _DELETE.around.run(ctx, record, _delete)
    except Exception as error:
        await _DELETE.failure.tell(ctx, record, error)
        raise


def _require_table(record: Record) -> None:
    if record.collection.is_view:
        raise BadRequest("Unsupported collection type.")


async def _store(
    ctx: Context, record: Record, operation: _Operation, *, validate: bool, if_unchanged: str
) -> None:
    if validate:
        await validate_record(ctx, record)
    await write.hash_passwords(ctx, record)
    files = file_change(ctx, record)

    async def statement(bound: Context, final: Record) -> None:
        await files.store(final)  # of a hook; all others are there by now
        await (_insert if operation is _CREATE else _update)(bound, final)
        files.settle(final)
        bound.tx.after_rollback(final.mark_saved())

    try:
        await files.store(record)
        async with ctx.transaction() as bound:
            files.follow(bound.tx)
            if operation is _UPDATE:
                await _rebase(bound, record, validate=validate, if_unchanged=if_unchanged)
            if validate:
                await check_targets(bound, record)
            await operation.execute.run(bound, record, statement)
            _announce(ctx, bound, record, operation)
    except BaseException:
        await files.undo()  # also when the transaction did not even begin
        raise


async def _rebase(ctx: Context, record: Record, *, validate: bool, if_unchanged: str) -> None:
    row = await ctx.db.one(queries.select_record(record.collection, record.original_id))
    if row is None:
        raise NotFound
    if if_unchanged:
        stored = Record.from_row(record.collection, row).original(if_unchanged)
        if stored != record.original(if_unchanged):
            raise RecordChanged
    redone = record.rebase(row)
    if redone and validate:
        await validate_fields(ctx, record, redone)


async def _insert(ctx: Context, record: Record) -> None:
    if record.is_superuser:
        record.set_raw("verified", True)
    await write.hash_passwords(ctx, record)  # set by a hook; most are hashed by now
    await write.insert(ctx, record)
    if record.is_superuser:
        await drop_installer(ctx, record, delete_record)


async def _update(ctx: Context, record: Record) -> None:
    await write.hash_passwords(ctx, record)
    if not record.collection.is_auth:
        await write.update(ctx, record)
        return
    if record.is_superuser:
        record.set_raw("verified", True)
    await prepare_auth_update(ctx, record, delete_record)
    await write.update(ctx, record)
    await finish_auth_update(ctx, record, delete_record)


async def _delete(ctx: Context, record: Record) -> None:
    files = file_change(ctx, record)
    await files.drop_all(record)

    async def remove(bound: Context, _: Record) -> None:
        await _remove(bound, record)
        files.settle(record)

    try:
        async with ctx.transaction() as bound:
            files.follow(bound.tx)
            await _DELETE.execute.run(bound, record, remove)
            _announce(ctx, bound, record, _DELETE)
    except BaseException:
        await files.undo()
        raise


async def _remove(ctx: Context, record: Record) -> None:
    if record.is_superuser:
        await require_another_superuser(ctx, record)
    if not await ctx.tx.execute(queries.delete_record(record.collection, record.original_id)):
        raise NotFound
    await cascade(ctx, record, save_record, delete_record)
    if record.collection.is_auth:
        await delete_references(ctx, record, delete_record)


def _announce(ctx: Context, bound: Context, record: Record, operation: _Operation) -> None:
    """Have the after hooks called when the transaction ends.

    When the transaction is this operation's own, its failure is raised through the operation,
    which then calls the error hook.
    """
    if operation.success.is_watched(ctx):
        bound.tx.after_commit(lambda: operation.success.tell(ctx.unbound, record))
    if not ctx.in_transaction:
        return
    lost = StoreError("the transaction was rolled back")

    async def rolled_back() -> None:
        if operation is _CREATE:
            record.is_new = True
        await operation.failure.tell(ctx.unbound, record, lost)

    bound.tx.after_rollback(rolled_back)
