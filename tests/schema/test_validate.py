"""Validation: codes, layers and parameters, as the real server answers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from pbpy.app import App
from pbpy.config import Config
from pbpy.errors import ErrorMap, FieldError, ValidationFailed
from pbpy.schema.merge import merged, new_collection
from pbpy.schema.save import create_collection, save_collection, update_collection

if TYPE_CHECKING:
    from collections.abc import Iterator

Body = dict[str, Any]


def flat(errors: ErrorMap, prefix: str = "") -> dict[str, str]:
    """Return path -> code without its `validation_`."""
    found: dict[str, str] = {}
    for key, error in errors.items():
        if isinstance(error, FieldError):
            found[prefix + key] = error.code.removeprefix("validation_")
        else:
            found.update(flat(error, f"{prefix}{key}."))
    return found


class Validator:
    def __init__(self, app: App, runner: asyncio.Runner) -> None:
        self.app = app
        self.runner = runner

    def refused(self, body: Body, name: str = "") -> ErrorMap:
        """Return the errors of creating a collection, or of changing the named one."""

        async def attempt() -> ErrorMap:
            try:
                if name:
                    known = self.app.catalog.get(name)
                    await update_collection(self.app, known, merged(known, body))
                else:
                    await create_collection(self.app, new_collection(body))
            except ValidationFailed as error:
                return error.errors
            return {}

        return self.runner.run(attempt())


def setting(kind: str, name: str, **settings: Any) -> Body:
    return {"type": kind, "name": name, **settings}


@pytest.fixture(scope="module")
def validator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Validator]:
    with asyncio.Runner() as runner:
        app = App(Config(data_dir=tmp_path_factory.mktemp("pb_data")))
        runner.run(app.open())
        for body in (
            {
                "name": "known",
                "id": "known_id",
                "fields": [
                    setting("text", "title", id="t1"),
                    setting("relation", "user", id="r1", collectionId="_pb_users_auth_"),
                ],
                "indexes": ["create index known_title on known (title)"],
            },
            {"name": "shown", "type": "view", "viewQuery": "select id from known"},
        ):
            runner.run(save_collection(app, new_collection(body)))
        yield Validator(app, runner)
        runner.run(app.close())


CREATED: list[tuple[Body, dict[str, str]]] = [
    ({}, {"name": "required"}),
    ({"name": "a b", "type": "zz"}, {"name": "match_invalid", "type": "in_invalid"}),
    ({"name": "x_VIA_y"}, {"name": "found_via"}),
    ({"name": "USERS"}, {"name": "collection_name_exists"}),
    ({"name": "_params"}, {"name": "collection_name_invalid"}),
    ({"name": "known_id"}, {"name": "collection_name_id_duplicate"}),
    ({"name": "n" * 256}, {"name": "length_out_of_range"}),
    ({"name": "é"}, {"name": "match_invalid"}),
    ({"name": "a\n"}, {"name": "match_invalid"}),
    ({"name": "a", "id": "a b"}, {"id": "match_invalid"}),
    ({"name": "a", "id": "x" * 101}, {"id": "length_out_of_range"}),
    ({"name": "a", "id": "known_id"}, {"id": "invalid_or_existing_id"}),
    ({"name": "a", "listRule": "nope = 1"}, {"listRule": "invalid_rule"}),
    ({"name": "a", "deleteRule": "id ="}, {"deleteRule": "invalid_rule"}),
    (
        {"name": "a", "fields": [setting("text", "b"), setting("number", "B")]},
        {"fields.2.name": "duplicated_field_name"},
    ),
    (
        {"name": "a", "fields": [setting("number", "id")]},
        {"fields.1.name": "duplicated_field_name"},
    ),
    (
        {
            "name": "a",
            "fields": [
                setting("text", "a-b"),
                setting("text", "expand"),
                setting("select", "s"),
                setting("relation", "r"),
                setting("number", "n", min=5, max=2),
                setting("autodate", "d"),
                setting("text", "p", pattern="("),
            ],
        },
        {
            "fields.1.name": "match_invalid",
            "fields.2.name": "not_in_invalid",
            "fields.3.values": "required",
            "fields.4.collectionId": "required",
            "fields.5.max": "min_number_constraint",
            "fields.6.onCreate": "required",
            "fields.6.onUpdate": "required",
            "fields.7.pattern": "invalid_regex",
        },
    ),
    (
        {"name": "a", "fields": [setting("relation", "r", collectionId="nope")]},
        {"fields.1.collectionId": "field_relation_missing_collection"},
    ),
    ({"name": "a", "indexes": ["nonsense"]}, {"indexes.0": "invalid_index_expression"}),
    (
        {"name": "a", "indexes": ["create index i on a (id)", "create index I on a (nope)"]},
        {"indexes.1": "duplicated_index_name"},
    ),
    (
        {"name": "a", "indexes": ["create index i on a (id)", "create  index j on x (`id`)"]},
        {"indexes.1": "duplicated_index_definition"},
    ),
    (
        {"name": "a", "indexes": ["create index KNOWN_title on a (id)"]},
        {"indexes.0": "existing_index_name"},
    ),
    (
        {"name": "a", "indexes": ["create index i on a (nope)"]},
        {"indexes.0": "invalid_index_expression"},
    ),
    ({"name": "a", "type": "view"}, {"fields": "required", "viewQuery": "required"}),
    (
        {"name": "a", "type": "view", "viewQuery": "select * from users"},
        {"fields": "required", "viewQuery": "invalid_view_query"},
    ),
    (
        {"name": "a", "type": "view", "viewQuery": "select email from users"},
        {"fields": "missing_primary_key", "viewQuery": "invalid_view_query"},
    ),
    (
        {
            "name": "a",
            "type": "view",
            "viewQuery": "select id from users",
            "indexes": ["create index i on a (id)"],
            "createRule": "",
            "updateRule": "nope",
            "deleteRule": "id = 1",
        },
        {
            "createRule": "nil",
            "updateRule": "nil",
            "deleteRule": "nil",
            "indexes": "indexes_not_supported",
        },
    ),
    (
        {"name": "a", "type": "view", "viewQuery": "select id from users", "listRule": "email = 1"},
        {"listRule": "invalid_rule"},
    ),
    (
        {
            "name": "a",
            "type": "auth",
            "fields": [setting("text", "oldPassword"), setting("text", "passwordConfirm")],
        },
        {"fields.1.name": "reserved_field_name", "fields.2.name": "reserved_field_name"},
    ),
    ({"name": "a", "type": "auth", "manageRule": ""}, {"manageRule": "nil_or_not_empty_required"}),
    (
        {"name": "a", "type": "auth", "authRule": "nope", "manageRule": "nope = 1"},
        {"authRule": "invalid_rule", "manageRule": "invalid_rule"},
    ),
    (
        {"name": "a", "type": "auth", "mfa": {"enabled": True}},
        {"mfa.enabled": "mfa_not_enough_auths"},
    ),
    (
        {
            "name": "a",
            "type": "auth",
            "mfa": {"enabled": True, "rule": "nope = 1"},
            "otp": {"enabled": True},
        },
        {"mfa.rule": "invalid_rule"},
    ),
    (
        {
            "name": "a",
            "type": "auth",
            "mfa": {"enabled": True, "duration": 5},
            "otp": {"enabled": True, "duration": 99999, "length": 3},
        },
        {
            "mfa.duration": "min_greater_equal_than_required",
            "otp.duration": "max_less_equal_than_required",
            "otp.length": "min_greater_equal_than_required",
        },
    ),
    (
        {"name": "a", "type": "auth", "passwordAuth": {"identityFields": []}},
        {"passwordAuth.identityFields": "required"},
    ),
    (
        {"name": "a", "type": "auth", "passwordAuth": {"identityFields": ["email", "nope"]}},
        {"passwordAuth.identityFields": "missing_field"},
    ),
    (
        {"name": "a", "type": "auth", "passwordAuth": {"identityFields": ["verified"]}},
        {"passwordAuth.identityFields": "missing_unique_constraint"},
    ),
    (
        {
            "name": "a",
            "type": "auth",
            "authToken": {"secret": "short", "duration": 5},
            "fileToken": {"duration": 94_670_857},
            "otp": {"emailTemplate": {"body": ""}},
            "verificationTemplate": None,
        },
        {
            "authToken.secret": "length_out_of_range",
            "authToken.duration": "min_greater_equal_than_required",
            "fileToken.duration": "max_less_equal_than_required",
            "otp.emailTemplate.body": "required",
            "verificationTemplate.subject": "required",
            "verificationTemplate.body": "required",
        },
    ),
    (
        {
            "name": "a",
            "type": "auth",
            "oauth2": {
                "enabled": True,
                "providers": [
                    {"name": "google"},
                    {
                        "name": "nope",
                        "clientId": "a",
                        "clientSecret": "b",
                        "authURL": "no url",
                        "tokenURL": "https://a.b",
                    },
                ],
            },
        },
        {
            "oauth2.providers.0.clientId": "required",
            "oauth2.providers.0.clientSecret": "required",
            "oauth2.providers.1.name": "missing_provider",
            "oauth2.providers.1.authURL": "is_url",
        },
    ),
    (
        {
            "name": "a",
            "type": "auth",
            "oauth2": {"enabled": True, "providers": [{"name": "google"}, {"name": "google"}]},
        },
        {"oauth2.providers.1.name": "duplicated_provider"},
    ),
]

CHANGED: list[tuple[str, Body, dict[str, str]]] = [
    ("known", {"id": "_pb_users_auth_"}, {"id": "values_mismatch"}),
    ("known", {"system": True}, {"system": "collection_system_flag_change"}),
    (
        "known",
        {"type": "view"},
        {
            "type": "collection_type_change",
            "viewQuery": "required",
            "fields": "required",
            "indexes": "indexes_not_supported",
        },
    ),
    ("known", {"fields": [setting("number", "x", id="t1")]}, {"fields.1": "field_type_change"}),
    (
        "known",
        {"fields": [setting("relation", "user", id="r1", collectionId="known_id")]},
        {"fields.1.collectionId": "field_relation_change"},
    ),
    (
        "known",
        {"fields": [setting("relation", "view", collectionId="nope")]},
        {"fields.1.collectionId": "field_relation_missing_collection"},
    ),
    ("_superusers", {"name": "roots"}, {"name": "collection_system_name_change"}),
    ("_superusers", {"listRule": ""}, {"listRule": "collection_system_rule_change"}),
    ("_superusers", {"authRule": None}, {"authRule": "collection_system_rule_change"}),
    ("_superusers", {"manageRule": "id = 1"}, {"manageRule": "collection_system_rule_change"}),
    (
        "_superusers",
        {"mfa": {"enabled": True, "rule": "id = 1"}, "otp": {"enabled": True}},
        {"mfa.rule": "collection_system_rule_change"},
    ),
    ("_superusers", {"fields": None}, {"fields": "system_field_change"}),
    (
        "_externalAuths",
        {"indexes": []},
        {"indexes": "invalid_unique_system_field_index"},
    ),
    (
        "shown",
        {"viewQuery": "select nope"},
        {"fields": "required", "viewQuery": "invalid_view_query"},
    ),
]


@pytest.mark.parametrize(("body", "errors"), CREATED, ids=str)
def test_a_new_collection_is_refused(
    validator: Validator, body: Body, errors: dict[str, str]
) -> None:
    assert flat(validator.refused(body)) == errors


@pytest.mark.parametrize(("name", "body", "errors"), CHANGED, ids=str)
def test_a_change_is_refused(
    validator: Validator, name: str, body: Body, errors: dict[str, str]
) -> None:
    assert flat(validator.refused(body, name)) == errors


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("users", {"indexes": []}),
        ("users", {"indexes": ["create unique index other on users (tokenKey desc) where id"]}),
        ("users", {"passwordAuth": {"enabled": False, "identityFields": ["nope"]}}),
        ("users", {"oauth2": {"providers": [{"name": "nope"}]}}),
        ("_superusers", {"authToken": {"duration": 10}}),
        ("known", {"name": "KNOWN"}),
        ("known", {"listRule": "@collection.known.title = user.email"}),
    ],
    ids=str,
)
def test_a_change_is_accepted(validator: Validator, name: str, body: Body) -> None:
    assert flat(validator.refused(body, name)) == {}


def test_a_system_field_takes_the_place_of_one_with_its_name(validator: Validator) -> None:
    body = {"name": "people", "type": "auth", "fields": [setting("text", "email")]}
    assert flat(validator.refused(body)) == {}
    fields = validator.app.catalog.get("people").fields
    assert [(field.name, field.type) for field in fields[:2]] == [
        ("id", "text"),
        ("email", "email"),
    ]


def test_parameters_and_sentences_are_those_of_pocketbase(validator: Validator) -> None:
    known = validator.refused({"name": "a", "indexes": ["create index known_title on a (id)"]})
    assert known["indexes"] == {
        "0": FieldError(
            "validation_existing_index_name",
            "The index name is already used in known collection.",
            {"usedTableName": "known"},
        )
    }
    rule = validator.refused({"name": "a", "listRule": "nope = 1"})["listRule"]
    assert isinstance(rule, FieldError)
    assert rule.message == (
        'Invalid rule. Raw error: invalid left operand "nope" - unknown field "nope".'
    )
    view = validator.refused({"name": "a", "type": "view", "viewQuery": "select 1"})["viewQuery"]
    assert isinstance(view, FieldError)
    assert view.message == (
        "Invalid query - missing required id column (you can use `(ROW_NUMBER() OVER()) as id`"
        " if you don't have one)."
    )
    lost = validator.refused({"indexes": []}, "_externalAuths")["indexes"]
    assert isinstance(lost, FieldError)
    assert lost.message == (
        "Unique index definition on system fields (collectionRef) is invalid or missing."
    )
    assert lost.params == {"fieldName": "collectionRef"}
