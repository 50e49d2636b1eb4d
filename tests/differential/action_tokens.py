"""Tokens which both servers accept: the record's key and the collection's secrets are fixed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jwt

from tests.differential.batteries import auth_collection, user
from tests.differential.steps import collections, fixture, su

if TYPE_CHECKING:
    from tests.differential.steps import Step

KEY = "k" * 50
SECRET = "s" * 50
FAR = 4102444800
"""The year 2100."""

TOKENS = ("authToken", "passwordResetToken", "verificationToken", "emailChangeToken", "fileToken")


def auth_users(name: str, *fields: Any, **options: Any) -> list[Step]:
    """Return the steps that make an auth collection with known token secrets."""
    known = {token: {"secret": f"{token}{SECRET}", "duration": 1000} for token in TOKENS}
    return [
        auth_collection(name, *fields, id=f"{name}_id", **options),
        fixture(su.patch(collections(name), known)),
    ]


def known_user(collection: str, record_id: str, name: str, **values: Any) -> list[Step]:
    """Return the steps that make and sign in a user with a known token key."""
    return user(collection, record_id, name, **{"tokenKey": KEY[:-1] + record_id[-1], **values})


def action_token(collection: str, record_id: str, kind: str, **claims: Any) -> str:
    """Return a token of `known_user`; claims replace or, when None, remove the usual ones."""
    secret = f"{kind}Token{SECRET}"
    body = {
        "collectionId": f"{collection}_id",
        "exp": FAR,
        "id": record_id,
        "type": kind,
        **claims,
    }
    body = {name: value for name, value in body.items() if value is not None}
    return jwt.encode(body, KEY[:-1] + record_id[-1] + secret, algorithm="HS256")
