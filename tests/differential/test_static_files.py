"""Files of the public directory (contract 11.8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.differential.steps import Step, guest, scenario

if TYPE_CHECKING:
    from tests.differential.pair import Case, Pair

SERVERS = ("hypercorn", "uvicorn")

PUBLIC_FILES = {
    "index.html": b"<h1>root</h1>",
    "a.txt": b"plain text",
    "a b.txt": b"a space",
    "style.css": b"body{}",
    "app.js": b"let a",
    "data.json": b"{}",
    "picture.svg": b"<svg xmlns='http://www.w3.org/2000/svg'></svg>",
    "page.html": b"<p>page",
    "noext": b"\x00\x01binary",
    "empty.txt": b"",
    "sub/index.html": b"<h1>sub</h1>",
    "sub/deep/b.txt": b"deep",
    "bare/c.txt": b"no index here",
}
HEADERS = ("location", "cache-control", "content-length", "accept-ranges", "x-frame-options")


def gets(*paths: str, method: str = "GET", **headers: str) -> list[Step]:
    return [guest.send(method, path, headers=headers, compare=HEADERS) for path in paths]


SCENARIOS = [
    scenario(
        "static",
        gets(
            "/",
            "/index.html",
            "/a.txt",
            "/a.txt/",
            "/a%20b.txt",
            "/style.css",
            "/app.js",
            "/data.json",
            "/picture.svg",
            "/page.html",
            "/noext",
            "/empty.txt",
            "/sub",
            "/sub/",
            "/sub/index.html",
            "/sub/deep/b.txt",
            "/sub/deep",
            "/sub/deep/",
            "/bare",
            "/bare/",
            "/missing",
            "/missing/",
            "/missing.txt",
            "/sub/missing",
            "/api/nope",
            "/api",
            "/api/health/",
            "/api/collections/x/nope",
            "//a.txt",
            "/sub//index.html",
            "/../a.txt",
            "/%2e%2e/pb_data/data.db",
            "/..%2fpb_data%2fdata.db",
            "/sub/..%2f..%2fpb_data/data.db",
            "/A.TXT",
            "/a.txt?x=1",
            "/sub?x=1",
            "/%00",
        ),
        gets("/", "/a.txt", "/sub", "/missing", method="HEAD"),
        gets("/", "/a.txt", method="POST"),
        gets("/a.txt", Range="bytes=0-4"),
        gets("/a.txt", Range="bytes=-4"),
        gets("/a.txt", Range="bytes=100-"),
        gets("/a.txt", **{"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}),
        gets("/a.txt", **{"If-Modified-Since": "Fri, 01 Jan 1999 00:00:00 GMT"}),
        gets("/a.txt", **{"Accept-Encoding": "gzip"}),
    ),
]


def test_same_answer(case: Case, pair: Pair) -> None:
    pair.check(case)
