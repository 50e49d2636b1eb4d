"""View collections: queries, derived fields, records, dry run (contract 3.8, 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.differential.batteries import base, field, filters, sorts, view
from tests.differential.blog import POST_A, world
from tests.differential.steps import Step, collections, guest, leaking, records, scenario, su

if TYPE_CHECKING:
    from tests.differential.pair import Case, Pair

RANDOM_NAME = r"temp_view_\w+|pbc_\d+"
DRY_RUN = "/api/collections/meta/dry-run-view"


def tries(prefix: str, *view_queries: str) -> list[Step]:
    """Create and read one view for each query."""
    steps = []
    for index, text in enumerate(view_queries):
        name = f"{prefix}_v{index}"
        body = {"name": name, "type": "view", "viewQuery": text, "listRule": ""}
        steps += [su.post(collections(), body), guest.get(records(name, sort="id"))]
    return steps


def refused(prefix: str, *view_queries: str) -> list[Step]:
    return [
        leaking(
            su.post(
                collections(), {"name": f"{prefix}_r{index}", "type": "view", "viewQuery": text}
            )
        )
        for index, text in enumerate(view_queries)
    ]


def dry_runs(*view_queries: str) -> list[Step]:
    return [leaking(su.post(DRY_RUN, {"query": text}, mask=RANDOM_NAME)) for text in view_queries]


SCENARIOS = [
    scenario(
        "derived fields",
        *world("va"),
        tries(
            "va",
            "select id from va_posts",
            "select id, title from va_posts;",
            "SELECT id, title as name, num, bo, d, js, g, sel, tags, main FROM va_posts",
            "select p.id, p.title, t.name tag from va_posts p left join va_tags t on t.id = p.main",
            "select id, count(*) as total from va_posts group by num",
            "select id, count(id) total from va_posts group by id",
            "select main as id, count(id) as c, sum(num) s, max(num) m, min(d) mi, avg(num) a"
            " from va_posts where main != '' group by main",
            "select id, total(num) as t from va_posts group by id",
            "select id, cast(num as real) r, cast(num as int) i, cast(num as text) t,"
            " cast(num as bool) b, cast(num as decimal(1,2)) d, cast(num as blob) bl from va_posts",
            "select id, title || '!' as x, 1 as one, 'text' as txt, null as nothing from va_posts",
            "select id, (select name from va_tags where id = main) as tag from va_posts",
            "select p.id, t.id as tag_id from va_posts p join va_tags t on t.id = p.main",
            "select c.id, c.post, p.author from va_comments c join va_posts p on p.id = c.post",
            "select id, email, name from va_users",
            "select (row_number() over (order by id)) as id, title from va_posts",
            "select cast(num as text) as id, title from va_posts",
            "with x as (select id, title from va_posts) select id, title from x",
            "select id, title from va_posts union select id, name from va_tags",
            "select v.id, v.title from va_v1 v",
            "select id, title from va_posts -- comment",
            "select id, title from va_posts /* comment */ where num > 0",
            'select "id", `title`, [num] from "va_posts"',
            "select id, created from va_posts limit 1",
            "select id, hid from va_posts",
            "select id, json_extract(js, '$.s') as s, json_array_length(tags) n from va_posts",
            "select id, case when num > 1 then 'big' else 'small' end as size from va_posts",
            "select id, num + 1 as next, num > 1 as more, coalesce(title, '') as c from va_posts",
        ),
        su.get(records("va_v2", expand="tags,main", sort="id")),
        su.get(records("va_v3", POST_A)),
        guest.get(records("va_v3", POST_A)),
        su.get(records("va_v5", filter="total > 0", sort="-id")),
        su.get(records("va_v23")),
        guest.get(records("va_v23")),
    ),
    scenario(
        "refused queries",
        *world("vr"),
        refused(
            "vr",
            "",
            " ",
            "select",
            "select * from vr_posts",
            "select p.* from vr_posts p",
            "select title from vr_posts",
            "select nope from vr_posts",
            "select id from nope",
            "select id, id from vr_posts",
            "select id as ID from vr_posts",
            "select null as id",
            "select '' as id",
            "select 'a' as id union all select 'a' as id",
            "select count(*) as id, title from vr_posts",
            "select max(title) as id from vr_posts where 1 = 2",
            "select main as id from vr_posts",
            "select id, title as 'a b' from vr_posts",
            "select id, title as expand from vr_posts",
            "select id, title as x, num as x from vr_posts",
            "select id, count(*) from vr_posts",
            "select id; select id from vr_posts",
            "select id from vr_posts; drop table vr_posts",
            "delete from vr_posts",
            "insert into vr_posts (id) values ('x')",
            "drop table vr_posts",
            "pragma table_info(vr_posts)",
            "select id from vr_posts where title = ?",
            "x" * 10,
        ),
        su.post(collections(), {"name": "vr_norule", "type": "view"}),
        su.post(
            collections(),
            {"name": "vr_c", "type": "view", "viewQuery": "select id from users", "createRule": ""},
        ),
        su.post(
            collections(),
            {
                "name": "vr_i",
                "type": "view",
                "viewQuery": "select id from users",
                "indexes": ["create index vr_x on vr_i (id)"],
            },
        ),
        su.post(
            collections(),
            {
                "name": "vr_f",
                "type": "view",
                "viewQuery": "select id from users",
                "fields": [field("text", "given")],
            },
        ),
        su.post(
            collections(),
            {
                "name": "vr_rule",
                "type": "view",
                "viewQuery": "select id from users",
                "listRule": "email != ''",
            },
        ),
        su.post(
            collections(),
            {"name": "vr_max", "type": "view", "viewQuery": "select max(num) as id from vr_posts"},
        ),
        su.post(
            collections(),
            {
                "name": "vr_null",
                "type": "view",
                "viewQuery": "select max(id) as id from vr_posts where num > 5",
                "createRule": "",
            },
        ),
        su.get(records("vr_posts", fields="id")),
    ),
    scenario(
        "changes around a view",
        base("vc_a", field("text", "t", id="t1"), field("number", "n", id="n1")),
        su.post(records("vc_a"), {"id": "aaaaaaaaaaaaaa1", "t": "x", "n": 1}),
        view("vc_v", "select id, t, n from vc_a"),
        view("vc_w", "select id, t from vc_v"),
        su.patch(collections("vc_v"), {"viewQuery": "select id, t as u from vc_a"}),
        su.get(collections("vc_w")),
        su.get(records("vc_v")),
        su.patch(collections("vc_v"), {"viewQuery": "select id, t from vc_a"}),
        su.patch(collections("vc_v"), {"name": "vc_renamed"}),
        su.patch(collections("vc_v"), {"listRule": "t = 'x'", "viewRule": "t = 'y'"}),
        guest.get(records("vc_v")),
        guest.get(records("vc_v", "aaaaaaaaaaaaaa1")),
        su.patch(
            collections("vc_a"),
            {"fields": [field("text", "t", id="t1", max=5), field("number", "n", id="n1")]},
        ),
        su.get(collections("vc_v")),
        leaking(su.patch(collections("vc_a"), {"fields": [field("number", "n", id="n1")]})),
        leaking(su.patch(collections("vc_a"), {"name": "vc_b"})),
        leaking(su.delete(collections("vc_a"))),
        leaking(su.patch(collections("vc_v"), {"viewQuery": "select nope"})),
        su.patch(collections("vc_v"), {"viewQuery": ""}),
        su.patch(collections("vc_v"), {"createRule": "", "updateRule": "id = ''"}),
        su.patch(collections("vc_v"), {"indexes": ["create index a on vc_v (t)"]}),
        su.get(collections("vc_v")),
        su.get(records("vc_v")),
        su.delete(collections("vc_w")),
        su.delete(collections("vc_v")),
        su.get(collections("vc_v")),
    ),
    scenario(
        "reading views",
        *world("vq"),
        view(
            "vq_v",
            "select p.id, p.title, p.num, p.tags, p.main, p.js, p.d, count(c.id) as comments"
            " from vq_posts p left join vq_comments c on c.post = p.id group by p.id",
        ),
        filters(
            "vq_v",
            "title != ''",
            "comments > 1",
            "comments = '2'",
            "tags.name ?= 'red'",
            "main.name = 'green'",
            "js.s = 'x'",
            "tags:length = 2",
            "d < @now",
            "nope = 1",
            "vq_comments_via_post.id != ''",
            "main.vq_posts_via_main.title != ''",
            actor=guest,
        ),
        sorts(
            "vq_v", "-comments,id", "title", "@rowid", "main.name,id", "@random,nope", actor=guest
        ),
        guest.get(records("vq_v", page=2, perPage=1, sort="id")),
        guest.get(records("vq_v", expand="tags,main", sort="id")),
        guest.get(records("vq_v", POST_A, expand="main")),
        guest.get(records("vq_v", "nope")),
        guest.post(records("vq_v"), {}),
        guest.patch(records("vq_v", POST_A), {}),
        guest.delete(records("vq_v", POST_A)),
        su.post(records("vq_v"), {}),
    ),
    scenario(
        "dry run",
        *world("vd"),
        dry_runs(
            "",
            "select id, title from vd_posts",
            "select id from vd_posts limit 1",
            "select * from vd_posts",
            "select title from vd_posts",
            "select nope",
            "delete from vd_posts",
            "select id, num, count(*) as c from vd_posts group by id",
            "x" * 5001,
        ),
        su.post(DRY_RUN, {}),
        su.post(DRY_RUN),
        su.send("POST", DRY_RUN, "{"),
        su.post(DRY_RUN, {"query": 1}),
        su.post(DRY_RUN, {"query": "select id, title from vd_posts", "extra": 1}, mask=RANDOM_NAME),
        su.post(
            DRY_RUN + "?fields=sample",
            {"query": "select id, title from vd_posts"},
            mask=RANDOM_NAME,
        ),
        guest.post(DRY_RUN, {"query": "select 1 as id"}),
        su.get(DRY_RUN),
    ),
]


def test_same_answer(case: Case, pair: Pair) -> None:
    pair.check(case)
