"""All providers are there; those of one rule each are read by the differential tests too."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pbpy.auth.oauth2.presets import PRESETS, make_provider
from pbpy.auth.oauth2.provider import Provider, code_challenge
from pbpy.schema.auth_options import OAuth2Provider
from pbpy.schema.providers import PROVIDERS

WITHOUT_ADDRESS = {"mailcow", "oidc", "oidc2", "oidc3"}


def make(name: str, **options: Any) -> Provider:
    provider = make_provider(OAuth2Provider(name=name, client_id="id", **options))
    assert provider is not None
    return provider


def test_the_names_and_their_order_are_those_of_the_schema() -> None:
    assert list(PRESETS) == list(PROVIDERS)
    assert len(PRESETS) == 32


def test_an_unknown_name_is_no_provider() -> None:
    assert make_provider(OAuth2Provider(name="nope")) is None


@pytest.mark.parametrize("name", [name for name in PRESETS if name not in WITHOUT_ADDRESS])
def test_addresses_are_encrypted(name: str) -> None:
    provider = make(name)
    assert provider.auth_url.startswith("https://")
    assert provider.token_url.startswith("https://")
    assert provider.user_info_url.startswith("https://") or name == "apple"


@pytest.mark.parametrize("name", PRESETS)
def test_the_consent_page_gets_state_and_challenge(name: str) -> None:
    provider = make(name, auth_url="https://example.com/x?y=z")
    verifier = "v" * 43 if provider.pkce else ""
    address = provider.build_auth_url("the state", verifier)
    assert address.endswith("&redirect_uri=")
    asked = {key: value for key, (value,) in parse_qs(urlsplit(address).query).items()}
    assert asked["y"] == "z"
    assert (asked["client_id"], asked["state"]) == ("id", "the state")
    assert asked.get("scope", "") == " ".join(provider.scopes)
    assert asked.get("code_challenge", "") == (code_challenge(verifier) if verifier else "")
    assert asked.get("response_mode", "") == ("form_post" if name == "apple" else "")


def test_only_three_do_not_take_pkce() -> None:
    assert [name for name in PRESETS if not make(name).pkce] == ["bitbucket", "vk", "linear"]


def test_a_configuration_goes_over_the_preset() -> None:
    changed = make("google", pkce=False, token_url="https://x/t", user_info_url="https://x/u")
    assert (changed.pkce, changed.token_url) == (False, "https://x/t")
    assert changed.user_info_url == "https://x/u"
    assert changed.auth_url == make("google").auth_url


def test_the_challenge_is_the_one_of_rfc_7636() -> None:
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert code_challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
