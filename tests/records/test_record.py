"""Record: values over a row, modifiers, originals, rebase."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from pbpy.fields.autodate import Autodate
from pbpy.fields.bool import Bool
from pbpy.fields.date import Date
from pbpy.fields.geo_point import GeoPoint
from pbpy.fields.json import Json
from pbpy.fields.number import Number
from pbpy.fields.password import PasswordValue
from pbpy.fields.select import Select
from pbpy.fields.text import Text
from pbpy.records.encode import encode_record
from pbpy.records.layout import UNHASHED
from pbpy.records.record import Record
from pbpy.schema.collection import Collection

VALUES = ("a", "b", "c", "d")

POSTS = Collection.new_base(
    "posts",
    fields=(
        Text("title"),
        Number("n"),
        Bool("active"),
        Select("tags", values=VALUES, max_select=4),
        Select("kind", values=VALUES, max_select=1),
        Json("js"),
        GeoPoint("place"),
        Date("day"),
        Autodate("created", on_create=True),
        Text("slug", autogenerate_pattern="[a-z]{5}"),
    ),
)
USERS = Collection.new_auth("members")


def row_of(collection: Collection, **values: Any) -> tuple[Any, ...]:
    """Return a stored row with these columns, zero values in the others."""
    zero = Record(collection).export_row()
    names = [item.name for item in collection.fields]
    return tuple(values.get(name, zero[place]) for place, name in enumerate(names))


def stored(**values: Any) -> Record:
    return Record.from_row(POSTS, row_of(POSTS, id="abcdefghijklmno", **values))


def test_new_record_has_zero_values_and_no_changes() -> None:
    record = Record(POSTS)
    assert record.is_new
    assert record.id == ""
    assert record.get("n") == 0
    assert record.get("tags") == ()
    assert record.changed_names() == []


def test_stored_values_are_decoded() -> None:
    record = stored(n=1.5, active=1, tags='["a","b"]', js='{"x":1}')
    assert not record.is_new
    assert record.get("n") == 1.5
    assert record.get("active") is True
    assert record.get("tags") == ("a", "b")
    assert record.get("js").load() == {"x": 1}
    assert record.get("unknown") is None


def test_set_changes_the_value_but_not_the_original() -> None:
    record = stored(title="old")
    record.set("title", "new")
    assert record.get("title") == "new"
    assert record.original("title") == "old"
    assert record.changed_names() == ["title"]


def test_setting_the_stored_value_is_no_change() -> None:
    record = stored(title="old", n=2, js='{"a":1}', active=1)
    record.load({"title": "old", "n": "2", "js": {"a": 1}, "active": "true"})
    assert record.changed_names() == []


def test_number_which_sqlite_keeps_in_another_form_is_no_change() -> None:
    record = stored(js=12)
    record.set("js", 12)
    assert record.changed_names() == []


def test_unknown_key_is_a_custom_value() -> None:
    record = stored()
    record.set("computed", [1])
    assert record.get("computed") == [1]
    assert record.custom == {"computed": [1]}
    assert record.changed_names() == []


def test_autodate_ignores_set_but_not_set_raw() -> None:
    record = stored(created="2022-01-01 10:00:00.123Z")
    record.set("created", "2023-01-01 10:00:00.123Z")
    assert record.get("created") == "2022-01-01 10:00:00.123Z"
    record.set_raw("created", "2023-01-01 10:00:00.123Z")
    assert record.get("created") == "2023-01-01 10:00:00.123Z"


def test_keys_apply_shortest_first() -> None:
    record = stored(n=7)
    record.load({"n-": 1.5, "n": 100})
    assert record.get("n") == 98.5


def test_autogenerate_modifier_adds_to_its_prefix() -> None:
    record = stored()
    record.set("slug:autogenerate", "p-")
    assert record.get("slug").startswith("p-")
    assert len(record.get("slug")) == 7


def test_rebase_recomputes_modifiers_and_takes_over_other_columns() -> None:
    record = stored(n=1, title="old", tags='["a"]')
    record.load({"n+": 5, "title": "mine", "tags+": "b"})
    redone = record.rebase(
        row_of(POSTS, id=record.id, n=10, title="theirs", active=1, tags='["a","c"]')
    )
    assert sorted(redone) == ["n", "tags"]
    assert record.get("n") == 15
    assert record.get("tags") == ("a", "c", "b")
    assert record.get("title") == "mine"
    assert record.get("active") is True
    assert sorted(record.changed_names()) == ["n", "tags", "title"]


def test_rebase_keeps_a_value_that_was_set_before_its_modifier() -> None:
    record = stored(n=1)
    record.load({"n": 100, "n+": 5})
    assert record.rebase(row_of(POSTS, id=record.id, n=50)) == []
    assert record.get("n") == 105


def test_plain_set_after_a_modifier_wins() -> None:
    record = stored(n=1)
    record.set("n+", 5)
    record.set("n", 2)
    assert record.rebase(row_of(POSTS, id=record.id, n=50)) == []
    assert record.get("n") == 2


def test_rebase_does_not_write_back_what_was_not_changed() -> None:
    record = stored(title="old")
    record.set("title", "old")
    record.rebase(row_of(POSTS, id=record.id, title="theirs"))
    assert record.get("title") == "theirs"
    assert record.changed_names() == []


def test_original_stays_after_a_save_until_the_next_one() -> None:
    record = stored(title="old")
    record.set("title", "new")
    record.mark_saved()
    assert record.original("title") == "old"
    record.begin_save()
    assert record.original("title") == "new"
    assert record.changed_names() == []


def test_record_saved_after_its_creation_has_its_id_as_original() -> None:
    record = Record(POSTS, {"id": "abcdefghijklmno"})
    record.mark_saved()
    assert not record.is_new
    assert record.original("id") == ""
    record.begin_save()
    assert record.original_id == "abcdefghijklmno"


def test_unhashed_password_never_reaches_the_row() -> None:
    record = Record(USERS, {"email": "a@example.com", "password": "12345678"})
    assert "12345678" not in record.export_row()
    assert UNHASHED in record.export_row()
    [(field, value)] = record.unhashed_passwords()
    assert (field.name, value.plain) == ("password", "12345678")
    record.set_password_hash("$argon2id$x")
    assert record.unhashed_passwords() == []
    assert record.password_hash == "$argon2id$x"


def test_plain_password_is_forgotten_after_the_save() -> None:
    record = Record(USERS)
    record.set_raw("password", PasswordValue("12345678", "$argon2id$x"))
    record.mark_saved()
    assert record.get("password") == PasswordValue(hash="$argon2id$x")


def test_refresh_token_key_makes_a_new_one() -> None:
    record = Record(USERS)
    record.refresh_token_key()
    first = record.token_key
    record.refresh_token_key()
    assert len(first) == 50
    assert record.token_key != first


NUMBERS = st.integers(-(10**6), 10**6)
CHOICES = st.lists(st.sampled_from(VALUES), max_size=3)


@given(
    start=NUMBERS,
    steps=st.lists(st.tuples(st.sampled_from(["n", "n+", "n-"]), NUMBERS), max_size=6),
    meanwhile=NUMBERS,
)
def test_number_modifiers_follow_a_model(
    start: int, steps: list[tuple[str, int]], meanwhile: int
) -> None:
    record = stored(n=start)
    for key, amount in steps:
        record.set(key, amount)

    def model(value: int) -> int:
        for key, amount in steps:
            value = amount if key == "n" else value + amount if key == "n+" else value - amount
        return value

    assert record.get("n") == model(start)
    record.rebase(row_of(POSTS, id=record.id, n=meanwhile))
    if record.get("n") != model(meanwhile):
        # Nothing was changed on balance, so the other writer's value stays.
        assert model(start) == start
        assert record.get("n") == meanwhile


@given(
    start=CHOICES,
    steps=st.lists(st.tuples(st.sampled_from(["tags", "+tags", "tags+", "tags-"]), CHOICES)),
)
def test_list_modifiers_follow_a_model(
    start: list[str], steps: list[tuple[str, list[str]]]
) -> None:
    record = stored(tags=orjson.dumps(list(dict.fromkeys(start))).decode())
    expected = list(dict.fromkeys(start))
    for key, change in steps:
        record.set(key, change)
        if key == "tags":
            expected = change
        elif key == "tags-":
            expected = [item for item in expected if item not in change]
        else:
            expected = [*change, *expected] if key[0] == "+" else [*expected, *change]
        expected = list(dict.fromkeys(expected))
    assert list(record.get("tags")) == expected


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@given(
    title=st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    n=st.floats(allow_nan=False, allow_infinity=False, width=32) | NUMBERS,
    active=st.booleans(),
    tags=st.lists(st.sampled_from(VALUES), unique=True),
    js=st.lists(JSON_VALUES, max_size=3),
    lon=st.integers(-180, 180),
)
def test_record_to_json_to_record(  # one argument per field
    title: str, n: float, active: bool, tags: list[str], js: Any, lon: int
) -> None:
    values = {
        "id": "abcdefghijklmno",
        "title": title,
        "n": n,
        "active": active,
        "tags": tags,
        "js": js,
        "place": {"lon": lon, "lat": 1.5},
    }
    record = Record(POSTS, values)
    shown = orjson.loads(orjson.dumps(encode_record(record)))
    assert list(shown) == sorted(shown)
    assert float(shown["n"]) == float(n)
    assert {name: shown[name] for name in values} == {**values, "n": shown["n"]}
    again = Record(POSTS, shown)
    assert again.export_row() == record.export_row()
    assert orjson.dumps(encode_record(Record.from_row(POSTS, record.export_row()))) == (
        orjson.dumps(encode_record(record))
    )
