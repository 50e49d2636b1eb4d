from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from pbpy.auth.oauth2 import addresses, avatar
from pbpy.auth.oauth2.avatar import download_avatar
from pbpy.auth.oauth2.failure import OAuth2Failure
from tests.auth.oauth2.scripted_provider import PNG

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

    from tests.auth.oauth2.scripted_provider import ScriptedProvider


@pytest.fixture
def _as_if_public(monkeypatch: pytest.MonkeyPatch) -> None:
    """127.0.0.1 stands for the internet; all other internal addresses stay internal."""
    own = addresses.is_public_address

    def is_public(address: IPv4Address | IPv6Address) -> bool:
        return str(address) == "127.0.0.1" or own(address)

    monkeypatch.setattr(addresses, "is_public_address", is_public)


def failure_of(url: str) -> str:
    with pytest.raises(OAuth2Failure) as caught:
        asyncio.run(download_avatar(url))
    return str(caught.value)


def test_internal_hosts_get_no_request(provider: ScriptedProvider) -> None:
    provider.seen.clear()
    assert "not a public host" in failure_of(provider.url + "/picture.png")
    assert not provider.seen


@pytest.mark.parametrize(
    "url", ["", "x", "ftp://example.com/a", "file:///etc/passwd", "http://", "//a"]
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    failure_of(url)


@pytest.mark.usefixtures("_as_if_public")
def test_a_picture_is_downloaded(provider: ScriptedProvider) -> None:
    provider.seen.clear()
    upload = asyncio.run(download_avatar(provider.url + "/redirect?to=/picture.png"))
    assert upload.open().read() == PNG
    assert upload.original_name == "picture.png"
    assert upload.content_type.extension == ".png"
    assert provider.paths() == ["/redirect?to=/picture.png", "/picture.png"]
    assert {seen.headers["host"] for seen in provider.seen} == {provider.url.partition("//")[2]}


@pytest.mark.usefixtures("_as_if_public")
def test_redirects_to_internal_hosts_are_not_followed(provider: ScriptedProvider) -> None:
    port = provider.url.rpartition(":")[2]
    for target in (f"http://127.0.0.2:{port}/", f"http://[::1]:{port}/x", "file:///x"):
        provider.seen.clear()
        failure_of(f"{provider.url}/redirect?to={target}")
        assert len(provider.seen) == 1


@pytest.mark.usefixtures("_as_if_public")
def test_endless_redirects_end(provider: ScriptedProvider) -> None:
    provider.seen.clear()
    assert "too often" in failure_of(provider.url + "/loop")
    assert len(provider.seen) == 11


@pytest.mark.usefixtures("_as_if_public")
def test_errors_and_too_large_files_are_refused(
    provider: ScriptedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "404" in failure_of(provider.url + "/missing")
    monkeypatch.setattr(avatar, "MAX_AVATAR_BYTES", len(PNG) - 1)
    assert "more than" in failure_of(provider.url + "/picture.png")


@pytest.mark.usefixtures("_as_if_public")
def test_a_late_answer_is_given_up(
    provider: ScriptedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(avatar, "TIMEOUT_S", 0.1)
    assert failure_of(provider.url + "/never")
