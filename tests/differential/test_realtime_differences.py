"""What is heard otherwise than from PocketBase, by design: see docs/differences.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.differential.realtime_story import (
    Step,
    Story,
    Write,
    batch,
    change,
    collection,
    create,
    delete,
    drop,
    field_of,
    listens,
    people,
    relation,
    row_id,
    update,
)
from tests.realtime.listening import with_options

if TYPE_CHECKING:
    from tests.differential.listeners import Heard
    from tests.differential.realtime_story import Told

PARENT = delete("a parent goes", "su", "plain", row_id(1))
NEW_SECRET = update("after a new secret under another name", "su", "plain", row_id(2), {"n": 1})
RENAMED = update("after the deletion of a renamed collection", "su", "plain", row_id(2), {"n": 2})
BECOMES_HIDDEN = batch(
    "seen, then hidden",
    "su",
    create("a", "su", "ruled", {"id": row_id(1), "n": 1}),
    update("b", "su", "ruled", row_id(1), {"n": -1}),
)
BECOMES_SEEN = batch(
    "hidden, then seen",
    "su",
    create("a", "su", "ruled", {"id": row_id(2), "n": -2}),
    update("b", "su", "ruled", row_id(2), {"n": 2}),
)
IS_GONE = batch(
    "changed and gone",
    "su",
    update("a", "su", "ruled", row_id(1), {"n": 3}),
    delete("b", "su", "ruled", row_id(1)),
)
HIDDEN_AND_GONE = batch(
    "hidden and gone",
    "su",
    update("a", "su", "ruled", row_id(2), {"n": -3}),
    delete("b", "su", "ruled", row_id(2)),
)
DIFFERENT = Story(
    "different",
    [
        *people("persons", "ann"),
        collection("plain", field_of("number", "n"), listRule="@request.auth.id != ''"),
        collection("other", relation("plain", "plain", cascadeDelete=True)),
        collection("ruled", field_of("number", "n"), listRule="n > 0"),
        create("a parent", "su", "plain", {"id": row_id(1), "n": 1}),
        create("a child", "su", "other", {"id": row_id(1), "plain": row_id(1)}),
        create("another", "su", "plain", {"id": row_id(2), "n": 1}),
        *listens(
            *("plain/*", "ruled/*", with_options("other/*", None, expand="plain")), actors=("ann",)
        ),
    ],
    [
        *(PARENT, BECOMES_HIDDEN, BECOMES_SEEN, IS_GONE, HIDDEN_AND_GONE),
        change("another name", "persons", name="folk"),
        change("another secret", "folk", authToken={"secret": "s" * 50, "duration": 1000}),
        NEW_SECRET,
        drop("folk"),
        RENAMED,
    ],
    grace_s=0.3,
)
STORIES = [DIFFERENT]


def different(told: Told, step: Step) -> tuple[list[Heard], list[Heard]]:
    """Return what ann has heard of a step from PocketBase and from its twin."""
    (heard,) = (each.heard for each in told[DIFFERENT] if each.step is step)
    return heard[0]["ann"], heard[1]["ann"]


def test_what_is_deleted_along_is_shown_as_before_the_deletion(told: Told) -> None:
    theirs, ours = (
        [each.record["expand"] for each in heard if each.topic.startswith("other")]
        for heard in different(told, PARENT)
    )
    assert theirs == [{}]
    assert [expand["plain"]["n"] for expand in ours] == [1]


@pytest.mark.parametrize(
    ("step", "theirs", "ours"),
    [
        (BECOMES_HIDDEN, [], [("create", 1)]),
        (BECOMES_SEEN, [("create", -2), ("update", 2)], [("update", 2)]),
        (IS_GONE, [], [("update", 3), ("delete", 3)]),
        (HIDDEN_AND_GONE, [("delete", -3)], []),
    ],
    ids=lambda value: value.label if isinstance(value, Write) else "",
)
def test_a_record_is_judged_as_it_was_saved(
    told: Told, step: Step, theirs: list[tuple[str, int]], ours: list[tuple[str, int]]
) -> None:
    heard = [
        [(each.action, each.record["n"]) for each in messages] for messages in different(told, step)
    ]
    assert sorted(heard[0]) == theirs
    assert heard[1] == ours


@pytest.mark.parametrize(("step", "n"), [(NEW_SECRET, 1), (RENAMED, 2)], ids=["secret", "deletion"])
def test_users_of_a_renamed_collection_are_signed_out(told: Told, step: Step, n: int) -> None:
    theirs, ours = different(told, step)
    assert [each.record["n"] for each in theirs] == [n]
    assert ours == []
