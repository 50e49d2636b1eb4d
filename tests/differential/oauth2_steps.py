"""Steps of sign-in through other services; both servers use one scripted provider.

A module with such scenarios imports `provider` and has `PUBLIC_FILES`, in which the provider
tells its address: after the step PROVIDER_URL, `{p.url}` stands for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.auth.oauth2.scripted_provider import CLIENT_ID, CLIENT_SECRET, make_code, run_provider
from tests.differential.batteries import CHEAP, auth_collection
from tests.differential.steps import auth, fixture, guest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.differential.steps import Actor, Json, Step

PASSWORD = "1234567890"

RANDOM = (
    r"<svg.*?/svg>|(?<=\"state\":\")\w+|(?<=\"codeVerifier\":\")\w+"
    r"|(?<=\"codeChallenge\":\")[\w-]+|(?<=code_challenge=)[\w-]+|(?<=state=)\w+"
)
"""What auth-methods makes at random, and the pictures, which are each project's own."""

EXPIRY = r"(?<=\"expiry\":\")[^\"]+"

FAR = 4_102_444_800  # the year 2100
KEY = Ed25519PrivateKey.generate()
OTHER_KEY = Ed25519PrivateKey.generate()

PROVIDER_URL = fixture(guest.get("/provider.json", save="p"))


@pytest.fixture(scope="module", autouse=True)
def provider(request: pytest.FixtureRequest) -> Iterator[None]:
    """Run the provider, which publishes KEY as `k1`."""
    public = jwt.algorithms.OKPAlgorithm.to_jwk(KEY.public_key(), as_dict=True)
    with run_provider() as running:
        running.keys[:] = [{**public, "kid": "k1", "alg": "EdDSA", "use": "sig"}]
        text = f'{{"url":"{running.url}"}}'
        request.module.PUBLIC_FILES["provider.json"] = text.encode()
        yield


def settings(name: str = "oidc", **changes: Json) -> dict[str, Json]:
    """Return the configuration of a provider that is the scripted one."""
    return {
        "name": name,
        "clientId": CLIENT_ID,
        "clientSecret": CLIENT_SECRET,
        "authURL": "{p.url}/authorize",
        "tokenURL": "{p.url}/token",
        "userInfoURL": "{p.url}/user",
        **changes,
    }


def oauth2(*providers: dict[str, Json], **options: Json) -> dict[str, Json]:
    """Return the `oauth2` options of a collection; its provider is `oidc` unless others are."""
    return {"enabled": True, "providers": list(providers) or [settings()], **options}


def users(name: str, *fields: dict[str, Json], **options: Json) -> list[Step]:
    """Create an auth collection with OAuth2."""
    body = {"oauth2": oauth2(), **options}
    return [PROVIDER_URL, auth_collection(name, CHEAP, *fields, **body)]


def proven(email: str, **claims: Json) -> dict[str, Json]:
    """Return the claims of a user with a verified email."""
    return {"email": email, "email_verified": True, **claims}


def enter(
    collection: str,
    /,
    *,
    actor: Actor = guest,
    provider: str = "oidc",
    data: Json = None,
    save: str = "",
    title: str = "",
    mfa: str = "",
    script: dict[str, Json] | None = None,
    **claims: Json,
) -> Step:
    """Sign in as the user whom the claims describe; data is `createData`."""
    body: dict[str, Json] = {"provider": provider, "code": make_code(claims, **(script or {}))}
    if data is not None:
        body["createData"] = data
    if mfa:
        body["mfaId"] = mfa
    shown = title or f"{provider} {claims} {data or ''} {script or ''}"
    return sign_in_with(collection, body, actor=actor, save=save, title=shown)


def sign_in_with(
    collection: str, body: Json, *, actor: Actor = guest, save: str = "", title: str = ""
) -> Step:
    """Send a form to auth-with-oauth2."""
    path = auth(collection, "auth-with-oauth2")
    return actor.post(path, body, save=save, title=title, mask=EXPIRY, unordered=True)


def id_token(key: Any = KEY, algorithm: str = "EdDSA", kid: str = "k1", **claims: Json) -> str:
    """Return an id_token for our client; a claim that is None is left out."""
    body = {"sub": "t1", "aud": CLIENT_ID, "exp": FAR, **claims}
    body = {name: value for name, value in body.items() if value is not None}
    return jwt.encode(body, key, algorithm, headers={"kid": kid} if kid else None)


def with_id_token(collection: str, title: str, token: Json) -> Step:
    """Sign in with a token answer that holds an id_token."""
    return enter(collection, script={"token": {"id_token": token}}, title=title)
