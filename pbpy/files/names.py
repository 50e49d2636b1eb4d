"""Names of stored files, and the keys under which they lie in the storage.

Source: PocketBase tools/filesystem/file.go normalizeName.
"""

from __future__ import annotations

import re

from pbpy.ids import LOWER_ALPHANUMERIC, random_text

RANDOM_LENGTH = 10

_MAX_ORIGINAL_BYTES = 300
_MAX_STEM = 100
_MIN_STEM = 3
_MAX_EXTENSION = 20

_EXTENSION_JUNK = re.compile(r"[^\w.*\-+=#]+", re.ASCII)
_WORD_BREAK = re.compile(r"[\W_]+", re.ASCII)
_HUMP = re.compile(r"(?<=[^A-Z])(?=[A-Z])")


def make_file_name(original: str, sniffed_extension: str) -> str:
    """Return a new name for an uploaded file: `{stem}_{10 random}{extension}`.

    `sniffed_extension` is taken when original has no usable one; with its dot, or empty.
    """
    name = original.encode()[-_MAX_ORIGINAL_BYTES:].decode("utf-8", "replace")
    raw_extension = extract_extension(name)
    extension = _clean_extension(raw_extension) or sniffed_extension
    stem = to_snake_case(name.removesuffix(raw_extension).strip("."))[:_MAX_STEM]
    if len(stem) < _MIN_STEM:
        stem += _random()
    return f"{stem}_{_random()}{extension}"


def extract_extension(name: str) -> str:
    """Return the last one or two dotted parts of name: `.txt`, `.tar.gz`; empty without a dot."""
    last = name.rfind(".")
    if last < 0:
        return ""
    return name[max(name.rfind(".", 0, last), 0) if "." in name[:last] else last :]


def to_snake_case(text: str) -> str:
    """Return the ASCII words and humps of text in lower case, joined by underscores."""
    words = (word for word in _WORD_BREAK.split(text) if word)
    return "_".join(_HUMP.sub("_", word) for word in words).lower()


def record_key(collection_id: str, record_id: str) -> str:
    """Return the key of the folder with the files of a record."""
    return f"{collection_id}/{record_id}"


def file_key(collection_id: str, record_id: str, name: str) -> str:
    """Return the key of one file."""
    return f"{collection_id}/{record_id}/{name}"


def thumbs_key(collection_id: str, record_id: str, name: str) -> str:
    """Return the key of the folder with the thumbs of one file."""
    return f"{collection_id}/{record_id}/thumbs_{name}"


def _clean_extension(raw: str) -> str:
    kept = _EXTENSION_JUNK.sub("", raw).strip(".")
    if not kept:
        return ""
    extension = f".{kept}"
    if len(extension) > _MAX_EXTENSION:
        extension = "." + extension[-_MAX_EXTENSION:].strip(".")
    return extension


def _random() -> str:
    return random_text(RANDOM_LENGTH, LOWER_ALPHANUMERIC)
