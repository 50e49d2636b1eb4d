"""Compiled filters against a naive evaluator: every combination of related rows, in Python."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import apsw
import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from pbpy.fields.number import Number as NumberField
from pbpy.fields.relation import Relation
from pbpy.fields.text import Text as TextField
from pbpy.filter.ast import And, Compare, Expr, Number, Or, Path, Term, Text, to_text
from pbpy.filter.compare import base_operator
from pbpy.records.query_plan import plan_list
from pbpy.records.request_info import RequestInfo
from pbpy.schema.catalog import Catalog
from pbpy.schema.collection import Collection

Value: TypeAlias = "str | float | None"
Rows: TypeAlias = "dict[str, dict[str, Any]]"

USERS = Collection(
    id="u",
    name="users",
    list_rule="",
    fields=(TextField("id"), TextField("name"), NumberField("level")),
)
TAGS = Collection(
    id="t",
    name="tags",
    list_rule="",
    fields=(
        TextField("id"),
        TextField("name"),
        Relation("owner", collection_id="u", max_select=1),
        Relation("tags", collection_id="t", max_select=9),
    ),
)
POSTS = Collection(
    id="p",
    name="posts",
    list_rule="",
    fields=(
        TextField("id"),
        TextField("title"),
        NumberField("num"),
        Relation("author", collection_id="u", max_select=1),
        Relation("tags", collection_id="t", max_select=9),
    ),
)
CATALOG = Catalog((USERS, TAGS, POSTS))

TEXT_PATHS = ["title", "author.name", "tags.name", "tags.owner.name"]
NUMBER_PATHS = ["num", "author.level", "tags.owner.level"]
TAG_TEXT_PATHS = ["name", "owner.name", "tags.name", "tags.owner.name"]
TAG_NUMBER_PATHS = ["owner.level", "tags.owner.level"]
WORDS = ["", "a", "A", "ab", "b"]

_words = st.sampled_from(WORDS)
_levels = st.integers(0, 2)
_user_ids = st.sampled_from(["", "u1", "u2", "u3", "gone"])
_tag_lists = st.lists(st.sampled_from(["t1", "t2", "t3", "gone"]), max_size=3, unique=True)


@dataclass(frozen=True)
class Data:
    """The rows of one example."""

    users: Rows
    tags: Rows
    posts: Rows


def _table(ids: list[str], **columns: st.SearchStrategy[Any]) -> st.SearchStrategy[Rows]:
    return st.fixed_dictionaries({key: st.fixed_dictionaries(columns) for key in ids})


data = st.builds(
    Data,
    _table(["u1", "u2", "u3"], name=_words, level=_levels),
    _table(["t1", "t2", "t3"], name=_words, owner=_user_ids, tags=_tag_lists),
    _table(
        ["p1", "p2", "p3", "p4", "p5"],
        title=_words,
        num=_levels,
        author=_user_ids,
        tags=_tag_lists,
    ),
)

_marks = st.sampled_from(["", "?"])


def expressions(text_paths: list[str], number_paths: list[str]) -> st.SearchStrategy[Expr]:
    """Return filters over these paths."""
    text_terms: st.SearchStrategy[Term] = st.one_of(
        _words.map(Text), st.sampled_from(text_paths).map(Path), st.just(Path("null"))
    )
    number_terms: st.SearchStrategy[Term] = st.one_of(
        _levels.map(lambda value: Number(str(value))), st.sampled_from(number_paths).map(Path)
    )
    comparisons: st.SearchStrategy[Expr] = st.one_of(
        st.builds(
            lambda left, mark, op, right: Compare(Path(left), mark + op, right),
            st.sampled_from(text_paths),
            _marks,
            st.sampled_from(["=", "!=", "<", ">=", "~", "!~"]),
            text_terms,
        ),
        st.builds(
            lambda left, mark, op, right: Compare(Path(left), mark + op, right),
            st.sampled_from(number_paths),
            _marks,
            st.sampled_from(["=", "!=", ">", "<="]),
            number_terms,
        ),
    )
    return st.recursive(
        comparisons,
        lambda inner: st.one_of(
            st.lists(inner, min_size=2, max_size=3).map(tuple).map(And),
            st.lists(inner, min_size=2, max_size=3).map(tuple).map(Or),
        ),
        max_leaves=6,
    )


filters = expressions(TEXT_PATHS, NUMBER_PATHS)
tag_rules = expressions(TAG_TEXT_PATHS, TAG_NUMBER_PATHS)


def compare(op: str, left: Value, right: Value, *, literal: bool) -> bool | None:
    """Return `left op right` in three-valued logic; literal: right is written in the filter."""
    if op in ("=", "!="):
        if literal and right not in ("", None):
            if op == "=":
                return None if left is None else left == right
            return left != right
        same = ("" if left is None else left) == ("" if right is None else right)
        return same == (op == "=")
    if left is None or right is None:
        return None
    match op:
        case "<":
            return left < right  # type: ignore[operator]
        case ">":
            return left > right  # type: ignore[operator]
        case "<=":
            return left <= right  # type: ignore[operator]
        case ">=":
            return left >= right  # type: ignore[operator]
    return (str(right).lower() in str(left).lower()) == (op == "~")


def value_of(term: Term, post: dict[str, Any], tag: dict[str, Any] | None, rows: Data) -> Value:
    match term:
        case Text(value):
            return value
        case Number():
            return term.value
        case Path("null"):
            return None
        case Path(name):
            row: dict[str, Any] | None = post
            for key in name.split("."):
                if key == "tags":
                    row = tag
                elif key in ("author", "owner"):
                    row = rows.users.get(row[key]) if row else None
                elif row is None:
                    return None
                else:
                    return row[key]  # type: ignore[no-any-return]
    raise AssertionError(term)


def holds(expr: Expr, post: dict[str, Any], tag: dict[str, Any] | None, rows: Data) -> bool:
    """Return whether expr holds for a post, or a tag, joined with one of its tags."""
    if isinstance(expr, And):
        return all(holds(item, post, tag, rows) for item in expr.items)
    if isinstance(expr, Or):
        return any(holds(item, post, tag, rows) for item in expr.items)
    op, any_match = base_operator(expr.op)

    def decide(left_tag: dict[str, Any] | None, right_tag: dict[str, Any] | None) -> bool | None:
        return compare(
            op,
            value_of(expr.left, post, left_tag, rows),
            value_of(expr.right, post, right_tag, rows),
            literal=not isinstance(expr.right, Path) or expr.right.name == "null",
        )

    if not decide(tag, tag):
        return False
    if any_match:
        return True
    found = related_tags(post, rows)
    many = [
        found if isinstance(side, Path) and side.name.startswith("tags.") else [tag]
        for side in (expr.left, expr.right)
    ]
    return all(decide(left, right) is not False for left in many[0] for right in many[1])


def related_tags(post: dict[str, Any], rows: Data) -> list[dict[str, Any] | None]:
    return [rows.tags.get(key) for key in post["tags"]] or [None]


def naive(expr: Expr, rows: Data) -> list[str]:
    return [
        key
        for key, post in sorted(rows.posts.items())
        if any(holds(expr, post, tag, rows) for tag in related_tags(post, rows))
    ]


def fill(rows: Data) -> apsw.Connection:
    db = apsw.Connection(":memory:")
    for collection in CATALOG.collections:
        columns = ", ".join(f"{field.name} {field.column.value}" for field in collection.fields)
        db.execute(f"CREATE TABLE {collection.name} ({columns})")
    for table, stored in (("users", rows.users), ("tags", rows.tags), ("posts", rows.posts)):
        names = [field.name for field in getattr(CATALOG.find(table), "fields", ())]
        for key, row in stored.items():
            values = [row.get(name, key) for name in names]
            values = [orjson.dumps(v).decode() if isinstance(v, list) else v for v in values]
            marks = ", ".join("?" * len(values))
            db.execute(f"INSERT INTO {table} VALUES ({marks})", values)
    return db


def find(rows: Data, expr: Expr, rule: str = "", catalog: Catalog = CATALOG) -> list[str]:
    """Return the ids of the posts that a guest finds, of which there are as many as counted."""
    plan = plan_list(
        catalog,
        POSTS,
        RequestInfo(),
        rule=rule,
        filter=to_text(expr),
        sort="id",
        limit=0,
        offset=0,
        with_total=True,
        columns=("id",),
    )
    assert plan.count is not None
    db = fill(rows)
    found = [row[0] for row in db.execute(plan.page.text, plan.page.params)]
    assert db.execute(plan.count.text, plan.count.params).fetchone() == (len(found),)
    return found


@settings(max_examples=400, deadline=None)
@given(data, filters)
def test_compiled_filters_agree_with_the_naive_evaluator(rows: Data, expr: Expr) -> None:
    assert find(rows, expr) == naive(expr, rows)


@settings(max_examples=150, deadline=None)
@given(data, filters, filters)
def test_rule_and_filter_speak_of_the_same_related_rows(rows: Data, rule: Expr, expr: Expr) -> None:
    assert find(rows, expr, to_text(rule)) == naive(And((rule, expr)), rows)


@settings(max_examples=400, deadline=None)
@given(data, tag_rules, filters)
def test_a_list_rule_is_asked_of_each_related_row_by_itself(
    rows: Data, rule: Expr, expr: Expr
) -> None:
    catalog = CATALOG.with_collection(TAGS.replace(list_rule=to_text(rule)))
    is_asked = "tags." in to_text(expr)

    def is_listed(tag: dict[str, Any] | None) -> bool:
        return tag is None or any(holds(rule, tag, kin, rows) for kin in related_tags(tag, rows))

    assert find(rows, expr, catalog=catalog) == [
        key
        for key, post in sorted(rows.posts.items())
        if any(
            holds(expr, post, tag, rows) and (is_listed(tag) or not is_asked)
            for tag in related_tags(post, rows)
        )
    ]
