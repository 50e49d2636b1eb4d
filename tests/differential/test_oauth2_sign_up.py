"""New records of OAuth2 users: createData, rules, mapped fields (contract 8.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.auth.oauth2.scripted_provider import make_code
from tests.differential.batteries import field, sign_in
from tests.differential.oauth2_steps import (  # noqa: F401
    EXPIRY,
    PASSWORD,
    RANDOM,
    enter,
    oauth2,
    proven,
    provider,
    users,
)
from tests.differential.steps import auth, collections, guest, records, scenario, su

if TYPE_CHECKING:
    from tests.differential.pair import Case, Pair
    from tests.differential.steps import Json

PUBLIC_FILES: dict[str, bytes] = {}

FLAGS: list[Json] = ["true", "TRUE", "1", 1, "t", "yes", "false", 0, None, [], {}, 2, 1.5]
"""What providers and others might say of `email_verified`."""

SCENARIOS = [
    scenario(
        "sign up",
        users("os_users", field("text", "name"), field("bool", "flag"), field("text", "hid")),
        enter("os_users", sub="a"),
        enter("os_users", sub="a", email="a@example.com"),
        enter("os_users", sub="a", **proven("a@example.com")),
        enter("os_users", sub="a", **proven("changed@example.com")),
        enter("os_users", sub="a"),
        *(
            enter("os_users", sub=f"v{number}", email=f"v{number}@example.com", email_verified=flag)
            for number, flag in enumerate(FLAGS)
        ),
        enter("os_users", sub="b", **proven("not an email")),
        enter("os_users", sub="b", data={"email": "b2@example.com"}, **proven("b@example.com")),
        enter("os_users", sub="c", data={"email": ""}, **proven("c@example.com")),
        enter("os_users", sub="d", data={"email": None}, **proven("d@example.com")),
        enter("os_users", sub="e", data={"email": 5}, **proven("e@example.com")),
        enter("os_users", sub="f", data={"email": "bad"}, **proven("f@example.com")),
        enter("os_users", sub="g", data={"verified": True}, **proven("g@example.com")),
        enter("os_users", sub="h", data={"verified": True, "email": "h@x.org"}),
        enter("os_users", sub="i", data={"email": "i@x.org"}),
        enter("os_users", sub="j", data={"password": "short"}, **proven("j@example.com")),
        enter("os_users", sub="j", data={"password": PASSWORD}, **proven("j@example.com")),
        enter(
            "os_users",
            sub="j",
            data={"password": PASSWORD, "passwordConfirm": "x"},
            **proven("j@example.com"),
        ),
        enter(
            "os_users",
            sub="j",
            data={"password": PASSWORD, "passwordConfirm": PASSWORD},
            **proven("j@example.com"),
        ),
        sign_in("os_users", "j@example.com", PASSWORD),
        enter("os_users", sub="k", data={"password": ""}, **proven("k@example.com")),
        enter("os_users", sub="k", data={"passwordConfirm": "x"}, **proven("k@example.com")),
        enter(
            "os_users",
            sub="l",
            data={"name": "L", "flag": "true", "nope": 1, "id": "lllllllllllllll"},
            **proven("l@example.com"),
        ),
        enter("os_users", sub="m", data={"id": "short"}, **proven("m@example.com")),
        enter("os_users", sub="m", data={"id": "lllllllllllllll"}, **proven("m@example.com")),
        enter("os_users", sub="n", data={"tokenKey": "x" * 40}, **proven("n@example.com")),
        enter("os_users", sub="o", data={}, **proven("o@example.com")),
        enter("os_users", sub="o2", data={"name+": "x"}, **proven("o2@example.com")),
        enter("os_users", sub="p", actor=su, **proven("p@example.com")),
        su.get(records("os_users", sort="@rowid", fields="email,verified,name,flag")),
        su.get(records("_externalAuths", sort="@rowid", perPage=100, fields="provider,providerId")),
    ),
    scenario(
        "create rule",
        users("oc_users", field("text", "name"), createRule=None),
        enter("oc_users", sub="a", **proven("a@example.com")),
        enter("oc_users", sub="a", actor=su, **proven("a@example.com")),
        enter("oc_users", sub="a"),
        *(
            step
            for number, rule in enumerate(
                [
                    "@request.context = 'oauth2'",
                    "@request.context = 'default'",
                    "@request.body.email = 'r@example.com'",
                    "@request.body.name = 'x'",
                    "@request.body.password:isset = true",
                    "@request.body.password:length > 8",
                    "@request.method = 'POST'",
                    "@request.query.x = 'y'",
                    "@request.headers.x_test = 'h'",
                    "@request.auth.id = ''",
                    "verified = false",
                    "email = ''",
                    "name = 'N'",
                    "1 = 2",
                ]
            )
            for step in (
                su.patch(collections("oc_users"), {"createRule": rule}, mask=RANDOM),
                guest.post(
                    auth("oc_users", "auth-with-oauth2", x="y"),
                    {
                        "provider": "oidc",
                        "code": make_code({"sub": f"r{number}", **proven(f"r{number}@x.org")}),
                        "createData": {"name": "N"},
                    },
                    headers={"X-Test": "h"},
                    title=f"under {rule}",
                    mask=EXPIRY,
                    unordered=True,
                ),
            )
        ),
        su.get(records("oc_users", sort="@rowid", fields="email,verified")),
    ),
    scenario(
        "mapped fields",
        users(
            "op_users",
            field("text", "name"),
            field("text", "nick", max=5, pattern="^[a-z]*$"),
            field("text", "photo"),
            field("text", "extern"),
            field("number", "age"),
            indexes=["CREATE UNIQUE INDEX `op_nick` ON `op_users` (`nick`) WHERE `nick` != ''"],
            oauth2=oauth2(
                mappedFields={
                    "id": "extern",
                    "name": "name",
                    "username": "nick",
                    "avatarURL": "photo",
                }
            ),
        ),
        enter(
            "op_users",
            sub="a",
            name="A",
            preferred_username="aa",
            picture="http://127.0.0.1/x.png",
            **proven("a@example.com"),
        ),
        enter("op_users", sub="b", name="B", preferred_username="aa", **proven("b@example.com")),
        enter("op_users", sub="c", name="C", preferred_username="AA", **proven("c@example.com")),
        enter("op_users", sub="d", preferred_username="toolong", **proven("d@example.com")),
        enter("op_users", sub="e", **proven("e@example.com")),
        enter(
            "op_users",
            sub="f",
            name="F",
            preferred_username="ff",
            picture="x",
            data={"name": "mine", "nick": "own", "photo": "p", "extern": ""},
            **proven("f@example.com"),
        ),
        enter("op_users", sub="a", name="New name", **proven("a@example.com")),
        su.get(records("op_users", sort="@rowid", fields="email,name,nick,photo,extern")),
        su.patch(
            collections("op_users"),
            {
                "indexes": ["CREATE UNIQUE INDEX `op_n2` ON `op_users` (`nick` COLLATE NOCASE)"],
            },
            ignore_message="raw text of the database driver or of Go",
        ),
        su.patch(
            collections("op_users"),
            {"oauth2": {"mappedFields": {"id": "id", "name": "age", "username": "missing"}}},
        ),
        su.patch(
            collections("op_users"),
            {"oauth2": {"mappedFields": {"id": "id", "name": "age", "username": "age"}}},
            mask=RANDOM,
        ),
        enter("op_users", sub="gggggggggggggg1", name="12", **proven("g@example.com")),
        enter("op_users", sub="not-an-id", **proven("h@example.com")),
        su.get(records("op_users", sort="@rowid", fields="id,email,age,nick")),
    ),
    scenario(
        "avatar file",
        users(
            "oa_users",
            field("file", "photo"),
            oauth2=oauth2(mappedFields={"avatarURL": "photo"}),
        ),
        *(
            enter("oa_users", sub=f"a{number}", picture=url, **proven(f"a{number}@example.com"))
            for number, url in enumerate(
                [
                    "{p.url}/picture.png",
                    "http://localhost/picture.png",
                    "http://169.254.169.254/latest/meta-data",
                    "http://[::1]/x",
                    "ftp://example.com/x.png",
                    "file:///etc/passwd",
                    "nonsense",
                    "",
                ]
            )
        ),
        su.get(records("oa_users", sort="@rowid", fields="email,photo")),
    ),
]


def test_same_answer(case: Case, pair: Pair) -> None:
    pair.check(case)
