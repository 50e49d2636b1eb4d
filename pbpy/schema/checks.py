"""Checks of single values, with PocketBase's codes and sentences.

Each returns the first error of a value, or None; all but `required` let an empty value pass.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pbpy.errors import REQUIRED, FieldError
from pbpy.fields.address_forms import is_url
from pbpy.fields.setting_rules import check_length, check_range

if TYPE_CHECKING:
    from collections.abc import Collection as Values

    from pbpy.errors import ErrorMap, JsonValue

VALUES_MISMATCH = FieldError("validation_values_mismatch", "Values don't match.")
IN_INVALID = FieldError("validation_in_invalid", "Must be a valid value.")
MATCH_INVALID = FieldError("validation_match_invalid", "Must be in a valid format.")
NIL = FieldError("validation_nil", "Must be blank.")
URL = FieldError("validation_is_url", "Must be a valid URL.")
SYSTEM_RULE_CHANGE = FieldError(
    "validation_collection_system_rule_change", "System collection API rule cannot be changed."
)
FOUND_VIA = FieldError("validation_found_via", 'The value cannot contain "_via_".')

_LIBRARY_CODES = frozenset(
    f"validation_{name}"
    for name in (
        "required", "empty", "nil", "nil_or_not_empty_required", "in_invalid", "not_in_invalid",
        "match_invalid", "length_out_of_range", "length_too_long", "length_too_short",
        "min_greater_equal_than_required", "max_less_equal_than_required", "is_url", "is_domain",
        "is_email", "date_invalid", "date_out_of_range",
    )
)  # fmt: skip
_OPEN_ENDED_CODES = frozenset(("validation_invalid_rule", "validation_invalid_view_query"))

_WORD = re.compile(r"[0-9A-Za-z_]+")


def first(*errors: FieldError | ErrorMap | None) -> FieldError | ErrorMap | None:
    """Return the first error that is one."""
    return next((error for error in errors if error), None)


def present(errors: dict[str, FieldError | ErrorMap | None]) -> dict[str, FieldError | ErrorMap]:
    """Return the entries that are errors."""
    return {key: error for key, error in errors.items() if error}


def required(value: JsonValue) -> FieldError | None:
    """Refuse the empty value."""
    return None if value else REQUIRED


def word(text: str) -> FieldError | None:
    """Refuse other characters than ASCII letters, digits and underscores."""
    return None if not text or _WORD.fullmatch(text) else MATCH_INVALID


def length(text: str, low: int, high: int) -> FieldError | None:
    """Refuse a text of fewer or more bytes."""
    return check_length(text, low, high) if text else None


def no_via(text: str) -> FieldError | None:
    """Refuse `_via_`, which back relations use in their names."""
    return FOUND_VIA if "_via_" in text.lower() else None


def one_of(value: str, allowed: Values[str]) -> FieldError | None:
    """Refuse a value that is not in a list."""
    return None if not value or value in allowed else IN_INVALID


def seconds(value: int, maximum: int) -> FieldError | None:
    """Refuse a duration that is 0, under 10 seconds or over the maximum."""
    return required(value) or check_range(value, 10, maximum)


def url(text: str) -> FieldError | None:
    """Refuse what is no URL."""
    return None if not text or is_url(text) else URL


def raw_message(error: FieldError) -> str:
    """Return the sentence as PocketBase's validators say it, before it becomes a sentence."""
    if error.code in _LIBRARY_CODES:
        return error.message[:1].lower() + error.message[1:].removesuffix(".")
    return error.message.removesuffix(".") if error.code in _OPEN_ENDED_CODES else error.message


def errors_text(errors: ErrorMap) -> str:
    """Return nested errors as one line: `name: cannot be blank; values: (0: ...).`."""
    parts = [
        f"{key}: {raw_message(error)}"
        if isinstance(error, FieldError)
        else f"{key}: ({errors_text(error)})"
        for key, error in sorted(errors.items())
    ]
    return "; ".join(parts) + "."


def errors_tree(errors: ErrorMap) -> dict[str, JsonValue]:
    """Return nested errors with their messages alone."""
    return {
        key: raw_message(error) if isinstance(error, FieldError) else errors_tree(error)
        for key, error in errors.items()
    }
