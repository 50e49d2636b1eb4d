"""Providers that describe the user in an id_token: OpenID Connect, Apple, Microsoft."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pbpy.auth.oauth2.failure import OAuth2Failure
from pbpy.auth.oauth2.id_token import read_claims, verify_signature
from pbpy.auth.oauth2.provider import Preset, Provider
from pbpy.auth.oauth2.user import text_at
from pbpy.fields.casts import to_bool, to_text

if TYPE_CHECKING:
    from pbpy.auth.oauth2.exchange import OAuth2Token
    from pbpy.auth.oauth2.outgoing import Outgoing
    from pbpy.errors import JsonValue
    from pbpy.schema.auth_options import OAuth2Provider

_CLAIM_OPTION: Final = "idTokenEmailClaim"


class OpenId(Provider):
    """Any OpenID Connect provider; `extra` may hold `jwksURL` and `issuers`."""

    __slots__ = ()

    async def fetch_raw_user(self, outgoing: Outgoing, token: OAuth2Token) -> dict[str, JsonValue]:
        """Ask the userinfo endpoint; where there is none, take the claims of the id_token."""
        if self.user_info_url:
            return await Provider.fetch_raw_user(self, outgoing, token)
        id_token = token.text("id_token")
        extra = self.config.extra
        claims = read_claims(
            id_token, audience=self.client_id, issuers=_as_issuers(extra.get("issuers"))
        )
        jwks_url = to_text(extra.get("jwksURL"))
        if jwks_url:
            await verify_signature(outgoing, id_token, jwks_url)
        return claims

    async def find_email(
        self, outgoing: Outgoing, token: OAuth2Token, raw: dict[str, JsonValue]
    ) -> str:
        """Return the email if it is verified; some providers write the flag as text."""
        email = text_at(raw, "email")
        return email if to_bool(raw.get("email_verified")) else ""


class Apple(OpenId):
    """There is no userinfo endpoint; keys and issuer are known."""

    __slots__ = ()

    ISSUER: Final = "https://appleid.apple.com"
    JWKS_URL: Final = "https://appleid.apple.com/auth/keys"

    async def fetch_raw_user(self, outgoing: Outgoing, token: OAuth2Token) -> dict[str, JsonValue]:
        """Return the claims of the id_token, always with its signature checked."""
        id_token = token.text("id_token")
        claims = read_claims(
            id_token, audience=self.client_id, issuers=(self.ISSUER,), requires_expiry=True
        )
        await verify_signature(outgoing, id_token, self.JWKS_URL)
        return claims


class Microsoft(Provider):
    """The email is the `mail` of the directory, or a claim that `extra` chooses."""

    __slots__ = ()

    def __init__(self, config: OAuth2Provider, preset: Preset) -> None:
        super().__init__(config, preset)
        if to_text(config.extra.get(_CLAIM_OPTION)):
            self.scopes = (*self.scopes, "openid")

    async def find_email(
        self, outgoing: Outgoing, token: OAuth2Token, raw: dict[str, JsonValue]
    ) -> str:
        """Return what the option vouches for; tokens of any tenant may claim any `email`."""
        match self.config.extra.get(_CLAIM_OPTION):
            case "any_verified":
                claims = self._claims(token)
                return _verified_primary_email(claims) or _owned_email(claims)
            case "verified_primary_email":
                return _verified_primary_email(self._claims(token))
            case "email_and_xms_edov":
                return _owned_email(self._claims(token))
            case "email":
                return _text(self._claims(token), "email")
            case _:
                return text_at(raw, "mail")

    @staticmethod
    def _claims(token: OAuth2Token) -> dict[str, JsonValue]:
        try:
            return read_claims(token.text("id_token"))
        except OAuth2Failure:
            return {}


def _verified_primary_email(claims: dict[str, JsonValue]) -> str:
    return _text(claims, "verified_primary_email")


def _owned_email(claims: dict[str, JsonValue]) -> str:
    """Return the email if the tenant has proven that its domain is its own."""
    return _text(claims, "email") if to_bool(claims.get("xms_edov")) else ""


def _text(claims: dict[str, JsonValue], key: str) -> str:
    value = claims.get(key)
    return value if isinstance(value, str) else ""


def _as_issuers(value: JsonValue) -> tuple[str, ...]:
    """Return the texts of a list, or the words of a text."""
    if isinstance(value, str):
        return tuple(value.split())
    return tuple(to_text(item) for item in value) if isinstance(value, list) else ()
