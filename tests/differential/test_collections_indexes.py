"""Indexes of collections (contract 3.5, A.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.differential.batteries import base, field, rows
from tests.differential.steps import Step, collections, leaking, scenario, su

if TYPE_CHECKING:
    from tests.differential.pair import Case, Pair


def indexes(collection: str, *texts: str) -> Step:
    return su.patch(collections(collection), {"indexes": list(texts)})


def creates(*index_lists: list[str]) -> list[Step]:
    fields = [field("text", "a"), field("number", "b")]
    return [
        su.post(collections(), {"name": f"cx_{number}", "indexes": texts, "fields": fields})
        for number, texts in enumerate(index_lists)
    ]


SCENARIOS = [
    scenario(
        "indexes",
        base("cx_other", field("text", "a"), indexes=["CREATE INDEX cx_used ON cx_other (a)"]),
        creates(
            ["bad"],
            [""],
            ["CREATE INDEX i_1 ON cx_2 (a)"],
            ["create unique index `i_3` on `cx_3` (`a`, `b`)"],
            ["CREATE INDEX i_4 ON wrong_table (a)"],
            ["CREATE INDEX i_5 ON wrong_table (a, b DESC) WHERE a != ''"],
            ["CREATE INDEX i_6 ON cx_6 (a)", "CREATE INDEX I_6 ON cx_6 (b)"],
            ["CREATE INDEX i_7a ON cx_7 (a)", "CREATE INDEX i_7b ON cx_7 (a)"],
            ["CREATE INDEX cx_used ON cx_8 (a)"],
            ["CREATE INDEX i_10 ON cx_10 (a COLLATE NOCASE ASC)"],
            ["CREATE INDEX i_11 ON cx_11 (lower(a), b)"],
            ["CREATE INDEX IF NOT EXISTS i_12 ON cx_12 (a)"],
            ["CREATE INDEX main.i_13 ON cx_13 (a)"],
            ["CREATE INDEX i_14 ON cx_14 ()"],
            ["CREATE INDEX ON cx_15 (a)"],
            ["CREATE TABLE x (a)"],
            ["DROP INDEX x"],
            ["CREATE INDEX i_18 ON cx_18 (a); DROP TABLE users"],
            ["CREATE INDEX `i 19` ON cx_19 (a)"],
            ['CREATE INDEX "i_20" ON "cx_20" ("a")'],
            ["CREATE INDEX [i_21] ON [cx_21] ([a])"],
            ["\n  CREATE   INDEX\n i_22\n ON cx_22\n (a)\n"],
            ["CREATE UNIQUE INDEX i_23 ON cx_23 (a) WHERE b > 1 AND a != 'x (y)'"],
        ),
    ),
    scenario(
        "refused by the database",
        leaking(creates(["CREATE INDEX i_nope ON x (nope)"])[0]),
        leaking(creates(["CREATE INDEX i_func ON x (nope(a))"])[0]),
        leaking(creates(["CREATE UNIQUE INDEX i_where ON x (a) WHERE nope = 1"])[0]),
    ),
    scenario(
        "index updates",
        base("cy_a", field("text", "a"), field("text", "b")),
        indexes("cy_a", "CREATE INDEX cy_1 ON cy_a (a)"),
        indexes("cy_a", "CREATE INDEX cy_1 ON cy_a (b)", "CREATE UNIQUE INDEX cy_2 ON cy_a (a, b)"),
        indexes("cy_a", "CREATE INDEX cy_1 ON other (b)"),
        leaking(indexes("cy_a", "CREATE INDEX cy_1 ON cy_a (nope)")),
        su.get(collections("cy_a")),
        indexes("cy_a", "nope"),
        rows("cy_a", {"a": "same"}, {"a": "same"}),
        leaking(indexes("cy_a", "CREATE UNIQUE INDEX cy_3 ON cy_a (a)")),
        su.get(collections("cy_a", fields="indexes")),
        indexes("cy_a", "CREATE INDEX cy_4 ON cy_a (a)"),
        su.patch(collections("cy_a"), {"name": "cy_renamed"}),
        su.get(collections("cy_renamed", fields="indexes")),
        leaking(su.patch(collections("cy_renamed"), {"fields": [field("text", "b")]})),
        su.get(collections("cy_renamed", fields="indexes,fields.name")),
        su.patch(collections("cy_renamed"), {"fields": [field("text", "b")], "indexes": []}),
        indexes("cy_renamed", "CREATE INDEX idx_email__pb_users_auth_ ON cy_renamed (b)"),
        indexes("cy_renamed", "CREATE INDEX cy_5 ON cy_renamed (id)"),
        indexes("cy_renamed", "CREATE UNIQUE INDEX cy_6 ON cy_renamed (id)"),
        indexes("cy_renamed"),
        indexes("users"),
        su.get(collections("users", fields="indexes")),
        indexes("users", "CREATE UNIQUE INDEX cy_email ON users (email)"),
        indexes("users", "CREATE INDEX cy_email ON users (email)"),
        su.get(collections("users", fields="indexes")),
        indexes("users"),
        indexes("_externalAuths"),
        indexes("_superusers"),
        indexes("_superusers", "CREATE INDEX cy_su ON _superusers (created)"),
        su.get(collections("_superusers", fields="indexes")),
        indexes("_superusers"),
    ),
]


def test_same_answer(case: Case, pair: Pair) -> None:
    pair.check(case)
