"""Which record an OAuth2 user is, and what signing in changes about it.

The rules are against accounts that somebody made beforehand for the victim's address: an
unverified record loses its password (SEC-01) and all its other links (SEC-02) before the one
who has proven the address gets in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from pbpy.auth.identities import find_by_email, find_by_field
from pbpy.auth.oauth2.avatar import download_avatar
from pbpy.auth.oauth2.failure import OAuth2Failure
from pbpy.auth.passwords import random_password
from pbpy.errors import BadRequest, NotFound, ValidationFailed
from pbpy.fields.text import Text
from pbpy.records.auth_effects import delete_references
from pbpy.records.create import FAILURE, prepare_create
from pbpy.records.find import find_record
from pbpy.records.queries import select_by_values
from pbpy.records.record import Record
from pbpy.records.request_info import RequestInfo
from pbpy.records.respond import respond_with
from pbpy.records.save import delete_record, save_record
from pbpy.schema.indexes import find_unique_index

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pbpy.auth.oauth2.user import OAuth2User
    from pbpy.context import Context
    from pbpy.errors import JsonValue
    from pbpy.files.upload import Upload
    from pbpy.hooks.auth_events import AuthWithOAuth2RequestEvent
    from pbpy.records.submit import Submission
    from pbpy.schema.collection import Collection

FAILED = "Failed to authenticate."


async def find_link(
    ctx: Context, collection: Collection, provider: str, user: OAuth2User
) -> Record | None:
    """Return the link between a provider's user and a record of collection, or None."""
    links = ctx.catalog.get("_externalAuths")
    values = {"collectionRef": collection.id, "provider": provider, "providerId": user.id}
    row = await ctx.db.one(select_by_values(links, values))
    return None if row is None else Record.from_row(links, row)


async def find_linked_record(
    ctx: Context,
    collection: Collection,
    link: Record | None,
    signed_in: Record | None,
    user: OAuth2User,
) -> Record | None:
    """Return the record that user is: the linked one, the signed-in one, the one of its email.

    Raises:
        NotFound: the linked or the signed-in record is gone.
    """
    if link is not None:
        return await _get_record(ctx, collection, cast("str", link.get("recordRef")))
    if signed_in is not None and signed_in.collection.id == collection.id:
        return await _get_record(ctx, collection, signed_in.id)
    return await find_by_email(ctx, collection, user.email) if user.email else None


async def link_record(event: AuthWithOAuth2RequestEvent, link: Record | None) -> None:
    """Make `event.record` the one that signs in: created if None, protected, and linked.

    One transaction; what takes time comes before it.

    Raises:
        ApiError: the record cannot be created, with the answer of a create.
        BadRequest: something else is refused.
    """
    ctx = cast("Context", event.app)
    signup = await _prepare_signup(ctx, event) if event.record is None else None
    spare_hash = ""
    if event.record is not None and not event.record.verified:
        spare_hash = await ctx.hash_password(random_password())
    try:
        async with ctx.transaction() as bound:
            if signup is not None:
                event.record = await _create(bound, signup, event.oauth2_user)
            elif event.record is not None:
                if not event.record.verified:
                    link = None
                await _update(bound, event, event.record, spare_hash)
            if link is None and event.record is not None:
                await save_record(bound, _new_link(bound, event, event.record))
    except ValidationFailed as error:
        raise BadRequest(FAILED, error.errors) from error


def _new_link(ctx: Context, event: AuthWithOAuth2RequestEvent, record: Record) -> Record:
    return Record(
        ctx.catalog.get("_externalAuths"),
        {
            "collectionRef": record.collection.id,
            "recordRef": record.id,
            "provider": event.provider_name,
            "providerId": event.oauth2_user.id,
        },
    )


