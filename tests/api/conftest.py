"""A whole application in this process, reached through its ASGI interface."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from pbpy.api.asgi import create_asgi
from pbpy.app import App
from pbpy.auth.superusers import find_superuser, upsert_superuser
from pbpy.auth.tokens import issue_auth_token
from pbpy.config import Config
from pbpy.fields.text import Text
from pbpy.schema.collection import Collection
from tests.api.streams import World
from tests.records.blog import OPEN

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import TypeVar

    from tests.api.streams import Play

    T = TypeVar("T")

EMAIL = "root@example.com"


class Server:
    """An open application with a client; everything runs on one event loop."""

    def __init__(self, app: App, runner: asyncio.Runner, client: httpx.AsyncClient) -> None:
        self.app = app
        self._runner = runner
        self._client = client

    def run(self, work: Awaitable[T]) -> T:
        """Wait for work."""

        async def wait() -> T:
            return await work

        return self._runner.run(wait())

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send a request; options are those of httpx."""
        return self.run(self._client.request(method, path, **options))

    def superuser(self) -> dict[str, str]:
        """Return the headers of a superuser's requests."""

        async def make() -> str:
            await upsert_superuser(self.app, EMAIL, "1234567890")
            record = await find_superuser(self.app, EMAIL)
            assert record is not None
            return issue_auth_token(record)

        return {"Authorization": self.run(make())}


@contextmanager
def open_server(app: App) -> Iterator[Server]:
    with ExitStack() as stack:
        runner = stack.enter_context(asyncio.Runner())
        runner.run(app.open())
        stack.callback(lambda: runner.run(app.close()))
        transport = httpx.ASGITransport(create_asgi(app))
        client = httpx.AsyncClient(transport=transport, base_url="http://test")
        stack.callback(lambda: runner.run(client.aclose()))
        yield Server(app, runner, client)


@pytest.fixture
def make_app(tmp_path: Path) -> Callable[..., App]:
    """A function that returns an application over an empty data directory."""

    def make(**options: Any) -> App:
        public = tmp_path / "pb_public"
        data = tmp_path / "pb_data"
        return App(Config(data_dir=data, public_dir=public, password_hash="bcrypt", **options))

    return make


@pytest.fixture
def serve() -> Callable[[App], AbstractContextManager[Server]]:
    """A function that opens an application: `with serve(app) as server`."""
    return open_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests of a module that change nothing."""
    folder = tmp_path_factory.mktemp("server")
    config = Config(
        data_dir=folder / "pb_data", public_dir=folder / "pb_public", password_hash="bcrypt"
    )
    with open_server(App(config)) as opened:
        yield opened


@pytest.fixture
def play(make_app: Callable[..., App]) -> Play:
    """Return a function that runs a scenario with streams and a collection of posts."""

    def run(scenario: Callable[[World], Awaitable[None]], **options: Any) -> None:
        async def main() -> None:
            async with make_app(**options) as app:
                await app.save(Collection.new_base("posts", **OPEN, fields=(Text("title"),)))
                await scenario(World(app))
                assert not app.realtime.clients

        asyncio.run(main())

    return run
