"""Requests that random ones found answered differently."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.differential.batteries import base, field, made, view
from tests.differential.steps import collections, guest, leaking, records, scenario, su

if TYPE_CHECKING:
    from tests.differential.pair import Case, Pair
    from tests.differential.steps import Part, Step

_FORM = "application/x-www-form-urlencoded"
_FILE = ("many", "a b.txt", b"te")


def _multipart(*parts: Part) -> Step:
    return guest.multipart(records("payload"), list(parts))


def _rules(*texts: str) -> list[Step]:
    path = collections("wrong_rule", fields="listRule")
    return [su.patch(path, {"listRule": text}) for text in texts]


SCENARIOS = (
    scenario(
        "payload",
        base(
            "payload",
            field("text", "t"),
            field("number", "n"),
            field("json", "j"),
            field("select", "s", values=["a", "b"], maxSelect=2),
            field("file", "one", maxSelect=1),
            field("file", "many", maxSelect=3, maxSize=3),
        ),
        # a payload may not change the kind of a value that is there already
        _multipart(("t", "true"), ("@jsonPayload", '{"t":"from"}')),
        _multipart(("t", "abc"), ("@jsonPayload", '{"t":"from"}')),
        _multipart(("t", "abc"), ("@jsonPayload", '{"t":1}')),
        _multipart(("t", "12"), ("@jsonPayload", '{"t":1.5}')),
        _multipart(("t", "true"), ("@jsonPayload", '{"t":null}')),
        _multipart(("s", "a"), ("s", "b"), ("@jsonPayload", '{"s":["a"]}')),
        _multipart(("s", "a"), ("@jsonPayload", '{"s":["a"]}')),
        _multipart(("@jsonPayload", '{"j":{"a":1}}'), ("@jsonPayload", '{"j":{"b":2}}')),
        _multipart(("@jsonPayload", '{"t":"a"}'), ("@jsonPayload", '{"t":1}')),
        # uploads and names under modifiers of one field
        _multipart(("one+", "missing.txt"), ("one", "a b.txt", b"te")),
        _multipart(("many+", "missing.txt"), _FILE),
        _multipart(("+many", "missing.txt"), _FILE),
        _multipart(("many+", "missing.txt"), ("many+", "a b.txt", b"te")),
        _multipart(("+many", "missing.txt"), ("+many", "a b.txt", b"te")),
        _multipart(("many", "missing.txt"), _FILE),
        guest.send("POST", records("payload"), b"abc", 'multipart/form-data; boundary="a b"'),
    ),
    scenario(
        "order_of_refusals",
        base("refusals", field("text", "t")),
        guest.get(records("refusals", filter="@request.auth.id = 1", page="x")),
        guest.get(records("refusals", sort="@collection.users.id", skipTotal="x")),
        guest.get(records("refusals", filter="@collection.users.id = 1", fields="t:nope(1)")),
    ),
    scenario(
        "alike_in_what_is_picked",
        base("alike_targets", field("text", "name"), id="alike_targets_id"),
        base(
            "alike",
            field("text", "t"),
            field("number", "n"),
            field("relation", "to", collectionId="alike_targets_id", maxSelect=5),
        ),
        made("alike_targets", {"id": "target000000001"}, {"id": "target000000002"}),
        made(
            "alike",
            *(
                {"id": f"alike000000000{5 - n}", "t": "same", "n": n, "to": ["target000000001"]}
                for n in range(3)
            ),
        ),
        [
            guest.get(records("alike", filter=text, fields=picked, sort=sort))
            for text in (
                "to.name != 'x'",
                "to.name ?!= 'x' || n > 5",
                "t = 'same' || to.name ~ 'x'",
            )
            for picked in ("t", "t,to", "n,t", "id")
            for sort in ("", "n", "-to.name,n")
        ],
    ),
    scenario(
        "odd_values_of_views",
        base("odd_source", field("text", "t")),
        made("odd_source", {"id": "source000000001", "t": "a"}),
        view("odd_infinity", "select id, 1e999 as b, -1e999 as c from odd_source"),
        view("odd_bytes", "select id, cast(x'ff41' as text) as b from odd_source"),
        guest.get(records("odd_infinity")),
        guest.get(records("odd_bytes")),
        guest.get(records("odd_bytes", fields="b")),
        guest.get(records("odd_bytes", "source000000001")),
        su.post(
            "/api/sql",
            {"query": "select cast(x'ff41' as text) as a, x'ff41' as b, 1e999 as c"},
            mask=r'"execTime":\d+',
        ),
    ),
    scenario(
        "wrong_rules",
        base(
            "wrong_rule",
            field("text", "t"),
            field("relation", "u", collectionId="_pb_users_auth_"),
        ),
        _rules("t. = 1", "_ = 1", "t = 1.", "t == 1", "t & t = 1", 't = "abc', "t = 1)"),
        _rules("t 'a'", "t = 1 t", "= 1", "t = = 1", "t strftime('%Y',t)", "strftime('%Y' t) = 1"),
        _rules("strftime('%Y', nope) = 1", "geoDistance(1,nope,2,3) = 1", "strftime('%Y',t"),
        _rules("nope_via_t.t = 1", "wrong_rule_via_nope.t = 1", "wrong_rule_via_t.t = 1"),
    ),
    scenario(
        "excerpts",
        base("excerpts", field("editor", "b")),
        [
            guest.post(records("excerpts", fields="b:excerpt(8,true)"), {"b": html})
            for html in (
                *["a<b", "a < b > c", "a <b", "<b>x", "x</b>y", "<script>x", "a<!-- b", "</>a"],
                *["<img src='a>b'>c", "<a title=it's>x</a>y", '<a href="x>y">z</a>', "<1>a"],
                *["<p>1234567</p><p>8</p><p>9</p>", "<b>12345678</b><b>9</b>0", "a<x-y>b</x-y>c"],
                *["a&amp;b &lt;p&gt; &nbsp;x &copy &#65;", "<?php x ?>a", "<![CDATA[a]]>b"],
                *["<style></style >y", "<!-->a", "<!--->b", "<!--x--!>c", "<title>t</title>y"],
                *["<textarea><p>a</textarea>b", "<ul><li>a<li>b</ul>", "é😀" * 5, "  a \n b <p> c"],
            )
        ],
    ),
    scenario(
        "odd_indexes",
        [
            leaking(
                su.post(
                    collections(),
                    {"name": f"odd_ix{i}", "fields": [field("text", "t")], "indexes": [index]},
                )
            )
            for i, index in enumerate(
                [
                    "CREATE INDEX sqlite_autoindex_x ON x (t)",
                    "CREATE INDEX ix_a ON x (t); drop table users",
                    "CREATE INDEX ix_b ON x (t) WHERE 1=1; drop table nope",
                    "CREATE INDEX ix_c ON x (t /* */)",
                    "CREATE INDEX ix_d ON x (t, t, t)",
                    "CREATE INDEX `ix``e` ON x (t)",
                ]
            )
        ],
        su.get(collections(filter="name ~ 'odd_ix'", fields="name,indexes")),
    ),
)


def test_same_answer(pair: Pair, case: Case) -> None:
    pair.check(case)
