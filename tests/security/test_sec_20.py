"""SEC-20: the window of a rate limit is fixed; refused attempts do not make it longer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.app import App
from pbpy.config import Config
from pbpy.settings.rate_limiter import RateLimiter
from tests.api.conftest import open_server

if TYPE_CHECKING:
    from pathlib import Path

HEALTH = "/api/health"
DURATION_S = 10
MOST = 2


def test_a_client_who_keeps_trying_is_let_in_when_the_window_ends(tmp_path: Path) -> None:
    app = App(Config(data_dir=tmp_path / "pb_data", password_hash="bcrypt"))
    with open_server(app) as server:
        rule = {"label": HEALTH, "duration": DURATION_S, "maxRequests": MOST}
        body = {"rateLimits": {"enabled": True, "rules": [rule]}}
        su = server.superuser()
        assert server.send("PATCH", "/api/settings", json=body, headers=su).status_code == 200
        now = 1000.0
        app._state.rate_limiter = RateLimiter(app.settings.rate_limits, lambda: now)
        statuses = []
        for second in range(3 * DURATION_S):
            now = 1000.0 + second
            statuses.append(server.send("GET", HEALTH).status_code)
        window = [200] * MOST + [429] * (DURATION_S - MOST)
        assert statuses == window * 3
