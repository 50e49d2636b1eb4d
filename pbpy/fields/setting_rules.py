"""The rules that the settings of all field types share.

Source: PocketBase core/field.go and its validation library.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pbpy.errors import REQUIRED, FieldError
from pbpy.fields.patterns import pattern_error
from pbpy.fields.rule_errors import rule_error

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pbpy.errors import ErrorMap
    from pbpy.fields.numbers import Number

MAX_JSON_INT = 2**53 - 1

EMPTY = rule_error("empty", "must be blank")

_NAME = re.compile(r"\w+\Z", re.ASCII)
_RESERVED_NAMES = frozenset(
    {"null", "true", "false", "_rowid_", "collectionId", "collectionName", "expand"}
)
_DOMAIN = re.compile(
    r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z]{1,63}\Z", re.ASCII
)


def check_id(value: str) -> FieldError | None:
    """Check a field id: 1 to 100 bytes."""
    return REQUIRED if not value else check_length(value, 1, 100)


def check_name(value: str) -> FieldError | None:
    """Check a field name: 1 to 100 word characters, not reserved, without `_via_`."""
    if not value:
        return REQUIRED
    error = check_length(value, 1, 100)
    if error:
        return error
    if not _NAME.match(value):
        return rule_error("match_invalid", "must be in a valid format")
    if value in _RESERVED_NAMES:
        return rule_error("not_in_invalid", "must not be in list")
    if "_via_" in value.lower():
        return rule_error("found_via", 'The value cannot contain "_via_".')
    return None


def check_help(value: str) -> FieldError | None:
    """Check a help text: at most 300 bytes."""
    return check_length(value, 1, 300) if value else None


def check_length(value: str, minimum: int, maximum: int) -> FieldError | None:
    """Check the length of a text in bytes."""
    if minimum <= len(value.encode()) <= maximum:
        return None
    if minimum == maximum:
        text = f"the length must be exactly {minimum}"
        return rule_error("length_invalid", text, max=maximum, min=minimum)
    return rule_error(
        "length_out_of_range",
        f"the length must be between {minimum} and {maximum}",
        max=maximum,
        min=minimum,
    )


def check_range(value: Number, minimum: Number, maximum: Number | None) -> FieldError | None:
    """Check a number; 0 always passes, as PocketBase skips empty values."""
    if not value:
        return None
    if value < minimum:
        return rule_error(
            "min_greater_equal_than_required",
            f"must be no less than {minimum}",
            threshold=minimum,
        )
    if maximum is not None and value > maximum:
        return rule_error(
            "max_less_equal_than_required",
            f"must be no greater than {maximum}",
            threshold=maximum,
        )
    return None


def check_size(value: int) -> FieldError | None:
    """Check a size or count: 0 to 2^53-1."""
    return check_range(value, 0, MAX_JSON_INT)


def check_pattern(pattern: str) -> FieldError | None:
    """Check that pattern is a regular expression."""
    reason = pattern_error(pattern)
    return rule_error("invalid_regex", reason) if reason else None


def check_domains(
    only: tuple[str, ...], excepted: tuple[str, ...]
) -> Iterable[tuple[str, FieldError | ErrorMap | None]]:
    """Check the two lists of domains, of which only one may be set."""
    if only and excepted:
        return (("exceptDomains", EMPTY), ("onlyDomains", EMPTY))
    return (("exceptDomains", _each_domain(excepted)), ("onlyDomains", _each_domain(only)))


def _each_domain(domains: tuple[str, ...]) -> ErrorMap | None:
    error = rule_error("is_domain", "must be a valid domain")
    errors = {
        str(index): error
        for index, domain in enumerate(domains)
        if domain and not _DOMAIN.match(domain)
    }
    return errors or None
