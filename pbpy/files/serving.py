"""How a stored file is sent: its content type, and whether a browser shows or saves it.

Source: PocketBase tools/filesystem/filesystem.go Serve.
"""

from __future__ import annotations

from pbpy.files.type_names import DOCX, PPTX, XLSX

CONTENT_SECURITY_POLICY = "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'; sandbox"
CACHE_CONTROL = "max-age=2592000, stale-while-revalidate=86400"

INLINE_TYPES = frozenset(
    (
        *("image/png", "image/jpg", "image/jpeg", "image/gif", "image/webp", "image/x-icon"),
        *("image/bmp", "video/webm", "video/mp4", "video/3gpp", "video/quicktime"),
        *("video/x-ms-wmv", "audio/basic", "audio/aiff", "audio/mpeg", "audio/midi"),
        *("audio/mp3", "audio/wave", "audio/wav", "audio/x-wav", "audio/x-mpeg"),
        *("audio/x-m4a", "audio/aac", "application/pdf", "application/x-pdf"),
    )
)
"""What a browser shows in place; everything else is saved."""

TYPES_BY_EXTENSION = {
    ".svg": "image/svg+xml",
    ".css": "text/css",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".xlsx": XLSX,
    ".docx": DOCX,
    ".pptx": PPTX,
}
"""Types that the content alone does not show, by the extension of the stored name."""


def served_type(name: str, stored_type: str) -> str:
    """Return the Content-Type of a file by its stored name and its sniffed type."""
    dot = name.rfind(".")
    return TYPES_BY_EXTENSION.get(name[dot:], stored_type) if dot >= 0 else stored_type


def content_disposition(shown_name: str, stored_type: str, *, download: bool) -> str:
    """Return the Content-Disposition: `inline` for what is safe to show, else `attachment`."""
    inline = not download and stored_type in INLINE_TYPES
    quoted = shown_name.replace("\\", "\\\\").replace('"', '\\"')
    return f'{"inline" if inline else "attachment"}; filename="{quoted}"'


def file_headers(
    shown_name: str, stored_name: str, stored_type: str, *, download: bool
) -> tuple[tuple[str, str], ...]:
    """Return the headers of a file beside those of its length, age and ranges.

    Args:
        shown_name: under which a browser saves it.
        stored_name: whose extension decides on the type.
        stored_type: as it was sniffed when the file was stored.
        download: whether the client asked to save it.
    """
    return (
        ("Content-Disposition", content_disposition(shown_name, stored_type, download=download)),
        ("Content-Type", served_type(stored_name, stored_type)),
        ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
        ("Cache-Control", CACHE_CONTROL),
    )
