"""HVAC CRM: what describes an uploaded file, `lng` for `lon`, and old locations."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pbpy.app import App
    from pbpy.hooks.events import RecordEvent, RecordRequestEvent

MAX_NAME = 255
LOCATIONS_KEPT = timedelta(hours=24)


def register(app: App) -> None:
    """Bind the hooks and the job."""
    for collection in ("equipment_photos", "invoices"):
        app.on_record_create.on(collection)(describe_file)
        app.on_record_update.on(collection)(describe_file)
    app.on_record_create_request.on("jobs")(accept_lng)
    app.on_record_update_request.on("jobs")(accept_lng)
    app.cron.add("crm_purge_locations", "@hourly", purge_locations)


def describe_file(e: RecordEvent) -> None:
    """Fill name, size and type of an uploaded file where the client left them out."""
    upload = e.record.get("file")
    if not upload or isinstance(upload, str):
        return
    facts = {
        "filename": upload.original_name[:MAX_NAME],
        "filesize": upload.size,
        "mimetype": upload.content_type.value,
    }
    sent = e.record.changed_names()
    for name, value in facts.items():
        if name in e.record.collection.by_name and name not in sent:
            e.record.set(name, value)


def accept_lng(e: RecordRequestEvent) -> None:
    """Take `lng` for `lon`, as many map libraries call it."""
    sent = as_object(e.info.submitted.get("coordinates"))
    if "lng" in sent and "lon" not in sent:
        e.record.set("coordinates", {"lon": sent["lng"], "lat": sent.get("lat", 0)})


def as_object(value: Any) -> dict[str, Any]:
    """Return an object, which forms send as JSON text; an empty one for anything else."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    return value if isinstance(value, dict) else {}


async def purge_locations(app: App) -> None:
    """Delete the technician locations that are processed or older than a day."""
    oldest = datetime.now(UTC) - LOCATIONS_KEPT
    async with app.transaction() as tx_app:
        for event in await tx_app.find_records(
            "realtime_events",
            "type = 'technician_location' && (processed = true || created < {:oldest})",
            params={"oldest": f"{oldest:%Y-%m-%d %H:%M:%S}.000Z"},
        ):
            await tx_app.delete(event)
