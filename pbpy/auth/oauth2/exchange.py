"""An authorisation code becomes a token (RFC 6749 4.1.3, 5.1)."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, quote_plus

from pbpy.auth.oauth2.failure import OAuth2Failure
from pbpy.auth.oauth2.user import text_at
from pbpy.datetimes import format_datetime

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pbpy.auth.oauth2.outgoing import Answer, Outgoing
    from pbpy.errors import JsonValue

_FORM_TYPES: Final = ("application/x-www-form-urlencoded", "text/plain")
_SCHEMES: Final = {"": "Bearer", "bearer": "Bearer", "mac": "MAC", "basic": "Basic"}
_MAX_EXPIRY_S: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class OAuth2Token:
    """What a provider gave for a code.

    Attributes:
        expiry: when it ends, as PocketBase writes moments; "" if the provider did not say.
        extra: the whole answer, `id_token` included.
    """

    access_token: str
    refresh_token: str = ""
    token_type: str = ""
    expiry: str = ""
    extra: Mapping[str, JsonValue] = field(default_factory=dict)

    def __repr__(self) -> str:
        return "<OAuth2Token>"  # not what it opens

    @property
    def authorization(self) -> str:
        """The value of the Authorization header."""
        scheme = _SCHEMES.get(self.token_type.lower(), self.token_type)
        return f"{scheme} {self.access_token}"

    def text(self, key: str) -> str:
        """Return a text of the answer, or ""."""
        value = self.extra.get(key)
        return value if isinstance(value, str) else ""


async def exchange_code(
    outgoing: Outgoing,
    token_url: str,
    client_id: str,
    client_secret: str,
    form: Mapping[str, str],
) -> OAuth2Token:
    """Return the token for the code in form.

    Providers differ in how the client names itself: the header of RFC 6749 2.3.1 is tried
    first, then the form, as PocketBase does.

    Raises:
        OAuth2Failure: the provider refuses both, or its answer is no token.
    """
    credentials = f"{quote_plus(client_id)}:{quote_plus(client_secret)}"
    basic = {"Authorization": "Basic " + b64encode(credentials.encode()).decode()}
    answer = await outgoing.post_form(token_url, basic, form)
    try:
        return read_token(answer)
    except OAuth2Failure:
        named = {**form, "client_id": client_id}
        if client_secret:
            named["client_secret"] = client_secret
        return read_token(await outgoing.post_form(token_url, {}, named))


def read_token(answer: Answer) -> OAuth2Token:
    """Return the token of an answer in JSON or in the form that some providers use.

    Raises:
        OAuth2Failure: it has none.
    """
    values = _read_values(answer)
    if answer.status not in range(200, 300) or values.get("error"):
        raise OAuth2Failure(f"the token request was refused with status {answer.status}")
    access_token, refresh_token, token_type = (
        text_at(values, key) for key in ("access_token", "refresh_token", "token_type")
    )
    if not access_token:
        raise OAuth2Failure("the token answer has no access_token")
    expiry = _read_expiry(values.get("expires_in"))
    return OAuth2Token(access_token, refresh_token, token_type, expiry, values)


def _read_values(answer: Answer) -> dict[str, JsonValue]:
    kind = answer.content_type.partition(";")[0].strip().lower()
    if kind in _FORM_TYPES:
        return dict(parse_qsl(answer.body.decode(errors="replace")))
    values = answer.json()
    if not isinstance(values, dict):
        raise OAuth2Failure("the token answer is no object")
    return values


def _read_expiry(seconds: JsonValue) -> str:
    try:
        count = min(int(seconds) if seconds not in (None, "") else 0, _MAX_EXPIRY_S)
    except (TypeError, ValueError, OverflowError) as error:
        raise OAuth2Failure("expires_in is no number") from error
    return format_datetime(datetime.now(UTC) + timedelta(seconds=count)) if count > 0 else ""
