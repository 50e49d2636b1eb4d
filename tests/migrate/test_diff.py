"""The difference of two states of a collection: whatever they are, it turns one into the other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hypothesis import given

from pbpy.fields import Bool, Number, Text
from pbpy.migrate.diff import diff
from pbpy.migrate.snapshot import snapshot
from pbpy.schema.auth_options import OAuth2Provider
from pbpy.schema.collection import Collection
from tests.migrate.definitions import changes

if TYPE_CHECKING:
    from pbpy.errors import JsonValue

POSTS = Collection.new_base("posts", fields=[Text("title"), Number("views")])
USERS = Collection.new_auth("users")


def shown(collection: Collection) -> JsonValue:
    """Return all that a migration file tells of a collection."""
    (body,) = snapshot([collection])
    return body


@given(changes())
def test_it_turns_one_state_into_the_other(pair: tuple[Collection, Collection]) -> None:
    old, new = pair
    assert shown(diff(old, new).apply(old)) == shown(new)
    assert shown(diff(new, old).apply(new)) == shown(old)


@given(changes())
def test_it_is_empty_for_equal_states_only(pair: tuple[Collection, Collection]) -> None:
    old, new = pair
    assert not diff(old, old)
    assert bool(diff(old, new)) == (shown(old) != shown(new))


def test_it_says_no_more_than_what_has_changed() -> None:
    new = POSTS.with_fields(Bool("done")).without_fields("views").replace(list_rule="")
    change = diff(POSTS, new)
    assert change.removed == ("views",)
    assert change.fields == (new.by_name["done"],)
    assert change.order == ()
    assert change.attributes == {"list_rule": ""}


def test_a_renamed_field_keeps_its_id() -> None:
    change = diff(POSTS, POSTS.with_renamed_field("title", "headline"))
    assert change.removed == ()
    assert [(item.name, item.id) for item in change.fields] == [
        ("headline", POSTS.by_name["title"].id)
    ]


def test_the_order_is_told_where_fields_have_moved() -> None:
    change = diff(POSTS, POSTS.with_field_order("views", "id"))
    assert (change.fields, change.order) == ((), ("views", "id", "title"))


def _with(**options: Any) -> Collection:
    assert USERS.auth is not None
    return USERS.replace(auth=replace(USERS.auth, **options))


def test_secrets_and_providers_are_left_out() -> None:
    assert USERS.auth is not None
    provider = OAuth2Provider(name="google", client_id="i", client_secret="s")
    oauth2 = replace(USERS.auth.oauth2, providers=(provider,))
    token = replace(USERS.auth.auth_token, secret="s" * 40)
    assert not diff(USERS, _with(oauth2=oauth2, auth_token=token))
    change = diff(USERS, _with(oauth2=replace(oauth2, enabled=True)))
    assert change.options == {"oauth2": {"enabled": True}}
    with_provider = _with(oauth2=oauth2)
    changed = diff(with_provider, with_provider.with_options({"mfa": {"rule": "x"}}))
    kept = changed.apply(with_provider)
    assert kept.auth is not None
    assert with_provider.auth is not None
    assert kept.auth.oauth2.providers == (provider,)
    assert kept.auth.auth_token == with_provider.auth.auth_token


def test_an_index_that_names_the_collection_follows_its_name() -> None:
    old = POSTS.with_index("idx_title", "title", unique=True, where="title != ''")
    new = old.replace(
        name="articles", indexes=("CREATE INDEX `idx_title` ON `articles` (`title`)",)
    )
    assert diff(old, new).apply(old).indexes == new.indexes
