"""Again with a fresh catalog, when the tables have changed since the request began."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from pbpy.errors import NotFound, SqlRejected

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pbpy.context import Context
    from pbpy.schema.collection import Collection

T = TypeVar("T")

_TRIES: Final = 5
_SIGNS: Final = ("no such column", "no such table", "has no column named")


def is_moved_schema(error: SqlRejected) -> bool:
    """Tell whether a statement names a table or column that is not there.

    SQLite has one code for every statement it does not understand, so its text must tell.
    """
    text = str(error)
    return any(sign in text for sign in _SIGNS)


async def with_fresh_catalog(
    ctx: Context, collection: Collection, operate: Callable[[Collection], Awaitable[T]]
) -> T:
    """Return operate(collection), tried again when the tables are not as the catalog says.

    Raises:
        NotFound: the collection is no more.
        Exception: whatever operate raises.
    """

    def attempt() -> Awaitable[T]:
        fresh = ctx.catalog.by_id(collection.id)
        if fresh is None:
            raise NotFound("Missing collection context.")
        return operate(fresh)

    return await try_with_fresh_catalog(ctx, attempt)


async def try_with_fresh_catalog(ctx: Context, attempt: Callable[[], Awaitable[T]]) -> T:
    """Return attempt(), tried again when the tables are not as the catalog says.

    More than once, because a writer waits for its turn, and the schema may change again meanwhile.

    Raises:
        Exception: whatever attempt raises.
    """
    for _ in range(_TRIES - 1):
        try:
            return await attempt()
        except SqlRejected as error:
            if ctx.in_transaction or not is_moved_schema(error):
                raise
        await ctx.reload_catalog()
    return await attempt()
