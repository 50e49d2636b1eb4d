"""Regular expressions of collection settings: RE2, so no pattern can hang the process."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import re2  # type: ignore[import-untyped]

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False

# RE2's reasons -> those of Go's regexp/syntax, which PocketBase shows.
_GO_REASONS = {
    "missing )": "missing closing )",
    "missing ]": "missing closing ]",
    "trailing \\": "trailing backslash at end of expression",
    "no argument for repetition operator": "missing argument to repetition operator",
    "bad repetition operator": "invalid nested repetition operator",
    "invalid repetition size": "invalid repeat count",
    "invalid perl operator": "invalid or unsupported Perl syntax",
    "invalid named capture group": "invalid named capture",
}

# RE2 knows `\\C`, any single byte; Go does not.
_SINGLE_BYTE = re.compile(r"(?<!\\)(?:\\\\)*\\C")


def pattern_error(pattern: str) -> str:
    """Return why pattern is no regular expression, in Go's words; empty when it is one."""
    try:
        compile_pattern(pattern)
    except re2.error as error:
        text = error.args[0]
        reason, _, part = (text.decode() if isinstance(text, bytes) else text).partition(": ")
        shown = f": `{part or pattern}`" if reason != "trailing \\" else ": ``"
        return f"error parsing regexp: {_GO_REASONS.get(reason, reason)}{shown}"
    if _SINGLE_BYTE.search(pattern):
        return "error parsing regexp: invalid escape sequence: `\\C`"
    return ""


def pattern_matches(pattern: str, text: str) -> bool:
    """Return whether pattern is found anywhere in text; a broken pattern matches nothing."""
    try:
        # As bytes: RE2 searches these, and would translate the places it finds back, 3 us.
        return compile_pattern(pattern).search(text.encode()) is not None
    except re2.error:
        return False


@lru_cache(maxsize=1000)
def compile_pattern(pattern: str) -> Any:
    """Return the compiled pattern; its `search` takes time linear in the text.

    Raises:
        re2.error: it is no regular expression.
    """
    return re2.compile(pattern, _OPTIONS)
