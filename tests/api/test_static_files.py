"""The public directory, case by case as PocketBase 0.40.6 answers (contract 11.8)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from pbpy.app import App
from pbpy.config import Config
from tests.api.conftest import open_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.api.conftest import Server

FILES = {
    "index.html": b"<h1>root</h1>",
    "a.txt": b"plain text",
    "a b.txt": b"a space",
    "app.js": b"let a",
    "noext": b"\x00\x01binary",
    "text": b"hello",
    "x.unknown": b"abc",
    "empty.txt": b"",
    "sub/index.html": b"<h1>sub</h1>",
    "sub/deep/b.txt": b"deep",
    "bare/c.txt": b"no index here",
}
ROOT = FILES["index.html"]


@pytest.fixture(scope="module", params=[True, False], ids=["fallback", "strict"])
def fallback(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, fallback: bool) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("site")
    public = folder / "pb_public"
    write_files(public)
    config = Config(data_dir=folder / "pb_data", public_dir=public, index_fallback=fallback)
    (folder / "secret.txt").write_bytes(b"secret")
    with open_server(App(config)) as server:
        yield server


def write_files(public: Path) -> None:
    for name, content in FILES.items():
        path = public / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    os.mkfifo(public / "pipe")


@pytest.mark.parametrize(
    ("path", "content", "content_type"),
    [
        ("/", ROOT, "text/html; charset=utf-8"),
        ("/a.txt", b"plain text", "text/plain; charset=utf-8"),
        ("/a%20b.txt", b"a space", "text/plain; charset=utf-8"),
        ("/a.txt?x=1", b"plain text", "text/plain; charset=utf-8"),
        ("/app.js", b"let a", "text/javascript; charset=utf-8"),
        ("/noext", b"\x00\x01binary", "application/octet-stream"),
        ("/text", b"hello", "text/plain; charset=utf-8"),
        ("/x.unknown", b"abc", "text/plain; charset=utf-8"),
        ("/empty.txt", b"", "text/plain; charset=utf-8"),
        ("/sub/", b"<h1>sub</h1>", "text/html; charset=utf-8"),
        ("/sub/deep/..%2f", b"<h1>sub</h1>", "text/html; charset=utf-8"),
    ],
)
def test_serves(site: Server, path: str, content: bytes, content_type: str) -> None:
    answer = site.send("GET", f"http://test{path}")
    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["content-type"] == content_type
    assert answer.headers["content-length"] == str(len(content))
    assert answer.headers["accept-ranges"] == "bytes"
    assert "last-modified" in answer.headers
    assert "cache-control" not in answer.headers
    head = site.send("HEAD", f"http://test{path}")
    assert (head.content, head.headers["content-length"]) == (b"", str(len(content)))


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/index.html", "/"),
        ("/sub", "/sub/"),
        ("/sub?x=1", "/sub/"),
        ("/sub/index.html", "/sub/"),
        ("/sub%2findex.html", "/sub/"),
        ("/a.txt/", "/a.txt"),
        ("/a%20b.txt/", "/a%20b.txt"),
        ("/bare", "/bare/"),
    ],
)
def test_redirects(site: Server, path: str, location: str) -> None:
    answer = site.send("GET", path)
    assert (answer.status_code, answer.headers["location"]) == (301, location)
    assert answer.content == b""


@pytest.mark.parametrize(
    "path",
    [
        "/missing",
        "/missing/",
        "/sub/missing.txt",
        "/bare/",
        "/api/nope",
        "/api/health/",
        "/A.TXT",
        "/%00",
        "/..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/sub/..%2f..%2fsecret.txt",
        "/sub%5c..%5c..%5csecret.txt",
        "/%5c%5cevil.example/",
        "/pipe",
        "/" + "x" * 300,
    ],
)
def test_missing(site: Server, fallback: bool, path: str) -> None:
    answer = site.send("GET", f"http://test{path}")
    if fallback:
        assert (answer.status_code, answer.content) == (200, ROOT)
    else:
        assert answer.status_code == 404
        assert answer.json()["message"] == "File not found."


def test_other_methods_find_nothing(site: Server) -> None:
    assert site.send("POST", "/a.txt").status_code == 404


@pytest.mark.parametrize(
    ("headers", "status", "content", "content_range"),
    [
        ({"Range": "bytes=0-4"}, 206, b"plain", "bytes 0-4/10"),
        ({"Range": "bytes=-4"}, 206, b"text", "bytes 6-9/10"),
        ({"Range": "bytes=0-0,100-200"}, 206, b"p", "bytes 0-0/10"),
        ({"Range": "bytes=100-"}, 416, b"invalid range: failed to overlap\n", "bytes */10"),
        ({"Range": "bytes=4-2"}, 416, b"invalid range\n", None),
        ({"Range": "bytes="}, 200, b"plain text", None),
        ({"Range": "bytes=0-9,0-9"}, 200, b"plain text", None),
        ({"Range": "bytes=0-1", "If-Range": '"x"'}, 200, b"plain text", None),
        ({"If-None-Match": "*"}, 304, b"", None),
        ({"If-Match": '"x"'}, 412, b"", None),
        ({"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}, 304, b"", None),
    ],
)
def test_ranges_and_conditions(
    site: Server,
    headers: dict[str, str],
    status: int,
    content: bytes,
    content_range: str | None,
) -> None:
    answer = site.send("GET", "/a.txt", headers=headers)
    assert (answer.status_code, answer.content) == (status, content)
    assert answer.headers.get("content-range") == content_range


def test_several_ranges_make_a_multipart_body(site: Server) -> None:
    answer = site.send("GET", "/a.txt", headers={"Range": "bytes=0-0,2-3"})
    assert answer.status_code == 206
    kind, _, boundary = answer.headers["content-type"].partition("; boundary=")
    assert kind == "multipart/byteranges"
    part = "--%s\r\nContent-Range: bytes %s/10\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s"
    expected = "\r\n".join(
        (part % (boundary, "0-0", "p"), part % (boundary, "2-3", "ai"), f"--{boundary}--\r\n")
    )
    assert answer.text == expected
    assert answer.headers["content-length"] == str(len(expected))


def test_a_large_file_comes_whole(site: Server) -> None:
    content = os.urandom(700_000)
    (site.app.config.public_dir / "large.bin").write_bytes(content)
    assert site.send("GET", "/large.bin").content == content
