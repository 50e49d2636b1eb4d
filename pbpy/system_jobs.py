"""System jobs: what the server tidies up by itself, under PocketBase's ids and at its times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.auth.expired import delete_expired_mfas, delete_expired_otps

if TYPE_CHECKING:
    from pbpy.app import App
    from pbpy.cron.cron import Cron


def add_system_jobs(cron: Cron) -> None:
    """Add all of them."""
    cron.add("__pbDBOptimize__", "0 0 * * *", _optimize)
    cron.add("__pbMFACleanup__", "0 * * * *", delete_expired_mfas)
    cron.add("__pbOTPCleanup__", "0 * * * *", delete_expired_otps)


async def _optimize(app: App) -> None:
    await app.store.data.optimize()
    await app.store.auxiliary.optimize()
