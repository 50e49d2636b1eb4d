"""Batches of writes: limits, bodies, items, files, rules, rate limits (contract 7.7)."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from tests.differential.batteries import OPEN, auth_collection, base, field, user, view
from tests.differential.steps import (
    Actor,
    Json,
    Part,
    Step,
    encode_json,
    fixture,
    guest,
    records,
    scenario,
    su,
    with_query,
)

if TYPE_CHECKING:
    from tests.differential.pair import Case, Pair

BATCH = "/api/batch"
SETTINGS = "/api/settings"
WINDOW_S = 1000
ONE, TWO = "btrecord0000001", "btrecord0000002"


def allow(most: int = 10, **limits: int) -> Step:
    """Allow batches; a body of 1 MB at most."""
    body = {"enabled": True, "maxRequests": most, "timeout": 30, "maxBodySize": 1_000_000}
    return fixture(su.patch(SETTINGS, {"batch": body | limits}))


def item(method: str, url: str, body: Json = None, **more: Json) -> dict[str, Json]:
    """Return one item."""
    return {"method": method, "url": url} | ({} if body is None else {"body": body}) | more


def create(collection: str, **body: Json) -> dict[str, Json]:
    return item("POST", records(collection), body)


def update(collection: str, record_id: str, **body: Json) -> dict[str, Json]:
    return item("PATCH", records(collection, record_id), body)


def upsert(collection: str, **body: Json) -> dict[str, Json]:
    return item("PUT", records(collection), body)


def delete(collection: str, record_id: str) -> dict[str, Json]:
    return item("DELETE", records(collection, record_id))


def batch(*items: Json, actor: Actor = guest, **query: str) -> Step:
    """Send items as JSON."""
    return actor.post(with_query(BATCH, **query), {"requests": list(items)})


def form(*parts: Part, items: list[Json]) -> Step:
    """Send items as a form with files."""
    payload = (encode_json({"requests": items}) or b"").decode()
    return guest.multipart(BATCH, [("@jsonPayload", payload), *parts])


def texts(*bodies: str) -> list[Step]:
    """Send each body verbatim."""
    return [guest.send("POST", BATCH, body) for body in bodies]


def each(*urls: tuple[str, str]) -> list[Step]:
    """Send each method and URL as the only item."""
    return [batch(item(method, url, {"title": "x"})) for method, url in urls]


def rows(collection: str) -> Step:
    """List what there is."""
    return su.get(records(collection, sort="@rowid"))


def limit(label: str, most: int) -> dict[str, Json]:
    return {"label": label, "audience": "", "duration": WINDOW_S, "maxRequests": most}


def random_item(source: random.Random, collection: str) -> dict[str, Json]:
    """Return a write of one of few records, which mostly succeeds."""
    record_id = source.choice((ONE, TWO, *(f"btrandom000000{n}" for n in range(6))))
    body: dict[str, Json] = {"title": "x" * source.choice((1, 5, 20, 20, 20, 21))}
    body |= source.choice(
        ({}, {"n": source.randrange(9)}, {"n+": 1}, {"tags+": source.choice("abc")})
    )
    match source.choice(("create", "update", "upsert", "upsert", "upsert", "delete")):
        case "create":
            return create(collection, **body)
        case "update":
            return update(collection, record_id, **body)
        case "upsert":
            return upsert(collection, id=record_id, **body)
    return delete(collection, record_id)


def random_batches(collection: str, seed: int, count: int) -> list[Step]:
    """Return batches of 1 to 8 writes, each followed by a look at the records."""
    source = random.Random(seed)
    steps: list[Step] = []
    for _ in range(count):
        items = [random_item(source, collection) for _ in range(source.randint(1, 8))]
        steps += (batch(*items), rows(collection))
    return steps


ANNA = Actor("bt_anna")
TITLE = field("text", "title", max=20)

SCENARIOS = [
    scenario(
        "limits",
        fixture(su.patch(SETTINGS, {"batch": {"enabled": False}})),
        base("bl_posts", TITLE),
        batch(),
        texts("{", ""),
        batch(create("bl_posts", title="x"), actor=su),
        allow(2, maxBodySize=500),
        batch(*[create("bl_posts", title="x")] * 2),
        batch(*[create("bl_posts", title="x")] * 3),
        batch({}, {}, {}),
        batch(create("bl_posts", title="x" * 500)),
        rows("bl_posts"),
        guest.get(BATCH),
        guest.post(BATCH + "/", {}),
        guest.patch(BATCH, {}),
    ),
    scenario(
        "bodies",
        allow(),
        guest.send("POST", BATCH),
        texts(
            "null",
            "[]",
            "{}",
            "{",
            '"x"',
            '{"requests":null}',
            '{"requests":[]}',
            '{"requests":{}}',
            '{"requests":"x"}',
            '{"requests":0}',
            '{"requests":[1]}',
            '{"requests":[[]]}',
            '{"requests":[{}]}',
            '{"requests":[{"method":1}]}',
            '{"requests":[{"method":null,"url":null,"body":null,"headers":null}]}',
            '{"requests":[{"method":"post","url":"/x"},{"method":"POST","url":""}]}',
            '{"requests":[{"method":" ","url":" "}]}',
            '{"REQUESTS":[{"METHOD":"GET","Url":"x"}]}',
            '{"requests":[],"requests":[]}',
            '{"requests":[{"method":"GET","method":"POST","url":"x"}]}',
            '{"requests":[{"method":"POST","url":"/x","body":{"a":1,"a":2}}]}',
            '{"requests":[{"method":"POST","url":"/x"}]}trailing',
        ),
        [
            guest.send("POST", BATCH, f'{{"requests":[{{"method":"POST","url":"/x",{member}}}]}}')
            for member in (
                '"body":[]',
                '"body":""',
                '"body":0',
                '"headers":[]',
                '"headers":""',
                '"headers":{"a":1}',
                '"headers":{"a":null}',
            )
        ],
        batch(item("POST", "/" + "x" * 1999)),
        batch(item("POST", "/" + "x" * 2000)),
        batch(item("POST", "/" + "ä" * 1000)),
        guest.send("POST", BATCH, "{}", "text/plain"),
        guest.send("POST", BATCH, "<a/>", "application/xml"),
        guest.send("POST", BATCH, "<a>", "application/xml"),
        guest.form(BATCH, [("requests", "x")]),
        guest.form(BATCH, [("requests.0.method", "POST"), ("requests.0.url", "/x")]),
        guest.form(BATCH, [("@jsonPayload", '{"requests":[{"method":"POST"}]}')]),
        guest.form(BATCH, [("@jsonPayload", "null")]),
        guest.multipart(BATCH, [("requests", "[]")]),
        guest.multipart(BATCH, [("requests.0.docs", "a.txt", b"a")]),
        guest.send("POST", BATCH, "x", "multipart/form-data; boundary=x"),
    ),
    scenario(
        "requests",
        allow(),
        base("bt_posts", TITLE, field("number", "n")),
        view("bt_view", "select id, title from bt_posts"),
        base("bt_locked", TITLE, **dict.fromkeys(OPEN)),
        each(
            ("GET", records("bt_posts")),
            ("PUT", records("bt_posts", "abc")),
            ("POST", "http://localhost" + records("bt_posts")),
            ("POST", records("bt_posts") + "/"),
            ("POST", records("bt_posts").removeprefix("/")),
            ("POST", records("bt_posts") + "?"),
            ("POST", "/api/health"),
            ("POST", BATCH),
            ("DELETE", records("bt_posts")),
            ("PATCH", records("bt_posts")),
            ("POST", records("bt_nope")),
            ("PUT", records("bt_nope")),
            ("PATCH", records("bt_nope", "x")),
            ("DELETE", records("bt_nope", "x")),
            ("PATCH", records("bt_posts", "x")),
            ("DELETE", records("bt_posts", "x")),
            ("POST", records("bt_locked")),
            ("PATCH", records("bt_locked", "x")),
            ("DELETE", records("bt_locked", "x")),
            ("POST", records("bt_view")),
            ("PUT", records("bt_view")),
            ("PATCH", records("bt_view", "x")),
            ("DELETE", records("bt_view", "x")),
            ("POST", records("BT_POSTS")),
            ("POST", records("bt%5Fposts")),
            ("POST", records("bt%zzposts")),
            ("POST", records("bt_posts") + "?x=%zz"),
            ("POST", records("bt_posts") + "?a=1;b=2"),
            ("POST", records("bt_posts") + "\n"),
            ("POST", records("bt_posts") + "?a\nb"),
            ("POST", records("bt_posts") + "#x"),
            ("POST", records("bt_posts", fields="id,n", expand="x")),
            ("POST", records("bt_posts", fields="title:nope(1)")),
            ("POST", records("bt_posts", n="5")),
            ("POST", records("bt_posts", n="5") + "&n=6#n=7"),
            ("POST", records("bt_posts", title="y")),
            ("POST", records("bt_posts", title="5")),
        ),
        batch(item("POST", records("bt_posts", title="y"), {"title": None})),
        batch(item("POST", records("bt_posts"))),
        rows("bt_posts"),
    ),
    scenario(
        "a record's life",
        allow(),
        base("br_posts", TITLE, field("number", "n"), field("json", "js")),
        batch(
            create("br_posts", id=ONE, title="one", n=1.0, js={"a": [1.0, None]}),
            upsert("br_posts", id=ONE, **{"n+": 2}),
            update("br_posts", ONE, title="changed"),
            delete("br_posts", ONE),
            upsert("br_posts", id=ONE, title="again"),
            upsert("br_posts", title="new"),
        ),
        rows("br_posts"),
        [
            batch(upsert("br_posts", id=value))
            for value in (None, "", 123, True, [ONE], {"a": 1}, "short")
        ],
        batch(create("br_posts", id=TWO), create("br_posts", id=TWO)),
        batch(create("br_posts", title="ok"), create("br_posts", title="x" * 21)),
        batch(*[create("br_posts", title="x" * 21)] * 3),
        batch(create("br_posts", title="ok"), update("br_posts", "nope", n=1)),
        batch(delete("br_posts", ONE), delete("br_posts", ONE)),
        rows("br_posts"),
        batch(create("br_posts", title="ok"), fields="status"),
        batch(create("br_posts", title="ok"), fields="body.title"),
        batch(create("br_posts", title="ok"), fields="nope"),
        batch(create("br_posts", title="x" * 21), fields="status"),
    ),
    scenario(
        "relations",
        allow(),
        base("bo_posts", TITLE, id="bo_posts_id"),
        base(
            "bo_comments",
            TITLE,
            field("relation", "post", collectionId="bo_posts_id", cascadeDelete=True),
        ),
        batch(
            create("bo_posts", id=ONE, title="post"),
            item("POST", records("bo_comments", expand="post"), {"title": "c", "post": ONE}),
            create("bo_comments", title="d", post=ONE),
        ),
        batch(create("bo_comments", post=TWO), create("bo_posts", id=TWO)),
        rows("bo_comments"),
        batch(delete("bo_posts", ONE), create("bo_posts", title="left")),
        rows("bo_comments"),
        rows("bo_posts"),
    ),
    scenario(
        "who may",
        allow(),
        auth_collection("bw_users"),
        user("bw_users", "bwanna000000001", "bt_anna"),
        base("bw_own", TITLE, createRule="@request.auth.id != ''"),
        base("bw_batch", TITLE, createRule="@request.context = 'batch'"),
        base("bw_header", TITLE, createRule="@request.headers.x_word = 'yes'"),
        base("bw_form", TITLE, createRule="@request.headers.content_type ~ 'multipart/form-data'"),
        base("bw_method", TITLE, createRule="@request.method = 'POST'"),
        base("bw_query", TITLE, createRule="@request.query.q = 'yes'"),
        base("bw_body", TITLE, deleteRule="@request.body.title = 'yes'"),
        batch(create("bw_own")),
        batch(create("bw_own"), actor=ANNA),
        batch(create("bw_own", title="x"), create("bw_own", title="y"), actor=su),
        batch(item("POST", records("bw_own"), headers={"Authorization": "{bt_anna.token}"})),
        batch(item("POST", records("bw_own"), headers={"authorization": ""}), actor=ANNA),
        batch(create("bw_batch")),
        guest.post(records("bw_batch"), {}),
        batch(create("bw_header")),
        batch(item("POST", records("bw_header"), headers={"x-WORD": "yes"})),
        batch(item("POST", records("bw_header"), headers={"X_Word": "yes"})),
        guest.post(BATCH, {"requests": [create("bw_header")]}, headers={"X-Word": "yes"}),
        guest.post(
            BATCH,
            {"requests": [item("POST", records("bw_header"), headers={"X-Word": "no"})]},
            headers={"X-Word": "yes"},
        ),
        batch(create("bw_form")),
        batch(item("POST", records("bw_form"), headers={"content-type": "application/json"})),
        batch(create("bw_method"), upsert("bw_method")),
        batch(create("bw_query"), q="yes"),
        batch(item("POST", records("bw_query", q="yes"))),
        batch(create("bw_body", id=ONE), item("DELETE", records("bw_body", ONE))),
        batch(create("bw_body", id=ONE), item("DELETE", records("bw_body", ONE), {"title": "yes"})),
    ),
    scenario(
        "accounts",
        allow(),
        auth_collection("ba_users", TITLE),
        user("ba_users", "baanna000000001", "bt_anna"),
        batch(create("ba_users", email="a@b.co", password="12345678", passwordConfirm="12345678")),
        batch(create("ba_users", email="a@b.co", password="12345678")),
        batch(update("ba_users", "baanna000000001", email="x@b.co"), actor=ANNA),
        batch(update("ba_users", "baanna000000001", title="hers"), actor=ANNA),
        batch(
            update("ba_users", "baanna000000001", password="87654321", passwordConfirm="87654321"),
            actor=ANNA,
        ),
        batch(delete("ba_users", "baanna000000001"), create("ba_users"), actor=ANNA),
        ANNA.get(records("ba_users", "baanna000000001")),
    ),
    scenario(
        "files",
        allow(),
        base(
            "bf_posts", TITLE, field("file", "docs", maxSelect=9), field("file", "doc", maxSize=9)
        ),
        form(
            ("requests.0.docs", "A b.TXT", b"one"),
            ("requests[0].doc", "c.txt", b"two"),
            ("requests.1.docs+", "long name.txt", b"three"),
            ("requests.9.docs", "z.txt", b"z"),
            ("requests.01.docs", "z.txt", b"z"),
            ("requests.2.title", "t.txt", b"t"),
            ("requests.2.", "t.txt", b"t"),
            ("other", "t.txt", b"t"),
            items=[
                create("bf_posts", id=ONE, title="x", docs=["nope.txt"]),
                update("bf_posts", ONE, title="5"),
                create("bf_posts"),
            ],
        ),
        form(
            ("requests.1.doc", "long.txt", b"x" * 10),
            items=[create("bf_posts", title="ok"), create("bf_posts", title="x")],
        ),
        form(
            ("@jsonPayload", '{"requests":[{"method":"POST"}]}'),
            items=[create("bf_posts", title="ok"), create("bf_posts", title="x")],
        ),
        form(("requests.0.docs", "empty.txt", b""), items=[create("bf_posts", title="empty")]),
        form(items=[]),
        batch(create("bf_posts", docs=["nope.txt"])),
        batch(update("bf_posts", ONE, docs=[])),
        rows("bf_posts"),
    ),
    scenario(
        "random writes",
        allow(),
        base(
            "bx_posts",
            TITLE,
            field("number", "n"),
            field("select", "tags", values=["a", "b", "c"], maxSelect=3),
        ),
        random_batches("bx_posts", seed=7, count=60),
    ),
    scenario(
        "rate limits",
        allow(),
        base("bm_posts", TITLE),
        fixture(
            su.patch(
                SETTINGS,
                {
                    "rateLimits": {
                        "enabled": True,
                        "rules": [
                            limit("bm_posts:create", 3),
                            limit("*:update", 1),
                            limit("/api/collections/", 1),
                            limit(BATCH, 12),
                        ],
                    }
                },
            )
        ),
        batch(create("bm_posts", id=ONE), create("bm_posts")),
        batch(create("bm_posts"), create("bm_posts")),
        guest.post(records("bm_posts"), {}),
        batch(update("bm_posts", ONE), upsert("bm_posts", id=ONE)),
        batch(delete("bm_posts", "x")),
        batch(delete("bm_posts", "x")),
        batch(create("bm_nope")),
        batch(*[create("bm_posts")] * 4, actor=su),
        [batch()] * 7,
        fixture(su.patch(SETTINGS, {"rateLimits": {"enabled": False}})),
        rows("bm_posts"),
    ),
]


def test_batch(pair: Pair, case: Case) -> None:
    pair.check(case)
