"""What a save does to a collection before anything looks at it.

Source: PocketBase core/collection_model.go onCollectionSave.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pbpy.schema.collection import default_collection_id
from pbpy.schema.defaults import with_system_parts
from pbpy.schema.field_list import add_fields
from pbpy.schema.indexes import with_table

if TYPE_CHECKING:
    from pbpy.context import Context
    from pbpy.schema.auth_options import AuthOptions
    from pbpy.schema.catalog import Catalog
    from pbpy.schema.collection import Collection


def prepared(ctx: Context, collection: Collection) -> Collection:
    """Return the collection normalized: id, timestamps, field ids, system parts, table names."""
    now = ctx.now()
    has_generated_id = collection.has_generated_id
    collection = collection.replace(fields=add_fields((), collection.fields))
    if not collection.id:
        collection = collection.with_id(default_collection_id(collection.type, collection.name))
    collection = with_system_parts(collection)
    if collection.auth is not None:
        collection = collection.replace(auth=_with_known_fields(collection, collection.auth))
    if has_generated_id:
        collection = collection.with_id(free_id(ctx.catalog, collection))
    return collection.replace(
        created=collection.created or now,
        updated=now,
        indexes=tuple(with_table(item, collection.name) for item in collection.indexes),
    )


def free_id(catalog: Catalog, collection: Collection) -> str:
    """Return the default id of a new collection, numbered when another one has it."""
    base = default_collection_id(collection.type, collection.name)
    candidate, number = base, 2
    while catalog.by_id(candidate) is not None:
        candidate, number = f"{base}{number}", number + 1
    return candidate


def _with_known_fields(collection: Collection, auth: AuthOptions) -> AuthOptions:
    """Return the options with OAuth2 mappings to missing fields cleared."""
    mapped = auth.oauth2.mapped_fields
    cleared = replace(
        mapped,
        id=_known(collection, mapped.id),
        name=_known(collection, mapped.name),
        username=_known(collection, mapped.username),
        avatar_url=_known(collection, mapped.avatar_url),
    )
    return replace(auth, oauth2=replace(auth.oauth2, mapped_fields=cleared))


def _known(collection: Collection, field_name: str) -> str:
    return field_name if field_name in collection.by_name else ""


def with_superuser_limits(collection: Collection) -> Collection:
    """Return the collection of superusers as it may be stored: no OAuth2, always passwords.

    One-time passwords are only a second step there. Others are returned as they are.
    Source: PocketBase core/record_model_superusers.go.
    """
    if not collection.is_superusers or collection.auth is None:
        return collection
    auth = collection.auth
    return collection.replace(
        auth=replace(
            auth,
            oauth2=replace(auth.oauth2, enabled=False, providers=()),
            password_auth=replace(auth.password_auth, enabled=True),
            mfa=replace(auth.mfa, enabled=auth.mfa.enabled or auth.otp.enabled),
        )
    )
