from __future__ import annotations

import pytest

from pbpy.errors import FilterError
from pbpy.records.rules import compile_rule
from tests.records.filter_world import ANSWERS, World, build_world

PREFIX = "Invalid rule. Raw error: "
REFUSED = {
    rule: message for rule, message in ANSWERS["creates"].items() if message.startswith(PREFIX)
}


@pytest.fixture(scope="module")
def world() -> World:
    return build_world()


@pytest.mark.parametrize("rule", REFUSED)
def test_rules_are_refused_with_pocketbases_reason(world: World, rule: str) -> None:
    with pytest.raises(FilterError) as error:
        compile_rule(world.catalog, world.collection("posts"), rule)
    assert f"{PREFIX}{error.value}.".replace("..", ".") == REFUSED[rule].replace("..", ".")


@pytest.mark.parametrize("rule", [rule for rule in ANSWERS["creates"] if rule not in REFUSED])
def test_rules_that_pocketbase_takes_are_taken(world: World, rule: str) -> None:
    compile_rule(world.catalog, world.collection("posts"), rule)


def test_a_collection_may_refer_to_itself_before_it_is_saved(world: World) -> None:
    renamed = world.collection("posts").replace(name="articles")
    compile_rule(world.catalog, renamed, "parent.title = '' && @collection.articles.title ?= title")
    with pytest.raises(FilterError):
        compile_rule(world.catalog, renamed, "@collection.nothing.title ?= title")


def test_request_paths_of_nobody_are_not_checked(world: World) -> None:
    compile_rule(world.catalog, world.collection("posts"), "@request.auth.anything.at.all = 1")
