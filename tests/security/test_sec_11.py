"""SEC-11: confirm-email-change tells who has an email only to who got a token for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jwt

from tests.auth.world import ANNA, PASSWORD, codes

if TYPE_CHECKING:
    from tests.auth.world import World

TAKEN = "bert@example.com"


def test_a_forged_token_says_nothing_about_its_email(world: World) -> None:
    anna = world.add()
    world.add(TAKEN)
    answers = []
    for email in (TAKEN, "free@example.com"):
        claims = {
            "id": anna.id,
            "collectionId": anna.collection.id,
            "type": "emailChange",
            "email": ANNA,
            "newEmail": email,
            "exp": 4102444800,
        }
        token = jwt.encode(claims, "guess" * 10, algorithm="HS256")
        answer = world.post("confirm-email-change", {"token": token, "password": PASSWORD})
        assert codes(answer)["token"] == "validation_invalid_token"
        answers.append(answer.content)
    assert answers[0] == answers[1]
