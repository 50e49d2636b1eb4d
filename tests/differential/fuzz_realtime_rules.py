"""Rules, filters, expansions and pickers for the collections of `fuzz_realtime`.

OWN_RULES suit every collection; ROW_RULES read more of the record; FAR_RULES and FAR_FILTERS
read other records. No filter leads along a relation of several values: the list rule of what it
leads to is binding, and such rules and filters are for the tests of the filter language.
"""

from __future__ import annotations

OWN_RULES: tuple[str | None, ...] = (
    *("", "", None),
    "@request.auth.id != ''",
    "@request.auth.id = ''",
    "@request.auth.verified = true",
    "@request.auth.name = title",
    "@request.auth.n > n",
    "@request.context = 'realtime' && n > 1",
    "@request.method = 'GET' && title != ''",
    "@request.headers.x_key = 'open'",
    "@request.headers.x_key = title",
    "@request.query.key:isset = true || public = true",
    "public = true",
    "n > 1",
    "n:isset = true || title ~ 'a'",
    "title:lower ~ 'a' || title = ''",
    "id ~ '1' || id ~ '2'",
    "secret != ''",
)
ROW_RULES: dict[str, tuple[str, ...]] = {
    "a": (
        "owner = @request.auth.id",
        "owner = @request.auth.id && @request.auth.id != ''",
        "public = true || owner = @request.auth.id",
        "team ~ @request.auth.id && @request.auth.id != ''",
        "team:length > 1",
        "kinds:each ~ 'k'",
        "js.a = 1 || kinds:length = 0",
    ),
    "b": ("owner = @request.auth.id || n > 2", "tags:length > 0", "parent != ''"),
    "c": ("owner = @request.auth.id || n > 2", "parent != ''"),
    "u": ("id = @request.auth.id", "emailVisibility = true", "name = 'x' || verified = true"),
}
FAR_RULES: dict[str, tuple[str, ...]] = {
    "a": (
        "owner.name = 'x'",
        "owner.verified = true || owner.n > 1",
        "team.id ?= @request.auth.id",
        "team.name = 'y'",
        "b_via_parent.title ?= 'a'",
        "b_via_parent.n > 1",
        "b_via_tags.id != ''",
        "@request.auth.a_via_owner.n ?> 2",
        "@request.auth.boss.name = 'y'",
        "@collection.b.title ?= title",
        "@collection.c.owner ?= @request.auth.id && @request.auth.id != ''",
        "@collection.u.name ?= title && @request.auth.id != ''",
    ),
    "b": (
        "parent.public = true",
        "parent.owner = @request.auth.id",
        "parent.owner.name = 'x' || owner.boss.name = 'y'",
        "parent.team.id ?= @request.auth.id",
        "tags.public ?= true",
        "tags.n > 0",
        "tags.owner.id ?= @request.auth.id",
        "c_via_parent.owner.name ?= 'x'",
        "parent.b_via_parent.n ?> 2",
    ),
    "c": (
        "parent.public = true",
        "parent.parent.public = true",
        "parent.parent.owner = @request.auth.id && @request.auth.id != ''",
        "parent.tags.title ?= 'a'",
        "owner.boss = @request.auth.id",
        "@collection.a:one.title ?= title && @collection.a:two.public ?= true",
    ),
    "u": (
        "boss = @request.auth.id",
        "boss.name = 'y' || u_via_boss.name ?= 'x'",
        "a_via_owner.public ?= true",
        "a_via_team.id != ''",
    ),
}
FILTERS: dict[str, tuple[str, ...]] = {
    "a": (
        *("n > 1", "title = 'a'", "public = true && n < 3", "secret != ''", "kinds ~ 'k'"),
        *("@request.auth.id != ''", "nope = 1", "team:length = 1"),
    ),
    "b": ("n > 1", "title ~ 'a' || public = true", "owner = ''", "tags:length > 0"),
    "c": ("n > 1", "parent != ''"),
    "u": ("name = 'x'", "email ~ 'example'", "verified = true"),
}
FAR_FILTERS: dict[str, tuple[str, ...]] = {
    "a": ("owner.name = 'x'", "owner.email ~ 'x@'"),
    "b": ("parent.n > 1", "parent.owner.name = 'x'"),
    "c": ("parent.parent.n > 0", "owner.verified = true", "parent.title != title"),
    "u": ("boss.email != ''",),
}
EXPANDS: dict[str, tuple[str, ...]] = {
    "a": ("owner", "team,owner", "b_via_parent", "b_via_parent.c_via_parent", "owner.boss,nope"),
    "b": ("parent", "parent.owner,tags", "c_via_parent,tags.team", "parent.b_via_tags"),
    "c": ("parent.parent", "owner,parent.tags", "parent.parent.owner.boss"),
    "u": ("boss", "u_via_boss", "a_via_owner.b_via_parent,a_via_team"),
}
FIELDS = (
    "id,title",
    "*,expand.*.id",
    "id,title:excerpt(1),n,secret",
    "id,expand.parent.title,email",
)
