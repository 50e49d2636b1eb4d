"""The table of all routes. Who may come in and how much may be sent stands in each row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.api import (
    batch,
    collections,
    crons,
    dashboard,
    files,
    health,
    realtime,
    record_auth,
    record_oauth2,
    records,
    settings,
    sql,
    static_files,
)
from pbpy.api.router import ANY_METHOD, Route, Router
from pbpy.errors import NotFound

if TYPE_CHECKING:
    from pbpy.api.request import ApiRequest
    from pbpy.api.responses import Response
    from pbpy.app import App


async def _find_nothing(_: ApiRequest) -> Response:
    raise NotFound


def build_router(app: App) -> Router:
    """Return the server's routes with those of the app developer, which win over equal ones."""
    router = Router()
    for route in (
        *records.ROUTES,
        *record_auth.ROUTES,
        *record_oauth2.ROUTES,
        *collections.ROUTES,
        *files.ROUTES,
        *settings.ROUTES,
        *health.ROUTES,
        *realtime.ROUTES,
        *batch.ROUTES,
        *sql.ROUTES,
        *crons.ROUTES,
        *dashboard.routes(app.config),
        *static_files.routes(app.config),
        Route(ANY_METHOD, "/{path...}", _find_nothing),
        *(Route(own.method, own.path, own.handler) for own in app.routes),
    ):
        router.add(route)
    return router
