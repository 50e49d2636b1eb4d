"""Settings: what a superuser may change at run time, as frozen values.

Attributes stand in the order of their JSON keys, which is PocketBase's; zero values are the
defaults of the classes, PocketBase's own defaults come from `default_settings`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pbpy.binding import Binder, Struct, as_list

if TYPE_CHECKING:
    from pbpy.errors import JsonValue


@dataclass(frozen=True, slots=True)
class Section(Struct):
    """A part of the settings."""

    refuses_doubles: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Smtp(Section):
    """How mail leaves the server; `sendmail` is used while it is not enabled."""

    enabled: bool = False
    port: int = 0
    host: str = ""
    username: str = ""
    password: str = ""
    auth_method: str = ""
    tls: bool = False
    local_name: str = ""

    hidden: ClassVar[tuple[str, ...]] = ("password",)
    stored_empty: ClassVar[tuple[str, ...]] = ("password",)


@dataclass(frozen=True, slots=True)
class S3(Section):
    """A bucket for files or backups instead of the data directory."""

    enabled: bool = False
    bucket: str = ""
    region: str = ""
    endpoint: str = ""
    access_key: str = ""
    secret: str = ""
    force_path_style: bool = False

    hidden: ClassVar[tuple[str, ...]] = ("secret",)


@dataclass(frozen=True, slots=True)
class Backups(Section):
    """Backups by a cron expression ("" is never), the newest `cron_max_keep` kept."""

    cron: str = ""
    cron_max_keep: int = 0
    s3: S3 = S3()


@dataclass(frozen=True, slots=True)
class Meta(Section):
    """What the application is called, in mails and in the dashboard."""

    accent_color: str = ""
    app_name: str = ""
    app_url: str = ""
    sender_name: str = ""
    sender_address: str = ""
    hide_controls: bool = False


@dataclass(frozen=True, slots=True)
class RateLimitRule(Section):
    """At most `max_requests` in `duration` seconds, for the requests that `label` names."""

    label: str = ""
    audience: str = ""
    duration: int = 0
    max_requests: int = 0


def bind_rules(_: tuple[RateLimitRule, ...], raw: JsonValue) -> tuple[RateLimitRule, ...]:
    """Bind a list of rules; it takes the place of the present one."""
    return tuple(RateLimitRule().merged(item) for item in as_list(raw))


@dataclass(frozen=True, slots=True)
class RateLimits(Section):
    """Limits of attempts per client address."""

    rules: tuple[RateLimitRule, ...] = ()
    excluded_ips: tuple[str, ...] = ()
    enabled: bool = False

    binders: ClassVar[dict[str, Binder]] = {"rules": bind_rules}


@dataclass(frozen=True, slots=True)
class TrustedProxy(Section):
    """Headers in which a proxy tells the address of the client."""

    headers: tuple[str, ...] = ()
    use_leftmost_ip: bool = False


@dataclass(frozen=True, slots=True)
class Batch(Section):
    """Limits of batch requests.

    Attributes:
        timeout: seconds.
        max_body_size: bytes; 0 stands for 128 MiB.
    """

    enabled: bool = False
    max_requests: int = 0
    timeout: int = 0
    max_body_size: int = 0


@dataclass(frozen=True, slots=True)
class Logs(Section):
    """What is kept of requests and for how long.

    Attributes:
        max_data_size: bytes; 0 stands for 16384.
        max_days: 0 keeps nothing.
        min_level: -4 debug, 0 info, 4 warning, 8 error.
    """

    max_data_size: int = 0
    max_days: int = 0
    min_level: int = 0
    log_ip: bool = False
    log_auth_id: bool = False


@dataclass(frozen=True, slots=True)
class Settings(Section):
    """All settings; a change makes a new value with `merged` or `dataclasses.replace`.

    Attributes:
        superuser_ips: addresses and networks superusers may come from; empty is everywhere.
    """

    superuser_ips: tuple[str, ...] = ()
    smtp: Smtp = Smtp()
    backups: Backups = Backups()
    s3: S3 = S3()
    meta: Meta = Meta()
    rate_limits: RateLimits = RateLimits()
    trusted_proxy: TrustedProxy = TrustedProxy()
    batch: Batch = Batch()
    logs: Logs = Logs()

    @staticmethod
    def from_json(body: JsonValue) -> Settings:
        """Return stored settings; what body lacks has PocketBase's default.

        Raises:
            BindError: body is not an object, or a value has the wrong JSON type.
        """
        return default_settings().merged(body)

    def to_stored(self) -> dict[str, JsonValue]:
        """Return the stored object, secrets included."""
        return self.to_json(with_hidden=True)

    def to_output(self) -> dict[str, JsonValue]:
        """Return the object that superusers see, without secrets."""
        return self.to_json(with_hidden=False)


def default_settings() -> Settings:
    """Return the settings of an empty data directory."""
    return Settings(
        smtp=Smtp(port=587, host="smtp.example.com"),
        backups=Backups(cron_max_keep=3),
        meta=Meta(
            accent_color="#1055c9",
            app_name="Acme",
            app_url="http://localhost:8090",
            sender_name="Support",
            sender_address="support@example.com",
        ),
        rate_limits=RateLimits(
            rules=(
                RateLimitRule("*:auth", duration=3, max_requests=2),
                RateLimitRule("*:create", duration=5, max_requests=20),
                RateLimitRule("/api/batch", duration=1, max_requests=3),
                RateLimitRule("/api/", duration=10, max_requests=300),
            )
        ),
        batch=Batch(max_requests=50, timeout=3),
        logs=Logs(max_days=5, log_ip=True),
    )
