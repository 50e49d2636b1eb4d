"""auth-methods: which ways in a collection offers, in PocketBase's shape and key order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pbpy.auth.oauth2.presets import make_provider
from pbpy.auth.oauth2.provider import code_challenge
from pbpy.ids import random_text
from pbpy.schema.providers import PROVIDERS, provider_logo

if TYPE_CHECKING:
    from pbpy.auth.oauth2.provider import Provider
    from pbpy.errors import JsonValue
    from pbpy.schema.auth_options import AuthOptions, OAuth2Options

_STATE_CHARS: Final = 30
_VERIFIER_CHARS: Final = 43


def list_auth_methods(options: AuthOptions) -> dict[str, JsonValue]:
    """Return the answer of `GET .../auth-methods`, PocketBase's legacy keys at its end."""
    password = options.password_auth
    identity_fields = list(password.identity_fields) if password.enabled else []
    providers = _list_providers(options.oauth2)
    return {
        "password": {"identityFields": identity_fields, "enabled": password.enabled},
        "oauth2": {"providers": providers, "enabled": options.oauth2.enabled},
        "mfa": {
            "enabled": options.mfa.enabled,
            "duration": options.mfa.duration if options.mfa.enabled else 0,
        },
        "otp": {
            "enabled": options.otp.enabled,
            "duration": options.otp.duration if options.otp.enabled else 0,
        },
        "authProviders": [{**provider, "logo": ""} for provider in providers],
        "usernamePassword": "username" in identity_fields,
        "emailPassword": "email" in identity_fields,
    }


def _list_providers(options: OAuth2Options) -> list[dict[str, JsonValue]]:
    if not options.enabled:
        return []
    providers = (make_provider(config) for config in options.providers)
    return [_describe(provider) for provider in providers if provider is not None]


def _describe(provider: Provider) -> dict[str, JsonValue]:
    """Return what a client needs to send its user to the provider, with fresh secrets."""
    state = random_text(_STATE_CHARS)
    verifier = random_text(_VERIFIER_CHARS) if provider.pkce else ""
    auth_url = provider.build_auth_url(state, verifier)
    return {
        "name": provider.name,
        "displayName": provider.config.display_name or PROVIDERS[provider.name],
        "logo": provider_logo(provider.name),
        "state": state,
        "authURL": auth_url,
        "authUrl": auth_url,
        "codeVerifier": verifier,
        "codeChallenge": code_challenge(verifier) if verifier else "",
        "codeChallengeMethod": "S256" if verifier else "",
    }
