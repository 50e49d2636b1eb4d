"""What a server does with an open application before it accepts requests."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pbpy.auth import superusers
from pbpy.errors import ConfigError, ValidationFailed
from pbpy.migrate.automigrate import automigrate
from pbpy.migrate.runner import apply_pending
from pbpy.settings.stored import encrypt_settings

if TYPE_CHECKING:
    from pbpy.app import App

ADMIN_EMAIL = "PB_ADMIN_EMAIL"
ADMIN_PASSWORD = "PB_ADMIN_PASSWORD"  # noqa: S105  # the name of a variable


async def prepare(app: App) -> None:
    """Prepare the data directory and this process.

    Safe to repeat, and safe while other processes do the same.

    Raises:
        MigrationError: a migration cannot be applied.
    """
    await prepare_data(app)
    prepare_process(app)


async def prepare_data(app: App) -> None:
    """Do what one process does for all: migrations, required collections, first superuser.

    Raises:
        MigrationError: a migration cannot be applied.
    """
    folder = app.config.migrations_dir
    if folder is not None:
        for file in await apply_pending(app, folder):
            app.log.info("Applied %s", file)
    await encrypt_settings(app)
    _warn_of_missing(app)
    await _make_first_superuser(app)


def prepare_process(app: App) -> None:
    """Do what every process does for itself: write migration files, where that is wanted.

    The first one of a server also starts the clock of the jobs.
    """
    folder = app.config.migrations_dir
    if folder is not None and app.config.automigrate:
        automigrate(app, folder)
    if app.place.is_first:
        app.cron.start()


def _warn_of_missing(app: App) -> None:
    for name in app.required_collections:
        if app.find_collection(name) is None:
            app.log.warning(
                "the required collection %s is missing: apply its migration with `pbpy migrate up`",
                name,
            )


async def _make_first_superuser(app: App) -> None:
    """Make the superuser of the environment when there is none; log what is wrong with it."""
    email, password = os.environ.get(ADMIN_EMAIL, ""), os.environ.get(ADMIN_PASSWORD, "")
    if not (email or password) or await superusers.has_superuser(app):
        return
    if not (email and password):
        missing = ADMIN_PASSWORD if email else ADMIN_EMAIL
        app.log.error("no superuser was made from the environment: %s is not set", missing)
        return
    try:
        await superusers.create_superuser(app, email, password)
    except (ConfigError, ValidationFailed) as error:
        if not await superusers.has_superuser(app):  # another process may have been quicker
            reason = error.summary if isinstance(error, ValidationFailed) else error
            app.log.error("no superuser was made from %s: %s", ADMIN_EMAIL, reason)  # noqa: TRY400
        return
    app.log.info("the superuser %s was made from the environment", email)
