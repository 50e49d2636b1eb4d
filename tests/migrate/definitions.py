"""Hypothesis strategies for collections as a client may define them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from pbpy.fields import (
    Autodate,
    Bool,
    Date,
    Editor,
    Email,
    File,
    GeoPoint,
    Json,
    Number,
    Password,
    Relation,
    Select,
    Text,
    Url,
)
from pbpy.schema.merge import scaffold

if TYPE_CHECKING:
    from pbpy.fields import Field
    from pbpy.schema.collection import Collection

NAMES = ("title", "body", "Total", "state", "extra", "n1")
RULES = (None, "", "id = @request.auth.id", 'id != \'a"b\' && id != ""', "id = '\\n'\n|| id=''")
ID = "pbc_1234567890"

booleans = st.booleans()
sizes = st.integers(0, 300)
words = st.lists(st.sampled_from(["a", "é", "it's", '"', "\\"]), max_size=3, unique=True)
domains = st.lists(st.sampled_from(["example.com", "a.org"]), unique=True).map(tuple)
helps = st.text(max_size=20)


def _settings(**own: st.SearchStrategy[Any]) -> dict[str, st.SearchStrategy[Any]]:
    shared = {"hidden": booleans, "presentable": booleans, "required": booleans, "help": helps}
    return {**shared, **own}


_KINDS: dict[type[Field], dict[str, st.SearchStrategy[Any]]] = {
    Text: _settings(min=st.integers(0, 3), max=sizes.map(lambda n: n + 3)),
    Number: _settings(min=st.none() | st.floats(-9, 0), max=st.none() | st.integers(0, 10**17)),
    Bool: _settings(),
    Email: _settings(only_domains=domains),
    Url: _settings(except_domains=domains),
    Editor: _settings(max_size=sizes, convert_urls=booleans),
    Date: _settings(min=st.sampled_from(["", "2020-01-01 10:00:00.000Z"])),
    Select: _settings(values=words.map(lambda chosen: ("x", *chosen))),
    File: _settings(max_select=st.integers(0, 3), protected=booleans, thumbs=st.just(("10x0",))),
    Relation: _settings(cascade=booleans, max_select=st.integers(0, 3)),
    Json: _settings(max_size=sizes),
    GeoPoint: _settings(),
    Password: _settings(min=st.integers(0, 8)),
    Autodate: {"hidden": booleans, "on_create": st.just(value=True), "on_update": booleans},
}


@st.composite
def fields(draw: st.DrawFn) -> tuple[Field, ...]:
    """Return fields with distinct names; the id tells the type, so that none ever changes it."""
    found: list[Field] = []
    used: set[str] = set()
    for name in draw(st.permutations(NAMES))[: draw(st.integers(0, 4))]:
        kind = draw(st.sampled_from(list(_KINDS)))
        field_id = f"{kind.type}{draw(st.integers(0, 3))}"
        if field_id not in used:
            used.add(field_id)
            settings = {key: draw(value) for key, value in _KINDS[kind].items()}
            if kind is Relation:  # a field never changes its target
                settings["collection_id"] = ID if field_id[-1] in "02" else "_pb_users_auth_"
            found.append(kind(name=name, id=field_id, **settings))
    return tuple(found)


_durations = st.integers(10, 900)
_options = st.fixed_dictionaries(
    {},
    optional={
        "authRule": st.sampled_from((None, "", "verified = true")),
        "manageRule": st.sampled_from((None, "id = @request.auth.id")),
        "otp": st.fixed_dictionaries({"enabled": booleans, "duration": _durations}),
        "authToken": st.fixed_dictionaries({"duration": _durations}),
        "oauth2": st.fixed_dictionaries({"mappedFields": st.just({"name": "title"})}),
        "verificationTemplate": st.just({"subject": "Hi\n{APP_NAME}", "body": "<p>{APP_URL}</p>"}),
    },
)


@st.composite
def collections(draw: st.DrawFn, kind: str) -> Collection:
    """Return a collection of one type and with one id, its fields in any order."""
    name = draw(st.sampled_from(["posts", "Articles"]))
    made = scaffold(kind, name, ID)
    rules = {rule: draw(st.sampled_from(RULES)) for rule in ("list_rule", "view_rule")}
    if kind == "view":
        query = draw(st.sampled_from(["SELECT id FROM users", "SELECT id,\n\temail FROM users;"]))
        return made.replace(view_query=query, **rules)
    all_fields = tuple(draw(st.permutations(made.with_fields(*draw(fields())).fields)))
    rules |= {rule: draw(st.sampled_from(RULES)) for rule in ("create_rule", "delete_rule")}
    indexes = tuple(
        f"CREATE INDEX `idx_{item.id}` ON `{name}` (`{item.name}`)"
        for item in all_fields
        if not item.system and draw(booleans)
    )
    made = made.replace(fields=all_fields, **rules, indexes=(*made.indexes, *indexes))
    return made.with_options(draw(_options)) if kind == "auth" else made


@st.composite
def changes(draw: st.DrawFn) -> tuple[Collection, Collection]:
    """Return two states of one collection."""
    kind = draw(st.sampled_from(["base", "base", "auth", "view"]))
    return draw(collections(kind)), draw(collections(kind))
