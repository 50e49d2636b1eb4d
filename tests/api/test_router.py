"""Routing as Go's ServeMux decides, checked on PocketBase 0.40.6."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbpy.api.router import ANY_METHOD, Route, Router

if TYPE_CHECKING:
    from pbpy.api.request import ApiRequest


async def endpoint(_: ApiRequest) -> None:
    return None


ROUTER = Router()
for method, pattern in (
    ("GET", "/api/health"),
    ("GET", "/api/collections"),
    ("POST", "/api/collections"),
    ("GET", "/api/collections/{collection}"),
    ("GET", "/api/collections/meta/scaffolds"),
    ("PUT", "/api/collections/import"),
    ("GET", "/api/collections/{collection}/records"),
    ("GET", "/api/collections/{collection}/records/{id}"),
    ("GET", "/api/collections/{collection}/auth-methods"),
    ("GET", "/_/extensions.js"),
    ("GET", "/_/{path...}"),
    ("GET", "/{path...}"),
    (ANY_METHOD, "/{path...}"),
):
    ROUTER.add(Route(method, pattern, endpoint))


def found(method: str, path: str) -> tuple[str, dict[str, str], str]:
    entry, params, redirect = ROUTER.match(method, path)
    return entry.route.path if entry else "", params, redirect


@pytest.mark.parametrize(
    ("method", "path", "pattern", "params"),
    [
        ("GET", "/api/health", "/api/health", {}),
        ("HEAD", "/api/health", "/api/health", {}),
        ("GET", "/%61pi/health", "/api/health", {}),
        ("GET", "/api/health/", "/{path...}", {"path": "api/health/"}),
        ("POST", "/api/health", "/{path...}", {"path": "api/health"}),
        ("FOO", "/api/health", "/{path...}", {"path": "api/health"}),
        ("GET", "/api/collections/x", "/api/collections/{collection}", {"collection": "x"}),
        ("GET", "/api/collections/a%2Fb", "/api/collections/{collection}", {"collection": "a/b"}),
        (
            "GET",
            "/api/collections/import",
            "/api/collections/{collection}",
            {"collection": "import"},
        ),
        ("GET", "/api/collections/meta/scaffolds", "/api/collections/meta/scaffolds", {}),
        (
            "GET",
            "/api/collections/meta/records",
            "/api/collections/{collection}/records",
            {"collection": "meta"},
        ),
        (
            "GET",
            "/api/collections/x/records/y",
            "/api/collections/{collection}/records/{id}",
            {"collection": "x", "id": "y"},
        ),
        (
            "GET",
            "/api/collections/x/records/",
            "/{path...}",
            {"path": "api/collections/x/records/"},
        ),
        ("GET", "/api/collections/", "/{path...}", {"path": "api/collections/"}),
        ("GET", "/api%2Fhealth", "/{path...}", {"path": "api/health"}),
        ("GET", "/", "/{path...}", {"path": ""}),
        ("GET", "/_/", "/_/{path...}", {"path": ""}),
        ("GET", "/_/a/b", "/_/{path...}", {"path": "a/b"}),
        ("GET", "/_/extensions.js", "/_/extensions.js", {}),
        ("POST", "/_", "/{path...}", {"path": "_"}),
    ],
)
def test_finds(method: str, path: str, pattern: str, params: dict[str, str]) -> None:
    assert found(method, path) == (pattern, params, "")


@pytest.mark.parametrize(
    ("method", "path", "target"),
    [
        ("GET", "//api/health", "/api/health"),
        ("POST", "/api//health", "/api/health"),
        ("GET", "/api/./health", "/api/health"),
        ("GET", "/api/x/../health", "/api/health"),
        ("GET", "/../a", "/a"),
        ("GET", "/a/..", "/"),
        ("GET", "/a//", "/a/"),
        ("GET", "/_", "/_/"),
        ("HEAD", "/_", "/_/"),
    ],
)
def test_redirects(method: str, path: str, target: str) -> None:
    assert found(method, path) == ("", {}, target)


def test_a_later_route_takes_the_place_of_an_equal_one() -> None:
    router = Router()
    for owner in ("first", "second"):
        router.add(Route("GET", f"/{{{owner}}}", endpoint))
    entry, params, _ = router.match("GET", "/x")
    assert entry is not None
    assert params == {"second": "x"}


@pytest.mark.parametrize("path", ["api", "", "/{path...}/x"])
def test_refuses_what_is_no_pattern(path: str) -> None:
    with pytest.raises(ValueError, match="pattern"):
        Router().add(Route("GET", path, endpoint))


@given(st.text("/.%2fF ab", max_size=20).map("/".__add__))
def test_every_path_has_an_answer(path: str) -> None:
    entry, _, redirect = ROUTER.match("GET", path)
    assert (entry is None) == bool(redirect)
    if redirect:
        assert redirect.startswith("/")
        assert not redirect.startswith("//")
        assert ROUTER.match("GET", redirect)[2] in ("", redirect + "/")
