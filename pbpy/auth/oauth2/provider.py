"""One configured provider: its consent page, its token and its user."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from pbpy.auth.oauth2.exchange import OAuth2Token, exchange_code
from pbpy.auth.oauth2.failure import OAuth2Failure
from pbpy.auth.oauth2.user import OAuth2User, find_at, flag_at, number_id_at, text_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pbpy.auth.oauth2.outgoing import Answer, Outgoing
    from pbpy.errors import JsonValue
    from pbpy.schema.auth_options import OAuth2Provider


@dataclass(frozen=True, slots=True)
class UserFields:
    """Where the members of a user stand in the provider's answer: dotted paths, "" for none.

    Attributes:
        has_number_id: the id is a whole number.
        email_if: flags that must all be true for the email to count as verified.
        must_be: a path and the value there of accounts that may sign in.
    """

    id: str = "id"
    name: str = ""
    username: str = ""
    avatar_url: str = ""
    email: str = ""
    has_number_id: bool = False
    email_if: tuple[str, ...] = ()
    must_be: tuple[str, JsonValue] | None = None


@dataclass(frozen=True, slots=True)
class Preset:
    """What is known of a provider before it is configured.

    Attributes:
        pkce: whether it takes PKCE; Bitbucket, VK and Linear fail when they see it.
        user_query: a GraphQL query that is posted for the user, instead of a GET request.
        user_headers: headers of the user request; `{client_id}` stands for the client's id.
        auth_params: more parameters of the consent page.
    """

    auth_url: str = ""
    token_url: str = ""
    user_info_url: str = ""
    scopes: tuple[str, ...] = ()
    user: UserFields = UserFields()
    pkce: bool = True
    user_query: str = ""
    user_headers: Mapping[str, str] = field(default_factory=dict)
    auth_params: Mapping[str, str] = field(default_factory=dict)


class Provider:
    """A preset with a collection's configuration on top of it."""

    __slots__ = ("config", "pkce", "preset", "scopes")

    def __init__(self, config: OAuth2Provider, preset: Preset) -> None:
        self.config = config
        self.preset = preset
        self.pkce = preset.pkce if config.pkce is None else config.pkce
        self.scopes = preset.scopes

    @property
    def name(self) -> str:
        """PocketBase's name of it."""
        return self.config.name

    @property
    def client_id(self) -> str:
        """What the provider knows this server as."""
        return self.config.client_id

    @property
    def auth_url(self) -> str:
        """The consent page."""
        return self.config.auth_url or self.preset.auth_url

    @property
    def token_url(self) -> str:
        """Where codes become tokens."""
        return self.config.token_url or self.preset.token_url

    @property
    def user_info_url(self) -> str:
        """Where the user is described; "" for providers that put everything in the token."""
        return self.config.user_info_url or self.preset.user_info_url

    def build_auth_url(self, state: str, code_verifier: str = "") -> str:
        """Return the address of the consent page, to which clients append their redirect URL.

        With a verifier the address holds its PKCE challenge.
        """
        params = {"client_id": self.client_id, "response_type": "code", "state": state}
        if self.scopes:
            params["scope"] = " ".join(self.scopes)
        if code_verifier:
            params["code_challenge"] = code_challenge(code_verifier)
            params["code_challenge_method"] = "S256"
        params.update(self.preset.auth_params)
        base = self.auth_url
        mark = "&" if "?" in base else "?"
        return f"{base}{mark}{urlencode(sorted(params.items()))}&redirect_uri="

    async def fetch_token(
        self, outgoing: Outgoing, code: str, redirect_url: str, code_verifier: str
    ) -> OAuth2Token:
        """Return the token for a code.

        Raises:
            OAuth2Failure: the provider gives none.
        """
        form = {"grant_type": "authorization_code", "code": code}
        if redirect_url:
            form["redirect_uri"] = redirect_url
        if self.pkce:
            form["code_verifier"] = code_verifier
        return await exchange_code(
            outgoing, self.token_url, self.client_id, self.config.client_secret, form
        )

    async def fetch_user(self, outgoing: Outgoing, token: OAuth2Token) -> OAuth2User:
        """Return the user that a token stands for.

        Raises:
            OAuth2Failure: there is none, or its account may not sign in.
        """
        raw = await self.fetch_raw_user(outgoing, token)
        user = self.read_user(raw)
        user.email = await self.find_email(outgoing, token, raw)
        user.raw_user = raw
        user.access_token = token.access_token
        user.refresh_token = token.refresh_token
        user.expiry = token.expiry
        return user

    async def fetch_raw_user(self, outgoing: Outgoing, token: OAuth2Token) -> dict[str, JsonValue]:
        """Return the provider's own description of the user.

        Raises:
            OAuth2Failure: it refuses, or its answer is no object.
        """
        headers = {
            name: value.replace("{client_id}", self.client_id)
            for name, value in self.preset.user_headers.items()
        }
        headers["Authorization"] = token.authorization
        if self.preset.user_query:
            query = {"query": self.preset.user_query}
            answer = await outgoing.post_json(self.user_info_url, headers, query)
        else:
            answer = await outgoing.get(self.user_info_url, headers)
        if answer.is_refusal:
            raise OAuth2Failure(f"the user request was refused with status {answer.status}")
        raw = answer.json()
        if not isinstance(raw, dict):
            raise OAuth2Failure("the user is no object")
        return raw

    def read_user(self, raw: dict[str, JsonValue]) -> OAuth2User:
        """Return the user that raw describes; its email and token are set by `fetch_user`.

        Raises:
            OAuth2Failure: raw has another shape, or the account may not sign in.
        """
        fields = self.preset.user
        if fields.must_be is not None:
            path, wanted = fields.must_be
            found = find_at(raw, path)
            if type(found) is not type(wanted) or found != wanted:
                raise OAuth2Failure("the account is not active")
        read_id = number_id_at if fields.has_number_id else text_at
        return OAuth2User(
            read_id(raw, fields.id),
            name=text_at(raw, fields.name),
            username=text_at(raw, fields.username),
            avatar_url=text_at(raw, fields.avatar_url),
        )

    async def find_email(
        self,
        outgoing: Outgoing,
        token: OAuth2Token,
        raw: dict[str, JsonValue],
    ) -> str:
        """Return the email if the provider vouches for it, else "".

        Raises:
            OAuth2Failure: what the provider says about it cannot be read.
        """
        fields = self.preset.user
        email = text_at(raw, fields.email)
        return email if all(flag_at(raw, path) for path in fields.email_if) else ""

    async def ask_about_emails(
        self, outgoing: Outgoing, token: OAuth2Token, url: str = ""
    ) -> Answer:
        """Return the answer of the endpoint that lists the user's addresses."""
        headers = {"Authorization": token.authorization}
        return await outgoing.get(url or self.user_info_url + "/emails", headers)


def code_challenge(code_verifier: str) -> str:
    """Return the S256 challenge of RFC 7636."""
    return urlsafe_b64encode(sha256(code_verifier.encode()).digest()).rstrip(b"=").decode()
