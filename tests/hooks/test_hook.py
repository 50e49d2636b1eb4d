"""Hook mechanics against PocketBase's semantics."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbpy.app import App
from pbpy.config import Config
from pbpy.errors import BadRequest
from pbpy.fields import Text
from pbpy.hooks.hook import Event, Hook
from pbpy.records.record import Record
from pbpy.schema.collection import Collection

if TYPE_CHECKING:
    from pathlib import Path

    from pbpy.hooks.events import RecordEvent

NO_APP = cast("App", None)


class Tagged(Event):
    @property
    def tags(self) -> tuple[str, ...]:
        return ("posts", "pbc_1")


def run(hook: Hook[Any], event: Event | None = None) -> list[str]:
    """Trigger hook and return what ran, the action as "action"."""
    event = event or Event(NO_APP)

    async def action(_: Event) -> None:
        trace.append("action")

    asyncio.run(hook.trigger(event, action))
    return trace


trace: list[str] = []


@pytest.fixture(autouse=True)
def _fresh_trace() -> None:
    trace.clear()


def wrapping(name: str) -> Any:
    async def handler(event: Event) -> None:
        trace.append(f"{name}>")
        await event.next()
        trace.append(f"<{name}")

    return handler


def plain(name: str) -> Any:
    def handler(_: Event) -> None:
        trace.append(name)

    return handler


def test_a_hook_without_handlers_runs_the_action() -> None:
    hook: Hook[Event] = Hook()
    assert not hook
    assert run(hook) == ["action"]


def test_handlers_wrap_the_action_in_order() -> None:
    hook: Hook[Event] = Hook()
    hook.bind(wrapping("a"))
    hook.bind(wrapping("b"))
    assert run(hook) == ["a>", "b>", "action", "<b", "<a"]


def test_lower_priority_runs_first_and_equal_ones_keep_their_order() -> None:
    hook: Hook[Event] = Hook()
    hook.bind(plain("late"), priority=5)
    hook.bind(plain("first"), priority=-1)
    hook.bind(plain("second"), priority=-1)
    assert run(hook) == ["first", "second", "late", "action"]


def test_a_handler_with_a_known_id_takes_its_place() -> None:
    hook: Hook[Event] = Hook()
    hook.bind(plain("old"), id="x")
    hook.bind(plain("other"))
    hook.bind(plain("new"), id="x")
    assert run(hook) == ["new", "other", "action"]
    assert len(hook) == 2


def test_unbind_and_unbind_all() -> None:
    hook: Hook[Event] = Hook()
    kept = hook.bind(plain("kept"))
    hook.bind(plain("gone"), id="gone")
    hook.unbind("gone", "never bound")
    assert run(hook) == ["kept", "action"]
    hook.unbind(kept)
    assert not hook
    hook.bind(plain("x"))
    hook.unbind_all()
    assert not hook


def test_an_async_handler_that_does_not_call_next_ends_the_chain() -> None:
    hook: Hook[Event] = Hook()

    async def stop(_: Event) -> None:
        trace.append("stop")

    hook.bind(stop)
    hook.bind(plain("never"))
    assert run(hook) == ["stop"]


@pytest.mark.parametrize("is_async", [True, False])
def test_an_exception_aborts_the_chain(is_async: bool) -> None:
    hook: Hook[Event] = Hook()

    async def fail_async(_: Event) -> None:
        raise ValueError("no")

    def fail(_: Event) -> None:
        raise ValueError("no")

    hook.bind(wrapping("a"))
    hook.bind(fail_async if is_async else fail)
    with pytest.raises(ValueError, match="no"):
        run(hook)
    assert trace == ["a>"]


def test_tagged_handlers_see_only_their_collection() -> None:
    hook: Hook[Event] = Hook()
    hook.on("posts")(plain("by name"))
    hook.on("pbc_1", "other")(plain("by id"))
    hook.on("users")(plain("other collection"))
    hook.bind(plain("untagged"))
    assert run(hook, Tagged(NO_APP)) == ["by name", "by id", "untagged", "action"]


def test_one_event_passes_through_nested_hooks() -> None:
    outer: Hook[Event] = Hook()
    inner: Hook[Event] = Hook()
    outer.bind(wrapping("outer1"))
    outer.bind(wrapping("outer2"))
    inner.bind(wrapping("inner"))
    event = Event(NO_APP)

    async def final(_: Event) -> None:
        trace.append("action")

    async def action(middle: Event) -> None:
        await inner.trigger(middle, final)

    asyncio.run(outer.trigger(event, action))
    assert trace == ["outer1>", "outer2>", "inner>", "action", "<inner", "<outer2", "<outer1"]


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c", ""]), st.integers(-2, 2)), max_size=8))
def test_order_agrees_with_a_model(bound: list[tuple[str, int]]) -> None:
    hook: Hook[Event] = Hook()
    model: list[tuple[str, int, str]] = []
    for number, (name, priority) in enumerate(bound):
        label = f"{name}{number}"
        hook.bind(plain(label), id=name, priority=priority)
        places = [at for at, known in enumerate(model) if name and known[0] == name]
        if places:
            model[places[0]] = (name, priority, label)
        else:
            model.append((name, priority, label))
        model.sort(key=lambda known: known[1])
    trace.clear()
    assert run(hook) == [*(label for _, _, label in model), "action"]


def test_a_handler_makes_one_transaction_of_its_work_and_the_moment(tmp_path: Path) -> None:
    async def scenario() -> int:
        async with App(Config(data_dir=tmp_path / "pb_data")) as app:

            async def refuse(e: RecordEvent) -> None:
                async with e.in_transaction() as bound:
                    assert e.app is bound
                    await e.next()
                    await bound.save(Record(bound.catalog.get("notes"), {"text": "by the hook"}))
                    raise BadRequest("no")

            await app.save(Collection.new_base("notes", fields=[Text("text")]))
            await app.save(Collection.new_base("posts", fields=[Text("title")]))
            app.on_record_create.on("posts")(refuse)
            with pytest.raises(BadRequest):
                await app.save(Record(app.catalog.get("posts"), {"title": "x"}))
            return await app.count_records("notes") + await app.count_records("posts")

    assert asyncio.run(scenario()) == 0


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
def test_a_handler_that_forgets_to_await_next_is_an_error() -> None:
    hook: Hook[Event] = Hook()

    @hook
    async def forget(event: Event) -> None:
        event.next()  # type: ignore[unused-coroutine]

    with pytest.raises(RuntimeError, match=r"forget.* without await"):
        run(hook)
    assert trace == []
    hook.unbind_all()
    hook.bind(wrapping("a"))
    assert run(hook) == ["a>", "action", "<a"]
