"""SEC-15: the address of an avatar cannot make the server ask internal hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.auth.oauth2.site import open_site, proven

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.auth.oauth2.site import Site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with open_site(tmp_path) as opened:
        mapped = {"mappedFields": {"avatarURL": "avatar"}}
        opened.configure(opened.provider.settings(), oauth2=mapped)
        yield opened


def test_no_form_of_an_internal_address_is_asked(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    port = site.provider.url.rpartition(":")[2]
    hosts = [
        *("127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0.0.0.0"),
        *("[::1]", "[::ffff:127.0.0.1]", "[::]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]"),
        *("169.254.169.254", "10.0.0.1", "user:pass@127.0.0.1", "127.0.0.1."),
    ]
    for number, host in enumerate(hosts):
        picture = f"http://{host}:{port}/picture.png"
        answer = site.enter(sub=str(number), picture=picture, **proven(f"n{number}@x.org"))
        assert answer.status_code == 200, host
        assert answer.json()["record"]["avatar"] == ""
        # the client is told what the provider said, not what is there
        assert answer.json()["meta"]["avatarURL"] == picture
    assert "/picture.png" not in site.provider.paths()
    assert caplog.text.count("is left out") == len(hosts)


def test_clients_cannot_send_the_address_themselves(site: Site) -> None:
    picture = site.provider.url + "/picture.png"
    answer = site.enter(sub="1", data={"avatar": picture}, **proven("a@x.org"))
    assert "/picture.png" not in site.provider.paths()
    assert answer.status_code == 400 or answer.json()["record"]["avatar"] == ""


def test_the_redirect_goes_nowhere_that_a_client_chooses(site: Site) -> None:
    for query in ("redirect=https://evil.example", "state=//evil.example&code=x", "next=//evil"):
        answer = site.server.send("GET", f"/api/oauth2-redirect?{query}")
        assert answer.headers["location"] == "../_/#/auth/oauth2-redirect-failure"
