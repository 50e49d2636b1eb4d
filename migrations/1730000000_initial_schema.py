"""Meeting queue: what users keep about themselves, their API keys, their queue and a log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.migrations import Autodate, Bool, Collection, Date, Json, Number, Relation, Select, Text

from ._users_rules import with_composed_rules

if TYPE_CHECKING:
    from pbpy.migrations import App, Field

IS_OWN = "user_id = @request.auth.id"
IS_ADMIN = "@request.auth.is_admin = true"
IS_SIGNED_IN = '@request.auth.id != ""'
OWN_OR_ADMIN = f"{IS_SIGNED_IN} && ({IS_OWN} || {IS_ADMIN})"


async def up(app: App) -> None:
    """Mark admins among the users, and create the collections."""
    users = app.get_collection("users").with_fields(Bool("is_admin"))
    await app.save(with_composed_rules(users))
    for collection in (user_meta(), api_keys(), queue(), logs()):
        await app.save(collection)


async def down(app: App) -> None:
    """Delete the collections and the mark of the admins."""
    for name in ("logs", "queue", "api_keys", "user_meta"):
        if collection := app.find_collection(name):
            await app.delete(collection)
    users = app.get_collection("users").without_fields("is_admin")
    await app.save(with_composed_rules(users))


def user_meta() -> Collection:
    """Return the collection of one row per user; what it says is for superusers to change."""
    frozen = ("user_id", "premium", "verified", "active", "file_path")
    return Collection.new_base(
        "user_meta",
        list_rule=IS_OWN,
        view_rule=IS_OWN,
        create_rule=(
            f"{IS_SIGNED_IN} && {IS_OWN} && premium = false && @request.body.verified != true "
            '&& file_path = ""'
        ),
        update_rule=" && ".join(
            [IS_OWN, *(f"@request.body.{name}:changed = false" for name in frozen)]
        ),
        delete_rule=IS_OWN,
        fields=[
            of_user(),
            Text("file_path", max=500),
            Bool("active"),
            Bool("verified"),
            Bool("premium"),
            *dates(),
        ],
    ).with_index("ux_user_meta_user", "user_id", unique=True)


def api_keys() -> Collection:
    """Return the collection of keys for other services, encrypted before they get here."""
    return Collection.new_base(
        "api_keys",
        list_rule=IS_OWN,
        view_rule=IS_OWN,
        create_rule=f"{IS_SIGNED_IN} && {IS_OWN}",
        update_rule=f"{IS_OWN} && @request.body.user_id:changed = false",
        delete_rule=IS_OWN,
        fields=[
            of_user(),
            Text("encrypted_fathom", max=10000),
            Text("encrypted_loom", max=10000),
            *dates(),
        ],
    ).with_index("ux_api_keys_user", "user_id", unique=True)


def queue() -> Collection:
    """Return the collection of meetings to process; `pb_hooks/queue.py` keeps its order."""
    return (
        Collection.new_base(
            "queue",
            list_rule=OWN_OR_ADMIN,
            view_rule=OWN_OR_ADMIN,
            create_rule=OWN_OR_ADMIN,
            update_rule=f"({IS_OWN} && @request.body.user_id:changed = false) || {IS_ADMIN}",
            delete_rule=IS_ADMIN,
            fields=[
                of_user(),
                Text("meeting_id", required=True, max=255),
                Select(
                    "status",
                    ("pending", "processing", "completed", "failed", "cancelled"),
                    required=True,
                    max_select=1,
                ),
                Number("position", only_int=True, min=0),
                Date("queued_at"),
                Date("started_at"),
                Date("completed_at"),
                Text("error_message", max=5000),
                *dates(),
            ],
        )
        .with_index("idx_queue_user", "user_id")
        .with_index("idx_queue_status_position", "status", "position")
        .with_index("idx_queue_queued_at", "queued_at")
        .with_index("idx_queue_meeting", "meeting_id")
        # A WHERE with brackets, such as IN (...), is more than PocketBase's parser takes.
        .with_index(
            "ux_queue_active_meeting",
            "user_id",
            "meeting_id",
            unique=True,
            where="`status` = 'pending' OR `status` = 'processing'",
        )
    )


def logs() -> Collection:
    """Return the collection of log lines, of a user or of nobody.

    A guest's id is empty as the `user_id` of nobody's lines is, so every rule asks for a
    signed-in user first.
    """
    return (
        Collection.new_base(
            "logs",
            list_rule=OWN_OR_ADMIN,
            view_rule=OWN_OR_ADMIN,
            create_rule=f'{IS_SIGNED_IN} && (user_id = "" || {IS_OWN} || {IS_ADMIN})',
            update_rule=IS_ADMIN,
            delete_rule=IS_ADMIN,
            fields=[
                Select(
                    "level",
                    ("trace", "debug", "info", "warn", "error", "fatal"),
                    required=True,
                    max_select=1,
                ),
                Text("msg", required=True, max=10000),
                Date("ts", required=True),
                Relation("user_id", "users", max_select=1),
                Text("component", max=255),
                Json("metadata", max_size=200_000),
                Autodate("created", on_create=True),
            ],
        )
        .with_index("idx_logs_ts", "ts")
        .with_index("idx_logs_level_ts", "level", "ts")
        .with_index("idx_logs_user", "user_id")
        .with_index("idx_logs_component", "component")
    )


def of_user() -> Field:
    """Return the owner; the record goes when the user goes."""
    return Relation("user_id", "users", required=True, cascade=True, max_select=1)


def dates() -> list[Field]:
    """Return the dates that the server sets."""
    return [
        Autodate("created", on_create=True),
        Autodate("updated", on_create=True, on_update=True),
    ]
