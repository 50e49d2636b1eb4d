"""What the tests of realtime over worker processes share: posts, users, and writers."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import httpx

from tests.raw_streams import HOOKS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from tests.raw_streams import Door, Stream

LIMIT_S = 60.0
PASSWORD = "1234567890"
POSTS = "/api/collections/posts/records"
USERS = "/api/collections/users"
FIELDS = [
    {"type": "text", "name": "title", "max": 1_000_000},
    {"type": "number", "name": "n"},
]


def add_hooks(folder: Path) -> Path:
    """Write the hook file whose routes the tests ask; return the folder."""
    (folder / "pb_hooks").mkdir()
    (folder / "pb_hooks" / "who.py").write_text(HOOKS)
    return folder


def play(scenario: Callable[[], Awaitable[None]]) -> None:
    """Run a scenario."""

    async def main() -> None:
        async with asyncio.timeout(LIMIT_S):
            await scenario()

    asyncio.run(main())


async def make_posts(door: Door, rule: str | None = "") -> None:
    """Make the collection anew."""
    await door.do("DELETE", "/api/collections/posts")
    rules = {"listRule": rule, "viewRule": rule, "createRule": "", "updateRule": ""}
    body = {"name": "posts", "fields": FIELDS, **rules, "deleteRule": ""}
    await door.save("POST", "/api/collections", body)


async def make_user(door: Door, name: str) -> tuple[str, str]:
    """Return id and token of a new user; one of the name before is deleted."""
    email = f"{name}@example.com"
    known = await door.get(f"{USERS}/records?filter=email%3D%22{email}%22")
    for user in known["items"]:
        await door.save("DELETE", f"{USERS}/records/{user['id']}")
    body = {"email": email, "password": PASSWORD, "passwordConfirm": PASSWORD}
    user_id: str = (await door.save("POST", f"{USERS}/records", body))["id"]
    signed_in = {"identity": email, "password": PASSWORD}
    token: str = (await door.save("POST", f"{USERS}/auth-with-password", signed_in))["token"]
    return user_id, token


class Counter:
    """A record whose number grows by one with every write, through one door."""

    def __init__(self, door: Door, record: str) -> None:
        self.door = door
        self.record = record
        self.stopping = False

    async def run(self) -> None:
        """Write until told to stop, or cut off."""
        with contextlib.suppress(httpx.TransportError):
            while not self.stopping:
                await self.door.save("PATCH", f"{POSTS}/{self.record}", {"n+": 1})


def counts(stream: Stream, record: str) -> list[int]:
    """Return the numbers of a record that a stream has heard of."""
    found = [data["record"] for data in stream.data]
    return [item["n"] for item in found if item["id"] == record]


async def hears_number(stream: Stream, record: str, number: int) -> None:
    """Wait until a stream has heard a number of a record."""
    await stream.until(lambda: number in counts(stream, record)[-1:])
