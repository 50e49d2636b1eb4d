"""Bodies and content types (contract 1.1, A.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.differential.batteries import auth_collection, base, field, queries, user
from tests.differential.steps import Step, auth, guest, records, scenario, su

if TYPE_CHECKING:
    from tests.differential.pair import Case, Pair

SERVERS = ("hypercorn", "uvicorn")

FORM = "application/x-www-form-urlencoded"
SIGN_IN = auth("tr_users", "auth-with-password")


def bodies(
    collection: str, *texts: bytes | str, content_type: str = "application/json"
) -> list[Step]:
    return [guest.send("POST", records(collection), text, content_type) for text in texts]


def typed(collection: str, *content_types: str) -> list[Step]:
    return [
        guest.send("POST", records(collection), '{"t":"1"}', kind, title=f"as {kind!r}")
        for kind in content_types
    ]


def chunked(body: str) -> Step:
    headers = {"Transfer-Encoding": "chunked"}
    return guest.send("POST", records("tr_framing"), body, headers=headers)


SCENARIOS = [
    scenario(
        "json bodies",
        base("tr_json", field("text", "t"), field("json", "j"), field("number", "n")),
        bodies(
            "tr_json",
            '{"t":"1","t":"2"}',
            '{"j":{"a":1,"a":2}}',
            b'{"t":"\xff"}',
            b'{"t":"\xc3\x28"}',
            '{"t":"1"} xyz',
            '{"t":"1"}{"t":"2"}',
            '  \n\t{"t":"1"}\n',
            "null",
            "[1]",
            "[]",
            '"text"',
            "1",
            "true",
            '{"t":',
            "{",
            "}",
            "{}",
            "{} ",
            "x",
            " ",
            b"\xef\xbb\xbf{}",
            '{"t":"\\ud800"}',
            '{"t":"\\ud83d\\ude00"}',
            '{"t":"\\u0000x"}',
            '{"t":"a\x01b"}',
            '{"t":"a\tb"}',
            '{"t":"a\nb"}',
            '{"t":"a\\tb"}',
            '{"n":1e400}',
            '{"n":01}',
            '{"n":+1}',
            '{"n":.5}',
            '{"n":1.}',
            '{"n":NaN}',
            "{'t':'1'}",
            '{t:"1"}',
            '{"t":"1",}',
            '{"t":"1"/*x*/}',
            '{"T":"1"}',
            '{"t":"1","unknown":{"a":[1]}}',
            '{"t":"<b>&amp; \u2028 \u00e9 \U0001f600"}',
            '{"t":"\\u003c\\/"}',
            '{"":"x","t":"1"}',
            '{"t":"1","id":""}',
            '{"t":"1","id":null}',
            '{"t":"1","collectionId":"x","collectionName":"y","expand":{"a":1}}',
        ),
        bodies("tr_json", '{"j":' + "[" * 50 + "]" * 50 + "}"),
        bodies("tr_json", '{"j":' + "[" * 11000 + "]" * 11000 + "}"),
        guest.get(records("tr_json", sort="@rowid", fields="t,j,n")),
    ),
    scenario(
        "content types",
        base("tr_types", field("text", "t")),
        typed(
            "tr_types",
            "application/json",
            "application/json; charset=utf-8",
            "application/json;charset=latin1",
            "application/jsonx",
            "APPLICATION/JSON",
            "Application/Json",
            "text/json",
            "text/plain",
            "text/plain; charset=utf-8",
            "",
            "application/xml",
            "text/xml",
            "application/octet-stream",
            "multipart/form-data",
            "multipart/form-data; boundary=x",
            FORM,
        ),
        guest.send("POST", records("tr_types"), "", "text/plain"),
        guest.send("POST", records("tr_types"), "", "application/json"),
        guest.post(records("tr_types")),
        guest.patch(records("tr_types", "missing")),
        guest.send("DELETE", records("tr_types", "missing"), '{"a":', "application/json"),
    ),
    scenario(
        "framing",
        base("tr_framing", field("text", "t")),
        chunked('5\r\n{"t":\r\n4\r\n"1"}\r\n0\r\n\r\n'),
        chunked('9;ext=1\r\n{"t":"1"}\r\n0\r\nTrailer: x\r\n\r\n'),
        chunked("0\r\n\r\n"),
        guest.send(
            "POST",
            records("tr_framing"),
            '{"t":"1"}',
            headers={"Expect": "100-continue"},
        ),
        guest.get(
            records("tr_framing", sort="@rowid", fields="t"), headers={"Connection": "close"}
        ),
        guest.get(records("tr_framing", sort="@rowid", fields="t")),
    ),
    scenario(
        "struct bodies",
        auth_collection("tr_users"),
        user("tr_users", "aaaaaaaaaaaaaa1", "tr_anna"),
        guest.send("POST", SIGN_IN, '{"Identity":"tr_anna@example.com","PASSWORD":"1234567890"}'),
        guest.send("POST", SIGN_IN, '{"identity":1,"password":"1234567890"}'),
        guest.send("POST", SIGN_IN, '{"identity":null,"password":null}'),
        guest.send("POST", SIGN_IN, '{"identity":"a","identity":"b","password":"c"}'),
        guest.send("POST", SIGN_IN, '{"identity":"a","Identity":"b","password":"c"}'),
        guest.send("POST", SIGN_IN, "null"),
        guest.send("POST", SIGN_IN, "[1]"),
        guest.send("POST", SIGN_IN, "{"),
        guest.send("POST", SIGN_IN, "{}"),
        guest.send("POST", SIGN_IN, "{} trailing"),
        guest.send("POST", SIGN_IN, '{"identity":"a","password":"b","extra":1}'),
        guest.send("POST", SIGN_IN, '{"identity":"\\ud800","password":"b"}'),
        guest.post(SIGN_IN),
        guest.form(SIGN_IN, [("identity", "tr_anna@example.com"), ("password", "1234567890")]),
        guest.form(SIGN_IN, [("identity", "tr_anna@example.com"), ("password", "wrong")]),
        guest.form(SIGN_IN, [("Identity", "tr_anna@example.com"), ("password", "1234567890")]),
        guest.form(SIGN_IN, [("identity", "")]),
        guest.send("POST", SIGN_IN, "identity=%zz&password=1", FORM),
        guest.multipart(SIGN_IN, [("identity", "tr_anna@example.com"), ("password", "1234567890")]),
        guest.multipart(SIGN_IN, [("identity", "tr_anna@example.com")]),
        guest.send(
            "POST",
            SIGN_IN,
            "<x><identity>tr_anna@example.com</identity><password>wrong</password></x>",
            "application/xml",
        ),
        guest.send("POST", SIGN_IN, "<x>", "text/xml"),
        guest.send("POST", SIGN_IN, "identity=a", "text/plain"),
        guest.send("POST", SIGN_IN, '{"identity":"a"}', ""),
    ),
    scenario(
        "query parameters",
        base("tr_query", field("text", "t")),
        guest.post(records("tr_query"), {"t": "1"}),
        queries(
            records("tr_query"),
            "fields=t",
            "fields=t&fields=id",
            "fields=",
            "fields",
            "page=1&page=2&fields=t",
            "filter=t='1'&fields=t",
            "filter=t%3D%271%27&fields=t",
            "filter=t+%3D+%271%27&fields=t",
            "filter=%zz&fields=t",
            "filter=t%3D'%ff'&fields=t",
            "a;b&fields=t",
            "a=1;fields=t",
            "&&fields=t&",
            "FIELDS=t&fields=t",
            "unknown=1&fields=t",
            "%66ields=t",
            "fields=t%00",
            "filter=&sort=&expand=&fields=t",
        ),
        guest.get(records("tr_query") + "?fields=t#frag"),
        su.get("/api/collections/TR_QUERY/records?fields=t"),
        su.get("/api/collections/%74r_query/records?fields=t"),
        su.get("/api/collections/tr_query%2Frecords"),
        su.get("/api/collections/tr%20query/records"),
        su.get("/api/collections/%ff/records"),
        su.get("/api/collections/pbc_1/records"),
    ),
]


def test_same_answer(case: Case, pair: Pair) -> None:
    pair.check(case)
