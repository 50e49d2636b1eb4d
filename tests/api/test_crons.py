"""The jobs of the clock: listed, run by hand; what the system's own ones do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pbpy import background

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    import pytest

    from pbpy.app import App
    from tests.api.conftest import Server

    Serve = Callable[[App], AbstractContextManager[Server]]

SYSTEM = ["__pbDBOptimize__", "__pbMFACleanup__", "__pbOTPCleanup__"]


def ids(server: Server) -> list[str]:
    answer = server.send("GET", "/api/crons", headers=server.superuser())
    assert answer.status_code == 200
    return [job["id"] for job in answer.json()]


def run(server: Server, name: str) -> Any:
    """Run a job and wait for its end."""
    answer = server.send("POST", f"/api/crons/{name}", headers=server.superuser())
    server.run(server.app.background.wait())
    return answer


def test_jobs_of_the_app_come_first(make_app: Callable[..., App], serve: Serve) -> None:
    app = make_app()
    for name in ("zeta", "__pbMine", "alpha", "Beta", "a b/c", "é"):
        app.cron.add(name, "@daily", print)
    with serve(app) as server:
        assert ids(server) == ["Beta", "a b/c", "alpha", "zeta", "é", *SYSTEM, "__pbMine"]
        answer = server.send("GET", "/api/crons", headers=server.superuser())
        assert answer.json()[0] == {"id": "Beta", "expression": "0 0 * * *"}


def test_a_job_runs_whatever_its_id(make_app: Callable[..., App], serve: Serve) -> None:
    app = make_app()
    ran: list[str] = []
    app.cron.add("plain", "0 0 1 1 *", lambda _: ran.append("plain"))
    app.cron.add("a b/c", "0 0 1 1 *", lambda _: ran.append("a b/c"))
    with serve(app) as server:
        for path in ("plain", "a%20b%2Fc"):
            answer = run(server, path)
            assert (answer.status_code, answer.content) == (204, b"")
        assert ran == ["plain", "a b/c"]
        app.cron.remove("plain")
        answer = run(server, "plain")
        assert answer.status_code == 404
        assert answer.json()["message"] == "Missing or invalid cron job."
        assert "plain" not in ids(server)


def test_a_job_that_cannot_run_says_so(
    make_app: Callable[..., App], serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "MAX_TASKS", 0)
    with serve(make_app()) as server:
        assert run(server, SYSTEM[0]).status_code == 429


def test_the_log_of_the_databases_is_written_back(
    make_app: Callable[..., App], serve: Serve
) -> None:
    app = make_app()
    with serve(app) as server:
        headers = server.superuser()
        logs = [app.config.data_dir / f"{name}.db-wal" for name in ("data", "auxiliary")]
        assert logs[0].stat().st_size > 0
        assert server.send("POST", f"/api/crons/{SYSTEM[0]}", headers=headers).status_code == 204
        server.run(app.background.wait())
        assert [log.stat().st_size for log in logs] == [0, 0]
        assert server.send("GET", "/api/collections", headers=headers).status_code == 200
