"""One-time passwords: request, mail, use."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from pbpy.app import App
from pbpy.config import Config
from pbpy.datetimes import format_datetime
from pbpy.records.record import Record
from tests.api.conftest import open_server
from tests.auth.world import ANNA, PASSWORD, World
from tests.mailbox import Mailbox

if TYPE_CHECKING:
    import httpx

ON = {"otp": {"enabled": True, "duration": 100, "length": 6}}


@pytest.fixture
def otp_world(world: World) -> World:
    world.options(**ON)
    return world


def ask(world: World, email: str = ANNA) -> str:
    answer = world.post("request-otp", {"email": email})
    assert answer.status_code == 200, answer.text
    assert list(answer.json()) == ["otpId"]
    otp_id: str = answer.json()["otpId"]
    assert len(otp_id) == 15
    return otp_id


def enter(world: World, otp_id: str, code: str, **more: Any) -> httpx.Response:
    return world.post("auth-with-otp", {"otpId": otp_id, "password": code, **more})


def age(world: World, collection: str, seconds: float) -> None:
    """Make the rows of a system collection older."""
    for record in world.rows(collection):
        moment = datetime.now(UTC) - timedelta(seconds=seconds)
        record.set_raw("created", format_datetime(moment))
        world.server.run(world.app.save(record))


def test_the_mailed_code_signs_in_once_and_verifies(otp_world: World) -> None:
    record = otp_world.add()
    otp_id = ask(otp_world)
    mail = otp_world.last_mail()
    assert mail.recipients == [ANNA]
    assert mail.subject == "OTP for Acme"
    assert len(mail.code) == 6
    (row,) = otp_world.rows("_otps")
    assert (row.id, row.get("sentTo"), row.get("recordRef")) == (otp_id, ANNA, record.id)
    answer = enter(otp_world, otp_id, mail.code)
    assert answer.status_code == 200
    assert answer.json()["record"]["email"] == ANNA
    assert answer.json()["record"]["verified"] is True
    assert otp_world.rows("_otps") == []
    again = enter(otp_world, otp_id, mail.code)
    assert (again.status_code, again.json()["message"]) == (400, "Invalid or expired OTP.")
    assert otp_world.sign_in().status_code == 400  # the password was replaced
    headers = {"Authorization": answer.json()["token"]}
    assert otp_world.post("auth-refresh", headers=headers).status_code == 200


def test_a_verified_record_keeps_its_password(otp_world: World) -> None:
    otp_world.add(verified=True)
    otp_id = ask(otp_world)
    assert enter(otp_world, otp_id, otp_world.last_mail().code).status_code == 200
    assert otp_world.sign_in().status_code == 200


def test_an_unknown_email_gets_an_id_of_nothing(otp_world: World) -> None:
    otp_id = ask(otp_world, "nobody@example.com")
    assert otp_world.rows("_otps") == []
    assert otp_world.mailbox.mails == []
    assert enter(otp_world, otp_id, "123456").status_code == 400


def test_after_ten_the_last_one_is_kept(otp_world: World) -> None:
    otp_world.add()
    ids = [ask(otp_world) for _ in range(12)]
    assert len(set(ids)) == 10
    assert len(otp_world.mailbox.mails) == 10
    newest = otp_world.rows("_otps")[-1].get("created")
    assert {row.id for row in otp_world.rows("_otps") if row.get("created") == newest} >= {ids[10]}


def test_old_ones_do_not_count(otp_world: World) -> None:
    otp_world.add()
    for _ in range(10):
        ask(otp_world)
    age(otp_world, "_otps", 200)
    ask(otp_world)
    assert len(otp_world.mailbox.mails) == 11


def test_an_expired_code_is_refused(otp_world: World) -> None:
    otp_world.add()
    otp_id = ask(otp_world)
    age(otp_world, "_otps", 101)
    answer = enter(otp_world, otp_id, otp_world.last_mail().code)
    assert (answer.status_code, answer.json()["message"]) == (400, "Invalid or expired OTP.")


def test_five_tries(otp_world: World) -> None:
    otp_world.add()
    otp_id = ask(otp_world)
    code = otp_world.last_mail().code
    for _ in range(5):
        assert enter(otp_world, otp_id, "x").status_code == 400
    answer = enter(otp_world, otp_id, code)
    assert answer.status_code == 429
    assert answer.json()["message"] == ("Too many attempts, please try again later with a new OTP.")


def test_sec_22_an_unsent_code_is_deleted_and_never_counts_as_sent(otp_world: World) -> None:
    otp_world.add()
    with Mailbox(refuse="550 no") as refusing:
        otp_world.send_mails_to(refusing)
        ask(otp_world)
    assert otp_world.rows("_otps") == []


def test_sec_22_sent_to_is_noted_after_the_mail_has_left(otp_world: World) -> None:
    otp_world.add()
    gate = threading.Event()
    with Mailbox(hold=gate) as slow:
        otp_world.send_mails_to(slow)
        path = "/api/collections/users/request-otp"
        answer = otp_world.server.send("POST", path, json={"email": ANNA})
        assert answer.status_code == 200  # although the mail is still on its way
        assert otp_world.rows("_otps")[0].get("sentTo") == ""
        gate.set()
        otp_world.server.run(otp_world.app.background.wait())
        assert otp_world.rows("_otps")[0].get("sentTo") == ANNA


def test_a_handler_finds_the_record_by_itself(otp_world: World) -> None:
    record = otp_world.add()

    @otp_world.app.on_record_request_otp_request.on("users")
    async def find(e: Any) -> None:
        assert e.record is None
        assert len(e.password) == 6
        e.record = record
        e.password = "42"
        await e.next()

    used: list[str] = []

    @otp_world.app.on_record_auth_with_otp_request
    def note(e: Any) -> None:
        used.append(e.otp.id)

    otp_id = ask(otp_world, "nick@example.com")
    assert otp_world.last_mail().code == "42"
    assert enter(otp_world, otp_id, "42").status_code == 200
    assert used == [otp_id]


def test_a_handlers_transaction_is_over_before_the_mail_leaves(otp_world: World) -> None:
    otp_world.add()

    @otp_world.app.on_record_request_otp_request
    async def wrap(e: Any) -> None:
        async with e.app.transaction() as bound:
            e.app = bound
            await e.next()
            assert otp_world.mailbox.mails == []

    otp_id = ask(otp_world)
    (row,) = otp_world.rows("_otps")
    assert (row.id, row.get("sentTo")) == (otp_id, ANNA)


def test_no_cap_in_dev_mode(tmp_path: Any) -> None:
    app = App(Config(data_dir=tmp_path / "pb_data", dev=True))
    with Mailbox() as mailbox, open_server(app) as server:
        world = World(server, mailbox)
        world.options(**ON)
        world.add()
        assert len({ask(world) for _ in range(12)}) == 12


def test_dev_mode_prints_mails(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    app = App(Config(data_dir=tmp_path / "pb_data", dev=True))
    with Mailbox() as mailbox, open_server(app) as server:
        world = World(server, mailbox)
        world.add()
        world.post("request-verification", {"email": ANNA})
        token = world.last_mail().link[1]
    printed = capsys.readouterr().out
    assert f"├─ To: {ANNA}" in printed
    assert token in printed


def test_expired_ones_are_swept(otp_world: World) -> None:
    record = otp_world.add()
    otp_world.options(mfa={"enabled": True, "duration": 100})
    ask(otp_world)
    assert otp_world.sign_in().status_code == 401
    age(otp_world, "_otps", 101)
    age(otp_world, "_mfas", 101)
    fresh = {"collectionRef": record.collection.id, "recordRef": record.id}
    for name, more in (("_otps", {"password": "1"}), ("_mfas", {"method": "password"})):
        row = Record(otp_world.app.get_collection(name), {**fresh, **more})
        otp_world.server.run(otp_world.app.save(row))
    for name, job in (("_otps", "__pbOTPCleanup__"), ("_mfas", "__pbMFACleanup__")):
        assert len(otp_world.rows(name)) == 2
        path = f"/api/crons/{job}"
        headers = otp_world.server.superuser()
        assert otp_world.server.send("POST", path, headers=headers).status_code == 204
        otp_world.server.run(otp_world.app.background.wait())
        assert len(otp_world.rows(name)) == 1


def test_two_methods_in_both_orders(otp_world: World) -> None:
    otp_world.options(mfa={"enabled": True, "duration": 100})
    otp_world.add(verified=True)
    started = otp_world.sign_in()
    assert (started.status_code, list(started.json())) == (401, ["mfaId"])
    mfa_id = started.json()["mfaId"]
    assert otp_world.sign_in(mfaId=mfa_id).json()["message"] == (
        "A different authentication method is required."
    )
    done = enter(otp_world, ask(otp_world), otp_world.last_mail().code, mfaId=mfa_id)
    assert done.status_code == 200
    assert otp_world.rows("_mfas") == []
    started = enter(otp_world, ask(otp_world), otp_world.last_mail().code)
    assert started.status_code == 401
    path = "auth-with-password?mfaId=" + started.json()["mfaId"]
    body = {"identity": ANNA, "password": PASSWORD}
    assert otp_world.post(path, body).status_code == 200
    assert otp_world.post(path, body).json()["message"] == "Invalid or expired MFA session."


def test_an_expired_session_is_deleted(otp_world: World) -> None:
    otp_world.options(mfa={"enabled": True, "duration": 100})
    otp_world.add(verified=True)
    mfa_id = otp_world.sign_in().json()["mfaId"]
    age(otp_world, "_mfas", 101)
    late = enter(otp_world, ask(otp_world), otp_world.last_mail().code, mfaId=mfa_id)
    assert (late.status_code, late.json()["message"]) == (400, "Invalid or expired MFA session.")
    assert otp_world.rows("_mfas") == []


def test_with_mfa_a_one_time_password_keeps_the_password(otp_world: World) -> None:
    otp_world.options(mfa={"enabled": True, "duration": 100})
    record = otp_world.add()
    started = enter(otp_world, ask(otp_world), otp_world.last_mail().code)
    assert started.status_code == 401
    assert otp_world.get(record).verified
    assert otp_world.sign_in(mfaId=started.json()["mfaId"]).status_code == 200


def test_a_broken_mfa_rule_lets_nobody_in(otp_world: World) -> None:
    otp_world.options(mfa={"enabled": True, "duration": 100, "rule": "name = 'x'"})
    otp_world.add()
    assert otp_world.sign_in().status_code == 200
    collection = otp_world.app.get_collection("users")
    kept = tuple(item for item in collection.fields if item.name != "name")
    catalog = otp_world.app.catalog.with_collection(replace(collection, fields=kept))
    otp_world.app._state.catalog = catalog
    answer = otp_world.sign_in()
    assert (answer.status_code, answer.json()["message"]) == (400, "Failed to authenticate.")
