"""The filter language on rows of every kind (contract 5, A.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.differential.batteries import filters
from tests.differential.blog import GREEN, world
from tests.differential.steps import scenario

if TYPE_CHECKING:
    from tests.differential.pair import Case, Pair

OPERATORS = ("=", "!=", ">", ">=", "<", "<=", "~", "!~")


def both(left: str, right: str) -> list[str]:
    """Return the comparison with every operator and its any-variant."""
    return [f"{left} {mark}{operator} {right}" for operator in OPERATORS for mark in ("", "?")]


SCENARIOS = [
    scenario(
        "contract rows",
        *world("fa"),
        filters(
            "fa_posts",
            "title ~ '100%'",
            "title ~ '100'",
            "title ~ 'ONE%'",
            "title ~ '_x'",
            "title !~ 'o'",
            "title = null",
            "title = ''",
            "tags.name = 'red'",
            "tags.name ?= 'red'",
            "tags.name != 'red'",
            "tags.name ?!= 'red'",
            "tags:length > 0",
            "sel:each = 'a'",
            "sel:each ?= 'a'",
            "sel ~ 'a'",
            "sel = 'a'",
            "js.a.b.1 = 2",
            "js = 'plain'",
            "js = null",
            "js.zz = null",
            "main = ''",
            "main.n = 0",
            "d < @now",
            "d >= @now",
            "bo = true",
            "bo = 1",
            "bo = 'true'",
            "num = '1'",
            "num > '0'",
            "num=0 || num=1 && num=2",
            "geoDistance(g.lon,g.lat,23.3,42.6) < 1",
            "strftime('%Y',d) = '2026'",
            "@collection.fa_tags.name = 'red'",
            "@collection.fa_tags.name ?= 'red'",
            "js.a.b[1]=2",
            ".5<num",
            "num=1.",
            "title == 'x'",
            "title = 'a' OR num=1",
            "title",
            "title =",
            "updated = ''",
            "collectionName = 'x'",
            "@random = 1",
            " ",
            "// comment",
        ),
        filters(
            "fa_tags",
            "fa_posts_via_tags.title = 'one 100%'",
            "fa_posts_via_tags.title ?= 'one 100%'",
        ),
    ),
    scenario(
        "operators",
        *world("fo"),
        *(
            filters("fo_posts", *both(left, right))
            for left, right in (
                ("title", "'Two_x'"),
                ("title", "''"),
                ("num", "1"),
                ("num", "null"),
                ("tags.name", "'green'"),
                ("tags.n", "2"),
                ("tags.name", "''"),
                ("tags.name", "null"),
                ("main.name", "'red'"),
                ("main.name", "''"),
                ("author.name", "'Bert'"),
                ("editors.name", "'Bert'"),
                ("sel:each", "'a'"),
                ("sel:each", "''"),
                ("sel", "'[\"a\"]'"),
                ("tags", f"'{GREEN}'"),
                ("tags.id", f"'{GREEN}'"),
                ("main.id", f"'{GREEN}'"),
                ("js", "'plain'"),
                ("js.a", "null"),
                ("fo_comments_via_post.message", "'first'"),
                ("fo_comments_via_post.message", "''"),
                ("fo_comments_via_post.author.name", "'Anna'"),
                ("fo_notes_via_post.text", "'the note'"),
                ("@collection.fo_tags.name", "'red'"),
                ("@collection.fo_tags.name", "title"),
                ("tags.name", "main.name"),
                ("tags.name", "editors.name"),
                ("'a'", "'b'"),
                ("d", "'2026-01-02'"),
                ("bo", "true"),
            )
        ),
    ),
]


def test_same_answer(case: Case, pair: Pair) -> None:
    pair.check(case)
