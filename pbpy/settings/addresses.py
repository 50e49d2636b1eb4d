"""Lists of client addresses: single IPs and subnets in CIDR notation.

Source: PocketBase core/validators IPOrSubnet, apis/middlewares_rate_limit.go isIPInList, and
Go's net/netip, which decides what an address is.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

_BITS = re.compile(r"0|[1-9][0-9]{0,2}")


def parse_address(text: str) -> Address | None:
    """Return the single address that text is, or None; IPv6 may name a zone."""
    plain, percent, zone = text.partition("%")
    try:
        address = ip_address(plain)
    except ValueError:
        return None
    if not percent:
        return address
    return address if zone and address.version == 6 else None


def parse_network(text: str) -> Network | None:
    """Return the subnet that text is, or None; a subnet has no zone and no netmask."""
    plain, _, bits = text.partition("/")
    if "%" in plain or not _BITS.fullmatch(bits):
        return None
    try:
        return ip_network(f"{plain}/{bits}", strict=False)
    except ValueError:
        return None


def is_address_or_network(text: str) -> bool:
    """Tell whether text may stand in a list of addresses."""
    return parse_network(text) is not None or parse_address(text) is not None


def is_listed(listed: tuple[str, ...], ip: str) -> bool:
    """Tell whether ip is one of the addresses or in one of the subnets.

    An IPv4 address and its IPv6-mapped form are different addresses. An empty or unreadable ip
    is in no list.
    """
    if not listed or (address := parse_address(ip)) is None:
        return False
    addresses, networks = _compile(listed)
    return address in addresses or any(address in network for network in networks)


@lru_cache(16)
def _compile(listed: tuple[str, ...]) -> tuple[frozenset[Address], tuple[Network, ...]]:
    networks = {text: parse_network(text) for text in listed}
    addresses = (
        parse_address(text) for text in listed if networks[text] is None and "%" not in text
    )
    return (
        frozenset(address for address in addresses if address is not None),
        tuple(network for network in networks.values() if network is not None),
    )
