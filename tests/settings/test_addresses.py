"""What an address or a subnet is, and which addresses a list holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbpy.settings.addresses import is_address_or_network, is_listed

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

addresses = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6))


def prefix(address: IPv4Address | IPv6Address, bits: int) -> int:
    return int(address) >> (address.max_prefixlen - bits)


@given(addresses, addresses, st.data())
def test_a_subnet_holds_the_addresses_that_share_its_bits(
    base: IPv4Address | IPv6Address, other: IPv4Address | IPv6Address, data: st.DataObject
) -> None:
    bits = data.draw(st.integers(0, base.max_prefixlen))
    expected = base.version == other.version and prefix(base, bits) == prefix(other, bits)
    assert is_listed((f"{base}/{bits}",), str(other)) == expected
    assert is_listed((f"{base}/{bits}",), str(base))


@given(st.lists(addresses, max_size=5), addresses)
def test_single_addresses_match_in_every_spelling(
    listed: list[IPv4Address | IPv6Address], other: IPv4Address | IPv6Address
) -> None:
    texts = tuple(address.exploded for address in listed)
    assert is_listed(texts, str(other)) == (other in listed)
    assert all(is_listed(texts, address.compressed.upper()) for address in listed)


@pytest.mark.parametrize(
    ("listed", "ip", "expected"),
    [
        ((), "127.0.0.1", False),
        (("127.0.0.1",), "", False),
        (("127.0.0.1",), "nonsense", False),
        (("127.0.0.1/8",), "127.255.255.255", True),
        (("0.0.0.0/0",), "::1", False),
        (("10.0.0.7",), "::ffff:10.0.0.7", False),
        (("::ffff:10.0.0.7",), "10.0.0.7", False),
        (("fe80::1%eth0",), "fe80::1", False),
        (("nonsense", "10.0.0.0/24"), "10.0.0.9", True),
    ],
)
def test_lists(listed: tuple[str, ...], ip: str, expected: bool) -> None:
    assert is_listed(listed, ip) == expected


@given(st.text(st.sampled_from("0123456789.:/%af x"), max_size=12))
def test_no_text_is_too_odd(text: str) -> None:
    assert is_address_or_network(text) in (True, False)
    assert is_listed((text,), "127.0.0.1") in (True, False)
