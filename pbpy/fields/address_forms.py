"""What PocketBase takes for an email address and for a URL.

Source: the validation library that PocketBase uses (govalidator IsEmail, IsURL).
"""

from __future__ import annotations

import re

from pbpy.fields.patterns import compile_pattern

# Email: dotted atoms, then labels of which the last starts with a letter.
_WIDE = r"\x{00A0}-\x{D7FF}\x{F900}-\x{FDCF}\x{FDF0}-\x{FFEF}"
_ATOM = rf"[a-zA-Z\d!#$%&'*+\-/=?^_`{{|}}~{_WIDE}]+"
_LABEL = rf"[a-zA-Z\d{_WIDE}](?:[a-zA-Z\d\-._~{_WIDE}]*[a-zA-Z\d{_WIDE}])?"
_TOP_LABEL = rf"[a-zA-Z{_WIDE}](?:[a-zA-Z\d\-_~{_WIDE}]*[a-zA-Z{_WIDE}])?"
_EMAIL = compile_pattern(rf"^{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+{_TOP_LABEL}\.?$")

# URL: an address in digits, or a name; letters beyond ASCII are fine in its last two labels.
_LETTER = r"a-zA-Z\x{00a1}-\x{ffff}"
_IPV4 = (
    r"(?:[1-9]\d?|1\d\d|2[01]\d|22[0-3]|24\d|25[0-5])"
    r"(?:\.(?:\d{1,2}|1\d\d|2[0-4]\d|25[0-5])){2}"
    r"\.(?:[0-9]\d?|1\d\d|2[0-4]\d|25[0-5])"
)
_HEX = "[0-9a-fA-F]{1,4}"
_IPV4_TAIL = r"(?:(?:25[0-5]|(?:2[0-4]|1?[0-9])?[0-9])\.){3}(?:25[0-5]|(?:2[0-4]|1?[0-9])?[0-9])"
_IPV6 = "|".join(
    (
        rf"(?:{_HEX}:){{7}}{_HEX}",
        rf"(?:{_HEX}:){{1,7}}:",
        *(rf"(?:{_HEX}:){{1,{7 - count}}}(?::{_HEX}){{1,{count}}}" for count in range(1, 7)),
        rf":(?:(?::{_HEX}){{1,7}}|:)",
        r"fe80:(?::[0-9a-fA-F]{0,4}){0,4}%[0-9a-zA-Z]+",
        rf"::(?:ffff(?::0{{1,4}})?:)?{_IPV4_TAIL}",
        rf"(?:{_HEX}:){{1,4}}:{_IPV4_TAIL}",
    )
)
_SUBDOMAIN = r"(?:www\.|[a-zA-Z0-9]+(?:[-_.]?[a-zA-Z0-9])*[a-zA-Z0-9]\.[a-zA-Z0-9]+)"
_HOST_HEAD = (
    r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9\-_]+)?[a-zA-Z0-9](?:[-.][a-zA-Z0-9]+)*"
    rf"|{_SUBDOMAIN}?)?"
)
_HOST_NAME = rf"{_HOST_HEAD}(?:(?:[{_LETTER}0-9]+-?-?)*[{_LETTER}0-9]+)(?:\.[{_LETTER}]+)?"
_URL = compile_pattern(
    r"^(?:(?:ftp|tcp|udp|wss?|https?)://)?(?:\S+(?::\S*)?@)?"
    rf"(?:{_IPV4}|\[(?:{_IPV6})\]|{_HOST_NAME})\.?(?::\d{{1,5}})?(?:[/?#][^\s]*)?$",
)
_MAX_URL_LENGTH = 2083
_MIN_URL_BYTES = 3

_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):(.*)\Z", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_BAD_ESCAPE = re.compile(r"%(?![0-9a-fA-F]{2})")
_HOST_ESCAPE = re.compile(r"%(?!(?:25|[89a-fA-F][0-9a-fA-F]))")
_BAD_HOST_CHARACTER = re.compile(r"[ \\^`{|}]")
_BAD_USER_CHARACTER = re.compile(r"[^A-Za-z0-9\-._:~!$&'()*+,;=%@]")
_PORT = re.compile(r":\d*\Z", re.ASCII)


def is_email(text: str) -> bool:
    """Return whether text is an email address."""
    return _EMAIL.search(text) is not None


def is_url(text: str) -> bool:
    """Return whether text is a URL; the scheme may be missing."""
    if len(text) >= _MAX_URL_LENGTH or len(text.encode()) <= _MIN_URL_BYTES:
        return False
    if text.startswith("."):
        return False
    parts = _split_url(f"http://{text}" if ":" in text and "://" not in text else text)
    if parts is None:
        return False
    host, path = parts
    if host.startswith(".") or (not host and path and "." not in path):
        return False
    return _URL.search(text) is not None


def url_host(text: str) -> str:
    """Return host and port of a URL; empty when it has no scheme."""
    parts = _split_url(text)
    return parts[0] if parts else ""


def _split_url(text: str) -> tuple[str, str] | None:
    """Return (host, path) as Go's url.Parse finds them, or None for what it refuses."""
    if _CONTROL.search(text) or text.startswith(":"):
        return None
    rest, _, fragment = text.partition("#")
    match = _SCHEME.match(rest)
    scheme, rest = (match[1], match[2]) if match else ("", rest)
    rest = rest.partition("?")[0]
    if _BAD_ESCAPE.search(fragment):
        return None
    if not rest.startswith("/"):
        return _split_rootless(scheme, rest)
    host = ""
    if rest.startswith("//") and (scheme or not rest.startswith("///")):
        authority, slash, path = rest[2:].partition("/")
        rest = slash + path
        found = _read_authority(authority)
        if found is None:
            return None
        host = found
    return None if _BAD_ESCAPE.search(rest) else (host, rest)


def _split_rootless(scheme: str, rest: str) -> tuple[str, str] | None:
    if scheme:
        return "", ""
    if ":" in rest.partition("/")[0] or _BAD_ESCAPE.search(rest):
        return None
    return "", rest


def _read_authority(authority: str) -> str | None:
    user, _, host = authority.rpartition("@")
    if _BAD_USER_CHARACTER.search(user) or _BAD_ESCAPE.search(user):
        return None
    if host.startswith("["):
        inside, bracket, port = host.rpartition("]")
        if not bracket or (port and not _PORT.match(port)):
            return None
        return None if _BAD_ESCAPE.search(inside) else host
    if ":" in host and not _PORT.match(host[host.rindex(":") :]):
        return None
    if _HOST_ESCAPE.search(host) or _BAD_HOST_CHARACTER.search(host):
        return None
    return host
