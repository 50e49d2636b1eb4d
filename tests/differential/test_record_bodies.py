"""Form and multipart bodies, @jsonPayload, files (contract 1.1, 10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.differential.batteries import base, field, rows
from tests.differential.steps import BOUNDARY, guest, records, scenario, su

if TYPE_CHECKING:
    from tests.differential.pair import Case, Pair
    from tests.differential.steps import Part, Step

SERVERS = ("hypercorn", "uvicorn")

A1 = "aaaaaaaaaaaaaa1"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
FIELDS = (
    field("text", "t"),
    field("number", "n"),
    field("bool", "b"),
    field("json", "j"),
    field("date", "d"),
    field("select", "s", values=["a", "b", "1"], maxSelect=3),
    field("select", "o", values=["a", "b", "1"]),
    field("geoPoint", "g"),
)


def forms(collection: str, *pair_lists: list[tuple[str, str]]) -> list[Step]:
    return [guest.form(records(collection), pairs) for pairs in pair_lists]


def parts(collection: str, *part_lists: list[Part]) -> list[Step]:
    return [
        guest.multipart(records(collection), items, title=str(items)[:120]) for items in part_lists
    ]


def uploads(collection: str, name: str, *file_names: str) -> list[Step]:
    return [
        guest.multipart(records(collection), [(name, file_name, b"text")], title=file_name)
        for file_name in file_names
    ]


SCENARIOS = [
    scenario(
        "urlencoded",
        base("bf", *FIELDS),
        forms(
            "bf",
            [("t", "true")],
            [("t", "1")],
            [("t", "007")],
            [("t", "1.50")],
            [("t", "1.5")],
            [("t", "-1")],
            [("t", "--1")],
            [("t", "1e5")],
            [("t", "+1")],
            [("t", ".5")],
            [("t", "-")],
            [("t", ".")],
            [("t", "1.2.3")],
            [("t", "12345678901234567890")],
            [("t", "null")],
            [("t", "")],
            [("t", "a"), ("t", "b")],
            [("t", "é 😀")],
            [("n", "5")],
            [("n", "007")],
            [("n", "1.50")],
            [("n", "true")],
            [("n", "")],
            [("n", "1"), ("n", "2")],
            [("n+", "5")],
            [("b", "true")],
            [("b", "1")],
            [("b", "on")],
            [("b", "")],
            [("j", "1")],
            [("j", "true")],
            [("j", '{"a":1}')],
            [("j", "plain")],
            [("j", "007")],
            [("j", "")],
            [("j", "1"), ("j", "b")],
            [("j.a", "1")],
            [("d", "2022-01-01")],
            [("s", "a")],
            [("s", "a"), ("s", "b")],
            [("s", "1"), ("s", "a")],
            [("s", '["a","b"]')],
            [("s[]", "a")],
            [("o", "a"), ("o", "b")],
            [("o", "1")],
            [("g", '{"lon":1,"lat":2}')],
            [("g.lon", "1")],
            [("@jsonPayload", '{"t":"x","n":5}')],
            [("t", "y"), ("@jsonPayload", '{"t":"x"}')],
            [("@jsonPayload", '{"t":"x"}'), ("t", "y")],
            [("@jsonPayload", '{"t":"x"}'), ("@jsonPayload", '{"n":5}')],
            [("@jsonPayload", '{"t":"x"}'), ("@jsonPayload", '{"t":"z"}')],
            [("@jsonPayload", "[1]")],
            [("@jsonPayload", "nope")],
            [("@jsonPayload", "")],
            [("@jsonPayload", '{"t":"a","t":"b"}')],
            [],
        ),
        guest.send("POST", records("bf"), "t=%zz", "application/x-www-form-urlencoded"),
        guest.send("POST", records("bf"), "t=a;n=5", "application/x-www-form-urlencoded"),
        guest.send("POST", records("bf"), "t", "application/x-www-form-urlencoded"),
        guest.send("POST", records("bf"), "=x&t=y", "application/x-www-form-urlencoded"),
        guest.send("POST", records("bf"), "t=a+b%20c", "application/x-www-form-urlencoded"),
        guest.form(records("bf") + "?t=query&fields=t", [("n", "1")]),
        rows("bf", {"id": A1, "t": "x", "s": ["a"], "n": 1}),
        guest.form(records("bf", A1), [("n+", "2"), ("s+", "b")], method="PATCH"),
        guest.form(records("bf", A1), [("s-", "a"), ("t", "")], method="PATCH"),
    ),
    scenario(
        "multipart fields",
        base("bm", *FIELDS),
        parts(
            "bm",
            [("t", "a")],
            [("t", "1"), ("n", "2"), ("b", "true")],
            [("s", "a"), ("s", "b")],
            [("@jsonPayload", '{"t":"x","s":["a"]}'), ("n", "5")],
            [("t", "a\r\nb")],
            [("j", '{"a":[1.0]}')],
            [("@jsonPayload", "nope")],
            [],
        ),
        guest.send("POST", records("bm"), "", f"multipart/form-data; boundary={BOUNDARY}"),
        guest.send("POST", records("bm"), "junk", f"multipart/form-data; boundary={BOUNDARY}"),
        guest.send(
            "POST", records("bm"), f"--{BOUNDARY}\r\n", f"multipart/form-data; boundary={BOUNDARY}"
        ),
        guest.send(
            "POST",
            records("bm"),
            f"--{BOUNDARY}--\r\n",
            f"multipart/form-data; boundary={BOUNDARY}",
        ),
        guest.send("POST", records("bm"), f"--{BOUNDARY}--\r\n", "multipart/form-data"),
        guest.send("POST", records("bm"), f"--{BOUNDARY}--\r\n", "multipart/mixed"),
    ),
    scenario(
        "files",
        base(
            "bu",
            field("file", "one", maxSize=2000),
            field(
                "file", "many", maxSelect=3, mimeTypes=["text/plain; charset=utf-8", "image/png"]
            ),
            field("file", "img", mimeTypes=["image/png", "image/jpeg"]),
            field("text", "t"),
        ),
        uploads(
            "bu",
            "one",
            "name.txt",
            "My File Name.txt",
            "camelCaseName.txt",
            "many.dots.in.name.txt",
            "archive.tar.gz",
            "UPPER.TXT",
            "with-dash_and__under.txt",
            "abc.txt",
            "no_extension",
            ".hidden",
            "weird$%^&.t$t",
            "name.thisextensionismuchtoolongtokeep",
            "Привет.txt",
            "x" * 150 + ".txt",
            "../../etc/passwd.txt",
            "C:\\dir\\file.txt",
            "quote'd.txt",
            "trailing.",
            "name.attrs",
        ),
        guest.multipart(records("bu"), [("one", "big.txt", b"x" * 2001)]),
        guest.multipart(records("bu"), [("one", "limit.txt", b"x" * 2000)]),
        guest.multipart(records("bu"), [("one", "empty.txt", b"")]),
        guest.multipart(records("bu"), [("one", "first.txt", b"1"), ("one", "second.txt", b"2")]),
        guest.multipart(records("bu"), [("img", "fake.png", b"not a picture")]),
        guest.multipart(records("bu"), [("img", "real.txt", PNG)], title="png named txt"),
        guest.multipart(
            records("bu"), [("img", "noextension", PNG)], title="png without extension"
        ),
        guest.multipart(records("bu"), [("many", "data.bin", b"\x00\x01\x02")]),
        guest.multipart(records("bu"), [("t", "file.txt", b"content")]),
        guest.multipart(records("bu"), [("nope", "file.txt", b"content")]),
        guest.multipart(
            records("bu"),
            [("many", f"file{number}.txt", b"text") for number in range(4)],
        ),
        guest.multipart(
            records("bu"),
            [
                ("id", A1),
                ("t", "x"),
                *((("many", f"file{number}.txt", b"text")) for number in range(2)),
            ],
            save="rec",
        ),
        guest.get(records("bu", A1)),
        guest.get("/api/files/bu/" + A1 + "/{rec.many.0}", compare=("content-disposition",)),
        guest.get(
            "/api/files/bu/" + A1 + "/{rec.many.0}?download=1", compare=("content-disposition",)
        ),
        guest.get("/api/files/bu/" + A1 + "/nope.txt"),
        guest.get("/api/files/bu/nope/{rec.many.0}"),
        guest.get("/api/files/nope/" + A1 + "/{rec.many.0}"),
        guest.patch(records("bu", A1), {"many": ["{rec.many.1}", "{rec.many.0}"]}),
        guest.patch(records("bu", A1), {"many": ["nope.txt"]}),
        guest.patch(records("bu", A1), {"many": ["{rec.many.0}", "nope.txt"]}),
        guest.multipart(
            records("bu", A1), [("many+", "more.txt", b"text")], method="PATCH", save="rec"
        ),
        guest.multipart(records("bu", A1), [("many+", "fourth.txt", b"text")], method="PATCH"),
        guest.multipart(records("bu", A1), [("+many", "fourth.txt", b"text")], method="PATCH"),
        guest.patch(records("bu", A1), {"many-": "{rec.many.0}"}, save="rec"),
        guest.patch(records("bu", A1), {"many-": ["nope.txt"]}),
        guest.multipart(
            records("bu", A1), [("+many", "first.txt", b"text")], method="PATCH", save="rec"
        ),
        guest.multipart(
            records("bu", A1),
            [("many", "{rec.many.0}"), ("many", "replaced.txt", b"text")],
            method="PATCH",
            save="rec",
        ),
        guest.patch(records("bu", A1), {"many": None}),
        guest.get("/api/files/bu/" + A1 + "/{rec.many.0}"),
        guest.multipart(records("bu", A1), [("one", "new.txt", b"v1")], method="PATCH", save="rec"),
        guest.get("/api/files/bu/" + A1 + "/{rec.one}"),
        guest.multipart(records("bu", A1), [("one", "newer.txt", b"v2")], method="PATCH"),
        guest.get("/api/files/bu/" + A1 + "/{rec.one}"),
        guest.patch(records("bu", A1), {"one": ""}),
        guest.patch(records("bu", A1), {"one": "{rec.one}"}),
        guest.delete(records("bu", A1)),
        su.get(records("bu", sort="@rowid", perPage=100)),
    ),
]


def test_same_answer(case: Case, pair: Pair) -> None:
    pair.check(case)
