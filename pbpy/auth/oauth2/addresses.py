"""Which addresses a download that a stranger chose may reach (SEC-15)."""

from __future__ import annotations

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

from pbpy.auth.oauth2.failure import OAuth2Failure

_NAT64: Final = IPv6Network("64:ff9b::/96")
_IPV4_BITS: Final = 0xFFFFFFFF


def is_public_address(address: IPv4Address | IPv6Address) -> bool:
    """Tell whether an address is of the open internet, also where it stands for another one."""
    if isinstance(address, IPv6Address):
        inner = _embedded(address)
        if inner is not None:
            return is_public_address(inner)
    return address.is_global and not address.is_multicast and not address.is_reserved


def _embedded(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address to which packets for address are carried, if any."""
    if address in _NAT64:
        return IPv4Address(int(address) & _IPV4_BITS)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)


async def resolve_public(host: str, port: int) -> list[str]:
    """Return the addresses of host.

    Raises:
        OAuth2Failure: it has none, or one of them is not public.
    """
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise OAuth2Failure(f"{host} cannot be resolved") from error
    # A zone (`fe80::1%eth0`) makes an address link-local, which is refused without it too.
    texts = list(dict.fromkeys(str(info[4][0]).partition("%")[0] for info in found))
    if not texts or not all(is_public_address(ip_address(text)) for text in texts):
        raise OAuth2Failure(f"{host} is not a public host")
    return texts
