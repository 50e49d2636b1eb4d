"""Changes that bring others along: cascades, batches, truncations, and those of collections."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import pytest

from tests.differential.realtime_story import (
    Step,
    Story,
    Write,
    batch,
    change,
    check,
    collection,
    create,
    delete,
    every_step,
    field_of,
    listens,
    people,
    relation,
    row_id,
    update,
    user_id,
)
from tests.realtime.listening import with_options

if TYPE_CHECKING:
    from tests.differential.realtime_story import Told

ANN, BOB = user_id("ann"), user_id("bob")


PEOPLE = people("people", "ann", "bob", listRule="id = @request.auth.id")

# trees: a tree has branches that go with it, leaves of a branch, and labels that only lose it

TREES: list[Step] = [
    *PEOPLE,
    collection("trees", field_of("bool", "open"), relation("owner", "people", cascadeDelete=True)),
    collection(
        "branches",
        field_of("number", "n"),
        relation("tree", "trees", cascadeDelete=True),
        listRule="tree.open = true",
        viewRule="tree.owner = @request.auth.id && @request.auth.id != ''",
    ),
    collection(
        "leaves",
        field_of("text", "text"),
        relation("branch", "branches", cascadeDelete=True, required=True),
        listRule="branch.tree.owner.name = 'ann' || branch.tree.open = true",
    ),
    collection(
        "labels",
        relation("tree", "trees"),
        relation("trees", "trees", maxSelect=5),
        relation("leaf", "leaves"),
        listRule="trees:length > 0 || tree = '' || @request.auth.id != ''",
    ),
    collection("pins", relation("leaf", "leaves", required=True)),
]


TREE_TOPICS = listens(
    *("trees/*", "branches/*", "leaves/*", "labels/*", "pins/*", "people/*"),
    *(f"branches/{row_id(number)}" for number in range(3)),
    with_options("branches/*", None, expand="leaves_via_branch"),
    with_options("leaves/*", None, filter="branch.tree.owner.name = 'ann'"),
    with_options("labels/*", None, expand="tree,trees,leaf.branch.tree"),
    with_options("trees/*", None, expand="branches_via_tree.leaves_via_branch"),
)


def planted(tree: int, *, is_open: bool, owner: str) -> list[Write]:
    """Make a tree with two branches and three leaves, and two labels on it."""
    first, second = row_id(tree), row_id(tree + 1)
    return [
        create("tree", "su", "trees", {"id": first, "open": is_open, "owner": owner}),
        create("branch", "su", "branches", {"id": first, "n": 1, "tree": first}),
        create("branch", "su", "branches", {"id": second, "n": 2, "tree": first}),
        create("leaf", "su", "leaves", {"id": first, "text": "a", "branch": first}),
        create("leaf", "su", "leaves", {"id": second, "text": "b", "branch": first}),
        create("leaf", "su", "leaves", {"id": row_id(tree + 2), "text": "c", "branch": second}),
        create("label", "su", "labels", {"id": first, "tree": first, "trees": [first],
                                         "leaf": second}),
        create("label", "su", "labels", {"id": second, "trees": [first]}),
    ]  # fmt: skip


DELETES: list[Step] = [
    *planted(0, is_open=True, owner=ANN),
    delete("a leaf", "guest", "leaves", row_id(2)),
    delete("a branch", "ann", "branches", row_id(0)),
    delete("an open tree", "guest", "trees", row_id(0)),
    *planted(10, is_open=False, owner=ANN),
    update("closed to open", "su", "trees", row_id(10), {"open": True}),
    update("open to closed", "su", "trees", row_id(10), {"open": False}),
    delete("a closed tree", "guest", "trees", row_id(10)),
    *planted(20, is_open=True, owner=BOB),
    create("a pin", "su", "pins", {"id": row_id(20), "leaf": row_id(20)}),
    delete("kept by a pin", "su", "trees", row_id(20)),
    delete("a leaf kept by a pin", "su", "leaves", row_id(20)),
    delete("no more pin", "su", "pins", row_id(20)),
    delete("bob with his tree", "su", "people", BOB),
    *planted(30, is_open=True, owner=ANN),
    *planted(40, is_open=False, owner=""),
    Write("truncate labels", "su", "DELETE", "/api/collections/labels/truncate"),
    Write("truncate trees", "su", "DELETE", "/api/collections/trees/truncate"),
    Write("truncate nothing", "su", "DELETE", "/api/collections/trees/truncate"),
    Write("not by guests", "guest", "DELETE", "/api/collections/leaves/truncate"),
    *planted(50, is_open=True, owner=ANN),
    create(
        "at once", "su", "leaves", {"id": row_id(60), "branch": row_id(50)}, is_waited_for=False
    ),
    delete("and gone", "su", "leaves", row_id(60), is_waited_for=False),
    create("and back", "su", "leaves", {"id": row_id(60), "branch": row_id(51)}),
    delete("ann herself", "ann", "people", ANN),
]

BATCHES: list[Step] = [
    batch(
        "three creates",
        "su",
        *(create("a", "su", "plain", {"id": row_id(number), "n": number}) for number in (1, 2, 3)),
    ),
    batch(
        "one each",
        "su",
        create("a", "su", "plain", {"id": row_id(4), "n": 4}),
        update("b", "su", "plain", row_id(1), {"n": 10}),
        delete("c", "su", "plain", row_id(2)),
        create("d", "su", "other", {"id": row_id(1), "plain": row_id(1)}),
    ),
    batch(
        "one record often",
        "su",
        create("a", "su", "plain", {"id": row_id(5), "n": 1}),
        update("b", "su", "plain", row_id(5), {"n": 2}),
        update("c", "su", "plain", row_id(5), {"n": 3}),
        delete("d", "su", "plain", row_id(5)),
    ),
    batch(
        "rolled back",
        "su",
        create("a", "su", "plain", {"id": row_id(6), "n": 1}),
        delete("b", "su", "plain", row_id(3)),
        create("c", "su", "plain", {"id": row_id(6), "n": 1}),
    ),
    batch(
        "refused",
        "guest",
        update("a", "guest", "plain", row_id(3), {"n": 5}),
        create("b", "guest", "people", {"name": "x"}),
    ),
    batch(
        "a parent and its child",
        "ann",
        create("a", "ann", "plain", {"id": row_id(7), "n": 7}),
        create("b", "ann", "other", {"id": row_id(7), "plain": row_id(7)}),
    ),
    batch(
        "a parent of a child, changed again",
        "su",
        create("a", "su", "parents", {"id": row_id(1), "n": 1}),
        create("b", "su", "other", {"id": row_id(8), "parent": row_id(1)}),
        update("c", "su", "parents", row_id(1), {"n": 2}),
    ),
    batch("a parent goes", "ann", delete("a", "ann", "plain", row_id(7))),
    update("after all that", "su", "plain", row_id(3), {"n": 30}),
    delete("after the rollback", "su", "plain", row_id(3)),
]
COMPARED = [
    Story("deletes", [*TREES, *TREE_TOPICS], DELETES),
    Story(
        "batches",
        [
            *people("persons", "ann", "bob"),
            collection("plain", field_of("number", "n")),
            collection(
                "other",
                relation("plain", "plain", cascadeDelete=True),
                listRule="plain.n > 0 || plain = ''",
            ),
            collection("parents", field_of("number", "n")),
            change(
                "children refer to it",
                "other",
                fields=[
                    relation("plain", "plain", cascadeDelete=True),
                    relation("parent", "parents"),
                ],
            ),
            change("who has a child", "parents", listRule="other_via_parent.id != ''"),
            *listens(
                *("plain/*", "other/*", "parents/*"),
                with_options("plain/*", None, expand="other_via_plain"),
            ),
        ],
        BATCHES,
    ),
]


# PocketBase sends in any order, but for the most part in that of its hooks

ROUNDS = 9
CHANGED = [
    update("change", "su", name, row_id(number), {})
    for name, number in (("leaves", 2), ("trees", 0), ("leaves", 0), ("branches", 1), ("labels", 0))
]
ROUND: list[Step] = [
    batch("creates", "su", *planted(0, is_open=True, owner=ANN)),
    batch("updates", "su", *CHANGED),
    delete("deletes", "su", "trees", row_id(0)),
    Write("truncate", "su", "DELETE", "/api/collections/labels/truncate"),
]
ORDERS = Story(
    "orders",
    [*TREES, *listens("trees/*", "branches/*", "leaves/*", "labels/*", actors=("guest",))],
    ROUND * ROUNDS,
)
STORIES = [*COMPARED, ORDERS]


@every_step(COMPARED)
def test_the_same_change_is_heard_the_same(told: Told, story: Story, place: int) -> None:
    check(told[story][place])


def test_something_was_heard(told: Told) -> None:
    for story, least in zip(COMPARED, (300, 40), strict=True):
        assert sum(outcome.count for outcome in told[story]) >= least


@pytest.mark.parametrize("place", range(len(ROUND)), ids=[step.label for step in ROUND])
def test_the_order_is_the_one_that_pocketbase_mostly_has(told: Told, place: int) -> None:
    rounds = [outcome.heard for outcome in told[ORDERS][place :: len(ROUND)]]
    theirs, ours = ([heard["guest"] for heard in side] for side in zip(*rounds, strict=True))
    assert len(ours[0]) > 1
    assert all(order == ours[0] for order in ours)
    for first, second in combinations(ours[0], 2):
        assert sum(order.index(first) < order.index(second) for order in theirs) > ROUNDS / 2
