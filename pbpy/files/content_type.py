"""ContentType: what a file is by its first bytes, whatever its name or the client says.

Source: the signatures and the order of checks of the library that PocketBase uses
(gabriel-vasile/mimetype); the types that people restrict uploads to, not its rarest ones.
"""

from __future__ import annotations

from dataclasses import dataclass

from pbpy.files.binary_types import find_binary_type
from pbpy.files.text_types import find_text_type
from pbpy.files.type_names import ALIASES, BINARY, EXTENSIONS

HEAD_BYTES = 4096
"""How much of a file is looked at."""


@dataclass(frozen=True, slots=True)
class ContentType:
    """A content type such as `text/plain; charset=utf-8`."""

    value: str

    @property
    def extension(self) -> str:
        """The usual extension with its dot; empty when there is none."""
        return EXTENSIONS.get(self.value.partition(";")[0], "")

    def matches(self, expected: str) -> bool:
        """Return whether this is the expected type, by name or by another name for it."""
        wanted = expected.partition(";")[0].strip().lower()
        own = self.value.partition(";")[0]
        return wanted == own or wanted in ALIASES.get(own, ())


def sniff_content_type(head: bytes) -> ContentType:
    """Return the content type of a file that begins with head (its first `HEAD_BYTES`)."""
    complete = len(head) < HEAD_BYTES
    head = head[:HEAD_BYTES]
    return ContentType(find_binary_type(head) or find_text_type(head, complete) or BINARY)
