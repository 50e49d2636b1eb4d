"""Audiences: subscriptions to a topic that ask the same questions and see the same record.

They are found once and kept until a subscription, an auth record, the catalog or the hooks
change, so an event costs something per audience and next to nothing per subscriber.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from pbpy.realtime.client import Subscription
    from pbpy.realtime.topic import Topic
    from pbpy.records.judge import Judge, Question
    from pbpy.records.request_info import RequestInfo
    from pbpy.schema.catalog import Catalog
    from pbpy.schema.collection import Collection, Rule


TURN: Final = 128
"""After so many subscribers the event loop gets a turn."""


class Member(NamedTuple):
    """One subscription of an audience.

    Attributes:
        revocations: the client's count when it was asked; what was answered is void for it
            when it has changed.
    """

    subscription: Subscription
    revocations: int


class Audience(NamedTuple):
    """Subscriptions that get the same message or none.

    Attributes:
        questions: what all of them ask; all must hold.
        topic: that of all of them.
        info: the request of one of them, as it was when they were grouped.
    """

    questions: tuple[Question | bool, ...]
    topic: Topic
    info: RequestInfo
    members: list[Member]


class Audiences(NamedTuple):
    """All audiences of a topic, and what they were found for.

    Attributes:
        is_personal: whether a view may differ between readers of equal rights.
    """

    catalog: Catalog
    collection: Collection
    is_personal: bool
    found: list[Audience]
    lasts: bool

    def fits(self, catalog: Catalog, collection: Collection, *, is_personal: bool) -> bool:
        """Tell whether they may be used again."""
        return (
            self.lasts
            and self.catalog is catalog
            and self.collection is collection
            and self.is_personal is is_personal
        )


async def find_audiences(
    judge: Judge,
    catalog: Catalog,
    collection: Collection,
    rule: Rule,
    subscriptions: Sequence[Subscription],
    *,
    is_personal: bool,
) -> Audiences:
    """Group subscriptions by what decides whether and how they see a record.

    The event loop gets a turn after each `TURN` of them; what has changed meanwhile is noticed
    when a message is sent.
    """
    found: dict[Hashable, Audience] = {}
    lasts = True
    for place, subscription in enumerate(subscriptions, 1):
        if place % TURN == 0:
            await asyncio.sleep(0)
        info, memory = subscription.info, subscription.memory
        query = subscription.topic.query
        asked = judge.ask_rule(info, rule, memory)
        also = judge.ask_filter(info, query.get("filter", ""), memory) if asked else False
        if not also:
            continue
        lasts = lasts and _lasts(asked) and _lasts(also)
        reader: Hashable = info.is_superuser
        if info.auth is not None and (is_personal or "expand" in query):
            reader = (info.auth.collection.id, info.auth.id)
        key = (_key(asked), _key(also), subscription.topic.text, reader)
        audience = found.get(key)
        if audience is None:
            audience = found[key] = Audience((asked, also), subscription.topic, info, [])
        audience.members.append(Member(subscription, subscription.client.revocations))
    return Audiences(catalog, collection, is_personal, list(found.values()), lasts)


def _lasts(question: Question | bool) -> bool:
    return isinstance(question, bool) or question.lasts


def _key(question: Question | bool) -> Hashable:
    return question if isinstance(question, bool) else question.key
