"""auth-methods, the form of auth-with-oauth2, refusing providers, redirects (contract 8.4, 8.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.auth.oauth2.scripted_provider import make_code
from tests.differential.batteries import CHEAP, auth_collection, base, view
from tests.differential.oauth2_steps import (  # noqa: F401
    EXPIRY,
    PROVIDER_URL,
    RANDOM,
    enter,
    oauth2,
    proven,
    provider,
    settings,
    sign_in_with,
    users,
)
from tests.differential.steps import auth, collections, guest, records, scenario, su

if TYPE_CHECKING:
    from tests.differential.pair import Case, Pair
    from tests.differential.steps import Step

PUBLIC_FILES: dict[str, bytes] = {}

NAMES = [
    *("apple", "google", "microsoft", "yandex", "facebook", "instagram2", "github", "gitlab"),
    *("bitbucket", "gitee", "gitea", "discord", "twitter", "kakao", "vk", "linear", "notion"),
    *("monday", "lark", "box", "spotify", "trakt", "twitch", "patreon", "strava", "wakatime"),
    *("livechat", "mailcow", "planningcenter", "oidc", "oidc2", "oidc3"),
]
WITHOUT_URLS = ("mailcow", "oidc", "oidc2", "oidc3")
ALL = [
    settings(name)
    if name in WITHOUT_URLS
    else {"name": name, "clientId": f"id {name}", "clientSecret": "s"}
    for name in NAMES
]

FORM = auth("of_users", "auth-with-oauth2")
GOOD = {"provider": "oidc", "code": make_code({"sub": "of1"})}
REDIRECT = "/api/oauth2-redirect"


def methods(name: str) -> Step:
    return guest.get(auth(name, "auth-methods"), mask=RANDOM)


SCENARIOS = [
    scenario(
        "methods",
        PROVIDER_URL,
        *(
            [
                auth_collection(f"om_{number:02d}", oauth2=oauth2(config)),
                methods(f"om_{number:02d}"),
            ]
            for number, config in enumerate(ALL)
        ),
        auth_collection("om_all", oauth2=oauth2(*ALL)),
        methods("om_all"),
        guest.get(auth("om_all", "auth-methods", fields="oauth2.enabled,password")),
        auth_collection("om_off", oauth2={"enabled": False, "providers": ALL[:2]}),
        methods("om_off"),
        auth_collection("om_none", oauth2={"enabled": True, "providers": []}),
        methods("om_none"),
        auth_collection(
            "om_own",
            oauth2=oauth2(
                settings("oidc", pkce=False, displayName='My <Own> "Login"'),
                settings("github", pkce=False, authURL="https://example.com/?a=b&client_id=x"),
                settings("bitbucket", pkce=True),
                settings("microsoft", extra={"idTokenEmailClaim": "email"}),
                settings("google", displayName="G", extra={"x": 1}),
            ),
        ),
        methods("om_own"),
        methods("_superusers"),
        methods("om_nope"),
    ),
    scenario(
        "form",
        users("of_users"),
        base("of_base"),
        view("of_view", "select id, email from of_users"),
        auth_collection("of_off", CHEAP),
        guest.post(FORM, {}),
        guest.post(FORM),
        guest.post(FORM, {"provider": "oidc"}),
        guest.post(FORM, {"code": "x"}),
        guest.post(FORM, {"provider": "", "code": ""}),
        guest.post(FORM, {"provider": "nope", "code": "x"}),
        guest.post(FORM, {"provider": "google", "code": "x"}),
        guest.post(FORM, {"provider": "OIDC", "code": "x"}),
        guest.post(FORM, {"provider": "x" * 100, "code": "x"}),
        guest.post(FORM, {"provider": "x" * 101, "code": "x"}),
        guest.post(FORM, {"provider": "é" * 51, "code": "x"}),
        guest.post(FORM, {"provider": 1, "code": "x"}),
        guest.post(FORM, {"provider": "oidc", "code": 1}),
        guest.post(FORM, {"provider": "oidc", "code": None}),
        guest.post(FORM, {**GOOD, "codeVerifier": 1}),
        guest.post(FORM, {**GOOD, "redirectURL": []}),
        guest.post(FORM, {**GOOD, "createData": "x"}),
        guest.post(FORM, {**GOOD, "createData": []}),
        guest.post(FORM, {**GOOD, "createData": 1}),
        guest.send("POST", FORM, "{"),
        guest.send("POST", FORM, "null"),
        guest.send("POST", FORM, "[]"),
        guest.send("POST", FORM, '{"provider":"a","provider":"b"}'),
        guest.send("POST", FORM, "x", "text/plain"),
        guest.send("POST", FORM, "<a><Provider>oidc</Provider></a>", "text/xml"),
        guest.form(FORM, [("provider", "nope"), ("code", "x")]),
        guest.form(FORM, [("provider", "oidc")]),
        guest.form(FORM, [("provider", "nope"), ("code", "x"), ("createData", "{}")]),
        guest.form(FORM, [("provider", "nope"), ("code", "x"), ("createData.name", "y")]),
        guest.form(FORM, [("@jsonPayload", '{"provider":"nope","code":"x"}')]),
        guest.multipart(FORM, [("provider", "nope"), ("code", "x")]),
        guest.get(FORM),
        guest.patch(FORM, {}),
        guest.post(auth("of_off", "auth-with-oauth2"), {}),
        guest.send("POST", auth("of_off", "auth-with-oauth2"), "{"),
        guest.post(auth("_superusers", "auth-with-oauth2"), {}),
        guest.post(auth("of_base", "auth-with-oauth2"), {}),
        guest.post(auth("of_view", "auth-with-oauth2"), {}),
        guest.post(auth("of_nope", "auth-with-oauth2"), {}),
        su.post(FORM, {}),
        su.get(collections("of_users"), mask=RANDOM),
    ),
    scenario(
        "provider refuses",
        users("or_users"),
        sign_in_with("or_users", {"provider": "oidc", "code": "bad"}),
        enter("or_users", script={"token_status": 500}, sub="1"),
        enter("or_users", script={"token_status": 201}, **proven("s201@example.com"), sub="s201"),
        enter("or_users", script={"token": {"access_token": ""}}, sub="1"),
        enter("or_users", script={"token": {"access_token": None}}, sub="1"),
        enter("or_users", script={"token": {"access_token": 1}}, sub="1"),
        enter("or_users", script={"token": {"error": "x"}}, sub="1"),
        enter("or_users", script={"token": {"expires_in": "x"}}, sub="1"),
        enter("or_users", script={"token": {"token_type": 1}}, sub="1"),
        enter("or_users", script={"token_type": "text/html", "token_text": "<p>"}, sub="1"),
        enter("or_users", script={"token_type": "text/plain", "token_text": "error=x"}, sub="1"),
        enter("or_users", script={"token_type": "text/plain", "token_text": ""}, sub="1"),
        enter("or_users", script={"token_type": "application/json+x", "token_text": "[]"}),
        enter("or_users", script={"user_status": 400}, sub="1"),
        enter("or_users", script={"user_status": 403}, sub="1"),
        sign_in_with("or_users", {"provider": "oidc", "code": make_code("text")}),
        sign_in_with("or_users", {"provider": "oidc", "code": make_code([])}),
        enter("or_users", sub=1),
        enter("or_users", sub="1", name=1),
        enter("or_users", sub="1", name=None, **proven("nn@example.com")),
        enter("or_users", sub="1", email=[]),
        enter("or_users", sub="1", picture={}),
        enter("or_users", **proven("nosub@example.com")),
        enter("or_users", sub="", **proven("nosub@example.com")),
        su.get(records("or_users", fields="email,verified")),
        su.get(records("_externalAuths", sort="@rowid", fields="providerId")),
    ),
    scenario(
        "token answers",
        users("ot_users"),
        enter("ot_users", script={"style": "form"}, sub="1", **proven("t1@example.com")),
        enter("ot_users", script={"token": {"expires_in": "60"}}, sub="1"),
        enter("ot_users", script={"token": {"expires_in": 0}}, sub="1"),
        enter("ot_users", script={"token": {"expires_in": None}}, sub="1"),
        enter("ot_users", script={"token": {"refresh_token": "r", "token_type": ""}}, sub="1"),
        enter("ot_users", script={"token": {"token_type": "bearer"}}, sub="1"),
        enter("ot_users", script={"token": {"id_token": "ignored"}}, sub="1"),
        sign_in_with(
            "ot_users",
            {
                "provider": "oidc",
                "code": make_code({"sub": "1"}, verifier="v"),
                "codeVerifier": "v",
                "redirectURL": "https://example.com/x?a=b",
            },
        ),
        sign_in_with(
            "ot_users",
            {
                "provider": "oidc",
                "code": make_code({"sub": "1"}, verifier="v"),
                "codeVerifier": "w",
            },
        ),
        sign_in_with(
            "ot_users",
            {"PROVIDER": "oidc", "Code": make_code({"sub": "1"}), "CODEVERIFIER": "x"},
        ),
        guest.form(
            auth("ot_users", "auth-with-oauth2"),
            [("provider", "oidc"), ("code", make_code({"sub": "1"}))],
            mask=EXPIRY,
            unordered=True,
        ),
        guest.form(
            auth("ot_users", "auth-with-oauth2"),
            [
                ("provider", "oidc"),
                ("code", make_code({"sub": "form2"})),
                ("@jsonPayload", '{"createData":{"email":"form2@example.com"}}'),
            ],
            mask=EXPIRY,
            unordered=True,
        ),
        enter("ot_users", sub="1", picture="https://example.com/a.png", name="N <b>", x=[1, None]),
        guest.post(
            auth("ot_users", "auth-with-oauth2", fields="meta.isNew,record.email"),
            {"provider": "oidc", "code": make_code({"sub": "1"})},
        ),
    ),
    scenario(
        "redirect",
        *(
            guest.send(method, REDIRECT + query, compare=("location",))
            for method in ("GET", "HEAD", "POST")
            for query in (
                "",
                "?state=x",
                "?state=x&code=y",
                "?code=y",
                "?state=x&error=denied",
                "?state=" + "x" * 300,
                "?state=%zz",
            )
        ),
        guest.form(REDIRECT, [("state", "x"), ("code", "y")], compare=("location",)),
        guest.form(REDIRECT, [("state", "x"), ("error", "y")], compare=("location",)),
        guest.form(
            REDIRECT,
            [("state", "x"), ("code", "y"), ("user", '{"name":{"firstName":"A"}}')],
            compare=("location",),
        ),
        guest.multipart(REDIRECT, [("state", "x"), ("code", "y")], compare=("location",)),
        guest.post(REDIRECT, {"state": "x", "code": "y"}, compare=("location",)),
        guest.post(REDIRECT, {"state": 1}, compare=("location",)),
        guest.send("POST", REDIRECT, "{", compare=("location",)),
        guest.send("POST", REDIRECT, "x", "text/plain", compare=("location",)),
        guest.patch(REDIRECT, {}),
        guest.get(REDIRECT + "/"),
    ),
]


def test_same_answer(case: Case, pair: Pair) -> None:
    pair.check(case)
