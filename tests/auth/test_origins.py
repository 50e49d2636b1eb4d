"""Auth origins and the mail about a new place."""

from __future__ import annotations

import hashlib
import threading
import time
from typing import TYPE_CHECKING, Any

from pbpy.auth import origins
from tests.mailbox import Mailbox

if TYPE_CHECKING:
    import httpx
    import pytest

    from tests.auth.world import World


def come(world: World, agent: str) -> httpx.Response:
    answer = world.sign_in(headers={"User-Agent": agent})
    assert answer.status_code == 200
    return answer


def prints(world: World) -> list[str]:
    return [row.get("fingerprint") for row in world.rows("_authOrigins")]


def fingerprint(agent: str) -> str:
    return hashlib.md5(f"127.0.0.1{agent}".encode()).hexdigest()


def test_the_first_place_is_noted_and_a_new_one_mailed(world: World) -> None:
    world.add()
    come(world, "one")
    come(world, "one")
    assert world.mailbox.mails == []
    assert prints(world) == [fingerprint("one")]
    come(world, "<b>two")
    mail = world.last_mail()
    assert mail.subject == "Login from a new location"
    assert "127.0.0.1 &lt;b&gt;two" in mail.html
    assert prints(world) == [fingerprint("one"), fingerprint("<b>two")]
    come(world, "one")
    assert len(world.mailbox.mails) == 1


def test_a_known_place_is_touched(world: World) -> None:
    world.add()
    come(world, "one")
    before = world.rows("_authOrigins")[0].get("updated")
    while world.app.now() == before:
        time.sleep(0.001)
    come(world, "one")
    assert world.rows("_authOrigins")[0].get("updated") > before


def test_long_agents_are_cut(world: World) -> None:
    world.add()
    come(world, "x" * 200)
    come(world, "x" * 201)
    assert prints(world) == [fingerprint("x" * 200), fingerprint("x" * 200 + "...")]


def test_five_places_at_most(world: World) -> None:
    world.add()
    for number in range(7):
        come(world, f"agent {number}")
    assert len(prints(world)) == 5
    assert fingerprint("agent 6") in prints(world)
    assert fingerprint("agent 0") not in prints(world)


def test_a_failed_mail_does_not_refuse_but_the_place_stays_new(world: World) -> None:
    world.add()
    come(world, "one")
    with Mailbox(refuse="550 no") as refusing:
        world.send_mails_to(refusing)
        come(world, "two")
    assert prints(world) == [fingerprint("one")]
    world.send_mails_to(world.mailbox)
    come(world, "two")
    world.mailbox.wait(1)


def test_sec_23_a_slow_mail_server_does_not_hold_the_sign_in(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert origins.ALERT_TIMEOUT_S == 15
    monkeypatch.setattr(origins, "ALERT_TIMEOUT_S", 0.2)
    world.add()
    come(world, "one")
    with Mailbox(hold=threading.Event()) as slow:
        world.send_mails_to(slow)
        started = time.monotonic()
        come(world, "two")
        assert time.monotonic() - started < 2
    assert prints(world) == [fingerprint("one")]


def test_a_failing_handler_does_not_refuse(world: World) -> None:
    @world.app.on_mailer_record_auth_alert_send
    def fail(_: Any) -> None:
        raise OSError("broken")

    world.add()
    come(world, "one")
    come(world, "two")
    assert prints(world) == [fingerprint("one")]


def test_no_alerts_where_they_are_off_and_none_for_refresh(world: World) -> None:
    world.add()
    headers = {"Authorization": come(world, "one").json()["token"], "User-Agent": "two"}
    assert world.post("auth-refresh", headers=headers).status_code == 200
    assert prints(world) == [fingerprint("one")]
    world.options(authAlert={"enabled": False})
    come(world, "three")
    assert prints(world) == [fingerprint("one")]
    assert world.mailbox.mails == []
