"""SEC-01: who registers with a victim's address gets nothing of what the victim does later."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.auth.oauth2.site import USERS, open_site, proven

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.auth.oauth2.site import Site

VICTIM = "victim@example.com"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with open_site(tmp_path) as opened:
        yield opened


def test_the_password_and_the_tokens_of_an_unverified_record_end(site: Site) -> None:
    attacker = site.add(VICTIM)

    victim = site.enter(sub="victim", **proven(VICTIM)).json()

    assert victim["record"]["id"] == attacker["record"]["id"]
    assert victim["record"]["verified"] is True
    assert site.with_password(VICTIM).status_code == 400
    assert site.refresh(attacker["token"]).status_code == 401
    assert site.refresh(victim["token"]).status_code == 200


def test_so_do_action_tokens_that_the_attacker_has(site: Site) -> None:
    attacker = site.add(VICTIM)
    headers = {"Authorization": attacker["token"]}
    file_token = site.server.send("POST", "/api/files/token", headers=headers).json()["token"]

    site.enter(sub="victim", **proven(VICTIM))

    found = site.server.run(site.app._tokens.find_record(site.app, file_token, "file"))
    assert found is None


def test_a_verified_record_keeps_its_password(site: Site) -> None:
    owner = site.add(VICTIM, verified=True)
    site.enter(sub="victim", **proven(VICTIM))
    assert site.with_password(VICTIM).status_code == 200
    assert site.refresh(owner["token"]).status_code == 200


def test_the_attacker_cannot_keep_the_door_open_by_a_link_of_its_own(site: Site) -> None:
    attacker = site.add(VICTIM)
    headers = {"Authorization": attacker["token"]}
    site.enter(sub="attacker", headers=headers)
    assert len(site.links()) == 1

    site.enter(sub="victim", **proven(VICTIM))

    assert [link[2] for link in site.links()] == ["victim"]
    assert site.enter(sub="attacker").status_code == 400
    assert site.refresh(attacker["token"]).status_code == 401
    assert site.server.send("GET", USERS + "/records", headers=headers).json()["items"] == []
