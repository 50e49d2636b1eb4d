"""Validation of the options of an auth collection.

Source: PocketBase core/collection_model_auth_options.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.errors import REQUIRED, FieldError
from pbpy.fields.setting_rules import check_range
from pbpy.schema import checks
from pbpy.schema.indexes import find_unique_index
from pbpy.schema.providers import PROVIDER_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable

    from pbpy.errors import ErrorMap
    from pbpy.schema.auth_options import (
        AuthOptions,
        EmailTemplate,
        MfaOptions,
        OAuth2Options,
        OAuth2Provider,
        OtpOptions,
        TokenConfig,
    )
    from pbpy.schema.collection import Collection, Rule

MFA_NOT_ENOUGH = FieldError(
    "validation_mfa_not_enough_auths", "MFA requires at least 2 auth methods to be enabled."
)
NIL_OR_NOT_EMPTY = FieldError("validation_nil_or_not_empty_required", "Cannot be blank.")
MAX_TOKEN_S = 94_670_856
"""About three years."""
DAY_S = 86_400


def auth_errors(
    collection: Collection,
    original: Collection | None,
    check_rule: Callable[[Rule], FieldError | None],
) -> ErrorMap:
    """Return the errors of the options by their keys.

    What concerns several options together is checked when each is fine by itself.
    """
    auth = collection.auth
    if auth is None:
        return {}
    known = original.auth if original is not None and original.system else None
    errors = checks.present(
        {
            **_rule_errors(auth, known, check_rule),
            "authAlert": _template_errors("emailTemplate", auth.auth_alert.email_template),
            "passwordAuth": _identity_fields_missing(auth),
            "oauth2": _oauth2_errors(auth.oauth2),
            "otp": _otp_errors(auth.otp),
            "mfa": _mfa_errors(auth.mfa),
            "authToken": _token_errors(auth.auth_token),
            "passwordResetToken": _token_errors(auth.password_reset_token),
            "emailChangeToken": _token_errors(auth.email_change_token),
            "verificationToken": _token_errors(auth.verification_token),
            "fileToken": _token_errors(auth.file_token),
            "verificationTemplate": _text_errors(auth.verification_template),
            "resetPasswordTemplate": _text_errors(auth.reset_password_template),
            "confirmEmailChangeTemplate": _text_errors(auth.confirm_email_change_template),
        }
    )
    return (
        errors or _mfa_method_errors(auth, known, check_rule) or _identity_errors(collection, auth)
    )


def _rule_errors(
    auth: AuthOptions, known: AuthOptions | None, check_rule: Callable[[Rule], FieldError | None]
) -> dict[str, FieldError | ErrorMap | None]:
    is_auth_changed = known is not None and known.auth_rule != auth.auth_rule
    is_manage_changed = known is not None and known.manage_rule != auth.manage_rule
    return {
        "authRule": checks.first(
            check_rule(auth.auth_rule), checks.SYSTEM_RULE_CHANGE if is_auth_changed else None
        ),
        "manageRule": checks.first(
            NIL_OR_NOT_EMPTY if auth.manage_rule == "" else None,
            check_rule(auth.manage_rule),
            checks.SYSTEM_RULE_CHANGE if is_manage_changed else None,
        ),
    }


def _text_errors(template: EmailTemplate) -> ErrorMap:
    return checks.present(
        {"subject": checks.required(template.subject), "body": checks.required(template.body)}
    )


def _template_errors(key: str, template: EmailTemplate) -> ErrorMap:
    return checks.present({key: _text_errors(template)})


def _identity_fields_missing(auth: AuthOptions) -> ErrorMap:
    options = auth.password_auth
    is_missing = options.enabled and not options.identity_fields
    return {"identityFields": REQUIRED} if is_missing else {}


def _token_errors(token: TokenConfig) -> ErrorMap:
    return checks.present(
        {
            "secret": checks.first(
                checks.required(token.secret), checks.length(token.secret, 30, 255)
            ),
            "duration": checks.seconds(token.duration, MAX_TOKEN_S),
        }
    )


def _otp_errors(otp: OtpOptions) -> ErrorMap:
    errors = dict(_template_errors("emailTemplate", otp.email_template))
    if otp.enabled:
        errors |= checks.present(
            {
                "duration": checks.seconds(otp.duration, DAY_S),
                "length": checks.required(otp.length) or check_range(otp.length, 4, None),
            }
        )
    return errors


def _mfa_errors(mfa: MfaOptions) -> ErrorMap:
    if not mfa.enabled:
        return {}
    return checks.present({"duration": checks.seconds(mfa.duration, DAY_S)})


def _oauth2_errors(oauth2: OAuth2Options) -> ErrorMap:
    if not oauth2.enabled:
        return {}
    errors = _duplicated_provider(oauth2) or checks.present(
        {
            str(position): _provider_errors(provider)
            for position, provider in enumerate(oauth2.providers)
        }
    )
    return {"providers": errors} if errors else {}


def _duplicated_provider(oauth2: OAuth2Options) -> ErrorMap:
    names: set[str] = set()
    for position, provider in enumerate(oauth2.providers):
        if provider.name and provider.name in names:
            error = FieldError(
                "validation_duplicated_provider",
                f"The provider {provider.name} is already registered.",
                {"name": provider.name},
            )
            return {str(position): {"name": error}}
        names.add(provider.name)
    return {}


def _provider_errors(provider: OAuth2Provider) -> ErrorMap:
    unknown = FieldError(
        "validation_missing_provider",
        f"Invalid or missing provider with name {provider.name}.",
        {"name": provider.name},
    )
    return checks.present(
        {
            "name": checks.first(
                checks.required(provider.name),
                None if provider.name in PROVIDER_NAMES else unknown,
            ),
            "clientId": checks.required(provider.client_id),
            "clientSecret": checks.required(provider.client_secret),
            "authURL": checks.url(provider.auth_url),
            "tokenURL": checks.url(provider.token_url),
            "userInfoURL": checks.url(provider.user_info_url),
        }
    )


def _mfa_method_errors(
    auth: AuthOptions, known: AuthOptions | None, check_rule: Callable[[Rule], FieldError | None]
) -> ErrorMap:
    if not auth.mfa.enabled:
        return {}
    methods = (auth.password_auth.enabled, auth.oauth2.enabled, auth.otp.enabled)
    if sum(methods) < 2:
        return {"mfa": {"enabled": MFA_NOT_ENOUGH}}
    if not auth.mfa.rule:
        return {}
    is_changed = known is not None and known.mfa.rule != auth.mfa.rule
    error = check_rule(auth.mfa.rule) or (checks.SYSTEM_RULE_CHANGE if is_changed else None)
    return {"mfa": {"rule": error}} if error else {}


def _identity_errors(collection: Collection, auth: AuthOptions) -> ErrorMap:
    if not auth.password_auth.enabled:
        return {}
    for name in auth.password_auth.identity_fields:
        error = _identity_error(collection, name)
        if error is not None:
            return {"passwordAuth": {"identityFields": error}}
    return {}


def _identity_error(collection: Collection, name: str) -> FieldError | None:
    if name not in collection.by_name:
        return FieldError(
            "validation_missing_field", f"Invalid or missing field {name}.", {"fieldName": name}
        )
    if find_unique_index(collection.indexes, name) is None:
        return FieldError(
            "validation_missing_unique_constraint",
            f"The field {name} doesn't have a UNIQUE constraint.",
            {"fieldName": name},
        )
    return None
