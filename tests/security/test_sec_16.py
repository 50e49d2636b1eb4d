"""SEC-16: Microsoft, Gitea, GitLab and Bitbucket emails count only where they are verified."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jwt
import pytest

from tests.auth.oauth2.site import open_site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.auth.oauth2.site import Site

VICTIM = "victim@example.com"
NAMES = ("gitea", "github", "gitlab", "bitbucket", "microsoft")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with open_site(tmp_path) as opened:
        opened.configure(*(opened.provider.settings(name) for name in NAMES))
        opened.add(VICTIM, verified=True)
        yield opened


def listed(**flags: bool) -> dict[str, Any]:
    return {"emails": [{"email": VICTIM, "primary": True, "verified": True, **flags}]}


def paged(**flags: bool) -> dict[str, Any]:
    item = {"email": VICTIM, "is_primary": True, "is_confirmed": True, **flags}
    return {"emails": {"values": [item]}}


GITEA: dict[str, Any] = {"id": 1, "login": "x", "active": True, "email": VICTIM}
BITBUCKET: dict[str, Any] = {"uuid": "1", "account_status": "active", "email": VICTIM}
CONFIRMED = {"confirmed_at": "2020-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("name", "user", "script", "is_victim"),
    [
        ("gitea", GITEA, {}, False),
        ("gitea", GITEA, listed(verified=False), False),
        ("gitea", GITEA, listed(primary=False), False),
        ("gitea", GITEA, {"emails_status": 403}, False),
        ("gitea", GITEA, listed(), True),
        ("github", GITEA, listed(verified=False), False),
        ("github", GITEA, listed(), True),
        ("gitlab", {"id": 1, "email": VICTIM}, {}, False),
        ("gitlab", {"id": 1, "email": VICTIM, "confirmed_at": ""}, {}, False),
        ("gitlab", {"id": 1, "email": VICTIM, **CONFIRMED}, {}, True),
        ("bitbucket", BITBUCKET, paged(is_confirmed=False), False),
        ("bitbucket", BITBUCKET, paged(is_primary=False), False),
        ("bitbucket", BITBUCKET, {"emails_status": 500}, False),
        ("bitbucket", BITBUCKET, paged(), True),
    ],
)
def test_the_victims_record_is_reached_by_verified_emails_only(
    site: Site, name: str, user: dict[str, Any], script: dict[str, Any], is_victim: bool
) -> None:
    answer = site.enter(name=name, script=script, **user)
    assert (answer.status_code == 200) is is_victim
    assert len(site.links()) == is_victim


def test_microsoft_claims_of_any_tenant_are_not_believed(site: Site) -> None:
    extra = {"idTokenEmailClaim": "any_verified"}
    site.configure(site.provider.settings("microsoft", extra=extra))
    token = jwt.encode({"email": VICTIM}, "a tenant's own key, which is long", "HS256")
    script = {"token": {"id_token": token}}
    answer = site.enter(name="microsoft", script=script, id="1", mail=VICTIM)
    assert answer.status_code == 400
    assert site.links() == []


def test_an_account_that_is_not_active_does_not_sign_in(site: Site) -> None:
    inactive: dict[str, Any] = {**GITEA, "active": False}
    assert site.enter(name="gitea", script=listed(), **inactive).is_error
    inactive = {**BITBUCKET, "account_status": "inactive"}
    assert site.enter(name="bitbucket", script=paged(), **inactive).is_error
