"""auth-with-oauth2: an authorisation code becomes a sign-in.

Source: PocketBase apis/record_auth_with_oauth2.go.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

from pbpy.auth.oauth2.failure import OAuth2Failure
from pbpy.auth.oauth2.linking import find_link, find_linked_record, link_record
from pbpy.auth.oauth2.outgoing import open_outgoing
from pbpy.auth.oauth2.presets import make_provider
from pbpy.auth.respond import AuthResult, complete_sign_in
from pbpy.auth.tokens import issue_auth_token
from pbpy.errors import REQUIRED, BadRequest, FieldError, Forbidden, InternalError
from pbpy.hooks.auth_events import AuthWithOAuth2RequestEvent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pbpy.app import App
    from pbpy.auth.oauth2.provider import Provider
    from pbpy.auth.oauth2.user import OAuth2User
    from pbpy.context import Context
    from pbpy.errors import ErrorMap, JsonValue
    from pbpy.records.request_info import RequestInfo
    from pbpy.schema.collection import Collection

LOAD_FAILURE: Final = "An error occurred while loading the submitted data."
TIMEOUT_S: Final = 30.0
_MAX_NAME_BYTES: Final = 100


@dataclass(frozen=True, slots=True)
class OAuth2Form:
    """What the client sends after the consent page.

    Attributes:
        redirect_url: the one that the consent page was called with.
        create_data: values of the record, in case it is created.
    """

    provider: str = ""
    code: str = field(default="", repr=False)
    code_verifier: str = field(default="", repr=False)
    redirect_url: str = ""
    create_data: Mapping[str, JsonValue] = field(default_factory=dict, repr=False)


def require_oauth2(collection: Collection) -> None:
    """Return when records of collection may sign in through other services.

    Raises:
        Forbidden: they may not.
    """
    if collection.auth is None or not collection.auth.oauth2.enabled:
        raise Forbidden("The collection is not configured to allow OAuth2 authentication.")


async def auth_with_oauth2(
    ctx: Context,
    info: RequestInfo,
    collection: Collection,
    form: OAuth2Form,
    *,
    mfa_id: str = "",
    redirect_name: str = "",
) -> AuthResult:
    """Sign in the record that the provider's user is, creating it if there is none.

    redirect_name is the user's name where only the redirect carried it.

    Raises:
        Forbidden: sign-in through other services is disabled, or the auth rule refuses.
        BadRequest: the form has errors, or the provider or the create of the record refuses.
        MfaRequired: a second method is needed.
    """
    require_oauth2(collection)
    provider = _get_provider(collection, form)
    info = info.with_context("oauth2")
    user = await _fetch_user(ctx, provider, form)
    user.name = user.name or redirect_name
    link = await find_link(ctx, collection, provider.name, user)
    record = await find_linked_record(ctx, collection, link, info.auth, user)
    event = AuthWithOAuth2RequestEvent(
        cast("App", ctx),
        info,
        collection,
        provider_client=provider,
        oauth2_user=user,
        create_data=dict(form.create_data),
        record=record,
    )
    result: AuthResult | None = None

    async def sign_in(final: AuthWithOAuth2RequestEvent) -> None:
        nonlocal result
        await link_record(final, link)
        if final.record is None:
            raise InternalError  # `link_record` creates one
        meta = {**final.oauth2_user.to_json(), "isNew": final.is_new_record}
        token = issue_auth_token(final.record)
        result = await complete_sign_in(
            ctx, info, final.record, token, method="oauth2", mfa_id=mfa_id, meta=meta
        )

    await ctx.hooks.on_record_auth_with_oauth2_request.trigger(event, sign_in)
    if result is None:
        raise InternalError  # a handler ended the chain and answered nothing
    return result


def _get_provider(collection: Collection, form: OAuth2Form) -> Provider:
    """Return the provider that the form names.

    Raises:
        BadRequest: with the errors of the form.
    """
    errors: dict[str, FieldError | ErrorMap] = {}
    config = collection.auth.oauth2.find(form.provider) if collection.auth else None
    provider = make_provider(config) if config is not None else None
    if not form.provider:
        errors["provider"] = REQUIRED
    elif len(form.provider.encode()) > _MAX_NAME_BYTES:
        errors["provider"] = FieldError(
            "validation_length_too_long",
            f"The length must be no more than {_MAX_NAME_BYTES}.",
            {"min": 0, "max": _MAX_NAME_BYTES},
        )
    elif config is None:
        errors["provider"] = FieldError(
            "validation_invalid_provider",
            f"Provider with name {form.provider} is missing or is not enabled.",
            {"name": form.provider},
        )
    if not form.code:
        errors["code"] = REQUIRED
    if errors:
        raise BadRequest(LOAD_FAILURE, errors)
    if provider is None:
        raise InternalError(f"Failed to init provider {form.provider}")
    return provider


async def _fetch_user(ctx: Context, provider: Provider, form: OAuth2Form) -> OAuth2User:
    """Return the user that the code stands for.

    Raises:
        BadRequest: the provider says no, or nothing in time.
    """
    step = "token"
    try:
        async with asyncio.timeout(TIMEOUT_S), open_outgoing() as outgoing:
            token = await provider.fetch_token(
                outgoing, form.code, form.redirect_url, form.code_verifier
            )
            step = "user"
            return await provider.fetch_user(outgoing, token)
    except (OAuth2Failure, TimeoutError) as error:
        ctx.log.info("no OAuth2 %s of %s: %s", step, provider.name, str(error) or "it is late")
        raise BadRequest(f"Failed to fetch OAuth2 {step}.") from error
