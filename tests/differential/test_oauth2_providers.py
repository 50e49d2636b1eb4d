"""id_tokens, and the users of all providers (contract 8.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.auth.oauth2.scripted_provider import CLIENT_ID
from tests.differential.batteries import CHEAP, auth_collection
from tests.differential.oauth2_steps import (  # noqa: F401
    FAR,
    OTHER_KEY,
    PROVIDER_URL,
    enter,
    id_token,
    oauth2,
    proven,
    provider,
    settings,
    with_id_token,
)
from tests.differential.steps import records, scenario, su

if TYPE_CHECKING:
    from tests.differential.pair import Case, Pair

PUBLIC_FILES: dict[str, bytes] = {}

NAMES = [
    *("google", "yandex", "facebook", "instagram2", "github", "gitlab", "bitbucket", "gitea"),
    *("discord", "twitter", "kakao", "vk", "linear", "notion", "monday", "lark", "box"),
    *("spotify", "trakt", "twitch", "patreon", "strava", "wakatime", "livechat", "mailcow"),
    *("planningcenter", "microsoft"),
]

SCENARIOS = [
    scenario(
        "id_token",
        PROVIDER_URL,
        auth_collection("oi_users", CHEAP, oauth2=oauth2(settings("oidc", userInfoURL=""))),
        auth_collection(
            "oi_signed",
            CHEAP,
            oauth2=oauth2(
                settings(
                    "oidc",
                    userInfoURL="",
                    extra={"jwksURL": "{p.url}/keys", "issuers": ["https://i.example.com"]},
                )
            ),
        ),
        with_id_token("oi_users", "signed", id_token(email="t@x.org", email_verified=True)),
        with_id_token("oi_users", "unsigned", id_token(key=None, algorithm="none", kid="")),
        with_id_token("oi_users", "of an unknown key", id_token(OTHER_KEY, kid="zz")),
        with_id_token("oi_users", "expired", id_token(exp=1000)),
        with_id_token("oi_users", "without exp", id_token(exp=None)),
        with_id_token("oi_users", "issued in the future", id_token(iat=FAR - 1)),
        with_id_token("oi_users", "not yet valid", id_token(nbf=FAR - 1)),
        with_id_token("oi_users", "for others", id_token(aud="other")),
        with_id_token("oi_users", "for several", id_token(aud=["other", CLIENT_ID])),
        with_id_token("oi_users", "for nobody", id_token(aud=None)),
        with_id_token("oi_users", "without sub", id_token(sub=None)),
        with_id_token("oi_users", "malformed", "a.b.c"),
        with_id_token("oi_users", "many dots", "." * 10_000),
        with_id_token("oi_users", "empty", ""),
        with_id_token(
            "oi_signed",
            "signed",
            id_token(iss="https://i.example.com", email="s@x.org", email_verified=True),
        ),
        with_id_token("oi_signed", "other issuer", id_token(iss="https://j.example.com")),
        with_id_token("oi_signed", "no issuer", id_token()),
        with_id_token("oi_signed", "no kid", id_token(iss="https://i.example.com", kid="")),
        with_id_token("oi_signed", "unknown kid", id_token(iss="https://i.example.com", kid="k2")),
        with_id_token("oi_signed", "wrong key", id_token(OTHER_KEY, iss="https://i.example.com")),
        with_id_token("oi_signed", "none", id_token(None, "none", iss="https://i.example.com")),
        with_id_token(
            "oi_signed",
            "HS256",
            id_token("x" * 32, "HS256", iss="https://i.example.com"),
        ),
    ),
    scenario(
        "other providers",
        PROVIDER_URL,
        auth_collection("og_users", CHEAP, oauth2=oauth2(*(settings(name) for name in NAMES))),
        *(
            enter("og_users", provider=name, script=script, **claims)
            for name, script, claims in (
                ("google", {}, {"sub": "1", **proven("google@x.org"), "name": "G", "picture": "u"}),
                ("google", {}, {"sub": "1", "email_verified": "true"}),
                ("yandex", {}, {"id": "1", "default_email": "ya@x.org", "login": "l"}),
                ("facebook", {}, {"id": "1", "email": "fb@x.org", "name": "F"}),
                ("instagram2", {}, {"user_id": "1", "username": "i"}),
                (
                    "github",
                    {"emails": [{"email": "gh@x.org", "verified": True, "primary": True}]},
                    {"id": 7, "login": "gh", "name": None, "email": "other@x.org"},
                ),
                ("github", {"emails_status": 404}, {"id": 8}),
                ("github", {"emails_status": 500}, {"id": 8}),
                (
                    "github",
                    {"emails": [{"email": "gh2@x.org", "verified": False, "primary": True}]},
                    {"id": 9},
                ),
                ("github", {}, {"id": "7"}),
                (
                    "gitlab",
                    {},
                    {"id": 1, "email": "gl@x.org", "confirmed_at": "2020-01-01T00:00:00.000Z"},
                ),
                ("gitlab", {}, {"id": 2, "email": "gl2@x.org", "confirmed_at": None}),
                ("gitlab", {}, {"id": 3, "email": "gl3@x.org", "confirmed_at": "2020-01-01"}),
                (
                    "bitbucket",
                    {
                        "emails": {
                            "values": [
                                {"email": "bb@x.org", "is_primary": True, "is_confirmed": True}
                            ]
                        }
                    },
                    {"uuid": "{b}", "account_status": "active", "display_name": "B"},
                ),
                ("bitbucket", {}, {"uuid": "{c}", "account_status": "inactive"}),
                (
                    "gitea",
                    {"emails": [{"email": "ge@x.org", "verified": True, "primary": True}]},
                    {"id": 1, "active": True, "full_name": "G"},
                ),
                ("gitea", {}, {"id": 2, "active": False}),
                (
                    "discord",
                    {},
                    {
                        "id": "1",
                        "username": "d",
                        "discriminator": "1234",
                        "avatar": "h",
                        "email": "di@x.org",
                        "verified": True,
                    },
                ),
                ("discord", {}, {"id": "2", "email": "di2@x.org", "verified": False}),
                ("twitter", {}, {"data": {"id": "1", "confirmed_email": "tw@x.org"}}),
                (
                    "kakao",
                    {},
                    {
                        "id": 1,
                        "properties": {"nickname": "k"},
                        "kakao_account": {
                            "email": "ka@x.org",
                            "is_email_valid": True,
                            "is_email_verified": True,
                        },
                    },
                ),
                (
                    "kakao",
                    {},
                    {"id": 2, "kakao_account": {"email": "k2@x.org", "is_email_valid": True}},
                ),
                (
                    "vk",
                    {"token": {"email": "vk@x.org"}},
                    {"response": [{"id": 1, "first_name": "V", "last_name": "K"}]},
                ),
                ("vk", {}, {"response": []}),
                (
                    "linear",
                    {},
                    {"data": {"viewer": {"id": "1", "email": "li@x.org", "active": True}}},
                ),
                ("linear", {}, {"data": {"viewer": {"id": "2", "active": False}}}),
                (
                    "notion",
                    {},
                    {"bot": {"owner": {"user": {"id": "n", "person": {"email": "no@x.org"}}}}},
                ),
                (
                    "monday",
                    {},
                    {
                        "data": {
                            "me": {
                                "id": "1",
                                "enabled": True,
                                "is_verified": True,
                                "email": "mo@x.org",
                            }
                        }
                    },
                ),
                ("lark", {}, {"data": {"union_id": "1", "name": "L"}}),
                ("box", {}, {"id": "1", "status": "active", "login": "bo@x.org"}),
                ("box", {}, {"id": "1", "status": "inactive", "login": "bo@x.org"}),
                ("spotify", {}, {"id": "1", "images": [{"url": "u"}], "email": "no@x.org"}),
                ("trakt", {}, {"user": {"ids": {"uuid": "1"}, "name": "T"}}),
                ("twitch", {}, {"data": [{"id": "1", "email": "ti@x.org", "login": "t"}]}),
                ("twitch", {}, {"data": []}),
                (
                    "patreon",
                    {},
                    {
                        "data": {
                            "id": "1",
                            "attributes": {"email": "pa@x.org", "is_email_verified": True},
                        }
                    },
                ),
                ("strava", {}, {"id": 1, "firstname": "S", "lastname": "T"}),
                (
                    "wakatime",
                    {},
                    {
                        "data": {
                            "id": "1",
                            "email": "wa@x.org",
                            "is_email_confirmed": True,
                            "photo": "p",
                            "photo_public": False,
                        }
                    },
                ),
                ("livechat", {}, {"account_id": "1", **proven("lc@x.org")}),
                ("mailcow", {}, {"id": "1", "active": 1, "email": "mc@x.org", "username": "m@x"}),
                ("mailcow", {}, {"id": "1", "active": 0}),
                (
                    "planningcenter",
                    {},
                    {"data": {"id": "1", "attributes": {"status": "active", "name": "P"}}},
                ),
                ("planningcenter", {}, {"data": {"id": "1", "attributes": {"status": "x"}}}),
                ("microsoft", {}, {"id": "1", "displayName": "M", "mail": "ms@x.org"}),
            )
        ),
        su.get(records("og_users", sort="@rowid", perPage=100, fields="email,verified")),
    ),
]


def test_same_answer(case: Case, pair: Pair) -> None:
    pair.check(case)
