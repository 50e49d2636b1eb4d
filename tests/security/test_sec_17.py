"""SEC-17: id_tokens are good within a leeway, Ed25519 included, and good for nobody else."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import ECAlgorithm, OKPAlgorithm

from tests.auth.oauth2.scripted_provider import CLIENT_ID
from tests.auth.oauth2.site import open_site, proven

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

    from tests.auth.oauth2.site import Site

ED = Ed25519PrivateKey.generate()
P256 = generate_private_key(SECP256R1())
ISSUER = "https://issuer.example.com"
DAY_S = 86_400


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with open_site(tmp_path) as opened:
        keys = (
            ("ed", "EdDSA", OKPAlgorithm.to_jwk(ED.public_key(), as_dict=True)),
            ("p256", "ES256", ECAlgorithm.to_jwk(P256.public_key(), as_dict=True)),
        )
        opened.provider.keys[:] = [{**key, "kid": kid, "alg": alg} for kid, alg, key in keys]
        extra = {"jwksURL": opened.provider.url + "/keys", "issuers": [ISSUER]}
        opened.configure(opened.provider.settings(userInfoURL="", extra=extra))
        yield opened


def enter(site: Site, key: Any, algorithm: str, kid: str, **claims: Any) -> httpx.Response:
    body = {"sub": "1", "aud": CLIENT_ID, "iss": ISSUER, **proven("a@x.org"), **claims}
    token = jwt.encode(body, key, algorithm, headers={"kid": kid})
    return site.enter(script={"token": {"id_token": token}})


@pytest.mark.parametrize(
    ("key", "algorithm", "kid"), [(ED, "EdDSA", "ed"), (P256, "ES256", "p256")]
)
def test_new_algorithms_sign_in(site: Site, key: Any, algorithm: str, kid: str) -> None:
    answer = enter(site, key, algorithm, kid)
    assert answer.status_code == 200, answer.text
    assert answer.json()["record"]["verified"] is True


@pytest.mark.parametrize("name", ["exp", "iat", "nbf"])
def test_a_clock_that_is_a_little_off_does_no_harm(site: Site, name: str) -> None:
    sign = -1 if name == "exp" else 1
    now = int(time.time())
    assert enter(site, ED, "EdDSA", "ed", **{name: now + sign * 240}).status_code == 200
    assert enter(site, ED, "EdDSA", "ed", **{name: now + sign * 360}).status_code == 400
    assert enter(site, ED, "EdDSA", "ed", **{name: now + sign * DAY_S}).status_code == 400


@pytest.mark.parametrize(
    "claims", [{"aud": "another client"}, {"aud": []}, {"iss": "https://evil.example.com"}]
)
def test_tokens_for_or_of_others_are_refused(site: Site, claims: dict[str, Any]) -> None:
    assert enter(site, ED, "EdDSA", "ed", **claims).status_code == 400
    assert site.records() == []


def test_the_key_must_be_the_named_one(site: Site) -> None:
    for key, algorithm, kid in ((ED, "EdDSA", "p256"), (P256, "ES256", "ed"), (ED, "EdDSA", "no")):
        assert enter(site, key, algorithm, kid).status_code == 400
    stranger = Ed25519PrivateKey.generate()
    assert enter(site, stranger, "EdDSA", "ed").status_code == 400
