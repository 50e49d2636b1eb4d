"""Several operations in one transaction: all of them are done, or none."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from pbpy.errors import BadRequest, BatchFailed, SqlRejected
from pbpy.records.moved_schema import is_moved_schema, try_with_fresh_catalog

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from pbpy.context import Context

T = TypeVar("T")

_TURN_EVERY: Final = 8
"""Operations after which others get a turn: about 1 ms of creates."""

Operation: TypeAlias = "Callable[[Context], Awaitable[T]]"
"""Gets the Context that is bound to the transaction; may be called again after a rollback."""


async def run_batch(ctx: Context, operations: Sequence[Operation[T]], timeout_s: float) -> list[T]:
    """Run operations one after the other; return their results in the same order.

    The time begins with the transaction, not with the wait for it.

    Raises:
        BatchFailed: an operation has failed; nothing is written.
        BadRequest: they took longer than timeout_s; the same.
    """
    return await try_with_fresh_catalog(ctx, lambda: _run(ctx, operations, timeout_s))


async def _run(ctx: Context, operations: Sequence[Operation[T]], timeout_s: float) -> list[T]:
    async with ctx.transaction() as bound:
        try:
            async with asyncio.timeout(timeout_s):
                results = []
                for index, operation in enumerate(operations):
                    if index % _TURN_EVERY == 0:
                        await asyncio.sleep(0)
                    results.append(await _run_one(bound, index, operation))
                return results
        except TimeoutError as error:
            raise BadRequest("Batch transaction failed.") from error


async def _run_one(ctx: Context, index: int, operation: Operation[T]) -> T:
    try:
        return await operation(ctx)
    except Exception as error:
        if isinstance(error, SqlRejected) and is_moved_schema(error):
            raise
        raise BatchFailed(index, error) from error
