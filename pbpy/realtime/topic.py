"""Topics: what a client subscribes to.

    posts/*    posts    posts/RECORD_ID    any_custom_name    each with ?options={...}

A collection may be given by its name or its id. The options are URL-encoded JSON:
`{"query": {...}, "headers": {...}}`. Source: PocketBase tools/subscriptions/client.go.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote_plus

import orjson

from pbpy.fields.casts import to_text
from pbpy.files.names import to_snake_case

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_TURN: Final = 32
"""After so many topics the event loop gets a turn."""

_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Topic:
    """One subscription as submitted, and what it says.

    Attributes:
        text: exactly as submitted; the name of the events.
        name: what comes before the options.
        query: `filter`, `expand`, `fields`, and whatever rules read as `@request.query`.
        headers: what rules read as `@request.headers`, names in snake_case.
    """

    text: str
    name: str
    query: Mapping[str, str]
    headers: Mapping[str, str]

    @property
    def options_key(self) -> tuple[tuple[str, str], ...]:
        """What is equal for topics with the same options."""
        return (*sorted(self.query.items()), ("", ""), *sorted(self.headers.items()))


def parse_topic(text: str) -> Topic:
    """Return a topic; options that cannot be read count as none."""
    name, mark, rest = text.partition("?")
    options = _load_options(name, rest) if mark else {}
    query = {key: to_text(value) for key, value in options.get("query", {}).items()}
    headers = {
        to_snake_case(key): to_text(value) for key, value in options.get("headers", {}).items()
    }
    return Topic(text, name, query, headers)


async def parse_topics(texts: Iterable[str]) -> list[Topic]:
    """Return the topics of a submission, each once, in turns with others; empty texts are skipped.

    1,000 of the greatest length take 50 ms.
    """
    topics = []
    for place, text in enumerate(dict.fromkeys(texts), 1):
        if text:
            topics.append(parse_topic(text))
        if place % _TURN == 0:
            await asyncio.sleep(0)
    return topics


def record_topics(name: str, collection_id: str, record_id: str) -> tuple[tuple[str, bool], ...]:
    """Return the topics that a change of a record belongs to, and whether each is about it alone.

    Those are checked with the view rule, the others with the list rule.
    """
    return (
        (f"{name}/{record_id}", True),
        (f"{collection_id}/{record_id}", True),
        (f"{name}/*", False),
        (f"{collection_id}/*", False),
        (name, False),
        (collection_id, False),
    )


def _load_options(name: str, query: str) -> dict[str, dict[str, Any]]:
    """Return the objects `query` and `headers` of the options that a URL carries."""
    if _CONTROL.search(name + query) or _BAD_ESCAPE.search(name) or "#" in name:
        return {}  # Go does not take it for a URL, or for one without a query
    text = _first_value(query.partition("#")[0], "options")
    try:
        loaded = orjson.loads(text) if text else None
    except orjson.JSONDecodeError:
        return {}
    found: dict[str, dict[str, Any]] = {}
    if isinstance(loaded, dict):
        for key in (key for key in loaded if key in ("query", "headers")):
            if not isinstance(loaded[key], dict | None):
                break  # PocketBase reads no further
            found[key] = loaded[key] or {}
    return found


def _first_value(query: str, wanted: str) -> str:
    for piece in query.split("&"):
        if ";" in piece or _BAD_ESCAPE.search(piece):
            continue
        key, _, value = piece.partition("=")
        if unquote_plus(key) == wanted:
            return unquote_plus(value)
    return ""
