"""The list of OAuth2 providers."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from pbpy.schema.providers import PROVIDER_NAMES, provider_list


def test_every_provider_has_a_name_and_a_drawing() -> None:
    providers = provider_list()
    assert len(providers) == len(PROVIDER_NAMES) == 32
    assert [item["name"] for item in providers[:3]] == ["apple", "google", "microsoft"]
    for item in providers:
        assert list(item) == ["name", "displayName", "logo"]
        assert ET.fromstring(item["logo"]).tag.endswith("svg")


def test_drawings_are_ascii_because_the_dashboard_passes_them_to_btoa() -> None:
    assert all(item["logo"].isascii() for item in provider_list())
    assert {item["name"]: item["logo"] for item in provider_list()}["vk"].endswith(
        ">&#1042;</text></svg>"
    )
