"""What both servers are given: a collection of posts, users, and posts with numbers in titles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks.realtime.streams import Seat
from benchmarks.target import records_path, request

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.target import Target

RULES: Final = {
    "no rule": "",
    "signed in": '@request.auth.id != ""',
    "own rows": "author = @request.auth.id",
}
OWN_ROWS: Final = "own rows"
TOPICS: Final = ("posts/*",)

_PASSWORD: Final = "password-123"
_COLLECTION: Final = {
    "name": "posts",
    "listRule": "",
    "fields": [
        {"name": "title", "type": "text"},
        {"name": "author", "type": "relation", "collectionId": "_pb_users_auth_"},
    ],
}


class Scene:
    """A server with users, each the author of every n-th post."""

    def __init__(self, target: Target, users: int) -> None:
        self.target = target
        self.port = target.server.port
        self.next_number = 0
        self._rule = ""
        self._authors: list[str] = []
        self._tokens: list[str] = []
        target.root("PATCH", "/api/settings", {"logs": {"maxDays": 0}})
        target.root("POST", "/api/collections", _COLLECTION)
        for number in range(users):
            email = f"u{number}@example.com"
            user = {"email": email, "password": _PASSWORD, "passwordConfirm": _PASSWORD}
            self._authors.append(target.root("POST", records_path("users"), user)["id"])
            path = f"/api/collections/users/impersonate/{self._authors[-1]}"
            self._tokens.append(target.root("POST", path, {"duration": 0})["token"])

    def set_rule(self, name: str) -> None:
        """Give the posts one of the list rules."""
        self._rule = name
        self.target.root("PATCH", "/api/collections/posts", {"listRule": RULES[name]})

    def seats(self, count: int) -> list[Seat]:
        """Return streams of all posts, spread over the users."""
        users = len(self._tokens)
        return [Seat(TOPICS, self._tokens[n % users], n % users) for n in range(count)]

    def readers(self, count: int) -> int:
        """Return how many of so many streams get a post; count is a multiple of the users."""
        return count // len(self._authors) if self._rule == OWN_ROWS else count

    def posts_by_group(self, numbers: Sequence[int]) -> list[list[int]]:
        """Return which of these posts the streams of each user get."""
        users = len(self._authors)
        if self._rule != OWN_ROWS:
            return [list(numbers)]
        groups: list[list[int]] = [[] for _ in range(users)]
        for number in numbers:
            groups[number % users].append(number)
        return groups

    def new_post(self, padding: str = "") -> bytes:
        """Return the request that creates the next post, whose title has the next number."""
        number = self.next_number
        self.next_number += 1
        author = self._authors[number % len(self._authors)]
        body = {"title": f"t{number} {padding}", "author": author}
        token = self.target.server.superuser_token
        return request("POST", records_path("posts"), body, token)

    def new_posts(self) -> Iterator[bytes]:
        """Yield requests for ever."""
        while True:
            yield self.new_post()
