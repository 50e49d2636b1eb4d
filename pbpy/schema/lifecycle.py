"""The hooks around the end of a collection's save or delete.

Success is told after the outermost commit, failure at once; a success that an outer rollback
undoes is told as a failure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.errors import StoreError
from pbpy.hooks.models import CollectionMoment

if TYPE_CHECKING:
    from collections.abc import Callable

    from pbpy.context import Context
    from pbpy.schema.collection import Collection


async def tell_failure(
    ctx: Context, action: str, collection: Collection, error: BaseException
) -> None:
    """Run the after-error hooks of an action (create, update, delete)."""
    await CollectionMoment(f"after_{action}_error").tell(ctx, collection, error)


def tell_success_later(
    outer: Context, ctx: Context, action: str, latest: Callable[[], Collection]
) -> None:
    """Run the after-success hooks once the transaction of ctx has ended well.

    Args:
        outer: the Context of the caller, bound when the transaction is not its own.
        ctx: the Context bound to the transaction.
        action: create, update or delete.
        latest: gives the collection as it was written.
    """

    async def succeeded() -> None:
        await CollectionMoment(f"after_{action}_success").tell(ctx.unbound, latest())

    async def failed() -> None:
        error = StoreError("the transaction was rolled back")
        await tell_failure(ctx.unbound, action, latest(), error)

    ctx.tx.after_commit(succeeded)
    if outer.in_transaction:
        ctx.tx.after_rollback(failed)
