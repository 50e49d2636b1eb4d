"""Sign-in by a one-time password that comes by mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from pbpy.auth.expired import age_s
from pbpy.auth.forms import check_email, check_text, require_valid
from pbpy.auth.identities import find_by_email
from pbpy.auth.mails import send_otp
from pbpy.auth.passwords import random_password
from pbpy.auth.queries import select_of_record
from pbpy.auth.respond import AuthResult, complete_sign_in
from pbpy.auth.tokens import issue_auth_token
from pbpy.errors import BadRequest, Forbidden, InternalError, NotFound, PbpyError, TooManyRequests
from pbpy.hooks.auth_events import AuthWithOtpRequestEvent, RequestOtpRequestEvent
from pbpy.ids import random_id, random_text
from pbpy.records.find import find_record
from pbpy.records.record import Record
from pbpy.records.save import delete_record, save_record

if TYPE_CHECKING:
    from pbpy.app import App
    from pbpy.context import Context
    from pbpy.errors import JsonValue
    from pbpy.fields.password import Password
    from pbpy.records.request_info import RequestInfo
    from pbpy.schema.auth_options import OtpOptions
    from pbpy.schema.collection import Collection

_DIGITS: Final = "1234567890"
_MAX_LIVE: Final = 9
_MAX_PASSWORD_BYTES: Final = 71
_INVALID: Final = "Invalid or expired OTP"


def require_otp(collection: Collection) -> OtpOptions:
    """Return the options of a collection whose records may sign in this way.

    Raises:
        Forbidden: they may not.
    """
    if collection.auth is None or not collection.auth.otp.enabled:
        raise Forbidden("The collection is not configured to allow OTP authentication.")
    return collection.auth.otp


async def request_otp(
    ctx: Context, info: RequestInfo, collection: Collection, email: str
) -> JsonValue:
    """Mail a one-time password; return `{"otpId"}`, of nothing when nobody has this email.

    Whether somebody has it shows neither in the answer nor in its time: one password is hashed
    either way, and the mail leaves in the background.

    Raises:
        Forbidden: this sign-in is disabled.
        BadRequest: email is no address.
    """
    options = require_otp(collection)
    require_valid({"email": check_email(email)})
    event = RequestOtpRequestEvent(
        cast("App", ctx),
        info,
        collection,
        record=await find_by_email(ctx, collection, email),
        password=random_text(options.length, _DIGITS),
    )
    otp_id = ""

    async def issue(final: RequestOtpRequestEvent) -> None:
        nonlocal otp_id
        inner = cast("Context", final.app)
        if final.record is None:
            await _spend_the_time_of_a_hash(inner, final.password)
            otp_id = random_id()
        else:
            otp_id = await _issue(inner, final.record, final.password, options)

    await ctx.hooks.on_record_request_otp_request.trigger(event, issue)
    return {"otpId": otp_id} if event.response is None and otp_id else event.response


async def _issue(ctx: Context, record: Record, password: str, options: OtpOptions) -> str:
    """Return the id of a one-time password, a new one unless there are too many."""
    collection = ctx.catalog.get("_otps")
    if not ctx.config.dev:
        rows = await ctx.db.all(select_of_record(collection, record))
        issued = [Record.from_row(collection, row) for row in rows]
        if sum(age_s(otp) <= options.duration for otp in issued) > _MAX_LIVE:
            ctx.log.warning("too many one-time passwords for %r: the last one is kept", record)
            await _spend_the_time_of_a_hash(ctx, password)
            return issued[0].id
    otp = Record(collection, {"collectionRef": record.collection.id, "recordRef": record.id})
    otp.set("password", password)
    await save_record(ctx, otp)

    def deliver() -> None:
        work = _deliver(ctx.unbound, record, otp.id, password)
        ctx.background.start(work, "one-time password mail")

    if ctx.in_transaction:  # of a handler
        ctx.tx.after_commit(deliver)
    else:
        deliver()
    return otp.id


async def _deliver(ctx: Context, record: Record, otp_id: str, password: str) -> None:
    try:
        await send_otp(ctx, record, otp_id, password)
    except Exception:
        otp = await find_record(ctx, ctx.catalog.get("_otps"), otp_id)
        if otp is not None:
            await delete_record(ctx, otp)
        raise


async def _spend_the_time_of_a_hash(ctx: Context, password: str) -> None:
    item = cast("Password", ctx.catalog.get("_otps").by_name["password"])
    await ctx.hash_password(password, item.cost)


async def auth_with_otp(
    ctx: Context,
    info: RequestInfo,
    collection: Collection,
    *,
    otp_id: str,
    password: str,
    mfa_id: str = "",
) -> AuthResult:
    """Sign in the record that a one-time password was made for; it works once.

    Raises:
        Forbidden: this sign-in is disabled, or the auth rule refuses.
        BadRequest: the form has errors, or the password is wrong, used, too old or unknown.
        TooManyRequests: it was tried too often.
        MfaRequired: a second method is needed.
    """
    options = require_otp(collection)
    require_valid(
        {"otpId": check_text(otp_id), "password": check_text(password, _MAX_PASSWORD_BYTES)}
    )
    info = info.with_context("otp")
    otp, record = await _check(ctx, info, collection, otp_id, password, options)
    event = AuthWithOtpRequestEvent(cast("App", ctx), info, collection, record, otp=otp)
    result: AuthResult | None = None

    async def sign_in(final: AuthWithOtpRequestEvent) -> None:
        nonlocal result
        inner = cast("Context", final.app)
        sent_to = final.otp.get("sentTo")
        try:
            await delete_record(inner, final.otp)
        except NotFound as error:  # another request of the same moment was first
            raise BadRequest(_INVALID) from error
        if sent_to and not final.record.verified and final.record.email == sent_to:
            await _verify(inner, final.record)
        token = issue_auth_token(final.record)
        result = await complete_sign_in(
            inner, info, final.record, token, method="otp", mfa_id=mfa_id
        )

    await ctx.hooks.on_record_auth_with_otp_request.trigger(event, sign_in)
    if result is None:
        raise InternalError  # a handler ended the chain and answered nothing
    return result


async def _check(
    ctx: Context,
    info: RequestInfo,
    collection: Collection,
    otp_id: str,
    password: str,
    options: OtpOptions,
) -> tuple[Record, Record]:
    """Return the one-time password and its owner.

    Raises:
        BadRequest: in the same words and after the same time, whatever is wrong.
        TooManyRequests: it was tried too often.
    """
    otp = await find_record(ctx, ctx.catalog.get("_otps"), otp_id)
    record = None
    if (
        otp is not None
        and otp.get("collectionRef") == collection.id
        and age_s(otp) <= options.duration
    ):
        record = await find_record(ctx, collection, otp.get("recordRef"))
    if otp is None or record is None:
        await _spend_the_time_of_a_hash(ctx, password)
        raise BadRequest(_INVALID)
    if not ctx.limits.otp.allow(collection.id, record.id, info.real_ip):
        raise TooManyRequests("Too many attempts, please try again later with a new OTP.")
    if not await ctx.verify_password(password, otp.password_hash):
        raise BadRequest(_INVALID)
    return otp, record


async def _verify(ctx: Context, record: Record) -> None:
    """Note that the record's email is its own.

    Its password may be that of somebody who registered the email before its owner came, so it
    goes, unless another method is needed besides.
    """
    record.set_raw("verified", True)
    options = record.collection.auth
    if options is not None and not options.mfa.enabled:
        record.set_password(random_password())
    try:
        await save_record(ctx, record)
    except PbpyError as error:
        ctx.log.error("the verified state of %r was not saved: %s", record, error)  # noqa: TRY400
