"""Lists of steps of one kind, so that one more case is one more line of text."""

from __future__ import annotations

from typing import Any

from tests.differential.steps import Actor, Json, Step, collections, fixture, guest, records, su

OPEN = {"listRule": "", "viewRule": "", "createRule": "", "updateRule": "", "deleteRule": ""}


def field(kind: str, name: str, **options: Json) -> dict[str, Json]:
    """Return a field as the collections API takes it."""
    return {"type": kind, "name": name, **options}


CHEAP = field("password", "password", cost=4)
"""The password field of an auth collection whose hashes take no time."""


def base(name: str, *fields: dict[str, Json], **options: Json) -> Step:
    """Create a base collection open to everyone, as the superuser."""
    body = {"name": name, "fields": list(fields), **OPEN, **options}
    return fixture(su.post(collections(), body))


def auth_collection(name: str, *fields: dict[str, Json], **options: Json) -> Step:
    """Create an auth collection open to everyone, as the superuser."""
    body = {"name": name, "type": "auth", "fields": list(fields), **OPEN, **options}
    return fixture(su.post(collections(), body))


def view(name: str, query: str, **options: Json) -> Step:
    """Create a view collection which everyone may read, as the superuser."""
    body = {"name": name, "type": "view", "viewQuery": query, "listRule": "", "viewRule": ""}
    return fixture(su.post(collections(), body | options))


def rows(collection: str, *bodies: dict[str, Json]) -> list[Step]:
    """Create records, as the superuser."""
    return [su.post(records(collection), body) for body in bodies]


def user(collection: str, record_id: str, name: str, /, **values: Json) -> list[Step]:
    """Create the auth record NAME@example.com and sign it in: afterwards Actor(name) works."""
    email, password = f"{name}@example.com", "1234567890"
    credentials = {"password": password, "passwordConfirm": password}
    return [
        fixture(
            su.post(records(collection), {"id": record_id, "email": email} | credentials | values)
        ),
        fixture(sign_in(collection, email, password, save=name)),
    ]


def sign_in(collection: str, identity: str, password: str, **options: Any) -> Step:
    """Sign in with a password, as a guest."""
    path = f"/api/collections/{collection}/auth-with-password"
    return guest.post(path, {"identity": identity, "password": password}, **options)


def made(collection: str, *bodies: dict[str, Json]) -> list[Step]:
    """Create records which PocketBase must accept, as the superuser."""
    return [fixture(step) for step in rows(collection, *bodies)]


def casts(collection: str, name: str, *texts: str, actor: Actor = su) -> list[Step]:
    """Create a record of one value for each JSON text, sent verbatim."""
    return [actor.send("POST", records(collection), f'{{"{name}":{text}}}') for text in texts]


def updates(collection: str, record_id: str, *texts: str, actor: Actor = su) -> list[Step]:
    """Update one record with each JSON text, sent verbatim."""
    return [actor.send("PATCH", records(collection, record_id), text) for text in texts]


def filters(collection: str, *texts: str, actor: Actor = su) -> list[Step]:
    """List the ids which each filter matches."""
    return [actor.get(records(collection, filter=text, sort="id", fields="id")) for text in texts]


def sorts(collection: str, *texts: str, actor: Actor = su) -> list[Step]:
    """List the ids in each order."""
    return [actor.get(records(collection, sort=text, fields="id")) for text in texts]


def queries(path: str, *texts: str, actor: Actor = su) -> list[Step]:
    """GET the path with each raw query string."""
    return [actor.get(f"{path}?{text}") for text in texts]
