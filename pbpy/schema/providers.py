"""The OAuth2 providers that PocketBase knows, in the order of its list."""

from __future__ import annotations

from html import escape

PROVIDERS: dict[str, str] = {
    "apple": "Apple",
    "google": "Google",
    "microsoft": "Microsoft",
    "yandex": "Yandex",
    "facebook": "Facebook",
    "instagram2": "Instagram",
    "github": "GitHub",
    "gitlab": "GitLab",
    "bitbucket": "Bitbucket",
    "gitee": "Gitee",
    "gitea": "Gitea/Forgejo",
    "discord": "Discord",
    "twitter": "X/Twitter",
    "kakao": "Kakao",
    "vk": "ВКонтакте",
    "linear": "Linear",
    "notion": "Notion",
    "monday": "monday.com",
    "lark": "Lark",
    "box": "Box",
    "spotify": "Spotify",
    "trakt": "Trakt",
    "twitch": "Twitch",
    "patreon": "Patreon",
    "strava": "Strava",
    "wakatime": "WakaTime",
    "livechat": "LiveChat",
    "mailcow": "mailcow",
    "planningcenter": "Planning Center",
    "oidc": "OIDC",
    "oidc2": "OIDC",
    "oidc3": "OIDC",
}
"""Name -> display name."""

PROVIDER_NAMES = frozenset(PROVIDERS)


def provider_list() -> list[dict[str, str]]:
    """Return what the dashboard shows of each provider; the logo is its initial."""
    return [
        {"name": name, "displayName": display_name, "logo": provider_logo(name)}
        for name, display_name in PROVIDERS.items()
    ]


def provider_logo(name: str) -> str:
    """Return the picture of a provider that is known.

    It is ASCII: the dashboard passes it to `btoa`, which refuses anything beyond Latin-1.
    """
    initial = escape(PROVIDERS[name][0].upper())
    letter = initial.encode("ascii", "xmlcharrefreplace").decode()
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
        '<rect width="32" height="32" rx="7" fill="#5b6472"/>'
        '<text x="16" y="23" font-family="sans-serif" font-size="20" fill="#fff"'
        f' text-anchor="middle">{letter}</text></svg>'
    )
