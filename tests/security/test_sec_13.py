"""SEC-13: an email that the client sends along is nobody's proven email."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.auth.oauth2.site import open_site, proven

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.auth.oauth2.site import Site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with open_site(tmp_path) as opened:
        yield opened


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({"email": "victim@example.com"}, 200),
        ({"email": "victim@example.com", "verified": False}, 200),
        ({"email": "victim@example.com", "verified": True}, 400),
        ({"verified": True}, 400),
    ],
)
def test_what_is_sent_along_is_not_verified(site: Site, data: dict[str, Any], status: int) -> None:
    answer = site.enter(sub="1", data=data, **proven("own@example.com"))
    assert answer.status_code == status
    assert not any(record["verified"] for record in site.records())


def test_the_providers_own_email_is(site: Site) -> None:
    choices: list[dict[str, Any]] = [{}, {"email": ""}, {"email": None}, {"email": "n3@x.org"}]
    for number, data in enumerate(choices):
        answer = site.enter(sub=str(number), data=data, **proven(f"n{number}@x.org")).json()
        assert (answer["record"]["email"], answer["record"]["verified"]) == (
            f"n{number}@x.org",
            True,
        )


def test_an_unverified_email_of_the_provider_is_not(site: Site) -> None:
    site.add("victim@example.com", verified=True)
    answer = site.enter(sub="1", email="victim@example.com", data={"email": "own@example.com"})
    assert answer.json()["record"]["verified"] is False
    assert len(site.records()) == 2
