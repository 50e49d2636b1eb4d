"""Options of auth collections: defaults, merging, secrets."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from pbpy.binding import BindError
from pbpy.schema.auth_defaults import default_auth_options
from pbpy.schema.auth_options import AuthOptions, OAuth2Options, OAuth2Provider

TOKENS = (
    "authToken",
    "passwordResetToken",
    "emailChangeToken",
    "verificationToken",
    "fileToken",
)


def test_defaults_are_those_of_pocketbase() -> None:
    shown = default_auth_options().to_output()
    assert list(shown) == [
        "authRule", "manageRule", "authAlert", "oauth2", "passwordAuth", "mfa", "otp",
        *TOKENS, "verificationTemplate", "resetPasswordTemplate", "confirmEmailChangeTemplate",
    ]  # fmt: skip
    assert shown["authRule"] == ""
    assert shown["manageRule"] is None
    assert shown["mfa"] == {"enabled": False, "duration": 600, "rule": ""}
    assert shown["passwordAuth"] == {"enabled": True, "identityFields": ["email"]}
    durations = [shown[name]["duration"] for name in TOKENS]
    assert durations == [432000, 1800, 1800, 86400, 180]
    assert shown["resetPasswordTemplate"]["body"] == (
        "<p>Hello,</p>\n<p>Click on the button below to reset your password.</p>\n<p>\n"
        '  <a class="btn" href="{APP_URL}/_/#/auth/confirm-password-reset/{TOKEN}"'
        ' target="_blank" rel="noopener">Reset password</a>\n</p>\n'
        "<p><i>If you didn't ask to reset your password, please ignore this email.</i></p>\n"
        "<p>\n  Thanks,<br/>\n  {APP_NAME} team\n</p>"
    )


def test_every_secret_is_fresh_and_stored_but_never_shown() -> None:
    options = replace(
        default_auth_options(),
        oauth2=OAuth2Options(providers=(OAuth2Provider(name="google", client_secret="hush"),)),
    )
    stored = options.to_stored()
    secrets = {stored[name]["secret"] for name in TOKENS}
    assert len(secrets) == 5
    assert {len(secret) for secret in secrets} == {50}
    shown = json.dumps(options.to_output())
    assert not any(secret in shown for secret in (*secrets, "hush", "secret"))
    assert "Secret" not in shown
    assert AuthOptions().merged(stored) == options


def test_secrets_stay_unless_submitted() -> None:
    options = default_auth_options()
    merged = options.merged({"authToken": {"duration": 60}, "fileToken": {"secret": "x"}})
    assert merged.auth_token == replace(options.auth_token, duration=60)
    assert merged.file_token.secret == "x"


def test_providers_merge_by_name_and_others_are_dropped() -> None:
    known = AuthOptions().merged(
        {
            "oauth2": {
                "providers": [
                    {"name": "google", "clientId": "g", "clientSecret": "gs", "extra": {"a": 1}},
                    {"name": "github", "clientId": "h", "clientSecret": "hs"},
                ]
            }
        }
    )
    merged = known.merged(
        {"oauth2": {"providers": [{"name": "gitlab"}, {"name": "google", "clientId": "g2"}]}}
    )
    assert [item.name for item in merged.oauth2.providers] == ["gitlab", "google"]
    google = merged.oauth2.find("google")
    assert google is not None
    assert (google.client_id, google.client_secret, google.extra) == ("g2", "gs", {"a": 1})
    again = merged.merged({"oauth2": {"providers": [{"name": "github"}]}})
    assert again.oauth2.providers == (OAuth2Provider(name="github"),)
    assert again.oauth2.find("google") is None


def test_keys_match_exactly() -> None:
    options = default_auth_options()
    assert options.merged({"AuthRule": None, "mfa": {"Duration": 5}}) == options


@pytest.mark.parametrize(
    "body",
    [
        {"authToken": 5},
        {"authToken": {"duration": 1.5}},
        {"oauth2": {"providers": {}}},
        {"oauth2": {"providers": [5]}},
        {"oauth2": {"providers": [{"name": ["x"]}]}},
        {"passwordAuth": {"identityFields": "email"}},
        {"authRule": 5},
    ],
    ids=str,
)
def test_another_json_type_is_refused(body: object) -> None:
    with pytest.raises(BindError):
        default_auth_options().merged(body)
