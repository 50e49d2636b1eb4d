"""Cron: the jobs of an application, and the clock that starts them."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from pbpy.cron.schedule import InvalidCron, parse_schedule
from pbpy.sync_app import call_with_app

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import tzinfo

    from pbpy.app import App
    from pbpy.cron.schedule import Schedule

JobHandler: TypeAlias = "Callable[[Any], Any]"
"""Takes the App, or its SyncApp where it is a plain function; what it returns is dropped."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done, and when."""

    id: str
    schedule: Schedule
    handler: JobHandler


class Cron:
    """The jobs by id, in order of registration.

    Attributes:
        interval_s: how often the clock looks which jobs are due; aligned, so that 60 is the
            start of every minute. With less a job may run several times in its minute.
        timezone: what expressions are about.
    """

    __slots__ = ("_app", "_clock", "_jobs", "_sleep", "_ticking", "interval_s", "timezone")

    def __init__(
        self,
        app: App,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.interval_s = 60.0
        self.timezone: tzinfo = UTC
        self._app = app
        self._clock = clock
        self._sleep = sleep
        self._jobs: dict[str, Job] = {}
        self._ticking: asyncio.Task[None] | None = None

    def __call__(self, job_id: str, expression: str) -> Callable[[JobHandler], JobHandler]:
        """Add a job as a decorator: `@app.cron("report", "0 6 * * *")`; raises as `add`."""

        def decorate(handler: JobHandler) -> JobHandler:
            self.add(job_id, expression, handler)
            return handler

        return decorate

    def add(self, job_id: str, expression: str, handler: JobHandler) -> None:
        """Add a job, in the place of one with the same id.

        Raises:
            InvalidCron: the expression cannot be used; names the job and the expression.
        """
        try:
            schedule = parse_schedule(expression)
        except InvalidCron as error:
            raise InvalidCron(f"the job {job_id!r} at {expression!r}: {error}") from error
        job = Job(job_id, schedule, handler)
        self.remove(job_id)
        self._jobs[job_id] = job

    def remove(self, job_id: str) -> None:
        """Remove a job; an unknown id is no error, and a job that runs goes on."""
        self._jobs.pop(job_id, None)

    @property
    def jobs(self) -> tuple[Job, ...]:
        """All jobs."""
        return tuple(self._jobs.values())

    def find(self, job_id: str) -> Job | None:
        """Return a job, or None."""
        return self._jobs.get(job_id)

    def run(self, job: Job) -> bool:
        """Run a job now, in the background; False when there is too much work there already."""
        work = call_with_app(job.handler, self._app)
        return self._app.background.start(work, f"cron job {job.id}")

    # the clock

    def start(self) -> None:
        """Run the jobs when they are due, from the next minute on, until `stop`."""
        if self._ticking is None:
            self._ticking = asyncio.create_task(self._tick(), name="pbpy-cron")

    def stop(self) -> None:
        """Start no more jobs by the clock."""
        ticking, self._ticking = self._ticking, None
        if ticking is not None:
            ticking.cancel()

    async def _tick(self) -> None:
        while True:
            now = self._clock()
            due = (now // self.interval_s + 1) * self.interval_s
            await self._sleep(due - now)
            now = self._clock()
            if now < due:  # woken early, or the clock was set back
                continue
            # What the process slept through is not made up for.
            try:
                self._run_due(datetime.fromtimestamp(now, self.timezone))
            except Exception:
                # Without it no job would run any more.
                self._app.log.exception("cron jobs could not be started")

    def _run_due(self, moment: datetime) -> None:
        for job in self.jobs:
            if job.schedule.is_due(moment):
                self.run(job)
