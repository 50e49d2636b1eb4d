"""AuthOptions: everything an auth collection has beyond a base collection.

Frozen values; `merged` binds a submitted object over them, `to_stored` and `to_output` give
the two JSON forms. Their zero values are empty; `auth_defaults.py` has PocketBase's defaults.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from pbpy.binding import Binder, Struct, as_list, as_object, bind_text

if TYPE_CHECKING:
    from pbpy.errors import JsonValue


@dataclass(frozen=True, slots=True)
class _Options(Struct):
    """Base of the structs below. PocketBase: the keys of a collection match exactly."""

    folds_keys: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class EmailTemplate(_Options):
    """Subject and HTML body with `{APP_NAME}`-like placeholders."""

    subject: str = ""
    body: str = ""


@dataclass(frozen=True, slots=True)
class AuthAlert(_Options):
    """The mail about a sign-in from a new place."""

    enabled: bool = False
    email_template: EmailTemplate = EmailTemplate()


@dataclass(frozen=True, slots=True)
class OAuth2MappedFields(_Options):
    """Which fields of a new record take the provider's data; "" for none."""

    id: str = ""
    name: str = ""
    username: str = ""
    avatar_url: str = ""


@dataclass(frozen=True, slots=True)
class OAuth2Provider(_Options):
    """One configured provider; `pkce` None leaves the provider's own default."""

    pkce: bool | None = None
    name: str = ""
    client_id: str = ""
    client_secret: str = ""
    auth_url: str = ""
    token_url: str = ""
    user_info_url: str = ""
    display_name: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    hidden: ClassVar[tuple[str, ...]] = ("client_secret",)


def bind_providers(
    current: tuple[OAuth2Provider, ...], raw: JsonValue
) -> tuple[OAuth2Provider, ...]:
    """Bind a list of providers: each over the present one of its name, others are dropped."""
    known = {item.name: item for item in current if item.name}
    bound = []
    for item in as_list(raw):
        name = bind_text("", as_object(item).get("name"))
        bound.append(known.get(name, OAuth2Provider()).merged(item))
    return tuple(bound)


@dataclass(frozen=True, slots=True)
class OAuth2Options(_Options):
    """Sign-in through other services."""

    providers: tuple[OAuth2Provider, ...] = ()
    mapped_fields: OAuth2MappedFields = OAuth2MappedFields()
    enabled: bool = False

    binders: ClassVar[dict[str, Binder]] = {"providers": bind_providers}

    def find(self, name: str) -> OAuth2Provider | None:
        """Return the provider of this name, or None."""
        return next((item for item in self.providers if item.name == name), None)


@dataclass(frozen=True, slots=True)
class PasswordAuthOptions(_Options):
    """Sign-in by password; an identity is looked up in these unique fields."""

    enabled: bool = False
    identity_fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MfaOptions(_Options):
    """A second way to sign in is asked for, of the records that match `rule` ("" is all).

    Attributes:
        duration: seconds between the two sign-ins.
    """

    enabled: bool = False
    duration: int = 0
    rule: str = ""


@dataclass(frozen=True, slots=True)
class OtpOptions(_Options):
    """Sign-in by a mailed code of `length` digits, valid for `duration` seconds."""

    enabled: bool = False
    duration: int = 0
    length: int = 0
    email_template: EmailTemplate = EmailTemplate()


@dataclass(frozen=True, slots=True)
class TokenConfig(_Options):
    """The signing secret and the validity in seconds of one kind of token."""

    secret: str = ""
    duration: int = 0

    hidden: ClassVar[tuple[str, ...]] = ("secret",)


@dataclass(frozen=True, slots=True)
class AuthOptions(_Options):
    """The options of an auth collection.

    Attributes:
        auth_rule: who may sign in; None nobody, "" everyone.
        manage_rule: who may change passwords and emails of others; None nobody, never "".
    """

    auth_rule: str | None = None
    manage_rule: str | None = None
    auth_alert: AuthAlert = AuthAlert()
    oauth2: OAuth2Options = OAuth2Options()
    password_auth: PasswordAuthOptions = PasswordAuthOptions()
    mfa: MfaOptions = MfaOptions()
    otp: OtpOptions = OtpOptions()
    auth_token: TokenConfig = TokenConfig()
    password_reset_token: TokenConfig = TokenConfig()
    email_change_token: TokenConfig = TokenConfig()
    verification_token: TokenConfig = TokenConfig()
    file_token: TokenConfig = TokenConfig()
    verification_template: EmailTemplate = EmailTemplate()
    reset_password_template: EmailTemplate = EmailTemplate()
    confirm_email_change_template: EmailTemplate = EmailTemplate()

    def to_stored(self) -> dict[str, JsonValue]:
        """Return the stored object, secrets included."""
        return self.to_json(with_hidden=True)

    def to_output(self) -> dict[str, JsonValue]:
        """Return the object that clients see, without secrets."""
        return self.to_json(with_hidden=False)
