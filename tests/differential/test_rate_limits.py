"""Rate limits and the superuser IP list: labels, audiences, counters, exclusions (contract 11.3).

Windows last for longer than the whole module runs, so nothing depends on the clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.differential.batteries import auth_collection, base, field, sign_in, user, view
from tests.differential.steps import (
    Actor,
    Json,
    Step,
    auth,
    collections,
    fixture,
    guest,
    records,
    scenario,
    su,
)

if TYPE_CHECKING:
    from tests.differential.pair import Case, Pair

SETTINGS = "/api/settings"
HEALTH = "/api/health"
FORWARDED = "X-Forwarded-For"
PASSWORD = "1234567890"
WINDOW_S = 1000
HEADERS = (
    "retry-after",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "access-control-allow-origin",
    "vary",
    "x-frame-options",
)


def rule(label: str, most: int = 1, audience: str = "") -> dict[str, Json]:
    """Return a rule whose window outlasts the test."""
    return {"label": label, "audience": audience, "duration": WINDOW_S, "maxRequests": most}


def limits(*rules: dict[str, Json], excluded: tuple[str, ...] = ()) -> Step:
    """Enable these rules; every counter begins anew."""
    body: dict[str, Json] = {"enabled": True, "rules": list(rules), "excludedIPs": list(excluded)}
    return fixture(su.patch(SETTINGS, {"rateLimits": body, "trustedProxy": None}))


def proxies(*headers: str, leftmost: bool = False) -> Step:
    """Trust these headers."""
    body = {"headers": list(headers), "useLeftmostIP": leftmost}
    return fixture(su.patch(SETTINGS, {"trustedProxy": body}))


OFF = fixture(su.patch(SETTINGS, {"rateLimits": {"enabled": False}, "trustedProxy": None}))


def twice(*steps: Step) -> list[Step]:
    """Take the steps, then all of them again."""
    return [*steps, *steps]


def from_ip(value: str, path: str = HEALTH, header: str = FORWARDED) -> Step:
    """Ask as a guest behind a proxy."""
    return guest.get(path, headers={header: value})


def open_auth(name: str) -> Step:
    """Create an auth collection with every way in."""
    return auth_collection(name, otp={"enabled": True, "duration": 180, "length": 8})


ANNA = Actor("rl_anna")
AUTH_ROUTES = [
    ("GET", "auth-methods", "listAuthMethods"),
    ("POST", "auth-refresh", "authRefresh"),
    ("POST", "auth-with-password", "authWithPassword"),
    ("POST", "auth-with-oauth2", "authWithOAuth2"),
    ("POST", "request-otp", "requestOTP"),
    ("POST", "auth-with-otp", "authWithOTP"),
    ("POST", "request-password-reset", "requestPasswordReset"),
    ("POST", "confirm-password-reset", "confirmPasswordReset"),
    ("POST", "request-verification", "requestVerification"),
    ("POST", "confirm-verification", "confirmVerification"),
    ("POST", "request-email-change", "requestEmailChange"),
    ("POST", "confirm-email-change", "confirmEmailChange"),
]


def each_auth_route(collection: str) -> list[Step]:
    """Send an empty body to every sign-in route of a collection."""
    return [
        guest.send(method, auth(collection, path), None if method == "GET" else "{}")
        for method, path, _ in AUTH_ROUTES
    ]


SCENARIOS = [
    scenario(
        "paths",
        limits(rule("/api/health", 2)),
        [guest.get(HEALTH, compare=HEADERS, headers={"Origin": "http://a.co"})] * 3,
        guest.send("HEAD", HEALTH),
        guest.get(HEALTH + "?x=1"),
        guest.get("/api//health"),
        guest.get("/api/%68ealth"),
        guest.send("OPTIONS", HEALTH),
        su.get(HEALTH + "?fields=code"),
        guest.get("/api/healthy"),
        limits(rule("GET /api/health")),
        twice(guest.get(HEALTH)),
        twice(guest.send("HEAD", HEALTH)),
        limits(rule("get /api/health")),
        twice(guest.get(HEALTH)),
        limits(rule("POST /api/health")),
        twice(guest.get(HEALTH), guest.post(HEALTH)),
        limits(rule("health"), rule("*:health")),
        twice(guest.get(HEALTH)),
        OFF,
        twice(guest.get(HEALTH)),
    ),
    scenario(
        "prefixes",
        limits(rule("/api/", 2)),
        guest.get(HEALTH),
        guest.get("/api/nope"),
        guest.post("/api/nope"),
        guest.get("/other"),
        guest.get("/api"),
        limits(rule("GET /api/", 1)),
        twice(guest.get(HEALTH), guest.post("/api/nope")),
        limits(rule("/api/health/", 1)),
        twice(guest.get(HEALTH), guest.get("/api/health/x")),
        limits(rule("/", 2)),
        [guest.get("/"), guest.get(HEALTH), guest.get("/nope.txt"), guest.post("/nope")],
        limits(rule("/api/", 3), rule("/api/health", 1), rule("/api/nope/", 2)),
        twice(guest.get(HEALTH)),
        [guest.get("/api/nope"), guest.get("/api/nope/x"), guest.get("/api/nope/x/y")],
    ),
    scenario(
        "records",
        base("rl_posts", field("text", "t"), id="rl_posts_id"),
        base("rl_notes", field("text", "t")),
        view("rl_view", "select id, t from rl_posts"),
        limits(rule("rl_posts:list", 2), rule("*:list", 1)),
        [guest.get(records("rl_posts"))] * 2,
        guest.get(records("rl_posts_id")),
        guest.get(records("RL_POSTS")),
        guest.get(records("rl_posts", filter="t = 'x'")),
        twice(guest.get(records("rl_notes"))),
        twice(guest.get(records("rl_view"))),
        su.get(records("rl_posts", fields="id")),
        twice(guest.get(records("rl_nope"))),
        limits(*(rule(f"*:{tag}") for tag in ("view", "create", "update", "delete"))),
        twice(guest.get(records("rl_posts", "x"))),
        guest.get(records("rl_posts", "y")),
        twice(guest.get(records("rl_notes", "x"))),
        twice(guest.post(records("rl_posts"), {"id": "rlpost000000001"})),
        twice(guest.patch(records("rl_posts", "rlpost000000001"), {"t": "x"})),
        twice(guest.delete(records("rl_posts", "rlpost000000001"))),
        twice(guest.post(records("rl_view"), {})),
        twice(guest.patch(records("rl_view", "x"), {})),
        twice(guest.post(records("rl_nope"), {})),
        guest.send("POST", records("rl_notes"), "{"),
        guest.post(records("rl_notes"), {}),
        limits(rule("/api/collections/rl_posts/records")),
        twice(guest.get(records("rl_posts"))),
        guest.get(records("rl_posts_id")),
        guest.post(records("rl_posts"), {}),
        guest.get(records("rl_posts", "x")),
        limits(rule("GET /api/collections/"), rule("rl_posts:view", 2)),
        [guest.get(records("rl_posts", "x"))] * 3,
        twice(guest.get(records("rl_posts")), guest.get(records("rl_notes"))),
        guest.get(records("rl_notes", "x")),
        limits(rule("/api/collections/rl_posts/records/aa", 1), rule("rl_posts:nope", 1)),
        twice(guest.get(records("rl_posts", "aa")), guest.get(records("rl_posts", "bb"))),
        limits(rule("/api/collections/rl_posts/records/a", 2), rule("/api/", 5)),
        [guest.get(records("rl_posts", "a"))] * 2,
        guest.get(records("rl_posts", "b")),
        OFF,
    ),
    scenario(
        "sign in",
        open_auth("rl_users"),
        open_auth("rl_others"),
        base("rl_base"),
        user("rl_users", "rlanna000000001", "rl_anna"),
        limits(rule("*:auth", 2)),
        [sign_in("rl_users", "a@b.co", "x")] * 3,
        sign_in("rl_users", "rl_anna@example.com", PASSWORD),
        ANNA.post(auth("rl_users", "auth-with-password"), {}),
        sign_in("rl_others", "a@b.co", "x"),
        guest.post(auth("rl_users", "auth-with-otp"), {}),
        [guest.post(auth("rl_base", "auth-with-password"), {})] * 3,
        [guest.post(auth("rl_nope", "auth-with-password"), {})] * 3,
        su.post(auth("rl_users", "auth-with-password"), {}),
        limits(rule("rl_users:authWithPassword"), rule("rl_users:auth", 5)),
        [sign_in("rl_users", "a@b.co", "x")] * 2,
        limits(rule("rl_users:auth"), rule("rl_users:authWithPassword", 5)),
        [sign_in("rl_users", "a@b.co", "x")] * 2,
        limits(rule("*:authRefresh")),
        twice(guest.post(auth("rl_users", "auth-refresh"))),
        limits(*(rule(f"rl_users:{tag}") for _, _, tag in AUTH_ROUTES)),
        twice(*each_auth_route("rl_users")),
        limits(*(rule(f"*:{tag}") for _, _, tag in AUTH_ROUTES)),
        twice(*each_auth_route("rl_others")),
        OFF,
    ),
    scenario(
        "files",
        base("rl_files", field("file", "doc")),
        limits(rule("*:file", 2)),
        [guest.get(f"/api/files/rl_files/x/{name}.txt") for name in "abc"],
        [guest.get("/api/files/rl_nope/x/y.txt")] * 3,
        OFF,
    ),
    scenario(
        "audiences",
        auth_collection("ra_users"),
        user("ra_users", "raanna000000001", "ra_anna"),
        limits(rule("/api/health", 1, "@guest")),
        twice(guest.get(HEALTH), Actor("ra_anna").get(HEALTH), su.get(HEALTH + "?fields=code")),
        limits(rule("/api/health", 1, "@auth")),
        twice(guest.get(HEALTH), Actor("ra_anna").get(HEALTH)),
        limits(rule("/api/health", 1, "@guest"), rule("/api/health", 2, "@auth")),
        twice(guest.get(HEALTH), Actor("ra_anna").get(HEALTH)),
        Actor("ra_anna").get(HEALTH),
        limits(rule("/api/health", 1, "@auth"), rule("/api/", 2, "@guest"), rule("/", 3)),
        [guest.get(HEALTH)] * 3,
        [Actor("ra_anna").get(HEALTH)] * 2,
        [Actor("ra_anna").get("/api/nope")] * 3,
        limits(rule("*:list", 1, "@auth"), rule("ra_users:list", 1, "@guest")),
        twice(guest.get(records("ra_users")), Actor("ra_anna").get(records("ra_users"))),
        guest.get(HEALTH, headers={"Authorization": "nonsense"}),
        OFF,
    ),
    scenario(
        "addresses",
        limits(rule("/api/health")),
        from_ip("1.1.1.1"),
        from_ip("2.2.2.2"),
        limits(rule("/api/health")),
        proxies(FORWARDED),
        twice(from_ip("1.1.1.1"), from_ip("2.2.2.2")),
        from_ip("3.3.3.3, 1.1.1.1"),
        from_ip("1.1.1.1, 4.4.4.4"),
        from_ip("nonsense"),
        guest.get(HEALTH),
        from_ip("2001:db8::1"),
        from_ip("2001:0DB8:0:0:0:0:0:1"),
        proxies(FORWARDED, leftmost=True),
        twice(from_ip("3.3.3.3, 1.1.1.1")),
        from_ip("1.1.1.1"),
        proxies("X-Real-IP", FORWARDED),
        twice(from_ip("5.5.5.5", header="X-Real-IP")),
        from_ip("5.5.5.5"),
        from_ip("6.6.6.6"),
        limits(rule("/api/health"), excluded=("127.0.0.1",)),
        twice(guest.get(HEALTH)),
        limits(rule("/api/health"), excluded=("127.0.0.0/8", "10.0.0.0/24", "2001:db8::/32")),
        twice(guest.get(HEALTH)),
        proxies(FORWARDED),
        twice(*(from_ip(ip) for ip in ("10.0.0.7", "10.0.1.7", "2001:db8::7", "::ffff:10.0.0.7"))),
        OFF,
    ),
    scenario(
        "counters begin anew",
        limits(rule("/api/health")),
        twice(guest.get(HEALTH)),
        su.patch(SETTINGS, {}),
        twice(guest.get(HEALTH)),
        su.patch(SETTINGS, {"meta": {"appName": ""}}),
        guest.get(HEALTH),
        su.patch(SETTINGS, {"meta": {"appName": "Other"}}),
        twice(guest.get(HEALTH)),
        base("rc_any"),
        guest.get(HEALTH),
        OFF,
    ),
    scenario(
        "renamed collections",
        base("rn_old", id="rn_old_id"),
        base("rn_older"),
        limits(
            rule("rn_old:list"), rule("rn_older:list", 2), rule("*:view"), rule("rn_old_id:list")
        ),
        su.patch(collections("rn_old"), {"listRule": "id != ''"}),
        su.get(SETTINGS + "?fields=rateLimits.rules"),
        su.patch(collections("rn_old"), {"name": "rn_new"}),
        su.get(SETTINGS + "?fields=rateLimits.rules"),
        twice(guest.get(records("rn_new"))),
        su.patch(collections("rn_new"), {"name": "RN_NEW"}),
        su.get(SETTINGS + "?fields=rateLimits.rules"),
        su.patch(collections("RN_NEW"), {"name": "rn_older"}),
        su.get(SETTINGS + "?fields=rateLimits.rules"),
        OFF,
    ),
    scenario(
        "superuser addresses",
        auth_collection("rs_users"),
        user("rs_users", "rsanna000000001", "rs_anna"),
        fixture(
            su.patch(
                SETTINGS, {"superuserIPs": ["127.0.0.1"], "trustedProxy": {"headers": [FORWARDED]}}
            )
        ),
        [
            su.send(method, path, headers={FORWARDED: "9.9.9.9"})
            for method, path in (
                ("GET", HEALTH),
                ("GET", SETTINGS),
                ("PATCH", SETTINGS),
                ("GET", "/nope"),
                ("POST", "/nope"),
                ("GET", records("rs_users")),
                ("POST", auth("_superusers", "auth-refresh")),
                ("GET", collections()),
            )
        ],
        su.get(HEALTH, headers={FORWARDED: "127.0.0.1, 9.9.9.9"}),
        su.get(HEALTH + "?fields=code", headers={FORWARDED: "9.9.9.9, 127.0.0.1"}),
        Actor("rs_anna").get(HEALTH, headers={FORWARDED: "9.9.9.9"}),
        guest.get(HEALTH, headers={FORWARDED: "9.9.9.9"}),
        sign_in("rs_users", "rs_anna@example.com", PASSWORD, headers={FORWARDED: "9.9.9.9"}),
        sign_in("_superusers", "root@example.com", PASSWORD, headers={FORWARDED: "9.9.9.9"}),
        sign_in("_superusers", "root@example.com", "wrong", headers={FORWARDED: "9.9.9.9"}),
        sign_in("_superusers", "root@example.com", PASSWORD),
        fixture(su.patch(SETTINGS, {"superuserIPs": ["10.0.0.0/8", "127.0.0.0/8", "2001:db8::1"]})),
        [
            su.get(HEALTH + "?fields=code", headers={FORWARDED: ip})
            for ip in ("10.1.2.3", "11.1.2.3", "2001:db8::1", "2001:db8::2", "x", "")
        ],
        fixture(su.patch(SETTINGS, {"superuserIPs": [], "trustedProxy": None})),
        su.get(HEALTH + "?fields=code", headers={FORWARDED: "9.9.9.9"}),
    ),
]


def test_same_answer(case: Case, pair: Pair) -> None:
    pair.check(case)
