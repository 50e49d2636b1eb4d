"""The options of a new auth collection: PocketBase's durations and mail texts."""

from __future__ import annotations

from pbpy.ids import random_secret
from pbpy.schema.auth_options import (
    AuthAlert,
    AuthOptions,
    EmailTemplate,
    MfaOptions,
    OtpOptions,
    PasswordAuthOptions,
    TokenConfig,
)

DAY_S = 24 * 60 * 60


def _page(*paragraphs: str) -> str:
    lines = ("<p>Hello,</p>", *paragraphs, "<p>\n  Thanks,<br/>\n  {APP_NAME} team\n</p>")
    return "\n".join(lines)


def _button(path: str, label: str) -> str:
    link = f"{{APP_URL}}/_/#/auth/{path}/{{TOKEN}}"
    return f'<p>\n  <a class="btn" href="{link}" target="_blank" rel="noopener">{label}</a>\n</p>'


VERIFICATION = EmailTemplate(
    "Verify your {APP_NAME} email",
    _page(
        "<p>Thank you for joining us at {APP_NAME}.</p>",
        "<p>Click on the button below to verify your email address.</p>",
        _button("confirm-verification", "Verify"),
        "<p><i>If you didn't recently register, please ignore this email.</i></p>",
    ),
)
RESET_PASSWORD = EmailTemplate(
    "Reset your {APP_NAME} password",
    _page(
        "<p>Click on the button below to reset your password.</p>",
        _button("confirm-password-reset", "Reset password"),
        "<p><i>If you didn't ask to reset your password, please ignore this email.</i></p>",
    ),
)
CONFIRM_EMAIL_CHANGE = EmailTemplate(
    "Confirm your {APP_NAME} new email address",
    _page(
        "<p>Click on the button below to confirm your new email address.</p>",
        _button("confirm-email-change", "Confirm new email"),
        "<p><i>If you didn't ask to change your email address, please ignore this email.</i></p>",
    ),
)
OTP = EmailTemplate(
    "OTP for {APP_NAME}",
    _page(
        "<p>Your one-time password is: <strong>{OTP}</strong></p>",
        "<p><i>If you didn't ask for the one-time password, you can ignore this email.</i></p>",
    ),
)
AUTH_ALERT = EmailTemplate(
    "Login from a new location",
    _page(
        "<p>We noticed a login to your {APP_NAME} account from a new location:</p>",
        "<p><em>{ALERT_INFO}</em></p>",
        "<p><strong>If this wasn't you, you should immediately change your {APP_NAME} account"
        " password to revoke access from all other locations.</strong></p>",
        "<p>If this was you, you may disregard this email.</p>",
    ),
)


def default_auth_options() -> AuthOptions:
    """Return the options of a new auth collection, with fresh secrets."""
    return AuthOptions(
        auth_rule="",
        auth_alert=AuthAlert(enabled=True, email_template=AUTH_ALERT),
        password_auth=PasswordAuthOptions(enabled=True, identity_fields=("email",)),
        mfa=MfaOptions(duration=600),
        otp=OtpOptions(duration=180, length=8, email_template=OTP),
        auth_token=TokenConfig(random_secret(), 5 * DAY_S),
        password_reset_token=TokenConfig(random_secret(), 1800),
        email_change_token=TokenConfig(random_secret(), 1800),
        verification_token=TokenConfig(random_secret(), DAY_S),
        file_token=TokenConfig(random_secret(), 180),
        verification_template=VERIFICATION,
        reset_password_template=RESET_PASSWORD,
        confirm_email_change_template=CONFIRM_EMAIL_CHANGE,
    )
