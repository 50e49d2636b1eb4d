"""/api/crons: the jobs of the clock, for superusers. Source: PocketBase apis/cron.go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pbpy.api.guards import require_superuser
from pbpy.api.responses import Json, NoContent, Response
from pbpy.api.router import Route
from pbpy.errors import NotFound, TooManyRequests

if TYPE_CHECKING:
    from pbpy.api.request import ApiRequest
    from pbpy.cron.cron import Job

_SYSTEM: Final = "__pb"


async def list_crons(request: ApiRequest) -> Response:
    """Answer the jobs: those of the app by id, then those of the system as they were added."""
    jobs = sorted(request.app.cron.jobs, key=_place)
    return Json([{"id": job.id, "expression": job.schedule.expression} for job in jobs])


def _place(job: Job) -> tuple[bool, str]:
    is_system = job.id.startswith(_SYSTEM)
    return is_system, "" if is_system else job.id


async def run_cron(request: ApiRequest) -> Response:
    """Run a job in the background, in this process.

    Raises:
        NotFound: there is none of this id.
        TooManyRequests: too much else runs in the background.
    """
    job = request.app.cron.find(request.params["id"])
    if job is None:
        raise NotFound("Missing or invalid cron job.")
    if not request.app.cron.run(job):
        raise TooManyRequests
    return NoContent()


ROUTES = (
    Route("GET", "/api/crons", list_crons, require_superuser),
    Route("POST", "/api/crons/{id}", run_cron, require_superuser),
)
