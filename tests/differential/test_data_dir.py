"""A data directory written by one server is served by the other, there and back.

The directory is filled by the first server, read, opened by the second (which must give equal
answers to every read), changed there, and opened by the first again.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.differential.batteries import auth_collection, base, field, made, sign_in, user, view
from tests.differential.blog import POST_A, POST_B, RED, world
from tests.differential.compare import Comparer
from tests.differential.exchange import Answer, Side
from tests.differential.pair import Outcome, report, start_twin
from tests.differential.steps import (
    Actor,
    Step,
    auth,
    collections,
    fixture,
    guest,
    records,
    scenario,
    su,
)
from tests.servers import start_pocketbase

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.servers import Server

PASSWORD = "1234567890"
A1, A2 = "aaaaaaaaaaaaaa1", "aaaaaaaaaaaaaa2"
NAMES = ("dd_posts", "dd_tags", "dd_users", "dd_comments", "dd_notes", "dd_all", "dd_view", "users")
ROOT, ANNA = Actor("root"), Actor("dd_anna")

EVERY_FIELD = (
    field("text", "text", autogeneratePattern="[a-z]{5}", min=1),
    field("number", "number"),
    field("bool", "bool"),
    field("email", "email"),
    field("url", "url"),
    field("editor", "editor"),
    field("date", "date"),
    field("autodate", "created", onCreate=True),
    field("autodate", "updated", onCreate=True, onUpdate=True),
    field("select", "one", values=["a", "b"]),
    field("select", "many", values=["a", "b", "c"], maxSelect=3),
    field("json", "json"),
    field("file", "file"),
    field("file", "files", maxSelect=3, thumbs=["50x50"]),
    field("relation", "tag", collectionId="dd_tags_id", cascadeDelete=True),
    field("relation", "tags", collectionId="dd_tags_id", maxSelect=5),
    field("geoPoint", "geo"),
    field("password", "password", cost=4),
)
FULL_ROW = {
    "id": A1,
    "text": "quoted 'text' \u00e9 \U0001f600",
    "number": 1.5,
    "bool": True,
    "email": "x@example.com",
    "url": "https://example.com",
    "editor": "<p>a</p>",
    "date": "2022-01-01 10:00:00.123Z",
    "one": "a",
    "many": ["c", "a"],
    "json": {"b": [1, 2.5, None], "a": "x"},
    "tag": RED,
    "tags": [RED],
    "geo": {"lon": 1.25, "lat": -2},
    "password": "secret123",
}

FILL = scenario(
    "fill",
    su.post(auth("_superusers", "auth-refresh"), save="root"),
    *world("dd"),
    base("dd_all", *EVERY_FIELD, indexes=["CREATE INDEX dd_index ON dd_all (text, number desc)"]),
    made(
        "dd_all", FULL_ROW, {"id": A2, "text": "u"}, {"text": "t", "number": 1e21, "json": "plain"}
    ),
    fixture(
        su.multipart(
            records("dd_all", A1),
            [
                ("file", "first.txt", b"first"),
                ("files", "alpha.txt", b"1"),
                ("files", "beta.txt", b"2"),
            ],
            method="PATCH",
        )
    ),
    view("dd_view", "select id, title, num, tags, main from dd_posts"),
    auth_collection(
        "dd_nicks",
        field("text", "nick"),
        indexes=["CREATE UNIQUE INDEX dd_nick ON dd_nicks (nick COLLATE NOCASE)"],
        passwordAuth={"enabled": True, "identityFields": ["nick"]},
        listRule="@request.auth.id = id",
    ),
    user("dd_nicks", "nickanna0000001", "nick_anna_unused", nick="Nick")[:1],
    base("dd_renamed_before", field("text", "old", id="old1")),
    made("dd_renamed_before", {"id": A1, "old": "kept"}),
    fixture(
        su.patch(
            collections("dd_renamed_before"),
            {"name": "dd_renamed", "fields": [field("text", "new", id="old1")]},
        )
    ),
    fixture(su.patch(collections("users"), {"listRule": "", "otp": {"enabled": True}})),
    user("users", "plainuser000001", "plain", name="Plain"),
)

READS: tuple[Step, ...] = (
    guest.get("/api/health"),
    ROOT.get(collections(perPage=100)),
    *(ROOT.get(collections(name)) for name in NAMES),
    *(ROOT.get(records(name, sort="id")) for name in NAMES),
    *(guest.get(records(name, sort="id")) for name in NAMES),
    ANNA.get(records("dd_users", sort="id")),
    Actor("plain").get(records("users")),
    guest.get(records("dd_posts", sort="-title", expand="tags,main,author,dd_comments_via_post")),
    guest.get(records("dd_posts", filter="tags.name ?= 'red' && dd_comments_via_post.id != ''")),
    guest.get(records("dd_all", A1, expand="tag,tags"), save="row"),
    fixture(guest.get(f"/api/files/dd_all/{A1}/{{row.file}}", compare=("content-disposition",))),
    guest.get(f"/api/files/dd_all/{A1}/{{row.files.1}}", compare=("content-disposition",)),
    guest.get(f"/api/files/dd_all/{A1}/missing.txt"),
    guest.get(auth("users", "auth-methods")),
    guest.get(auth("dd_nicks", "auth-methods")),
    sign_in("_superusers", "root@example.com", PASSWORD),
    fixture(sign_in("dd_users", "dd_anna@example.com", PASSWORD)),
    sign_in("dd_users", "dd_anna@example.com", "wrong"),
    fixture(sign_in("dd_nicks", "nICK", PASSWORD)),
    sign_in("users", "plain@example.com", PASSWORD),
    fixture(ANNA.post(auth("dd_users", "auth-refresh"))),
    fixture(ROOT.post(auth("_superusers", "auth-refresh"))),
    guest.post(auth("dd_users", "auth-refresh")),
    ROOT.get(records("dd_renamed")),
)

CHANGES = scenario(
    "changes",
    fixture(ROOT.post(records("dd_all"), {"id": "added0000000001", "text": "t"})),
    fixture(ROOT.patch(records("dd_all", A1), {"number+": 2, "files-": "{row.files.0}"})),
    fixture(
        ROOT.multipart(
            records("dd_all", A2), [("file", "second.txt", b"second")], method="PATCH", save="row2"
        )
    ),
    fixture(ROOT.delete(records("dd_posts", POST_B))),
    fixture(ROOT.patch(records("dd_posts", POST_A), {"tags-": RED, "title": "changed"})),
    fixture(ROOT.patch(collections("dd_tags"), {"name": "dd_labels"})),
    fixture(ROOT.patch(collections("dd_labels"), {"name": "dd_tags"})),
    base("dd_late", field("text", "t"), field("relation", "p", collectionId="dd_posts_id")),
    made("dd_late", {"id": A1, "t": "late", "p": POST_A}),
)

READS_AFTER: tuple[Step, ...] = (
    *READS,
    ROOT.get(collections("dd_late")),
    guest.get(records("dd_late", expand="p.tags")),
    guest.get(f"/api/files/dd_all/{A2}/{{row2.file}}"),
)


class Journey(NamedTuple):
    """What both servers answered after each hand-over."""

    there: list[Outcome]
    back: list[Outcome]


@pytest.fixture(scope="module", params=["from PocketBase", "to PocketBase"])
def journey(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Journey:
    """Fill a directory by one server, hand it to the other and back."""
    starts: list[Callable[[Path], Server]] = [start_pocketbase, start_twin]
    if request.param == "to PocketBase":
        starts.reverse()
    folder = tmp_path_factory.mktemp("data_dir")
    with start_a_side(starts[0], folder) as first:
        run(first, FILL.steps)
        before = run(first, READS)
    with start_a_side(starts[1], folder, first) as second:
        there = outcomes(READS, before, run(second, READS), first, second)
        run(second, CHANGES.steps)
        changed = run(second, READS_AFTER)
    with start_a_side(starts[0], folder, second) as third:
        back = outcomes(READS_AFTER, changed, run(third, READS_AFTER), second, third)
    return Journey(there, back)


class RunningSide:
    """A Side whose server stops on leaving; keeps the answers that another one saved."""

    def __init__(self, server: Server, before: Side | None) -> None:
        self.side = Side(server, {} if before is None else dict(before.saved))

    def __enter__(self) -> Side:
        return self.side

    def __exit__(self, *_: object) -> None:
        self.side.disconnect()
        assert self.side.server.stop() == 0
        leftovers = {path.name for path in self.side.server.data_dir.glob("*.db-*")}
        assert leftovers == set()


def start_a_side(
    start: Callable[[Path], Server], folder: Path, before: Side | None = None
) -> RunningSide:
    return RunningSide(start(folder), before)


def run(side: Side, steps: tuple[Step, ...]) -> list[Answer]:
    answers = []
    for step in steps:
        answer = side.exchange(step)
        assert not step.is_fixture or answer.status < 300, (side.server.name, step.label, answer)
        answers.append(answer)
    return answers


def outcomes(
    steps: tuple[Step, ...], left: list[Answer], right: list[Answer], one: Side, other: Side
) -> list[Outcome]:
    hosts = one.server.base_url.partition("//")[2], other.server.base_url.partition("//")[2]
    comparer = Comparer(hosts, datetime.now(UTC))
    return [
        Outcome(before, after, comparer.differences(step, before, after))
        for step, before, after in zip(steps, left, right, strict=True)
    ]


def labels(steps: tuple[Step, ...]) -> list[str]:
    return [f"{index:02d} {step.label}" for index, step in enumerate(steps)]


@pytest.mark.parametrize("index", range(len(READS)), ids=labels(READS))
def test_second_server_answers_as_the_first(journey: Journey, index: int) -> None:
    check(READS[index], journey.there[index])


@pytest.mark.parametrize("index", range(len(READS_AFTER)), ids=labels(READS_AFTER))
def test_first_server_answers_as_the_second_after_changes(journey: Journey, index: int) -> None:
    check(READS_AFTER[index], journey.back[index])


def check(step: Step, outcome: Outcome) -> None:
    if outcome.differences:
        pytest.fail(report(step, outcome), pytrace=False)
