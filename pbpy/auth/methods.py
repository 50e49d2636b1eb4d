"""auth-methods: which ways in a collection offers, in PocketBase's shape and key order."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pbpy.errors import JsonValue
    from pbpy.schema.auth_options import AuthOptions


def list_auth_methods(options: AuthOptions) -> dict[str, JsonValue]:
    """Return the answer of `GET .../auth-methods`, PocketBase's legacy keys at its end.

    OAuth2 providers are left out, as PocketBase leaves out those it cannot set up: this server
    has no OAuth2 flow yet.
    """
    password = options.password_auth
    identity_fields = list(password.identity_fields) if password.enabled else []
    return {
        "password": {"identityFields": identity_fields, "enabled": password.enabled},
        "oauth2": {"providers": [], "enabled": options.oauth2.enabled},
        "mfa": {
            "enabled": options.mfa.enabled,
            "duration": options.mfa.duration if options.mfa.enabled else 0,
        },
        "otp": {
            "enabled": options.otp.enabled,
            "duration": options.otp.duration if options.otp.enabled else 0,
        },
        "authProviders": [],
        "usernamePassword": "username" in identity_fields,
        "emailPassword": "email" in identity_fields,
    }
