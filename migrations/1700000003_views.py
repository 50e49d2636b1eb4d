"""FPV racing: the laps that count, in one request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.migrations import Collection

if TYPE_CHECKING:
    from pbpy.migrations import App

QUERY = (
    "SELECT l.id, l.event, l.race, d.pilot, l.lapNumber, l.lengthSeconds, l.startTime, l.endTime, "
    "d.isHoleshot FROM laps l JOIN detections d ON d.id = l.detection WHERE d.valid = 1"
)


async def up(app: App) -> None:
    """Create the view: one row per lap whose detection is valid."""
    await app.save(Collection.new_view("processed_laps", QUERY, list_rule="", view_rule=""))


async def down(app: App) -> None:
    """Delete the view."""
    if view := app.find_collection("processed_laps"):
        await app.delete(view)
