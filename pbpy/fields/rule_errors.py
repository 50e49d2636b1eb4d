"""Validation errors with PocketBase's codes and sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.errors import FieldError, to_sentence

if TYPE_CHECKING:
    from pbpy.errors import JsonValue


def rule_error(code: str, message: str, **params: JsonValue) -> FieldError:
    """Return `validation_<code>`; message becomes a sentence, params keep PocketBase's keys."""
    return FieldError(f"validation_{code}", to_sentence(message), params)
