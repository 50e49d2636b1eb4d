"""SEC-10: whether an identity is known shows neither in the answer nor in its cost.

The cost is processor time of all threads, so that other load on the machine does not matter.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.auth.world import ANNA, World

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

NOBODY = "nobody@example.com"
ROUNDS = 6


def cost_s(send: Callable[[], httpx.Response]) -> float:
    """Return the least processor time of a few requests."""
    costs = []
    for _ in range(ROUNDS):
        started = time.process_time()
        send()
        costs.append(time.process_time() - started)
    return min(costs)


def assert_alike(one: float, other: float) -> None:
    assert 0.5 < one / other < 2, (one, other)


def test_password(world: World) -> None:
    world.add()
    world.sign_in()
    known, unknown = world.sign_in(password="wrong"), world.sign_in(NOBODY)
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    assert_alike(
        cost_s(lambda: world.sign_in(password="wrong")), cost_s(lambda: world.sign_in(NOBODY))
    )


def test_request_of_a_one_time_password(world: World) -> None:
    world.options(otp={"enabled": True})
    world.add()
    world.send_mails_to(None)  # its cost is of the background, after the answer

    def ask(email: str) -> httpx.Response:
        path = "/api/collections/users/request-otp"
        return world.server.send("POST", path, json={"email": email})

    answers = ask(ANNA), ask(NOBODY)
    assert [answer.status_code for answer in answers] == [200, 200]
    assert [list(answer.json()) for answer in answers] == [["otpId"], ["otpId"]]
    assert len({len(answer.json()["otpId"]) for answer in answers}) == 1
    assert_alike(cost_s(lambda: ask(ANNA)), cost_s(lambda: ask(NOBODY)))


def test_use_of_a_one_time_password(world: World) -> None:
    world.options(otp={"enabled": True})
    record = world.add()
    otp_id = world.post("request-otp", {"email": ANNA}).json()["otpId"]
    fake = world.post("request-otp", {"email": NOBODY}).json()["otpId"]

    def enter(some_id: str) -> httpx.Response:
        world.app.limits.otp.forget(record.collection.id, record.id, "127.0.0.1")
        answer = world.post("auth-with-otp", {"otpId": some_id, "password": "0"})
        assert answer.status_code == 400
        return answer

    assert enter(otp_id).content == enter(fake).content
    assert_alike(cost_s(lambda: enter(otp_id)), cost_s(lambda: enter(fake)))


def test_requests_of_mails(world: World) -> None:
    world.add()
    for action in ("request-verification", "request-password-reset"):
        answers = [world.post(action, {"email": email}) for email in (ANNA, ANNA, NOBODY)]
        assert [(answer.status_code, answer.content) for answer in answers] == [(204, b"")] * 3