async def _update(
    ctx: Context, event: AuthWithOAuth2RequestEvent, record: Record, spare_hash: str
) -> None:
    """Protect an unverified record, and take over what the provider vouches for."""
    auth, email = event.auth, event.oauth2_user.email
    is_own = auth is not None and (auth.id, auth.collection.id) == (
        record.id,
        record.collection.id,
    )
    needs_save = False
    if not record.verified:
        if not is_own:
            record.set_password_hash(spare_hash)
            needs_save = True
        await delete_references(ctx, record, delete_record, "_externalAuths")
    if not record.email and email:
        record.set_raw("email", email)
        needs_save = True
    if not record.verified and record.email in {"", email}:
        record.set_raw("verified", True)
        needs_save = True
    if needs_save:
        await save_record(ctx, record)


class _Signup:
    """A record about to be created by the ordinary create, as the request's client."""

    __slots__ = ("info", "submission")

    def __init__(self, info: RequestInfo, submission: Submission) -> None:
        self.info = info
        self.submission = submission


async def _prepare_signup(ctx: Context, event: AuthWithOAuth2RequestEvent) -> _Signup:
    """Check what a new record would be; nothing is written.

    Raises:
        ApiError: the create rule refuses it.
    """
    collection = event.collection
    if collection.is_superusers:
        raise BadRequest(FAILED)
    body, files = await _signup_body(ctx, event)
    password_hash = ""
    if "password" not in body:
        password = random_password()
        password_hash = await ctx.hash_password(password)
        body.update(password=password, passwordConfirm=password)
    info = RequestInfo(
        context="oauth2",
        method="POST",
        raw_headers=event.info.raw_headers,
        body=body,
        auth=event.auth,
        real_ip=event.info.real_ip,
    )
    submission = await prepare_create(ctx, collection, info, files, password_hash=password_hash)
    return _Signup(info, submission)


async def _create(ctx: Context, signup: _Signup, user: OAuth2User) -> Record:
    record = signup.submission.record

    async def save(inner: Context, final: Record) -> None:
        nonlocal record
        record = final
        await signup.submission.save(inner, final, FAILURE)

    hook = ctx.hooks.on_record_create_request
    await respond_with(ctx, signup.info, signup.submission.record, hook, save)
    if record.email == user.email and not record.verified:
        # PocketBase: an empty email that both have counts as the same one.
        record.set_raw("verified", True)
        await save_record(ctx, record)
    return record


async def _signup_body(
    ctx: Context, event: AuthWithOAuth2RequestEvent
) -> tuple[dict[str, JsonValue], dict[str, Sequence[Upload]]]:
    """Return the client's `createData`, with what the provider knows where it says nothing."""
    body: dict[str, JsonValue] = dict(event.create_data)
    files: dict[str, Sequence[Upload]] = {}
    collection, user = event.collection, event.oauth2_user
    if not isinstance(body.get("email"), str) or not body["email"]:
        body["email"] = user.email
    if collection.auth is None:
        return body, files
    mapped = collection.auth.oauth2.mapped_fields
    for name, value in ((mapped.id, user.id), (mapped.name, user.name)):
        if name:
            body.setdefault(name, value)
    name = mapped.username
    if name and name not in body and await _is_free(ctx, collection, name, user.username):
        body[name] = user.username
    name = mapped.avatar_url
    if name and name not in body and user.avatar_url:
        field = collection.by_name.get(name)
        if field is None or field.type != "file":
            body[name] = user.avatar_url
        elif (avatar := await _try_download(ctx, user.avatar_url)) is not None:
            files[name] = [avatar]
    return body, files


async def _try_download(ctx: Context, url: str) -> Upload | None:
    try:
        return await download_avatar(url)
    except OAuth2Failure as error:
        ctx.log.warning("an OAuth2 avatar is left out: %s", error)
        return None


async def _is_free(ctx: Context, collection: Collection, name: str, username: str) -> bool:
    """Tell whether a user name fits its field and is nobody else's."""
    field = collection.by_name.get(name)
    if field is None or (isinstance(field, Text) and field.check(username) is not None):
        return False
    if find_unique_index(collection.indexes, name) is None:
        return True
    return await find_by_field(ctx, collection, name, username) is None


async def _get_record(ctx: Context, collection: Collection, record_id: str) -> Record:
    record = await find_record(ctx, collection, record_id)
    if record is None:
        raise NotFound
    return record
