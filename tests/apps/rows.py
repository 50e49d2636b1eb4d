"""Bodies of records that the sets accept."""

from __future__ import annotations

import base64
from typing import Any

Json = Any

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def user(name: str, **values: Json) -> Json:
    """Return a user whose password is the eight characters that the sign-in of the tests uses."""
    password = {"password": "12345678", "passwordConfirm": "12345678"}
    return {"email": f"{name}@example.com", **password, **values}


def queued(user_id: str, meeting: str = "meeting", **values: Json) -> Json:
    return {"user_id": user_id, "meeting_id": meeting, "status": "pending", **values}


def log_line(user_id: str, **values: Json) -> Json:
    when = "2025-11-20 10:00:00.000Z"
    return {"user_id": user_id, "level": "info", "msg": "done", "ts": when, **values}


def contact(**values: Json) -> Json:
    return {
        "name": "Jan Kowalski",
        "email": "jan@example.com",
        "phone": "+48 600 000 000",
        "address": "ul. Nowa 1, Warszawa",
        "district": "Śródmieście",
        "propertyType": "apartment",
        **values,
    }


def job(contact_id: str, **values: Json) -> Json:
    return {
        "contactId": contact_id,
        "title": "Yearly inspection",
        "type": "inspection",
        "status": "scheduled",
        "priority": "medium",
        "scheduledDate": "2025-11-20 10:00:00.000Z",
        "estimatedDuration": 60,
        **values,
    }


def invoice(job_id: str, contact_id: str, **values: Json) -> Json:
    return {"jobId": job_id, "contactId": contact_id, "status": "pending", **values}


def photo(job_id: str, contact_id: str, **values: Json) -> Json:
    return {"jobId": job_id, "contactId": contact_id, **values}


def event_for(*user_ids: str, **values: Json) -> Json:
    return {
        "type": "message",
        "data": '{"text":"hello"}',
        "targetUsers": list(user_ids),
        "priority": "low",
        **values,
    }


def sourced(source_id: str, **values: Json) -> Json:
    """Return what every record from FPVTrackside begins with."""
    return {"source": "fpvtrackside", "sourceId": source_id, **values}
