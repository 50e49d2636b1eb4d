"""The collections of an empty data directory, exactly PocketBase's.

Source: PocketBase migrations/1640988000_init.go, and the directory that 0.40.6 makes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pbpy.fields import Autodate, File, Password, Text
from pbpy.schema.auth_defaults import DAY_S, default_auth_options
from pbpy.schema.auth_options import OAuth2MappedFields
from pbpy.schema.collection import SUPERUSERS, Collection

if TYPE_CHECKING:
    from pbpy.fields import Field

OWNER_RULE = (
    "@request.auth.id != '' && recordRef = @request.auth.id"
    " && collectionRef = @request.auth.collectionId"
)
SELF_RULE = "id = @request.auth.id"
USERS_ID = "_pb_users_auth_"
OTP_HASH_COST = 8
AVATAR_TYPES = ("image/jpeg", "image/png", "image/svg+xml", "image/gif", "image/webp")


def default_collections() -> tuple[Collection, ...]:
    """Return the six collections in order of creation, with fresh token secrets."""
    return (_mfas(), _otps(), _external_auths(), _auth_origins(), _superusers(), _users())


def _required_texts(*names: str) -> tuple[Field, ...]:
    return tuple(Text(name=name, system=True, required=True) for name in names)


def _timestamps(*, system: bool = True) -> tuple[Field, ...]:
    return (
        Autodate(name="created", system=system, on_create=True),
        Autodate(name="updated", system=system, on_create=True, on_update=True),
    )


def _index(table: str, name: str, columns: str, *, kind: str = "INDEX") -> str:
    return f"CREATE {kind} `{name}` ON `{table}` ({columns})"


def _mfas() -> Collection:
    return Collection.new_base(
        "_mfas",
        system=True,
        list_rule=OWNER_RULE,
        view_rule=OWNER_RULE,
        fields=(*_required_texts("collectionRef", "recordRef", "method"), *_timestamps()),
        # PocketBase: the one list of columns without a blank.
        indexes=(_index("_mfas", "idx_mfas_collectionRef_recordRef", "collectionRef,recordRef"),),
    )


def _otps() -> Collection:
    return Collection.new_base(
        "_otps",
        system=True,
        list_rule=OWNER_RULE,
        view_rule=OWNER_RULE,
        fields=(
            *_required_texts("collectionRef", "recordRef"),
            Password(name="password", system=True, hidden=True, required=True, cost=OTP_HASH_COST),
            Text(name="sentTo", system=True, hidden=True),
            *_timestamps(),
        ),
        indexes=(_index("_otps", "idx_otps_collectionRef_recordRef", "collectionRef, recordRef"),),
    )


def _external_auths() -> Collection:
    return Collection.new_base(
        "_externalAuths",
        system=True,
        list_rule=OWNER_RULE,
        view_rule=OWNER_RULE,
        delete_rule=OWNER_RULE,
        fields=(
            *_required_texts("collectionRef", "recordRef", "provider", "providerId"),
            *_timestamps(),
        ),
        indexes=(
            _index(
                "_externalAuths",
                "idx_externalAuths_record_provider",
                "collectionRef, recordRef, provider",
                kind="UNIQUE INDEX",
            ),
            _index(
                "_externalAuths",
                "idx_externalAuths_collection_provider",
                "collectionRef, provider, providerId",
                kind="UNIQUE INDEX",
            ),
        ),
    )


def _auth_origins() -> Collection:
    return Collection.new_base(
        "_authOrigins",
        system=True,
        list_rule=OWNER_RULE,
        view_rule=OWNER_RULE,
        delete_rule=OWNER_RULE,
        fields=(*_required_texts("collectionRef", "recordRef", "fingerprint"), *_timestamps()),
        indexes=(
            _index(
                "_authOrigins",
                "idx_authOrigins_unique_pairs",
                "collectionRef, recordRef, fingerprint",
                kind="UNIQUE INDEX",
            ),
        ),
    )


def _superusers() -> Collection:
    options = default_auth_options()
    return Collection.new_auth(
        SUPERUSERS,
        system=True,
        auth=replace(options, auth_token=replace(options.auth_token, duration=DAY_S)),
    ).with_fields(*_timestamps())


def _users() -> Collection:
    options = default_auth_options()
    mapped = OAuth2MappedFields(name="name", avatar_url="avatar")
    return Collection.new_auth(
        "users",
        id=USERS_ID,
        list_rule=SELF_RULE,
        view_rule=SELF_RULE,
        create_rule="",
        update_rule=SELF_RULE,
        delete_rule=SELF_RULE,
        auth=replace(options, oauth2=replace(options.oauth2, mapped_fields=mapped)),
    ).with_fields(
        Text(name="name", max=255),
        File(name="avatar", max_select=1, mime_types=AVATAR_TYPES),
        *_timestamps(system=False),
    )
