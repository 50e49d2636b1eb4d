"""The meeting queue: places, times, claims."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from pbpy.app import App
from pbpy.config import Config
from pbpy.hook_files import load_hook_files
from pbpy.records.record import Record
from pbpy.start import prepare
from tests.api.conftest import open_server
from tests.apps.accounts import sign_up, superuser
from tests.apps.rows import log_line, queued
from tests.apps.sets import HOOKS, copy_sets

if TYPE_CHECKING:
    from pathlib import Path

    from tests.api.conftest import Server
    from tests.apps.accounts import Account
    from tests.apps.sets import Json

CLAIM = {"status": "processing"}


@pytest.fixture
def admin(server: Server) -> Account:
    return sign_up(server, "admin", is_admin=True)


@pytest.fixture
def owner(server: Server) -> Account:
    return sign_up(server, "owner")


def join(account: Account, *meetings: str) -> list[Json]:
    return [account.make("queue", queued(account.id, meeting)) for meeting in meetings]


def line(account: Account) -> list[tuple[int, str]]:
    """Return place and meeting of everybody who waits, in order."""
    waiting = account.all("queue", filter="status = 'pending'", sort="position")
    return [(item["position"], item["meeting_id"]) for item in waiting]


def test_places_are_given_in_order(owner: Account, admin: Account) -> None:
    join(owner, "a", "b")
    join(admin, "c")
    assert line(admin) == [(1, "a"), (2, "b"), (3, "c")]


def test_a_place_of_ones_own_choice_is_kept(owner: Account, admin: Account) -> None:
    owner.make("queue", queued(owner.id, "a", position=7))
    join(owner, "b")
    assert line(admin) == [(7, "a"), (8, "b")]


def test_a_new_item_notes_when_it_came_unless_the_client_did(
    server: Server, owner: Account
) -> None:
    start = server.app.now()
    noted, said = (
        owner.make("queue", queued(owner.id, meeting, **values))
        for meeting, values in (("a", {}), ("b", {"queued_at": "2025-01-01 00:00:00.000Z"}))
    )
    assert start <= noted["queued_at"] <= noted["created"]
    assert said["queued_at"] == "2025-01-01 00:00:00.000Z"


@pytest.mark.parametrize("status", ["processing", "completed", "failed", "cancelled"])
def test_leaving_the_line_closes_it_up(owner: Account, admin: Account, status: str) -> None:
    items = join(owner, "a", "b", "c")
    left = owner.change("queue", items[0]["id"], {"status": status})
    assert left["position"] == 0
    assert line(admin) == [(1, "b"), (2, "c")]


def test_deleting_closes_the_line_up(owner: Account, admin: Account) -> None:
    items = join(owner, "a", "b", "c")
    assert admin.send("DELETE", f"queue/records/{items[1]['id']}").status_code == 204
    assert line(admin) == [(1, "a"), (2, "c")]


def test_the_line_closes_up_when_a_user_goes(
    server: Server, owner: Account, admin: Account
) -> None:
    join(owner, "a")
    join(admin, "b")
    join(owner, "c")
    join(admin, "d")
    assert owner.send("DELETE", f"users/records/{owner.id}").status_code == 204
    assert line(admin) == [(1, "b"), (2, "d")]


def test_an_item_that_comes_back_stands_behind(owner: Account, admin: Account) -> None:
    items = join(owner, "a", "b")
    for status in ("processing", "failed", "pending"):
        owner.change("queue", items[0]["id"], {"status": status})
    assert line(admin) == [(1, "b"), (2, "a")]


def test_moving_up_is_an_update_that_clients_can_see(owner: Account) -> None:
    items = join(owner, "a", "b")
    owner.change("queue", items[0]["id"], CLAIM)
    moved = owner.all("queue", filter="meeting_id = 'b'")[0]
    assert moved["updated"] > items[1]["updated"]


def test_a_failed_change_leaves_the_line_alone(owner: Account, admin: Account) -> None:
    items = join(owner, "a", "b")
    body = {"status": "cancelled", "error_message": "x" * 5001}
    assert owner.send("PATCH", f"queue/records/{items[0]['id']}", body).status_code == 400
    assert line(admin) == [(1, "a"), (2, "b")]


@pytest.mark.parametrize(
    ("status", "name"),
    [
        ("processing", "started_at"),
        ("completed", "completed_at"),
        ("failed", "completed_at"),
        ("cancelled", "completed_at"),
    ],
)
def test_times_are_noted_unless_the_client_says_them(
    owner: Account, status: str, name: str
) -> None:
    noted, said = join(owner, "a", "b")
    noted = owner.change("queue", noted["id"], {"status": status})
    assert noted["created"] <= noted[name] <= noted["updated"]
    others = {"started_at", "completed_at"} - {name}
    assert [noted[other] for other in others] == [""]
    moment = "2025-01-01 00:00:00.000Z"
    assert owner.change("queue", said["id"], {"status": status, name: moment})[name] == moment


def test_a_change_of_something_else_notes_nothing(owner: Account) -> None:
    (item,) = join(owner, "a")
    owner.change("queue", item["id"], CLAIM)
    before = owner.change("queue", item["id"], {"status": "completed"})
    after = owner.change("queue", item["id"], {"error_message": "late"})
    names = ("started_at", "completed_at", "position")
    assert [after[name] for name in names] == [before[name] for name in names]


def test_only_a_pending_item_can_be_claimed(owner: Account) -> None:
    for meeting, status in enumerate(("processing", "completed", "failed", "cancelled")):
        (item,) = join(owner, str(meeting))
        owner.change("queue", item["id"], {"status": status})
        for body in (CLAIM, {"status+": "processing"}):
            answer = owner.send("PATCH", f"queue/records/{item['id']}", body)
            assert (answer.status_code, answer.json()["data"]) == (400, {})


def test_one_of_many_claims_at_once_wins(server: Server, owner: Account, admin: Account) -> None:
    items = join(owner, "a", "b")
    path = f"/api/collections/queue/records/{items[0]['id']}"
    claimants = [owner, admin, superuser(server)] * 4

    async def all_at_once() -> list[int]:
        answers = await asyncio.gather(
            *(
                server._client.patch(path, json=CLAIM, headers=account.headers)
                for account in claimants
            )
        )
        return [answer.status_code for answer in answers]

    statuses = server.run(all_at_once())
    assert sorted(statuses) == [200] + [400] * 11
    assert line(admin) == [(1, "b")]


def test_a_claim_by_a_program_is_refused_too(server: Server, owner: Account) -> None:
    (item,) = join(owner, "a")
    first, second = (server.run(server.app.find_record("queue", item["id"])) for _ in range(2))
    assert first is not None
    assert second is not None
    first.set("status", "processing")
    server.run(server.app.save(first))
    second.set("status", "processing")
    with pytest.raises(Exception, match="Only a pending item can be processed"):
        server.run(server.app.save(second))


def test_many_who_join_at_once_get_places_of_their_own(
    server: Server, owner: Account, admin: Account
) -> None:
    async def all_at_once() -> None:
        collection = server.app.get_collection("queue")
        await asyncio.gather(
            *(
                server.app.save(Record(collection, queued(owner.id, str(number))))
                for number in range(20)
            )
        )

    server.run(all_at_once())
    assert [place for place, _ in line(admin)] == list(range(1, 21))


def test_claims_of_different_items_at_once_keep_the_line(
    server: Server, owner: Account, admin: Account
) -> None:
    items = join(owner, *map(str, range(10)))

    async def all_at_once() -> list[int]:
        paths = [f"/api/collections/queue/records/{item['id']}" for item in items[::2]]
        requests = (server._client.patch(path, json=CLAIM, headers=admin.headers) for path in paths)
        return [answer.status_code for answer in await asyncio.gather(*requests)]

    assert server.run(all_at_once()) == [200] * 5
    assert line(admin) == [(place, str(place * 2 - 1)) for place in range(1, 6)]


def test_a_meeting_waits_once_but_may_come_again(owner: Account) -> None:
    (item,) = join(owner, "a")
    for status in ("pending", "processing"):
        if status == "processing":
            owner.change("queue", item["id"], CLAIM)
        answer = owner.send("POST", "queue/records", queued(owner.id, "a"))
        assert answer.status_code == 400
        assert set(answer.json()["data"]) == {"user_id", "meeting_id"}
    owner.change("queue", item["id"], {"status": "completed"})
    join(owner, "a")


def test_a_user_takes_along_what_is_his_and_leaves_the_log(
    server: Server, owner: Account, admin: Account
) -> None:
    join(owner, "a")
    for collection in ("user_meta", "api_keys"):
        owner.make(collection, {"user_id": owner.id})
    owner.make("logs", log_line(owner.id))
    assert owner.send("DELETE", f"users/records/{owner.id}").status_code == 204
    root = superuser(server)
    assert [root.all(name) for name in ("queue", "user_meta", "api_keys")] == [[], [], []]
    assert [line["user_id"] for line in admin.all("logs")] == [""]


def test_ciphers_come_back_as_they_were(owner: Account) -> None:
    cipher = "v1:" + "Zm9v+/==" * 100
    made = owner.make("api_keys", {"user_id": owner.id, "encrypted_fathom": cipher})
    assert owner.all("api_keys")[0]["encrypted_fathom"] == made["encrypted_fathom"] == cipher


def test_other_values_of_selects_are_refused(owner: Account) -> None:
    for collection, body, name in (
        ("queue", queued(owner.id, "a", status="waiting"), "status"),
        ("logs", log_line(owner.id, level="loud"), "level"),
    ):
        answer = owner.send("POST", f"{collection}/records", body)
        assert answer.json()["data"][name]["code"] == "validation_invalid_value"


def test_the_start_warns_about_missing_collections(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    migrations = copy_sets(tmp_path / "migrations", ["fpv"])
    app = App(Config(data_dir=tmp_path / "pb_data", migrations_dir=migrations))
    load_hook_files(app, HOOKS)
    with open_server(app) as server:
        server.run(prepare(app))
    names = ("user_meta", "api_keys", "queue", "logs")
    warnings = [message for message in caplog.messages if "required collection" in message]
    assert [name for name, text in zip(names, warnings, strict=True) if name in text] == [*names]
    assert all("pbpy migrate up" in text for text in warnings)
