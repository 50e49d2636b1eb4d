"""SEC-24 to SEC-36: what filters, sorts, rules and expands may tell to whom.

SEC-26 is in tests/records/test_list.py, SEC-29 in tests/records/test_save_hooks.py; SEC-28 is
about realtime messages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pbpy.app import App
from pbpy.config import Config
from tests.api.conftest import open_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.api.conftest import Server

OPEN = dict.fromkeys(("listRule", "viewRule", "createRule", "updateRule", "deleteRule"), "")
PASSWORD = "1234567890"
ANNA, BERT = "anna00000000001", "bert00000000001"


class World:
    """Posts -> author (one member) -> team (one team); nodes -> many nodes.

    Members list nobody but themselves, teams are for superusers.
    """

    def __init__(self, server: Server) -> None:
        self.server = server
        self.su = server.superuser()
        self.create("teams", {"type": "text", "name": "name"}, listRule=None, viewRule=None)
        self.create(
            "members",
            {"type": "text", "name": "pin", "hidden": True},
            self.link("team", "teams"),
            type="auth",
            listRule="id = @request.auth.id || emailVisibility = true",
        )
        self.create(
            "posts",
            {"type": "text", "name": "title"},
            {"type": "text", "name": "secret", "hidden": True},
            self.link("author", "members"),
            self.link("team", "teams"),
        )
        self.create("nodes")
        self.patch("nodes", fields=[self.link("links", "nodes", maxSelect=100)])
        self.add("teams", id="team00000000001", name="red")
        for record_id, name in ((ANNA, "anna"), (BERT, "bert")):
            self.add(
                "members",
                id=record_id,
                email=f"{name}@example.com",
                password=PASSWORD,
                passwordConfirm=PASSWORD,
                emailVisibility=name == "bert",
                pin="4711",
                team="team00000000001",
            )
        self.add("posts", title="one 100%", secret="hush", author=ANNA, team="team00000000001")
        self.add("posts", title="one 1000", secret="hush", author=BERT)

    def link(self, name: str, target: str, **options: Any) -> dict[str, Any]:
        return {"type": "relation", "name": name, "collectionId": f"{target}_id", **options}

    def create(self, name: str, *fields: dict[str, Any], **options: Any) -> None:
        body = {"id": f"{name}_id", "name": name, "fields": list(fields), **OPEN, **options}
        self.succeed("POST", "/api/collections", json=body)

    def patch(self, name: str, **options: Any) -> None:
        self.succeed("PATCH", f"/api/collections/{name}", json=options)

    def add(self, name: str, /, **values: Any) -> None:
        self.succeed("POST", f"/api/collections/{name}/records", json=values)

    def succeed(self, method: str, path: str, **options: Any) -> None:
        answer = self.server.send(method, path, headers=self.su, **options)
        assert answer.status_code < 300, answer.text

    def sign_in(self, name: str) -> dict[str, str]:
        answer = self.server.send(
            "POST",
            "/api/collections/members/auth-with-password",
            json={"identity": f"{name}@example.com", "password": PASSWORD},
        )
        return {"Authorization": answer.json()["token"]}

    def list(self, name: str, headers: dict[str, str] | None = None, **query: str) -> Any:
        """Return the status, or the items when it is 200."""
        path = f"/api/collections/{name}/records"
        answer = self.server.send("GET", path, params=query, headers=headers or {})
        return answer.json()["items"] if answer.status_code == 200 else answer.status_code

    def create_status(self, name: str, body: dict[str, Any]) -> int:
        return self.server.send("POST", f"/api/collections/{name}/records", json=body).status_code


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    config = Config(data_dir=tmp_path_factory.mktemp("world") / "pb_data", password_hash="bcrypt")
    with open_server(App(config)) as server:
        yield World(server)


def titles(items: Any) -> list[str]:
    return [item["title"] for item in items]


def test_sec_24_every_collection_of_a_path_must_be_listable(world: World) -> None:
    anna = world.sign_in("anna")
    text = "author.verified = false"
    assert titles(world.list("posts", filter=text)) == ["one 1000"]
    assert sorted(titles(world.list("posts", anna, filter=text))) == ["one 100%", "one 1000"]
    assert sorted(titles(world.list("posts", world.su, filter=text))) == ["one 100%", "one 1000"]
    for text in ("author.team.name != 'x'", "author.team.posts_via_team.title != 'x'"):
        assert world.list("posts", filter=text) == 400
        assert world.list("posts", anna, filter=text) == 400
        assert world.list("posts", anna, sort=text.split()[0]) == 400


@pytest.mark.parametrize("path", ["team.name", "author.team.name", "team.name:lower"])
def test_sec_25_no_path_ends_in_a_collection_of_superusers(world: World, path: str) -> None:
    assert world.list("posts", filter=f"{path} != 'x'") == 400
    assert world.list("posts", sort=path) == 400
    assert len(world.list("posts", world.su, filter=f"{path} != 'x'")) == 2


@pytest.mark.parametrize(
    "path", ["secret", "author.pin", "posts_via_author.secret", "secret:lower"]
)
def test_sec_27_hidden_fields_are_for_rules_alone(world: World, path: str) -> None:
    collection = "members" if path.startswith("posts_via") else "posts"
    anna = world.sign_in("anna")
    for headers in ({}, anna):
        assert world.list(collection, headers, filter=f"{path} ~ 'h'") == 400
        assert world.list(collection, headers, sort=path) == 400
        assert world.list(collection, headers, filter=f"id = '' && ({path} ~ 'h' || 1 = 1)") == 400
    world.patch("posts", listRule="secret = 'hush' && title ~ '1000'")
    try:
        assert titles(world.list("posts")) == ["one 1000"]
    finally:
        world.patch("posts", listRule="")


@pytest.mark.parametrize("name", ["tokenKey", "password", "author.tokenKey", "author.password"])
def test_sec_38_secrets_of_members_are_no_oracle(world: World, name: str) -> None:
    collection = "posts" if name.startswith("author.") else "members"
    for headers in ({}, world.sign_in("anna")):
        assert world.list(collection, headers, filter=f"{name} ~ 'a'") == 400
        assert world.list(collection, headers, sort=name) == 400


def test_sec_30_a_create_rule_writes_nothing_before_it_holds(world: World) -> None:
    world.create("guarded", {"type": "text", "name": "title"}, world.link("to", "nodes"))
    world.patch("guarded", createRule="title = 'good' && to.links.id != 'x'")
    assert world.create_status("guarded", {"title": "bad"}) == 400
    assert world.list("guarded", world.su) == []
    assert world.create_status("guarded", {"title": "good"}) == 200
    world.patch("guarded", createRule="@collection.guarded.title != title")
    assert world.create_status("guarded", {"title": "good"}) == 400
    assert world.create_status("guarded", {"title": "other"}) == 200
    assert len(world.list("guarded", world.su)) == 2


def test_sec_30_different_from_all_of_none_is_true(world: World) -> None:
    world.create("empty", {"type": "text", "name": "title"})
    world.patch("empty", createRule="@collection.empty.title != 'taken'")
    assert world.create_status("empty", {"title": "taken"}) == 200
    assert world.create_status("empty", {"title": "more"}) == 400


def test_sec_31_paths_into_another_kind_of_user_are_null(world: World) -> None:
    rule = "@request.auth.posts_via_author.title ?= title"
    world.patch("posts", listRule=rule)
    try:
        assert titles(world.list("posts", world.sign_in("anna"))) == ["one 100%"]
        assert world.list("posts") == []
        world.patch("posts", listRule=f"{rule} || @request.auth.nodes_via_links.id = null")
        assert len(world.list("posts")) == 2
    finally:
        world.patch("posts", listRule="")


def test_sec_32_an_empty_filter_does_not_drop_the_rule(world: World) -> None:
    world.patch("posts", listRule="title ~ '1000'")
    try:
        for text in ("", " ", "1 = 1", "'' = ''", "1 = 1 || title = ''", "title = '' || 1 = 1"):
            items = world.list("posts", filter=text)
            assert items == 400 if text == " " else titles(items) == ["one 1000"], text
        assert world.list("posts", filter="1 = 2") == []
        assert world.list("posts", filter="1 = 1) || (1 = 1") == 400
        assert titles(world.list("posts", filter="1 = 1 // ) && (1 = 2")) == ["one 1000"]
    finally:
        world.patch("posts", listRule="")


def test_sec_33_nesting_ends(world: World) -> None:
    ids = [f"node{number:011}" for number in range(30)]
    for record_id in ids:
        world.add("nodes", id=record_id)
    for record_id in ids:
        path = f"/api/collections/nodes/records/{record_id}"
        world.succeed("PATCH", path, json={"links": ids})
    assert world.list("nodes", filter=f"{'links.' * 7}id = 'x'") == 400
    assert world.list("nodes", sort=f"{'links.' * 7}id") == 400
    item = world.list("nodes", expand="links.links", perPage="1")[0]
    assert len(item["expand"]["links"][0]["expand"]["links"]) == 30
    assert world.list("nodes", expand=".".join(["links"] * 6), perPage="1") == 400


@pytest.mark.parametrize(
    "text",
    [
        "title = ('one 100%')",
        "title = 'x') || (1 = 1",
        "title = '\\') || 1 = 1 || (\\''",
        "title = 'x' || 1 = 1 --",
        "title = 'x' union select 1",
    ],
)
def test_sec_34_parentheses_and_quotes_stay_what_they_are(world: World, text: str) -> None:
    assert world.list("posts", filter=text) in ([], 400)


def test_sec_35_an_escaped_percent_is_a_percent(world: World) -> None:
    assert titles(world.list("posts", filter=r"title ~ '100\%'")) == ["one 100%"]
    assert len(world.list("posts", filter=r"title ~ '100'")) == 2
    assert world.list("posts", filter=r"title ~ '1__\%'") == []


def test_sec_36_the_own_email_is_shown_and_others_by_flag(world: World) -> None:
    world.patch("members", listRule="")
    try:
        seen = {item["id"]: item.get("email") for item in world.list("members")}
        assert seen == {ANNA: None, BERT: "bert@example.com"}
        seen = {
            item["id"]: item.get("email") for item in world.list("members", world.sign_in("anna"))
        }
        assert seen == {ANNA: "anna@example.com", BERT: "bert@example.com"}
        posts = world.list("posts", world.sign_in("bert"), expand="author")
        assert ["email" in post["expand"]["author"] for post in posts] == [False, True]
        assert [item["id"] for item in world.list("members", filter="email ~ 'example'")] == [BERT]
        assert world.list("members", filter="email ~ 'anna'", fields="id") == []
    finally:
        world.patch("members", listRule="id = @request.auth.id || emailVisibility = true")
