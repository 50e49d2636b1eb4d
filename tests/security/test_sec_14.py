"""SEC-14: a user name that looks like another user's email opens nothing of theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pbpy.auth.tokens import parse_claims
from pbpy.fields.text import Text
from pbpy.records.record import Record
from tests.auth.world import ANNA, NEW_PASSWORD, PASSWORD

if TYPE_CHECKING:
    from tests.auth.world import World


@pytest.fixture(params=[("username", "email"), ("email", "username")], ids=",".join)
def attacked(world: World, request: pytest.FixtureRequest) -> World:
    """Anna, and somebody whose user name is her address; each has a password of their own."""
    users = world.app.get_collection("users")
    index = "CREATE UNIQUE INDEX `idx_username` ON `users` (`username`) WHERE `username` != ''"
    users = users.replace(fields=(*users.fields, Text("username")), indexes=(*users.indexes, index))
    world.server.run(world.app.save(users))
    world.options(passwordAuth={"enabled": True, "identityFields": list(request.param)})
    world.add(ANNA, username="anna")
    attacker = Record(
        world.app.get_collection("users"), {"email": "attacker@example.com", "username": ANNA}
    )
    attacker.set_password(NEW_PASSWORD)
    world.server.run(world.app.save(attacker))
    return world


def test_the_address_means_the_one_whose_email_it_is(attacked: World) -> None:
    assert attacked.sign_in(ANNA, PASSWORD).json()["record"]["username"] == "anna"
    assert attacked.sign_in(ANNA, NEW_PASSWORD).status_code == 400


def test_asked_for_by_its_field_the_user_name_is_its_owners(attacked: World) -> None:
    answer = attacked.sign_in(ANNA, NEW_PASSWORD, identityField="username")
    assert answer.json()["record"]["username"] == ANNA
    assert attacked.sign_in(ANNA, PASSWORD, identityField="username").status_code == 400


def test_mails_go_by_the_email_alone(attacked: World) -> None:
    attacked.post("request-password-reset", {"email": ANNA})
    mail = attacked.last_mail()
    assert mail.recipients == [ANNA]
    anna = attacked.sign_in(ANNA, PASSWORD).json()["record"]["id"]
    assert parse_claims(mail.link[1])["id"] == anna
