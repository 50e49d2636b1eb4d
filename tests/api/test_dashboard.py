"""`/_/`: a page of our own, or the files of a directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pbpy.api.dashboard import DIRECTORY_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from pbpy.app import App
    from tests.api.conftest import Server

CACHED = "max-age=1209600, stale-while-revalidate=86400"


def test_the_page_says_what_this_is(server: Server) -> None:
    answer = server.send("GET", "/_/")
    assert answer.status_code == 200
    assert "pbpy" in answer.text
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "cache-control" not in answer.headers
    assert answer.headers.get_list("vary") == ["Accept-Encoding", "Origin"]


def test_the_page_brings_a_script_for_the_links_that_lead_to_it(server: Server) -> None:
    page, script = server.send("GET", "/_/"), server.send("GET", "/_/page.js")
    assert '<script src="page.js">' in page.text
    assert script.headers["content-type"] == "text/javascript"
    for fragment in ("#/pbinstall/", "#/auth/oauth2-redirect-"):
        assert fragment in page.text


def test_there_are_no_extensions(server: Server) -> None:
    answer = server.send("GET", "/_/extensions.js")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == "text/javascript"
    assert answer.headers["cache-control"] == CACHED


@pytest.mark.parametrize("path", ["/_/nope", "/_/extensions/foo/main.js"])
def test_other_paths_are_missing(server: Server, path: str) -> None:
    answer = server.send("GET", path)
    assert answer.status_code == 404
    assert answer.json()["message"] == "File not found."
    assert answer.headers["cache-control"] == CACHED
    assert "content-security-policy" in answer.headers


def test_a_directory_is_served_compressed(
    make_app: Callable[..., App],
    serve: Callable[[App], AbstractContextManager[Server]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "index.html").write_text("<h1>theirs</h1>")
    (tmp_path / "app.js").write_text("let a;" * 100)
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(tmp_path))
    with serve(make_app()) as server:
        assert server.send("GET", "/_/").text == "<h1>theirs</h1>"
        assert server.send("GET", "/_/index.html").headers["location"] == "/_/"
        assert server.send("GET", "/_/missing").status_code == 404
        answer = server.send("GET", "/_/app.js")
        plain = server.send("GET", "/_/app.js", headers={"Accept-Encoding": "identity"})
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < 100
    assert answer.text == plain.text == "let a;" * 100
    assert "content-encoding" not in plain.headers
