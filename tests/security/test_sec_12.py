"""SEC-12: whoever changes an email or a password ends all tokens and pending sign-ins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.auth.world import ANNA, NEW_PASSWORD, PASSWORD

if TYPE_CHECKING:
    from tests.auth.world import World

NEW = "new@example.com"
PASSWORDS = {"password": NEW_PASSWORD, "passwordConfirm": NEW_PASSWORD}


def by_link(world: World) -> None:
    world.post("request-email-change", {"newEmail": NEW}, headers=world.token())
    body = {"token": world.last_mail().link[1], "password": PASSWORD}
    assert world.post("confirm-email-change", body).status_code == 204


def by_reset(world: World) -> None:
    world.app.limits.resend.end("passwordReset", *owner(world))
    world.post("request-password-reset", {"email": ANNA})
    body = {"token": world.last_mail().link[1], **PASSWORDS}
    assert world.post("confirm-password-reset", body).status_code == 204


def by_superuser(world: World) -> None:
    patch(world, {"email": NEW}, world.server.superuser())


def by_owner(world: World) -> None:
    patch(world, {"oldPassword": PASSWORD, **PASSWORDS}, world.token())


def by_code(world: World) -> None:
    async def change() -> None:
        (record,) = await world.app.find_records("users")
        record.set_raw("email", NEW)
        await world.app.save(record)

    world.server.run(change())


def patch(world: World, body: Any, headers: dict[str, str]) -> None:
    path = f"/api/collections/users/records/{owner(world)[1]}"
    answer = world.server.send("PATCH", path, json=body, headers=headers)
    assert answer.status_code == 200, answer.text


def owner(world: World) -> tuple[str, str]:
    (record,) = world.rows("users")
    return record.collection.id, record.id


@pytest.mark.parametrize("change", [by_link, by_reset, by_superuser, by_owner, by_code])
def test_nothing_from_before_is_of_use(world: World, change: Any) -> None:
    world.options(otp={"enabled": True})
    world.add()
    headers = world.token()
    otp_id = world.post("request-otp", {"email": ANNA}).json()["otpId"]
    code = world.last_mail().code
    world.post("request-verification", {"email": ANNA})
    verify = world.last_mail().link[1]
    world.post("request-password-reset", {"email": ANNA})
    reset = world.last_mail().link[1]
    world.post("request-email-change", {"newEmail": "x@example.com"}, headers=headers)
    moved = world.last_mail().link[1]
    change(world)
    assert world.post("auth-refresh", headers=headers).status_code == 401
    for action, body in (
        ("auth-with-otp", {"otpId": otp_id, "password": code}),
        ("confirm-verification", {"token": verify}),
        ("confirm-password-reset", {"token": reset, **PASSWORDS}),
        ("confirm-email-change", {"token": moved, "password": PASSWORD}),
    ):
        assert world.post(action, body).status_code == 400, action
    assert world.rows("_otps") == []
