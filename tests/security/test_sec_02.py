"""SEC-02: an account made through one provider is not what a victim of another one gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.auth.oauth2.site import open_site, proven

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.auth.oauth2.site import Site

VICTIM = "victim@example.com"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with open_site(tmp_path) as opened:
        names = ("oidc", "oidc2", "oidc3")
        opened.configure(*(opened.provider.settings(name) for name in names))
        yield opened


def test_the_link_of_the_attacker_is_dropped(site: Site) -> None:
    attacker = site.enter(sub="attacker", data={"email": VICTIM}).json()
    assert attacker["record"]["verified"] is False

    victim = site.enter(name="oidc2", sub="victim", **proven(VICTIM)).json()

    assert victim["record"]["id"] == attacker["record"]["id"]
    assert [link[1:] for link in site.links()] == [("oidc2", "victim")]
    assert site.refresh(attacker["token"]).status_code == 401
    # the attacker's own account at the provider leads to no record any more
    assert site.enter(sub="attacker").status_code == 400


def test_an_unverified_record_has_one_link_at_most(site: Site) -> None:
    attacker = site.enter(sub="one", data={"email": VICTIM}).json()
    headers = {"Authorization": attacker["token"]}
    for name, sub in (("oidc2", "two"), ("oidc3", "three")):
        answer = site.enter(name=name, sub=sub, headers=headers)
        headers = {"Authorization": answer.json()["token"]}
    assert [link[1:] for link in site.links()] == [("oidc3", "three")]


def test_the_attackers_unproven_address_is_not_made_verified(site: Site) -> None:
    site.enter(sub="attacker", data={"email": VICTIM})
    again = site.enter(sub="attacker", **proven("attacker@example.com")).json()
    assert (again["record"]["email"], again["record"]["verified"]) == (VICTIM, False)


def test_verifying_later_drops_links_made_before(site: Site) -> None:
    attacker = site.enter(sub="attacker", data={"email": VICTIM}).json()
    path = "/api/collections/users/records/" + attacker["record"]["id"]
    site.server.send("PATCH", path, json={"verified": True}, headers=site.root)
    assert site.links() == []
    assert site.refresh(attacker["token"]).status_code == 401
