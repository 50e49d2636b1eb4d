"""The rules of `users`, which several sets of migrations have a say in.

Each set works alone and with the others: it changes its own fields of `users`, and the rules
follow from the fields that are there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pbpy.migrations import Collection

SELF = "id = @request.auth.id"
STAFF = '@request.auth.collectionName = "users" && @request.auth.role != ""'


def with_composed_rules(users: Collection) -> Collection:
    """Return `users` with the rules for its present fields.

    Nobody makes himself an admin (`is_admin`, of the queue) or gives himself a role (`role`, of
    the CRM), neither at sign-up nor later; and staff sees all users.
    """
    creates: list[str] = []
    updates = [SELF]
    read = SELF
    if "is_admin" in users.by_name:
        creates.append("@request.body.is_admin != true")
        updates.append("@request.body.is_admin:changed = false")
    if "role" in users.by_name:
        creates.append('@request.body.role = ""')
        updates.append("@request.body.role:changed = false")
        read = f"{SELF} || ({STAFF})"
    return users.replace(
        list_rule=read,
        view_rule=read,
        create_rule=" && ".join(creates),
        update_rule=" && ".join(updates),
        delete_rule=SELF,
    )
