"""The three sets of migrations that come with pbpy, and what their documents promise."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pbpy.fields import field_from_settings
from pbpy.schema.collection import default_collection_id
from pbpy.schema.field_list import add_fields
from pbpy.schema.indexes import parse_index

if TYPE_CHECKING:
    from collections.abc import Iterable

Json = Any

ROOT = Path(__file__).parents[2]
MIGRATIONS = ROOT / "migrations"
HOOKS = ROOT / "pb_hooks"

FILES = {
    "fpv": (
        "1700000000_init_collections.py",
        "1700000001_indexes.py",
        "1700000002_scheduler_and_state.py",
        "1700000003_views.py",
    ),
    "queue": ("1730000000_initial_schema.py",),
    "crm": ("1740000000_hvac_init.py", "1740000001_hvac_sync.py"),
}
SETS = tuple(FILES)
DOCUMENTED: dict[str, list[Json]] = json.loads(
    Path(__file__).with_name("collections.json").read_text(encoding="utf-8")
)
"""The collections of each set in the form of an import; relations name their target as `@name`."""

USERS_ID = "_pb_users_auth_"
RULES = ("listRule", "viewRule", "createRule", "updateRule", "deleteRule")
NO_RULES: Json = dict.fromkeys(RULES)

OWN = "id = @request.auth.id"
STAFF = '@request.auth.collectionName = "users" && @request.auth.role != ""'
USERS_RULES = {
    (): {"list": OWN, "create": "", "update": OWN},
    ("queue",): {
        "list": OWN,
        "create": "@request.body.is_admin != true",
        "update": f"{OWN} && @request.body.is_admin:changed = false",
    },
    ("crm",): {
        "list": f"{OWN} || ({STAFF})",
        "create": '@request.body.role = ""',
        "update": f"{OWN} && @request.body.role:changed = false",
    },
    ("queue", "crm"): {
        "list": f"{OWN} || ({STAFF})",
        "create": '@request.body.is_admin != true && @request.body.role = ""',
        "update": f"{OWN} && @request.body.is_admin:changed = false"
        " && @request.body.role:changed = false",
    },
}
"""The rules of `users` by the present sets that have a say in them."""


CLONE = re.compile(r"^_clone_\w{4}$")


def copy_sets(folder: Path, names: Iterable[str]) -> Path:
    """Copy the files of some sets, with the modules they share, to a new folder; return it."""
    folder.mkdir()
    shared = [path.name for path in MIGRATIONS.glob("_*.py")]
    for file in [*shared, *(file for name in names for file in FILES[name])]:
        shutil.copy(MIGRATIONS / file, folder)
    return folder


def users_rules(names: Iterable[str]) -> dict[str, str]:
    """Return the rules that `users` has while these sets are present, by their JSON keys."""
    rules = USERS_RULES[tuple(name for name in ("queue", "crm") if name in names)]
    return {
        "listRule": rules["list"],
        "viewRule": rules["list"],
        "createRule": rules["create"],
        "updateRule": rules["update"],
        "deleteRule": OWN,
    }


def users_fields(names: Iterable[str]) -> list[Json]:
    """Return the fields that these sets add to `users`, in full."""
    parts = [item for name in names for item in DOCUMENTED[name] if item["name"] == "users"]
    return full_fields([field for part in parts for field in part["fields"]])


def documented_collections(names: Iterable[str]) -> dict[str, Json]:
    """Return what the API shows of the collections of these sets, by name; without `users`."""
    return {
        item["name"]: {
            **NO_RULES,
            **item,
            "fields": full_fields(item["fields"]) if "fields" in item else [],
            "indexes": [parse_index(index) for index in item.get("indexes", ())],
        }
        for name in names
        for item in DOCUMENTED[name]
        if item["name"] != "users"
    }


def full_fields(fields: list[Json]) -> list[Json]:
    """Return fields as the API shows them: every option there is, ids of targets and fields."""
    given = [field_from_settings(with_target(field)) for field in fields]
    return [field.settings for field in add_fields((), given)]


def with_target(field: Json) -> Json:
    target = field.get("collectionId", "").removeprefix("@")
    if not target:
        return field
    target_id = USERS_ID if target == "users" else default_collection_id("base", target)
    return {**field, "collectionId": target_id}


def importable(names: Iterable[str]) -> list[Json]:
    """Return what gives a server without migrations the collections of these sets."""
    chosen = set(names)
    imported = [
        {
            **item,
            "id": default_collection_id(item["type"], item["name"]),
            "fields": [with_target(field) for field in item.get("fields", ())],
        }
        for name in chosen
        for item in DOCUMENTED[name]
        if item["name"] != "users"
    ]
    fields = [field for name in chosen for field in users_fields([name])]
    users = {"id": USERS_ID, "name": "users", "type": "auth", "fields": fields}
    return [users | users_rules(chosen), *imported]


def shown(collection: Json) -> Json:
    """Return a collection of the API in the form in which it is compared with the document.

    The system field `id` comes first everywhere; a view takes its fields from its query.
    """
    fields = [field for field in collection["fields"] if field["name"] != "id"]
    keys = ("name", "type", *RULES)
    view = {"viewQuery": collection["viewQuery"]} if collection["type"] == "view" else {}
    return {
        **{key: collection[key] for key in keys},
        **view,
        "fields": [] if view else fields,
        "indexes": [parse_index(index) for index in collection["indexes"]],
    }


def timeless(collections: dict[str, Json]) -> dict[str, Json]:
    """Return collections without what a new save always changes.

    The fields of a view are copies with ids made at random.
    """
    return {
        name: {
            **{key: value for key, value in item.items() if key not in ("created", "updated")},
            "fields": [
                {**field, "id": CLONE.sub("_clone_", field["id"])} for field in item["fields"]
            ],
        }
        for name, item in collections.items()
    }
