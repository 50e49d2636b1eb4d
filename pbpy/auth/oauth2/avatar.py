"""The picture of a user, from an address that the provider passes on.

The user may have chosen that address, so it must not reach what only this server can: every
host on the way, redirects included, is resolved once, checked, and connected to at the address
that was checked.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from pbpy.auth.oauth2.addresses import resolve_public
from pbpy.auth.oauth2.failure import OAuth2Failure
from pbpy.auth.oauth2.outgoing import read_limited, tls_context
from pbpy.files.upload import Upload

if TYPE_CHECKING:
    import httpx

MAX_AVATAR_BYTES: Final = 32 * 1024 * 1024
TIMEOUT_S: Final = 10.0
_MAX_REDIRECTS: Final = 10
_PORTS: Final = {"http": 80, "https": 443}
_REFUSED: Final = 400


async def download_avatar(url: str) -> Upload:
    """Return the file at url.

    Raises:
        OAuth2Failure: it is not at a public host, too large, late or not there.
    """
    try:
        async with asyncio.timeout(TIMEOUT_S):
            return await _download(url)
    except TimeoutError as error:
        raise OAuth2Failure("the avatar is late") from error


async def _download(url: str) -> Upload:
    context = await asyncio.to_thread(tls_context)
    import httpx

    # Without the environment: a proxy would connect to what was never checked here.
    async with httpx.AsyncClient(verify=context, trust_env=False, timeout=TIMEOUT_S) as client:
        try:
            target = httpx.URL(url)
            for _ in range(_MAX_REDIRECTS + 1):
                response = await _get(client, target)
                try:
                    if response.has_redirect_location:
                        target = target.join(response.headers["location"])
                        continue
                    if response.status_code >= _REFUSED:
                        raise OAuth2Failure(f"the avatar is refused: {response.status_code}")
                    data = await read_limited(response, MAX_AVATAR_BYTES)
                finally:
                    await response.aclose()
                return Upload.from_bytes(data, target.path.rpartition("/")[2])
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise OAuth2Failure(f"no avatar: {type(error).__name__}") from error
    raise OAuth2Failure("the avatar is redirected too often")


async def _get(client: httpx.AsyncClient, url: httpx.URL) -> httpx.Response:
    """Send the request to the first checked address that answers."""
    import httpx

    default_port = _PORTS.get(url.scheme)
    if default_port is None or not url.host:
        raise OAuth2Failure("the avatar is at no web address")
    error: httpx.ConnectError | None = None
    for address in await resolve_public(url.host, url.port or default_port):
        request = client.build_request(
            "GET",
            url.copy_with(host=address),
            headers={"Host": url.netloc.decode("ascii"), "User-Agent": "pbpy"},
            extensions={"sni_hostname": url.raw_host.decode("ascii")},
        )
        try:
            return await client.send(request, stream=True)
        except httpx.ConnectError as failed:
            error = failed
    raise OAuth2Failure(f"{url.host} cannot be reached") from error
