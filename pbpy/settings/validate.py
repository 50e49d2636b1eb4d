"""Validation of the settings, with PocketBase's codes and sentences; one error per value.

Source: PocketBase core/settings_model.go.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from pbpy.cron.schedule import InvalidCron, parse_schedule
from pbpy.errors import REQUIRED, FieldError, ValidationFailed
from pbpy.fields.address_forms import is_email, is_url
from pbpy.fields.rule_errors import rule_error
from pbpy.fields.setting_rules import MAX_JSON_INT, check_length, check_range, check_size
from pbpy.settings.addresses import is_address_or_network, parse_address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pbpy.errors import ErrorMap
    from pbpy.settings.model import (
        S3,
        Backups,
        Batch,
        Logs,
        Meta,
        RateLimitRule,
        RateLimits,
        Settings,
        Smtp,
    )

    Found: TypeAlias = FieldError | ErrorMap | None

IN_INVALID = rule_error("in_invalid", "must be a valid value")
MATCH_INVALID = rule_error("match_invalid", "must be in a valid format")
IS_URL = rule_error("is_url", "must be a valid URL")
IS_EMAIL = rule_error("is_email", "must be a valid email address")
IS_HOST = rule_error("is_host", "must be a valid IP address or DNS name")
IS_HEX_COLOR = rule_error("is_hex_color", "must be a valid hexadecimal color code")
IS_ADDRESS = rule_error("invlaid_ip_or_subnet", "invalid IP or CIDR subnet")
"""PocketBase spells its code so."""

MAX_NAME_BYTES = 255
COLOR_BYTES = 7
MAX_DNS_CHARACTERS = 255

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_DNS_LABEL = r"[a-zA-Z0-9_][a-zA-Z0-9_-]{0,62}"
_DNS_NAME = re.compile(rf"{_DNS_LABEL}(?:\.{_DNS_LABEL})*[._]?")
_LABEL = re.compile(r"\w+ /[\w/-]*|/[\w/-]*|\w+:\w+|\*:\w+|\w+", re.ASCII)
_AUDIENCES = ("", "@guest", "@auth")
_AUTH_METHODS = ("", "PLAIN", "LOGIN")


def validate_settings(settings: Settings) -> None:
    """Return when the settings may be saved.

    Raises:
        ValidationFailed: by the keys of the JSON form, nested as it is.
    """
    errors = present(
        {
            "superuserIPs": _address_errors(settings.superuser_ips),
            "smtp": _smtp_errors(settings.smtp),
            "backups": _backups_errors(settings.backups),
            "s3": _s3_errors(settings.s3),
            "meta": _meta_errors(settings.meta),
            "rateLimits": _limits_errors(settings.rate_limits),
            "batch": _batch_errors(settings.batch),
            "logs": _logs_errors(settings.logs),
        }
    )
    if errors:
        raise ValidationFailed(errors)


def present(errors: Mapping[str, Found]) -> dict[str, FieldError | ErrorMap]:
    """Return the entries that are errors."""
    return {key: error for key, error in errors.items() if error}


def required(value: object) -> FieldError | None:
    """Refuse the zero value."""
    return None if value else REQUIRED


def is_host(text: str) -> bool:
    """Tell whether text is an IP address (without a zone) or a DNS name."""
    if "%" not in text and parse_address(text) is not None:
        return True
    return len(text.replace(".", "")) <= MAX_DNS_CHARACTERS and bool(_DNS_NAME.fullmatch(text))


def _address_errors(listed: tuple[str, ...]) -> ErrorMap:
    return present(
        {
            str(position): required(text) or (None if is_address_or_network(text) else IS_ADDRESS)
            for position, text in enumerate(listed)
        }
    )


def _smtp_errors(smtp: Smtp) -> ErrorMap:
    return present(
        {
            "host": (smtp.enabled and required(smtp.host)) or _host_error(smtp.host),
            "port": (smtp.enabled and required(smtp.port)) or check_range(smtp.port, 0, None),
            "authMethod": None if smtp.auth_method in _AUTH_METHODS else IN_INVALID,
            "localName": _host_error(smtp.local_name),
        }
    )


def _host_error(text: str) -> FieldError | None:
    return None if not text or is_host(text) else IS_HOST


def _s3_errors(s3: S3) -> ErrorMap:
    errors = {"endpoint": None if not s3.endpoint or is_url(s3.endpoint) else IS_URL}
    if s3.enabled:
        errors |= {
            "endpoint": errors["endpoint"] or required(s3.endpoint),
            "bucket": required(s3.bucket),
            "region": required(s3.region),
            "accessKey": required(s3.access_key),
            "secret": required(s3.secret),
        }
    return present(errors)


def _backups_errors(backups: Backups) -> ErrorMap:
    keep = backups.cron_max_keep
    return present(
        {
            "s3": _s3_errors(backups.s3),
            "cron": _cron_error(backups.cron),
            "cronMaxKeep": (backups.cron and required(keep)) or check_range(keep, 1, None),
        }
    )


def _cron_error(expression: str) -> FieldError | None:
    try:
        if expression:
            parse_schedule(expression)
    except InvalidCron as error:
        return rule_error("invalid_cron", str(error))
    return None


def _batch_errors(batch: Batch) -> ErrorMap:
    return present(
        {
            "maxRequests": (batch.enabled and required(batch.max_requests))
            or check_range(batch.max_requests, 0, None),
            "timeout": (batch.enabled and required(batch.timeout))
            or check_range(batch.timeout, 0, None),
            "maxBodySize": check_range(batch.max_body_size, 0, None),
        }
    )


def _meta_errors(meta: Meta) -> ErrorMap:
    return present(
        {
            "accentColor": _color_error(meta.accent_color),
            "appName": _name_error(meta.app_name),
            "appURL": required(meta.app_url) or (None if is_url(meta.app_url) else IS_URL),
            "senderName": _name_error(meta.sender_name),
            "senderAddress": required(meta.sender_address)
            or (None if is_email(meta.sender_address) else IS_EMAIL),
        }
    )


def _color_error(text: str) -> FieldError | None:
    if not text:
        return None
    is_color = _COLOR.fullmatch(text) is not None
    return check_length(text, COLOR_BYTES, COLOR_BYTES) or (None if is_color else IS_HEX_COLOR)


def _name_error(text: str) -> FieldError | None:
    return required(text) or check_length(text, 1, MAX_NAME_BYTES)


def _logs_errors(logs: Logs) -> ErrorMap:
    return present(
        {
            "maxDays": check_size(logs.max_days),
            "maxDataSize": check_size(logs.max_data_size),
            "minLevel": check_range(logs.min_level, -(2**63), MAX_JSON_INT),
        }
    )


def _limits_errors(limits: RateLimits) -> ErrorMap:
    rules: Found = REQUIRED if limits.enabled and not limits.rules else _rules_errors(limits.rules)
    return present({"rules": rules, "excludedIPs": _address_errors(limits.excluded_ips)})


def _rules_errors(rules: tuple[RateLimitRule, ...]) -> ErrorMap:
    """Return the errors of each rule; the first conflict when each is fine by itself."""
    errors = {str(position): _rule_errors(rule) for position, rule in enumerate(rules)}
    return present(errors) or _conflict(rules)


def _conflict(rules: tuple[RateLimitRule, ...]) -> ErrorMap:
    """Return the first rule that has label and audience of one before it; "" is any audience."""
    known: dict[str, set[str]] = {}
    for position, rule in enumerate(rules):
        audiences = known.setdefault(rule.label, set())
        if audiences and (not rule.audience or audiences & {"", rule.audience}):
            text = (
                f"Rate limit rule configuration with label {rule.label} already exists or"
                " conflicts with another rule"
            )
            error = rule_error("conflicting_rate_limit_rule", text, label=rule.label)
            return {str(position): {"label": error}}
        audiences.add(rule.audience)
    return {}


def _rule_errors(rule: RateLimitRule) -> ErrorMap:
    return present(
        {
            "label": required(rule.label)
            or (None if _LABEL.fullmatch(rule.label) else MATCH_INVALID),
            "maxRequests": required(rule.max_requests) or check_range(rule.max_requests, 1, None),
            "duration": required(rule.duration) or check_range(rule.duration, 1, None),
            "audience": None if rule.audience in _AUDIENCES else IN_INVALID,
        }
    )
