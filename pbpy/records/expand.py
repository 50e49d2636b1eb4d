"""`expand`: records that relations point to, or that point here (`posts_via_author`).

All records of a page are expanded together: one query per relation and level. The paths are
a tree, so `author.org,author.team` reads the authors once. A path that fails anywhere (no such
relation, or a view rule for superusers only) is left out as a whole, without an error.
Source: PocketBase core/record_query_expand.go.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from pbpy.errors import BadRequest
from pbpy.fields.relation import Relation
from pbpy.records import queries
from pbpy.records.query_plan import plan_access_many
from pbpy.records.record import Record
from pbpy.schema.indexes import find_unique_index

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pbpy.context import Context
    from pbpy.records.request_info import RequestInfo
    from pbpy.schema.catalog import Catalog
    from pbpy.schema.collection import Collection
    from pbpy.store.sql import Sql

Tree: TypeAlias = "dict[str, Tree]"

MAX_DEPTH: Final = 6
MAX_BACK_RELATED: Final = 1000
"""How many records that point to one record are expanded."""

MAX_SHOWN: Final = 1_000_000
"""How many expanded records one answer has at most; one that shows twice counts twice.

PocketBase has no such limit, and six levels of 1,000 relations each have no end."""

_BACK_RELATION: Final = re.compile(r"(\w+)_via_(\w+)\Z", re.ASCII)
_OLD_BACK_RELATION: Final = re.compile(r"(\w+)\((\w+)\)\Z", re.ASCII)


class Enrich(Protocol):
    """What is done to the records that were found; `records.enrich.enrich_related`."""

    async def __call__(self, ctx: Context, info: RequestInfo, records: Sequence[Record], /) -> None:
        """Prepare records of one collection for the client behind info."""


async def expand_records(
    ctx: Context,
    info: RequestInfo,
    records: Sequence[Record],
    paths: str,
    enrich: Enrich,
) -> None:
    """Set `expand` of records of one collection, by a comma-separated list of paths.

    Raises:
        BadRequest: more than MAX_SHOWN records would show.
    """
    work = _Expansion(ctx, info, enrich)
    times = dict.fromkeys((record.id for record in records), 1)
    for name, below in parse_paths(paths).items():
        await work.expand(records, times, name, below, 1)


def parse_paths(text: str) -> Tree:
    """Return the paths as a tree; of paths that begin alike, the shorter ones are contained."""
    tree: Tree = {}
    for part in text.split(","):
        node = tree
        path = part.replace(" ", "").strip(".")
        for name in path.split(".") if path else ():
            node = node.setdefault(name, {})
    return tree


@dataclass(frozen=True, slots=True)
class _Link:
    """A relation of a collection, forward or backward.

    Attributes:
        target: where the expanded records are.
        relation: the field; it belongs to target when the link goes backward.
        is_list: whether the result is a list.
    """

    target: Collection
    relation: Relation
    is_back: bool
    is_list: bool


def _find_link(catalog: Catalog, collection: Collection, name: str) -> _Link | None:
    links: dict[str, _Link | None] = catalog.memo.setdefault(("expand", collection.id), {})
    if name in links:
        return links[name]
    pattern = _OLD_BACK_RELATION if "(" in name else _BACK_RELATION
    match = pattern.match(name)
    link = _back_link(catalog, collection, *match.groups()) if match else None
    if match is None:
        item = collection.by_name.get(name)
        if isinstance(item, Relation):
            target = catalog.find(item.collection_id)
            link = _Link(target, item, False, item.is_multiple) if target else None
    if link is not None:  # names that mean nothing are the client's own: any number of them
        links[name] = link
    return link


def _back_link(
    catalog: Catalog, collection: Collection, source_name: str, field_name: str
) -> _Link | None:
    source = catalog.find(source_name)
    item = source.by_name.get(field_name) if source else None
    if source is None or not isinstance(item, Relation) or item.collection_id != collection.id:
        return None
    is_list = find_unique_index(source.indexes, item.name) is None
    return _Link(source, item, True, is_list)


class _Expansion:
    """One call of `expand_records`."""

    __slots__ = ("_ctx", "_enrich", "_info", "_shown")

    def __init__(self, ctx: Context, info: RequestInfo, enrich: Enrich) -> None:
        self._ctx = ctx
        self._info = info
        self._enrich = enrich
        self._shown = 0

    async def expand(
        self,
        records: Sequence[Record],
        times: Mapping[str, int],
        name: str,
        below: Tree,
        depth: int,
    ) -> bool:
        """Expand one relation and what is below it; return False when every path fails.

        times: how often the record with an id shows.
        """
        if not records or depth > MAX_DEPTH:
            return True
        link = _find_link(self._ctx.catalog, records[0].collection, name)
        if link is None or not self._may_view(link.target):
            return False
        ids = await self._related_ids(link, records)
        shown = self._count(records, times, ids)
        related = await self._fetch(link.target, shown)
        if below:
            # All of them, also after one that works.
            worked = [
                await self.expand(related, shown, child, deeper, depth + 1)
                for child, deeper in below.items()
            ]
            if not any(worked):
                return False
        _attach(records, name, ids, {record.id: record for record in related}, link)
        return True

    def _count(
        self,
        records: Sequence[Record],
        times: Mapping[str, int],
        ids: Sequence[tuple[str, ...]],
    ) -> dict[str, int]:
        """Return how often each related record shows.

        Raises:
            BadRequest: all together too often.
        """
        shown: dict[str, int] = {}
        for record, own in zip(records, ids, strict=True):
            count = times[record.id]
            self._shown += count * len(own)
            for related_id in own:
                shown[related_id] = shown.get(related_id, 0) + count
        if self._shown > MAX_SHOWN:
            raise BadRequest
        return shown

    def _may_view(self, collection: Collection) -> bool:
        return self._info.is_superuser or collection.view_rule is not None

    async def _related_ids(self, link: _Link, records: Sequence[Record]) -> list[tuple[str, ...]]:
        """Return the related ids of each record."""
        if not link.is_back:
            name = link.relation.name
            return [link.relation.chosen(record.get(name)) for record in records]
        if len(records) == 1:
            rows = await self._ctx.db.all(
                queries.select_back_related_to_one(
                    link.target, link.relation, records[0].id, MAX_BACK_RELATED
                )
            )
            return [tuple(str(row[0]) for row in rows)]
        found: dict[str, list[str]] = {record.id: [] for record in records}
        sql = queries.select_back_related(link.target, link.relation, found, MAX_BACK_RELATED)
        for target_id, record_id in await self._ctx.db.all(sql):
            found[str(target_id)].append(str(record_id))
        return [tuple(found[record.id]) for record in records]

    async def _fetch(self, collection: Collection, ids: Iterable[str]) -> list[Record]:
        """Return the records of these ids that the client may view, enriched."""
        wanted = tuple(ids)
        if not wanted:
            return []
        rows = await self._ctx.db.all(self._select(collection, wanted))
        related = [Record.from_row(collection, row) for row in rows]
        await self._enrich(self._ctx, self._info, related)
        return related

    def _select(self, collection: Collection, ids: tuple[str, ...]) -> Sql:
        rule = collection.view_rule
        if self._info.is_superuser or not rule:
            return queries.select_records(collection, ids)
        return plan_access_many(
            self._ctx.catalog,
            collection,
            self._info,
            rule,
            queries.json_array(ids),
            clock=self._ctx.now,
        )


def _attach(
    records: Sequence[Record],
    name: str,
    ids: Sequence[tuple[str, ...]],
    related: dict[str, Record],
    link: _Link,
) -> None:
    """Put what was found into `expand`, in the order of the ids; nothing where nothing was."""
    for record, own in zip(records, ids, strict=True):
        if record.expand is None:
            record.expand = {}
        found = [related[item] for item in own if item in related]
        if found:
            record.expand[name] = found if link.is_list else found[0]
