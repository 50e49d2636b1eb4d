"""SEC-14, by OAuth2: a provider's user name that looks like an email opens nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.auth.oauth2.site import PASSWORD, USERS, open_site, proven

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.auth.oauth2.site import Site

VICTIM = "victim@example.com"
OTHER_PASSWORD = "0987654321"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """`users` sign in by email or `username`, which providers fill."""
    with open_site(tmp_path) as opened:
        shown = opened.server.send("GET", USERS, headers=opened.root).json()
        index = "CREATE UNIQUE INDEX `idx_username` ON `users` (`username`) WHERE `username` != ''"
        opened.configure(
            opened.provider.settings(),
            oauth2={"mappedFields": {"username": "username"}},
            fields=[*shown["fields"], {"type": "text", "name": "username"}],
            indexes=[*shown["indexes"], index],
            passwordAuth={"enabled": True, "identityFields": ["username", "email"]},
        )
        yield opened


def test_the_email_is_looked_up_before_the_user_name(site: Site) -> None:
    victim = site.add(VICTIM, verified=True)
    both = {"password": OTHER_PASSWORD, "passwordConfirm": OTHER_PASSWORD}
    attacker = site.enter(
        sub="attacker", preferred_username=VICTIM, data=both, **proven("attacker@example.com")
    ).json()
    assert attacker["record"]["username"] == VICTIM

    assert site.with_password(VICTIM).json()["record"]["id"] == victim["record"]["id"]
    assert site.with_password(VICTIM, OTHER_PASSWORD).status_code == 400


def test_the_providers_user_name_is_not_taken_for_an_email(site: Site) -> None:
    victim = site.add(VICTIM, verified=True)
    answer = site.enter(sub="x", preferred_username=VICTIM, data={"email": "own@x.org"}).json()
    assert answer["record"]["id"] != victim["record"]["id"]
    assert site.with_password(VICTIM, PASSWORD).status_code == 200


def test_a_user_name_that_is_taken_is_left_out(site: Site) -> None:
    first = site.enter(sub="1", preferred_username="ann", **proven("a@x.org")).json()
    second = site.enter(sub="2", preferred_username="ann", **proven("b@x.org")).json()
    assert (first["record"]["username"], second["record"]["username"]) == ("ann", "")
