"""Mail templates: placeholders, and the page around every mail's body."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_PLACEHOLDER: Final = re.compile(r"\{[A-Z][A-Z_]*+(?::[^{}]*+)?\}")
_ESCAPES: Final = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;"}
)

_PAGE: Final = """<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body { margin: 0; padding: 24px; background: #ffffff; color: #1d1f24;
  font: 15px/1.5 -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; }
p { margin: 12px 0; }
hr { border: 0; border-top: 1px solid #dfe2e7; }
a { color: inherit; }
.hidden { display: none !important; }
.btn { display: inline-block; padding: 10px 24px; border-radius: 5px; background: #1d1f24;
  color: #ffffff !important; font-weight: bold; text-decoration: none; }
</style>
</head>
<body>
%s
</body>
</html>
"""


def escape_html(text: str) -> str:
    """Return text as it must stand in HTML, quotes included."""
    return text.translate(_ESCAPES)


def fill(template: str, values: Mapping[str, str]) -> str:
    """Return template with its placeholders (`{APP_NAME}`, `{RECORD:name}`) replaced.

    values is keyed by the placeholder with its braces; unknown ones stay. What a value brings
    in is never looked at again, so a record called `{TOKEN}` does not become a token.
    """
    return _PLACEHOLDER.sub(lambda found: values.get(found[0], found[0]), template)


def wrap(body: str) -> str:
    """Return the whole HTML document around a body."""
    return _PAGE % body
