"""Auth records as others hear of them, and changes of collections between those of records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.differential.realtime_story import (
    CHEAP,
    PASSWORD,
    Listen,
    SignIn,
    Step,
    Story,
    Write,
    change,
    check,
    collection,
    create,
    delete,
    drop,
    every_step,
    field_of,
    listens,
    people,
    relation,
    row_id,
    update,
    user_id,
    view,
)
from tests.realtime.listening import with_options

if TYPE_CHECKING:
    from tests.differential.realtime_story import Told

ANN, BOB, CYD = user_id("ann"), user_id("bob"), user_id("cyd")

MANAGED = {"manageRule": "@request.auth.name = 'bob'", "listRule": "name != 'hidden'"}
USERS: list[Step] = [
    update("ann", "su", "members", ANN, {"note": "x"}),
    update("ann shows her email", "ann", "members", ANN, {"emailVisibility": True}),
    update("bob", "bob", "members", BOB, {"note": "y"}),
    create("cyd", "guest", "members", {"id": CYD, "password": PASSWORD, "email": "c@example.com",
                                       "passwordConfirm": PASSWORD, "note": "z"}),
    update("cyd is hidden", "su", "members", CYD, {"name": "hidden"}),
    update("cyd is managed", "bob", "members", CYD, {"email": "cyd@example.com", "name": ""}),
    update("cyd is verified", "su", "members", CYD, {"verified": True}),
    Write("ann asks for a code", "guest", "POST", "/api/collections/members/request-otp",
          {"email": "ann@example.com"}),
    SignIn("cyd signs in", "cyd", "members"),
    Listen("cyd listens", "cyd", ("members/*", f"members/{CYD}")),
    update("cyd changes", "cyd", "members", CYD, {"note": "zz"}),
    update("bob is no manager any more", "su", "members", BOB, {"name": "rob"}),
    update("cyd changes again", "cyd", "members", CYD, {"note": "zzz"}),
    update("a new email", "su", "members", CYD, {"email": "cyd2@example.com"}),
    update("cyd is a guest", "su", "members", CYD, {"note": ""}),
    change("who owns something", "members", listRule="things_via_owner.n ?> 1"),
    update("ann owns something", "su", "members", ANN, {"name": "ann"}),
    update("cyd owns nothing", "su", "members", CYD, {"name": "cyd"}),
    change("everybody", "members", listRule=""),
    change("nobody manages", "members", manageRule=None),
    update("ann again", "su", "members", ANN, {"note": "a"}),
    change("everybody manages", "members", manageRule="id != ''"),
    update("ann for all", "su", "members", ANN, {"note": "b", "emailVisibility": False}),
    change("a new secret", "members", authToken={"secret": "s" * 50, "duration": 1000}),
    update("ann for guests", "su", "members", ANN, {"note": "c"}),
    Write("a superuser", "su", "POST", "/api/collections/_superusers/records",
          {"id": row_id(1), "email": "two@example.com", "password": PASSWORD,
           "passwordConfirm": PASSWORD}),
    Write("no superuser", "su", "DELETE", f"/api/collections/_superusers/records/{row_id(1)}"),
    delete("ann goes", "su", "members", ANN),
    SignIn("cyd is back", "cyd", "members"),
    Listen("cyd listens again", "cyd", (f"members/{CYD}", "members/*")),
    delete("cyd goes", "cyd", "members", CYD),
]  # fmt: skip

SECRET = field_of("text", "secret", hidden=True)
SHAPES: list[Step] = [
    create("first", "su", "things", {"id": row_id(1), "n": 1, "secret": "s"}),
    change("a field more", "things", fields=[field_of("number", "n"), SECRET,
                                             field_of("text", "more")]),
    update("with more", "su", "things", row_id(1), {"more": "m"}),
    change("secret no more", "things", fields=[field_of("number", "n"), field_of("text", "more"),
                                               SECRET | {"hidden": False}]),
    update("for all to see", "su", "things", row_id(1), {"n": 2}),
    change("a field less", "things", fields=[field_of("number", "n")]),
    update("with less", "su", "things", row_id(1), {"n": 3}),
    change("another name", "things", name="items"),
    update("under its new name", "su", "items", row_id(1), {"n": 4}),
    collection("things2", field_of("number", "n"), name="things"),
    create("under its old name", "su", "things", {"id": row_id(2), "n": 5}),
    view("seen", "select id, n from items"),
    update("below a view", "su", "items", row_id(1), {"n": 6}),
    Write("import", "su", "PUT", "/api/collections/import", {"collections": [
        {"name": "imported", "type": "base", "listRule": "", "id": "imported_id",
         "fields": [field_of("number", "n")]}]}),
    create("imported", "su", "imported", {"id": row_id(1), "n": 1}),
    Write("import of rules", "su", "PUT", "/api/collections/import", {"collections": [
        {"name": "imported", "type": "base", "listRule": None, "id": "imported_id",
         "fields": [field_of("number", "n")]}]}),
    update("imported rules", "su", "imported", row_id(1), {"n": 2}),
    drop("imported"),
    collection("imported", field_of("number", "n")),
    create("made again", "su", "imported", {"id": row_id(2), "n": 3}),
    drop("seen"),
    drop("things"),
    Listen("guest again", "guest", ("things/*", "members2/*", "items/*")),
    collection("members2", CHEAP, field_of("text", "name"), type="auth"),
    create("dan", "guest", "members2", {"id": user_id("dan"), "email": "dan@example.com",
                                        "password": PASSWORD, "passwordConfirm": PASSWORD}),
    SignIn("dan signs in", "dan", "members2"),
    Listen("dan listens", "dan", ("items/*", "things/*")),
    change("for the signed in", "items", listRule="@request.auth.id != ''"),
    update("heard by dan", "su", "items", row_id(1), {"n": 7}),
    drop("members2"),
    update("not heard by dan", "su", "items", row_id(1), {"n": 10}),
    drop("items"),
]  # fmt: skip

STORIES = [
    Story(
        "users",
        [
            *people("members", "ann", "bob", fields=[field_of("text", "note", hidden=True)]),
            change("members are managed", "members", **MANAGED),
            collection("things", field_of("number", "n"), relation("owner", "members")),
            create("a thing", "su", "things", {"n": 2, "owner": ANN}),
            *listens(
                *("members/*", f"members/{ANN}", "_superusers/*", "_otps/*", "_mfas/*"),
                *("_authOrigins/*", "_externalAuths/*"),
                with_options("members/*", None, fields="email,name,note"),
                with_options("members/*", None, filter="email ~ 'example'"),
            ),
        ],
        USERS,
    ),
    Story(
        "shapes",
        [
            collection("things", field_of("number", "n"), SECRET),
            *listens(
                *(
                    "things/*",
                    "things_id/*",
                    f"things/{row_id(1)}",
                    "items/*",
                    "seen/*",
                    "imported/*",
                ),
                actors=("guest", "su"),
            ),
        ],
        SHAPES,
    ),
]


@every_step(STORIES)
def test_the_same_change_is_heard_the_same(told: Told, story: Story, place: int) -> None:
    check(told[story][place])


def test_something_was_heard(told: Told) -> None:
    for story, least in zip(STORIES, (80, 30), strict=True):
        assert sum(outcome.count for outcome in told[story]) >= least
