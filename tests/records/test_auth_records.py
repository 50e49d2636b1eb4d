"""Auth records: the form's checks, side effects of a save, visibility of emails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pbpy.errors import BadRequest, ValidationFailed
from pbpy.schema.collection import Collection
from tests.records.blog import OPEN, add, add_user, get, page, patch, post, remove

if TYPE_CHECKING:
    from pbpy.app import App
    from pbpy.records.record import Record
    from tests.records.conftest import Play

REQUIRED = "validation_required"
MISMATCH = "validation_values_mismatch"
PASSWORD: dict[str, Any] = {"password": "12345678", "passwordConfirm": "12345678"}


async def codes(work: Any) -> dict[str, Any]:
    with pytest.raises(BadRequest) as caught:
        await work
    return {name: error["code"] for name, error in caught.value.to_json()["data"].items()}


def test_new_record_needs_a_confirmed_password(play: Play) -> None:
    async def scenario(app: App) -> None:
        both = {"password": REQUIRED, "passwordConfirm": REQUIRED}
        assert await codes(post(app, "users", {"email": "a@b.co"})) == both
        body = {"email": "a@b.co", **PASSWORD, "passwordConfirm": "1"}
        assert await codes(post(app, "users", body)) == {"passwordConfirm": MISMATCH}
        body = {"email": "a@b.co", **PASSWORD, "verified": True}
        assert await codes(post(app, "users", body)) == {"verified": MISMATCH}
        answer = await post(app, "users", {"email": "a@b.co", **PASSWORD})
        assert answer["verified"] is False
        assert "email" not in answer
        found = await app.find_record("users", answer["id"])
        assert found is not None
        assert await app.verify_password("12345678", found.password_hash)
        assert len(found.token_key) == 50

    play(scenario)


def test_owner_changes_the_password_with_the_old_one_only(play: Play) -> None:
    async def scenario(app: App) -> None:
        record_id = (await post(app, "users", {"email": "a@b.co", **PASSWORD}))["id"]
        new = {"password": "87654321", "passwordConfirm": "87654321"}

        def change(**body: Any) -> Any:
            return patch(app, "users", record_id, body)

        assert await codes(change(**new)) == {"oldPassword": REQUIRED}
        assert await codes(change(**new, oldPassword="no")) == {
            "oldPassword": "validation_invalid_old_password"
        }
        assert await codes(change(password="87654321")) == {
            "passwordConfirm": REQUIRED,
            "oldPassword": REQUIRED,
        }
        assert await codes(change(password="")) == {"password": REQUIRED}
        assert await codes(change(email="x@b.co", verified=True)) == {
            "email": MISMATCH,
            "verified": MISMATCH,
        }
        before = await app.find_record("users", record_id)
        await change(**new, oldPassword="12345678")
        after = await app.find_record("users", record_id)
        assert before is not None
        assert after is not None
        assert await app.verify_password("87654321", after.password_hash)
        assert after.token_key != before.token_key

    play(scenario)


def test_manager_needs_no_old_password(play: Play) -> None:
    async def scenario(app: App) -> None:
        users = app.catalog.get("users")
        assert users.auth is not None
        rule = "@request.auth.name = 'manager'"
        await app.save(users.replace(auth=users.auth.merged({"manageRule": rule})))
        manager = await add_user(app, "m@b.co", name="manager")
        user = await add_user(app, "u@b.co")
        new = {"password": "87654321", "passwordConfirm": "87654321"}
        body = {**new, "email": "x@b.co", "verified": True}
        assert await codes(patch(app, "users", user.id, body, user)) == {
            "email": MISMATCH,
            "verified": MISMATCH,
            "oldPassword": REQUIRED,
        }
        answer = await patch(app, "users", user.id, body, manager)
        assert (answer["email"], answer["verified"]) == ("x@b.co", True)
        answer = await post(
            app, "users", {"email": "n@b.co", **PASSWORD, "verified": True}, manager
        )
        assert answer["verified"] is True
        listed = await page(app, "users", manager, fields="email")
        assert all(item.get("email") for item in listed["items"])
        listed = await page(app, "users", user, fields="id,email")
        assert [item["id"] for item in listed["items"] if "email" in item] == [user.id]

    play(scenario)


def test_password_of_a_hook_needs_no_confirmation(play: Play) -> None:
    async def scenario(app: App) -> None:
        @app.on_record_create_request.on("users")
        async def choose_password(event: Any) -> None:
            event.record.set_password("chosen by a hook")
            await event.next()

        record_id = (await post(app, "users", {"email": "a@b.co"}))["id"]
        found = await app.find_record("users", record_id)
        assert found is not None
        assert await app.verify_password("chosen by a hook", found.password_hash)

    play(scenario)


def test_email_change_renews_the_token_key(play: Play) -> None:
    async def scenario(app: App) -> None:
        user = await add_user(app, "a@b.co")
        key = user.token_key
        user.set("name", "x")
        await app.save(user)
        assert user.token_key == key
        user.set("email", "c@b.co")
        await app.save(user)
        assert user.token_key != key
        chosen = "k" * 40
        user.load({"email": "d@b.co", "tokenKey": chosen})
        await app.save(user)
        assert user.token_key == chosen

    play(scenario)


async def add_references(app: App, user: Record) -> None:
    owner = {"collectionRef": user.collection.id, "recordRef": user.id}
    await add(app, "_mfas", **owner, method="password")
    await add(app, "_otps", **owner, password="12345678")
    await add(app, "_externalAuths", **owner, provider="google", providerId=user.id)
    await add(app, "_authOrigins", **owner, fingerprint="x")


async def references(app: App) -> list[str]:
    names = ("_mfas", "_otps", "_externalAuths", "_authOrigins")
    return [name for name in names if await app.count_records(name)]


def test_new_password_ends_sessions_of_all_kinds(play: Play) -> None:
    async def scenario(app: App) -> None:
        user = await add_user(app, "a@b.co")
        await add_references(app, user)
        user.set_password_hash("$argon2id$other")
        await app.save(user)
        assert await references(app) == ["_externalAuths"]

    play(scenario)


def test_new_token_key_ends_one_time_passwords(play: Play) -> None:
    async def scenario(app: App) -> None:
        user = await add_user(app, "a@b.co")
        await add_references(app, user)
        user.refresh_token_key()
        await app.save(user)
        assert await references(app) == ["_mfas", "_externalAuths", "_authOrigins"]

    play(scenario)


def test_verification_drops_links_made_before_it(play: Play) -> None:
    async def scenario(app: App) -> None:
        user = await add_user(app, "a@b.co")
        await add_references(app, user)
        key = user.token_key
        user.set("verified", True)
        await app.save(user)
        assert await references(app) == ["_mfas", "_authOrigins"]
        assert user.token_key != key
        # Without a link to drop, the sessions go on.
        other = await add_user(app, "b@b.co")
        key = other.token_key
        other.set("verified", True)
        await app.save(other)
        assert other.token_key == key

    play(scenario)


def test_deleted_record_takes_its_references_along(play: Play) -> None:
    async def scenario(app: App) -> None:
        user = await add_user(app, "a@b.co")
        other = await add_user(app, "b@b.co")
        await add_references(app, user)
        await add(app, "_mfas", collectionRef=other.collection.id, recordRef=other.id, method="x")
        await remove(app, "users", user.id)
        assert await references(app) == ["_mfas"]

    play(scenario)


def test_references_are_checked(play: Play) -> None:
    async def scenario(app: App) -> None:
        user = await add_user(app, "a@b.co")
        tag = await add(app, "tags")
        for values, name, code in (
            ({"collectionRef": "x", "recordRef": "y"}, "collectionRef", "invalid_collection_id"),
            (
                {"collectionRef": tag.collection.id, "recordRef": tag.id},
                "collectionRef",
                "invalid_collection_type",
            ),
            (
                {"collectionRef": user.collection.id, "recordRef": "y"},
                "recordRef",
                "invalid_record",
            ),
        ):
            with pytest.raises(ValidationFailed) as caught:
                await add(app, "_mfas", **values, method="password")
            assert caught.value.errors[name].code == f"validation_{code}"  # type: ignore[union-attr]

    play(scenario)


def test_id_is_unique_over_all_auth_collections(play: Play) -> None:
    async def scenario(app: App) -> None:
        user = await add_user(app, "a@b.co")
        await app.save(Collection.new_auth("members", **OPEN))
        body = {"id": user.id, "email": "m@b.co", **PASSWORD}
        assert await codes(post(app, "members", body)) == {"id": "validation_invalid_auth_id"}
        await add(app, "tags", id=user.id)

    play(scenario)


def test_superusers_are_verified_and_the_last_one_stays(play: Play) -> None:
    async def scenario(app: App) -> None:
        await add_user(app, "__pbinstaller@example.com", "_superusers")
        first = await add_user(app, "a@b.co", "_superusers")
        assert first.verified
        assert await app.count_records("_superusers") == 1
        with pytest.raises(BadRequest, match="You can't delete the only existing superuser"):
            await remove(app, "_superusers", first.id, first)
        second = await add_user(app, "b@b.co", "_superusers")
        second.set("verified", False)
        await app.save(second)
        assert second.verified
        await remove(app, "_superusers", first.id, first)

    play(scenario)


def test_own_email_is_visible(play: Play) -> None:
    async def scenario(app: App) -> None:
        user = await add_user(app, "a@b.co")
        other = await add_user(app, "b@b.co", emailVisibility=True)
        boss = await add_user(app, "boss@b.co", "_superusers")
        assert (await get(app, "users", user.id, user))["email"] == "a@b.co"
        assert "email" not in await get(app, "users", user.id, other)
        assert (await get(app, "users", other.id))["email"] == "b@b.co"
        seen = await get(app, "users", user.id, boss)
        assert seen["email"] == "a@b.co"
        assert {"password", "tokenKey"}.isdisjoint(seen)

    play(scenario)
