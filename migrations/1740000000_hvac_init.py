"""HVAC CRM: contacts, their jobs, photos and invoices, and messages among the staff."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.migrations import (
    Autodate,
    Bool,
    Collection,
    Date,
    Email,
    File,
    GeoPoint,
    Json,
    Number,
    Relation,
    Select,
    Text,
)

from ._users_rules import with_composed_rules

if TYPE_CHECKING:
    from pbpy.migrations import App, Field

# A user without a role, such as a customer of another application in this database, is no staff.
IS_USER = '@request.auth.collectionName = "users"'
STAFF = f'{IS_USER} && @request.auth.role != ""'
OFFICE = f'{IS_USER} && (@request.auth.role = "manager" || @request.auth.role = "dispatcher")'
MANAGER = f'{IS_USER} && @request.auth.role = "manager"'
# An empty id matches every text, hence the question for staff before it.
RECEIVER = f"{STAFF} && (targetUsers ~ '\"all\"' || targetUsers ~ @request.auth.id)"

DISTRICTS = (
    "Śródmieście",
    "Wilanów",
    "Mokotów",
    "Żoliborz",
    "Ursynów",
    "Wola",
    "Praga-Południe",
    "Targówek",
)
MAX_FILE_BYTES = 20 * 1024 * 1024


async def up(app: App) -> None:
    """Give users a role and a district, and create the collections."""
    users = app.get_collection("users").with_fields(
        choice("role", "technician", "dispatcher", "manager", required=False),
        Text("district", max=64),
    )
    await app.save(with_composed_rules(users))
    for collection in (contacts(), jobs(), equipment_photos(), invoices(), realtime_events()):
        await app.save(collection)


async def down(app: App) -> None:
    """Delete the collections with their files, and what was added to users."""
    for name in ("realtime_events", "invoices", "equipment_photos", "jobs", "contacts"):
        if collection := app.find_collection(name):
            await app.delete(collection)
    users = app.get_collection("users").without_fields("role", "district")
    await app.save(with_composed_rules(users))


def contacts() -> Collection:
    """Return the collection of customers."""
    return (
        Collection.new_base(
            "contacts",
            list_rule=STAFF,
            view_rule=STAFF,
            create_rule=STAFF,
            update_rule=STAFF,
            delete_rule=MANAGER,
            fields=[
                Text("name", required=True, max=200, presentable=True),
                Email("email", required=True),
                Text("phone", required=True, max=40),
                Text("address", required=True, max=500),
                choice("district", *DISTRICTS),
                Number("affluenceScore", min=0, max=1),
                choice("propertyType", "apartment", "house", "commercial"),
                *dates(),
            ],
        )
        .with_index("idx_contacts_district", "district")
        .with_index("idx_contacts_email", "email")
        .with_index("idx_contacts_affluenceScore", "affluenceScore")
    )


def jobs() -> Collection:
    """Return the collection of jobs; a contact that has some cannot be deleted."""
    own_or_office = '(@request.auth.role != "technician" || technicianId = @request.auth.id)'
    return (
        Collection.new_base(
            "jobs",
            list_rule=STAFF,
            view_rule=STAFF,
            create_rule=STAFF,
            update_rule=f"{STAFF} && {own_or_office}",
            delete_rule=MANAGER,
            fields=[
                Relation("contactId", "contacts", required=True, max_select=1),
                Text("title", required=True, max=255, presentable=True),
                Text("description", max=10000),
                choice("type", "installation", "maintenance", "repair", "inspection"),
                choice("status", "pending", "scheduled", "in_progress", "completed", "cancelled"),
                choice("priority", "low", "medium", "high", "urgent"),
                Date("scheduledDate", required=True),
                Date("completedDate"),
                Relation("technicianId", "users", max_select=1),
                GeoPoint("coordinates"),
                Number("estimatedDuration", required=True, min=0),
                Number("actualDuration", min=0),
                *dates(),
            ],
        )
        .with_index("idx_jobs_contact", "contactId")
        .with_index("idx_jobs_status", "status")
        .with_index("idx_jobs_technician_date", "technicianId", "scheduledDate")
        .with_index("idx_jobs_date", "scheduledDate")
        .with_index("idx_jobs_priority_status", "priority", "status")
    )


def equipment_photos() -> Collection:
    """Return the collection of photos; `pb_hooks/crm.py` fills what describes the file."""
    return (
        Collection.new_base(
            "equipment_photos",
            list_rule=STAFF,
            view_rule=STAFF,
            create_rule=STAFF,
            update_rule=STAFF,
            delete_rule=OFFICE,
            fields=[
                File(
                    "file",
                    required=True,
                    max_select=1,
                    max_size=MAX_FILE_BYTES,
                    mime_types=("image/jpeg", "image/png", "image/webp", "image/heic"),
                    thumbs=("100x100", "480x0"),
                ),
                Relation("jobId", "jobs", required=True, cascade=True, max_select=1),
                Relation("contactId", "contacts", required=True, max_select=1),
                Text("filename", max=255),
                Number("filesize", only_int=True, min=0),
                Text("mimetype", max=127),
                Text("description", max=2000),
                Text("aiAnalysis", max=100_000),
                Autodate("created", on_create=True),
            ],
        )
        .with_index("idx_photos_job", "jobId")
        .with_index("idx_photos_contact", "contactId")
    )


def invoices() -> Collection:
    """Return the collection of invoices; their files need a file token."""
    return (
        Collection.new_base(
            "invoices",
            list_rule=STAFF,
            view_rule=STAFF,
            create_rule=STAFF,
            update_rule=OFFICE,
            delete_rule=MANAGER,
            fields=[
                File(
                    "file",
                    max_select=1,
                    max_size=MAX_FILE_BYTES,
                    mime_types=("application/pdf", "image/jpeg", "image/png"),
                    protected=True,
                ),
                Relation("jobId", "jobs", required=True, max_select=1),
                Relation("contactId", "contacts", required=True, max_select=1),
                Text("filename", max=255),
                Number("filesize", only_int=True, min=0),
                Text("ocrData", max=200_000),
                Number("totalAmount"),
                choice("status", "pending", "processed", "paid"),
                Autodate("created", on_create=True),
            ],
        )
        .with_index("idx_invoices_job", "jobId")
        .with_index("idx_invoices_contact", "contactId")
        .with_index("idx_invoices_status", "status")
    )


def realtime_events() -> Collection:
    """Return the collection of messages, seen by those they are for.

    `data` is text, since clients write and read it as JSON text. `targetUsers` is a list of ids,
    `["all"]` for everybody. Who may update sees the answer, so the rule is that of a view.
    """
    return (
        Collection.new_base(
            "realtime_events",
            list_rule=RECEIVER,
            view_rule=RECEIVER,
            create_rule=STAFF,
            update_rule=RECEIVER,
            delete_rule=MANAGER,
            fields=[
                choice("type", "job_update", "technician_location", "emergency_alert", "message"),
                Text("data", required=True, max=20_000),
                Json("targetUsers", required=True, max_size=20_000),
                Text("district", max=64),
                choice("priority", "low", "medium", "high", "urgent"),
                Bool("processed"),
                Autodate("created", on_create=True),
            ],
        )
        .with_index("idx_rt_type_created", "type", "created")
        .with_index("idx_rt_district_type", "district", "type")
        .with_index("idx_rt_processed", "processed")
    )


def choice(name: str, *values: str, required: bool = True) -> Field:
    """Return a select of one value."""
    return Select(name, values, required=required, max_select=1)


def dates() -> list[Field]:
    """Return the dates that the server sets."""
    return [
        Autodate("created", on_create=True),
        Autodate("updated", on_create=True, on_update=True),
    ]
