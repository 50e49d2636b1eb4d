"""The settings API: merging, secrets, every nested validation code, the tests it offers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.differential.batteries import auth_collection, base, user
from tests.differential.steps import Actor, Json, Step, fixture, guest, leaking, scenario, su

if TYPE_CHECKING:
    from tests.differential.pair import Case, Pair

SETTINGS = "/api/settings"
S3_TEST = SETTINGS + "/test/s3"
EMAIL_TEST = SETTINGS + "/test/email"
APPLE = SETTINGS + "/apple/generate-client-secret"

FRESH: dict[str, Json] = {
    "superuserIPs": [],
    "smtp": None,
    "backups": {"cron": "", "cronMaxKeep": 3, "s3": None},
    "s3": None,
    "meta": {
        "accentColor": "#1055c9",
        "appName": "Acme",
        "appURL": "http://localhost:8090",
        "senderName": "Support",
        "senderAddress": "support@example.com",
        "hideControls": False,
    },
    "rateLimits": None,
    "trustedProxy": None,
    "batch": {"enabled": False, "maxRequests": 50, "timeout": 3, "maxBodySize": 0},
    "logs": {"maxDays": 5, "minLevel": 0, "logIP": True, "logAuthId": False, "maxDataSize": 0},
}
"""All values, so that a scenario does not depend on the ones before it."""

RESET = fixture(su.patch(SETTINGS, FRESH, title="reset"))


def changes(*bodies: Json) -> list[Step]:
    """Change the settings with each body."""
    return [su.patch(SETTINGS, body) for body in bodies]


def texts(*bodies: str) -> list[Step]:
    """Change the settings with each JSON text, sent verbatim."""
    return [su.send("PATCH", SETTINGS, body) for body in bodies]


def values(section: str, key: str, *found: Json) -> list[Step]:
    """Change one value of a section to each of these."""
    return changes(*({section: {key: value}} for value in found))


def rules(*labels: str) -> list[Step]:
    """Save one rate limit rule with each label."""
    return changes(*({"rateLimits": {"rules": [rule(label)]}} for label in labels))


def rule(label: str, audience: str = "", duration: int = 1, most: int = 1) -> dict[str, Json]:
    """Return a rate limit rule."""
    return {"label": label, "audience": audience, "duration": duration, "maxRequests": most}


def limits(*found: dict[str, Json]) -> list[Step]:
    """Save these rules together."""
    return changes({"rateLimits": {"rules": list(found)}})


def form(pairs: list[tuple[str, str]], **options: Any) -> Step:
    """Change the settings with a form."""
    return su.form(SETTINGS, pairs, "PATCH", **options)


EC_KEY = """-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgDcn7eQzYsLU+EuW4
+63urvXy+MVeFWMmAqMs2EhNpRWhRANCAATgFRn1MsnLRV4ZlKI10cxQtwkJ7U+W
XDA2SyUsPxJB69fE1qPWvbcyu+XuptqpFPg9m92oDwVJ/PhoNZ+BiIdJ
-----END PRIVATE KEY-----
"""
P384_KEY = """-----BEGIN PRIVATE KEY-----
MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDD7EQmVNydIRJV+j+Mc
owxa0f2wTUQLv/rVliYx6g5EUL8yWg9c+Q/pvO7N9q4o20GhZANiAAQY7IxstsCO
sL0XTgnyap03jkHsFQbOinuvy1lDpu76zoZEOYQcMpt5eaX/CJlkKpwvtDQ0SBRh
Lwj8GwfOV1873qaKy4C/Vznp9N+8eOK/LD2Sv3hqF5jQt4jGu6Rxhmk=
-----END PRIVATE KEY-----
"""
CLIENT: dict[str, Json] = {
    "clientId": "app.example",
    "teamId": "ABCDEFGHIJ",
    "keyId": "1234567890",
    "privateKey": EC_KEY,
    "duration": 60,
}


def apple(**found: Json) -> Step:
    """Ask for a client secret."""
    return su.post(APPLE, {**CLIENT, **found}, title=f"apple {list(found)}", mask=r"eyJ[\w.-]+")


ROUTES = [
    ("GET", SETTINGS),
    ("PATCH", SETTINGS),
    ("POST", S3_TEST),
    ("POST", EMAIL_TEST),
    ("POST", APPLE),
]

SCENARIOS = [
    scenario(
        "who may",
        auth_collection("set_users"),
        user("set_users", "setanna00000001", "set_anna"),
        [guest.send(method, path, "{}") for method, path in ROUTES],
        [Actor("set_anna").send(method, path, "{}") for method, path in ROUTES],
        [su.send(method, SETTINGS, "{}") for method in ("POST", "PUT", "DELETE")],
        [su.send(method, path, "{}") for method in ("GET", "PATCH") for path in (S3_TEST, APPLE)],
        su.get(SETTINGS + "/"),
        su.send("HEAD", SETTINGS),
    ),
    scenario(
        "show",
        RESET,
        su.get(SETTINGS),
        su.get(SETTINGS + "?fields=meta.appName"),
        su.get(SETTINGS + "?fields=meta,logs.logIP,nope,rateLimits.rules.label"),
        su.get(SETTINGS + "?fields=x:nope()"),
        su.patch(SETTINGS + "?fields=meta.senderName", {"meta": {"senderName": "Picked"}}),
    ),
    scenario(
        "merge",
        RESET,
        changes({}, {"meta": {"appName": "One"}}, {"meta": {}}, {"unknown": 1, "meta": {"x": 2}}),
        texts(
            "",
            "[]",
            "1",
            '"x"',
            "x",
            "{",
            '{"meta":{"appName":"Two"}} trailing',
            '{"META":{"APP_NAME":"Folded"}}',
            '{"meta":{"app-name":"Dashed"},"super_user_ips":["127.0.0.1"]}',
            '{"meta":{"appName":"A"},"META":{"appURL":"http://x.co"}}',
            '{"meta":{"appName":"A","APPNAME":"B"}}',
            '{"meta":{"appName":"A","appName":"B"}}',
            '{"superuserIPs":null}',
            '{"smtp":{"port":25,"host":"h"}}',
            '{"smtp":{"port":null}}',
            '{"smtp":null}',
            '{"logs":{"logIP":null,"maxDays":null}}',
            '{"logs":null}',
            '{"backups":{"cron":"@daily"}}',
            '{"backups":{"s3":null,"cron":null}}',
            '{"trustedProxy":{"headers":["A","B"]}}',
            '{"trustedProxy":{"headers":["C",null]}}',
            '{"trustedProxy":{"headers":[]}}',
            '{"trustedProxy":{"headers":null,"useLeftmostIP":true}}',
            '{"rateLimits":{"rules":[{"LABEL":"zz","Max_Requests":5,"duration":1}]}}',
            '{"rateLimits":{"rules":[]}}',
            '{"rateLimits":null}',
        ),
        su.get(SETTINGS),
        su.send("PATCH", SETTINGS, '{"meta":{"appName":"CT"}}', "text/plain"),
    ),
    scenario(
        "kinds",
        RESET,
        texts(
            '{"smtp":"x"}',
            '{"smtp":[]}',
            '{"smtp":{"port":"1"}}',
            '{"smtp":{"port":1.5}}',
            '{"smtp":{"port":1e2}}',
            '{"smtp":{"port":1.0}}',
            '{"smtp":{"port":true}}',
            '{"smtp":{"enabled":1}}',
            '{"smtp":{"enabled":"true"}}',
            '{"smtp":{"host":5}}',
            '{"superuserIPs":"x"}',
            '{"superuserIPs":[1]}',
            '{"superuserIPs":{}}',
            '{"rateLimits":{"rules":{}}}',
            '{"rateLimits":{"rules":["x"]}}',
            '{"rateLimits":{"rules":[{"duration":"1"}]}}',
            '{"trustedProxy":{"useLeftmostIP":1}}',
            '{"logs":{"maxDays":9223372036854775808}}',
        ),
    ),
    scenario(
        "forms",
        RESET,
        form([("meta.appName", "Form"), ("smtp.port", "99"), ("logs.logIP", "false")]),
        form([("trustedProxy.headers", "a"), ("trustedProxy.headers", "b")]),
        form([("superuserIPs", "127.0.0.1"), ("meta[appName]", "z")]),
        form([("smtp.port", "x")]),
        form([("smtp.tls", "maybe")]),
        form([("smtp.tls", "T"), ("smtp.port", "0x10")]),
        form([("META.appName", "z")]),
        form([("@jsonPayload", '{"meta":{"appName":"JP"}}'), ("meta.appURL", "http://y.co")]),
        form([("@jsonPayload", '{"smtp":null}'), ("smtp.host", "h")]),
        form([("@jsonPayload", "x")]),
        form([("rateLimits.rules", '{"label":"x"}')]),
        form([("meta.appName", "")]),
        su.multipart(SETTINGS, [("meta.appName", "Multi"), ("superuserIPs", "")], "PATCH"),
        su.multipart(SETTINGS, [("meta.appName", "Multi"), ("smtp.localName", "x")], "PATCH"),
    ),
    scenario(
        "smtp",
        RESET,
        changes(
            {"smtp": {"enabled": True}},
            {"smtp": {"enabled": True, "host": "h"}},
            {"smtp": {"enabled": True, "host": "h", "port": 70000}},
            {"smtp": {"host": "a b", "port": -1, "authMethod": "x", "localName": "_!"}},
            {"smtp": {"enabled": False, "host": "", "port": 0}},
        ),
        values("smtp", "authMethod", "PLAIN", "LOGIN", "", "plain", "CRAM-MD5"),
        values("smtp", "localName", "a", "a.b", "1.2.3.4", "::1", "a_b", "-a", "a-", "a.", ".a"),
        values("smtp", "localName", "a..b", "ä.co", "x" * 63, "x" * 64, "a b", "a:1", "[::1]"),
        values("smtp", "localName", "1.2.3", "256.1.1.1", "_", "fe80::1%eth0", "", "a\n", "a_."),
        values("smtp", "localName", ".".join(["x" * 63] * 4), ".".join(["x" * 63] * 5)),
        values("smtp", "port", 0, 2**53, -(2**53)),
    ),
    scenario(
        "meta",
        RESET,
        changes(
            {"meta": {"appName": "", "appURL": "x", "senderName": "", "senderAddress": "x"}},
            {"meta": {"appName": None, "appURL": None, "senderName": None}},
            {"meta": None},
        ),
        values("meta", "accentColor", "", "#fff", "#ffffff", "#FFFFFG", "ffffff", "fffffff"),
        values("meta", "accentColor", "#ffffff\n", "ä12345", "#ABCDEF"),
        values("meta", "appName", "x" * 255, "x" * 256, "ä" * 128, " "),
        values("meta", "senderName", "x" * 255, "x" * 256, "ä" * 128, " "),
        values("meta", "senderAddress", "a@b.co", "a@b", "x", "", "ä@b.co", "Name <a@b.co>"),
        values("meta", "appURL", "", "localhost:80", "http://localhost", "x", "http://a b"),
        values("meta", "appURL", "ftp://x.co", "a.b", "example.com", "https://ä.co/x?y#z"),
        values("meta", "hideControls", True, False),
    ),
    scenario(
        "numbers",
        RESET,
        changes(
            {"logs": {"maxDays": -1, "maxDataSize": -5, "minLevel": -100}},
            {"batch": {"enabled": True, "maxRequests": 0, "timeout": 0, "maxBodySize": -1}},
            {"batch": {"enabled": False, "maxRequests": 0, "timeout": 0}},
            {"batch": {"enabled": True, "maxRequests": -1, "timeout": -1}},
            {"batch": {"enabled": True, "maxRequests": 1, "timeout": 1}},
        ),
        values("logs", "maxDays", 0, 2**53 - 1, 2**53, -(2**53)),
        values("logs", "maxDataSize", 0, 2**53 - 1, 2**53),
        values("logs", "minLevel", 2**53 - 1, 2**53, -(2**53)),
        values("batch", "maxBodySize", 2**53, -1),
    ),
    scenario(
        "backups",
        RESET,
        changes(
            {"backups": {"cron": "x", "cronMaxKeep": 0}},
            {"backups": {"cron": "* * * * *", "cronMaxKeep": 0}},
            {"backups": {"cron": "", "cronMaxKeep": 0}},
            {"backups": {"cronMaxKeep": -1}},
            {"backups": {"s3": {"enabled": True}}},
            {"backups": {"s3": {"enabled": True, "endpoint": "!"}}},
            {"backups": {"cronMaxKeep": 1}},
        ),
        values("backups", "cron", "1-5 * * * *", "*/70 * * * *", "1/2 * * * *", "60 * * * *"),
        values("backups", "cron", "5-1 * * * *", "a * * * *", "1-2-3 * * * *", "*/a * * * *"),
        values("backups", "cron", "*/2/3 * * * *", "@daily", "@foo", "* * * *  *", " * * * * *"),
        values("backups", "cron", "+5 * * * *", "-1 * * * *", "1- * * * *", "0 0 0 * *", ""),
        values("backups", "cron", "0 0 1 13 *", "0 0 1 1 7", "* * * * * *", "*/0 * * * *"),
        values("backups", "cron", "9" * 20 + " * * * *", "1,2,x * * * *", ", * * * *"),
        values(
            "backups", "cron", "70-80 * * * *", "1_0 * * * *", "10-70 * * * *", "1,3-9/2 * * * *"
        ),
    ),
    scenario(
        "s3",
        RESET,
        changes(
            {"s3": {"enabled": True}},
            {"s3": {"enabled": True, "endpoint": "!"}},
            {"s3": {"endpoint": "!"}},
            {"s3": {"endpoint": "x y", "bucket": "b"}},
            {"s3": {"endpoint": "s3.example.com"}},
        ),
    ),
    scenario(
        "addresses",
        RESET,
        [
            su.patch(SETTINGS, {"rateLimits": {"excludedIPs": [text]}})
            for text in (
                "127.0.0.1",
                "127.0.0.1/24",
                "::/128",
                "127.0",
                "1.2.3.4/",
                "01.2.3.4",
                "1.2.3.4/08",
                "1.2.3.4/032",
                "fe80::1%eth0",
                "fe80::1%eth0/64",
                "fe80::1%",
                "::ffff:1.2.3.4",
                "1.2.3.4/-1",
                " 1.2.3.4",
                "::1/129",
                "1.2.3.4/+8",
                "::ffff:1.2.3.4/96",
                "1.2.3.4%e",
                "1.2.3.4/255.0.0.0",
                "1.2.3.4/0",
                "x",
                "",
                "::",
                "1::2::3",
            )
        ],
        changes({"superuserIPs": ["", None, "x", "1.2.3.4/33", "127.0.0.1"]}),
        changes({"rateLimits": {"excludedIPs": ["", "x", "::1"]}}),
    ),
    scenario(
        "rate limit rules",
        RESET,
        rules("GET /a", "get /a", "/a/", "/", "users:list", "*:x", "word", "a-b:c", "*", "*:"),
        rules("/a.b", "/a b", "GET  /a", "GET /", "GET /a/{b}", "ä", "/ä", "a:b:c", "/a\n", "w\n"),
        rules("", " ", "/A_b-c/1", "GET:x", "_:_", "GET a"),
        changes(
            {"rateLimits": {"enabled": True, "rules": []}},
            {"rateLimits": {"rules": [None]}},
            {"rateLimits": {"rules": [rule("!", "x", -1, -1), rule("", "@guest", 0, 0)]}},
            {"rateLimits": {"rules": [rule("x", duration=2**53, most=2**53)]}},
        ),
        limits(rule("/a"), rule("/ab")),
        limits(rule("/a"), rule("/a")),
        limits(rule("/a"), rule("/a", "@guest")),
        limits(rule("/a", "@guest"), rule("/a")),
        limits(rule("/a", "@guest"), rule("/a", "@auth")),
        limits(rule("/a", "@guest"), rule("/b"), rule("/a", "@guest"), rule("/b")),
        limits(rule("/a"), rule("/a", most=0)),
        limits(rule("/a"), rule("/A")),
    ),
    scenario(
        "several sections",
        RESET,
        changes(
            {
                "superuserIPs": ["x"],
                "smtp": {"port": -1},
                "backups": {"cron": "x", "s3": {"endpoint": "!"}},
                "s3": {"endpoint": "!"},
                "meta": {"appName": ""},
                "rateLimits": {"rules": [rule("!")], "excludedIPs": ["x"]},
                "batch": {"timeout": -1},
                "logs": {"maxDays": -1},
            }
        ),
        su.get(SETTINGS),
    ),
    scenario(
        "test s3",
        RESET,
        [
            su.send("POST", S3_TEST, body)
            for body in (
                "{}",
                "",
                "null",
                '{"filesystem":"x"}',
                '{"filesystem":"storage"}',
                '{"filesystem":"backups"}',
                '{"filesystem":1}',
                "[]",
                '{"FileSystem":""}',
            )
        ],
        su.form(S3_TEST, [("filesystem", "storage")]),
    ),
    scenario(
        "test email",
        auth_collection("set_mail"),
        base("set_plain"),
        RESET,
        [
            leaking(su.post(EMAIL_TEST, body))
            for body in (
                {},
                {"email": "x", "template": "y", "collection": "nope"},
                {"email": "a@b.co", "template": "verification", "collection": "x" * 256},
                {"email": "a" * 300 + "@b.co", "template": "otp", "collection": "set_plain"},
                {"email": "a@b.co", "template": "OTP"},
                {"email": 1},
                {"email": "a@b.co", "template": "otp", "collection": "set_plain"},
                {"email": "", "template": "", "collection": "SET_MAIL"},
            )
        ],
        su.send("POST", EMAIL_TEST, ""),
    ),
    scenario(
        "apple",
        su.post(APPLE, {}),
        apple(),
        apple(duration=15777000),
        apple(duration=15777001),
        apple(duration=0),
        apple(duration=-1),
        apple(duration=1.5),
        su.send("POST", APPLE, '{"duration":60.0}'),
        su.send("POST", APPLE, '{"duration":6e1}'),
        su.send("POST", APPLE, '{"duration":null,"CLIENT_ID":"x","team-id":"y"}'),
        apple(duration="1"),
        apple(clientId="", teamId="1", keyId="12345678901", privateKey="x"),
        apple(teamId="ä" * 5, keyId="ä" * 10),
        apple(privateKey=P384_KEY),
        apple(privateKey="  \n" + EC_KEY + " "),
        apple(privateKey="x" + EC_KEY),
        apple(privateKey=EC_KEY.replace("\n", "")),
        apple(privateKey=EC_KEY.replace("\n", "\r\n")),
        apple(privateKey="-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----"),
        leaking(apple(privateKey="-----BEGIN PRIVATE KEY-----\nMTIz\n-----END PRIVATE KEY-----")),
        apple(privateKey=EC_KEY.replace("PRIVATE", "EC PRIVATE")),
        su.send("POST", APPLE, "{"),
        su.form(APPLE, [("clientId", "a"), ("duration", "x")]),
        su.form(APPLE, [("clientId", "a"), ("duration", "60")]),
    ),
    # The last one: PocketBase goes on with a cleared S3 secret until it is started again.
    scenario(
        "secrets",
        RESET,
        changes(
            {"smtp": {"password": "one"}, "s3": {"secret": "two"}},
            {"backups": {"s3": {"secret": "three"}}},
            {"smtp": {"username": "kept"}},
            {"s3": {"enabled": True, "bucket": "b", "region": "r", "endpoint": "http://x.co"}},
            {
                "s3": {"enabled": True, "bucket": "b", "region": "r", "endpoint": "http://x.co"}
                | {"accessKey": "a"}
            },
        ),
        su.get(SETTINGS),
        su.get(SETTINGS + "?fields=smtp.password,s3.secret,backups.s3.secret"),
        changes({"smtp": {"password": ""}}),
    ),
]


def test_same_answer(case: Case, pair: Pair) -> None:
    pair.check(case)
