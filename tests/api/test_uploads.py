"""Multipart bodies, in pieces of any size."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbpy.api import uploads
from pbpy.api.uploads import Form, MalformedForm, parse_multipart

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TYPE = "multipart/form-data; boundary=X"
NAMED = 'Content-Disposition: form-data; name="%s"'


def body(*parts: tuple[str, bytes], end: bytes = b"--X--\r\n") -> bytes:
    return b"".join(b"--X\r\n%s\r\n\r\n%s\r\n" % (p[0].encode(), p[1]) for p in parts) + end


def parse(content: bytes, content_type: str = TYPE, piece_bytes: int = 1000) -> Form:
    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(content), piece_bytes):
            yield content[start : start + piece_bytes]

    async def run() -> Form:
        return await parse_multipart(content_type, pieces())

    return asyncio.run(run())


def test_values_keep_their_order_and_files_their_bytes() -> None:
    form = parse(
        body(
            (NAMED % "t", b"hello"),
            (NAMED % "f" + '; filename="a.txt"\r\nContent-Type: text/plain', b"abc"),
            (NAMED % "t", b"\xff"),
            (NAMED % "empty" + '; filename=""', b""),
            ("X-Foo: y", b"nameless"),
        )
    )
    assert form.values == [("t", "hello"), ("t", "\ufffd"), ("empty", "")]
    [(key, upload)] = form.files
    assert (key, upload.original_name, upload.size) == ("f", "a.txt", 3)
    assert form.files[0][1].open().read() == b"abc"
    form.close()
    assert form.sources[0].closed


def test_only_the_last_part_of_a_file_name_counts() -> None:
    form = parse(body((NAMED % "f" + '; filename="../../etc/passwd"', b"x")))
    assert form.files[0][1].original_name == "passwd"
    form.close()


@pytest.mark.parametrize(
    "head",
    ["filename*=UTF-8''h%C3%A9.txt", "filename=\"x.txt\"; filename*=utf-8'en'h%C3%A9.txt"],
)
def test_extended_file_names(head: str) -> None:
    form = parse(body((NAMED % "f" + "; " + head, b"x")))
    assert form.files[0][1].original_name == "hé.txt"
    form.close()


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (body((NAMED % "t", b"a"), end=b""), TYPE),
        (body((NAMED % "t", b"a")), "multipart/form-data"),
        (body((NAMED % "t", b"a")), "multipart/mixed; boundary=X"),
        (b"junk", TYPE),
    ],
)
def test_refuses(content: bytes, content_type: str) -> None:
    with pytest.raises(MalformedForm):
        parse(content, content_type)


def test_limits_plain_values_and_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_VALUES_BYTES", 10)
    parse(body((NAMED % "t", b"x" * 10)))
    with pytest.raises(MalformedForm):
        parse(body((NAMED % "t", b"x" * 6), (NAMED % "u", b"x" * 5)))
    monkeypatch.setattr(uploads, "MAX_PARTS", 2)
    with pytest.raises(MalformedForm):
        parse(body(*[(NAMED % "t", b"")] * 3))


def test_a_large_file_leaves_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "SPOOL_BYTES", 100)
    content = bytes(range(256)) * 10
    form = parse(body((NAMED % "f" + '; filename="a.bin"', content)))
    assert form.sources[0]._rolled  # type: ignore[attr-defined]
    assert form.files[0][1].open().read() == content
    form.close()


@given(st.binary(max_size=300), st.integers(1, 50))
def test_any_content_arrives_as_it_was_sent(content: bytes, piece_bytes: int) -> None:
    boundary = "----------------boundary"
    part = (
        f'--{boundary}\r\n{NAMED % "f"}; filename="a"\r\n\r\n'.encode()
        + content
        + f"\r\n--{boundary}--\r\n".encode()
    )
    form = parse(part, f"multipart/form-data; boundary={boundary}", piece_bytes)
    assert form.files[0][1].open().read() == content
    form.close()


WHOLE = body((NAMED % "t", b"a"), end=b"")


@pytest.mark.parametrize(
    ("sent", "values"),
    [
        (b"--X--", []),
        (b"--X\r\n", []),
        (WHOLE + b"--X\r\n", [("t", "a")]),
        (b"", None),
        (b"\r\n", None),
        (b"--X", None),
        (b"--X-", None),
        (WHOLE, None),
        (WHOLE + b"--X", None),
        (WHOLE + b"--X\r\nConten", None),
    ],
)
def test_where_a_body_may_end(sent: bytes, values: list[tuple[str, str]] | None) -> None:
    if values is None:
        with pytest.raises(MalformedForm):
            parse(sent)
    else:
        assert parse(sent).values == values
