"""Every kind of bus for the tests that hold for all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.bus.members import has_redis, redis_server

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if not has_redis():
        pytest.skip("redis-server is not installed")
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(params=["local", "outbox", "redis"])
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return request.getfixturevalue("redis_url") if name == "redis" else name
