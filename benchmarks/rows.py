"""The rows of the benchmark, the same in every run: ids, texts and relations are seeded."""

from __future__ import annotations

import random
import string
from functools import cache
from typing import Any

ORGANISATIONS = 20
PERMISSIONS = 12
AUTHORS = 200
POSTS = 10_000
DRAFTS = 2_000

AUTHOR_PASSWORD = "author-password-1"
KINDS = ("a", "b", "c", "d")

_TEXT = (
    "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut"
    " labore et dolore magna aliqua enim ad minim veniam quis nostrud exercitation ullamco laboris"
    " nisi aliquip ex ea commodo consequat duis aute irure in reprehenderit voluptate velit esse"
    " cillum fugiat nulla pariatur excepteur sint occaecat cupidatat non proident sunt culpa qui"
    " officia deserunt mollit anim id est laborum"
)
_WORDS = _TEXT.split()
_ID_LENGTH = 15
_ALPHABET = string.ascii_lowercase + string.digits

Row = dict[str, Any]


def author_email(number: int) -> str:
    """Return the email of the author with this number."""
    return f"author{number}@example.com"


@cache
def ids(kind: str, count: int) -> tuple[str, ...]:
    """Return `count` record ids which belong to `kind`, always the same ones."""
    source = random.Random(kind)
    return tuple("".join(source.choices(_ALPHABET, k=_ID_LENGTH)) for _ in range(count))


def organisations() -> list[Row]:
    """Return all organisations."""
    return [
        {"id": id_, "name": f"organisation {number}"}
        for number, id_ in enumerate(ids("organisations", ORGANISATIONS))
    ]


def permissions() -> list[Row]:
    """Return all permissions; one of them is not active."""
    return [
        {"id": id_, "name": f"permission {number}", "active": number > 0}
        for number, id_ in enumerate(ids("permissions", PERMISSIONS))
    ]


def authors() -> list[Row]:
    """Return all authors, each of one organisation and with three permissions."""
    source = random.Random("authors")
    return [
        {
            "id": id_,
            "email": author_email(number),
            "password": AUTHOR_PASSWORD,
            "passwordConfirm": AUTHOR_PASSWORD,
            "verified": True,
            "name": f"Author {number}",
            "organization": source.choice(ids("organisations", ORGANISATIONS)),
            "permissions": source.sample(ids("permissions", PERMISSIONS), 3),
        }
        for number, id_ in enumerate(ids("authors", AUTHORS))
    ]


def posts(kind: str, count: int) -> list[Row]:
    """Return the rows of `posts` or `drafts`."""
    source = random.Random(f"rows of {kind}")
    return [post(source, number) | {"id": id_} for number, id_ in enumerate(ids(kind, count))]


def post(source: random.Random, number: int) -> Row:
    """Return one post without an id: a title, about 600 characters of text, a random author."""
    return {
        "title": f"{' '.join(source.choices(_WORDS, k=5))} {number}",
        "description": f"<p>{' '.join(source.choices(_WORDS, k=92))}</p>",
        "active": source.random() < 0.5,
        "public": source.random() < 0.5,
        "type": sorted(source.sample(KINDS, source.randint(0, 3))),
        "author": source.choice(ids("authors", AUTHORS)),
    }
