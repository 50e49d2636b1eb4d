"""Stories of subscriptions and writes, told to both servers side by side."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.differential.listeners import Stage
from tests.differential.pair import start_twin
from tests.servers import start_pocketbase

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    import httpx

    from tests.differential.listeners import Files, Heard

ACTORS = ("guest", "ann", "bob", "su")

SHOWN = 30
"""How many lines about the differences of one step are shown."""

PASSWORD = "password-123"
CHEAP = {"name": "password", "type": "password", "cost": 4}
"""The password field of an auth collection whose hashes take no time."""

OPEN = dict.fromkeys(("listRule", "viewRule", "createRule", "updateRule", "deleteRule"), "")


@dataclass(frozen=True, slots=True)
class Write:
    """One request.

    Attributes:
        is_waited_for: False to go on at once; what is heard of it belongs to a later step.
    """

    label: str
    actor: str
    method: str
    path: str
    body: Any = None
    files: Files | None = None
    is_waited_for: bool = True


@dataclass(frozen=True, slots=True)
class Listen:
    """A subscription that replaces those of its actor, who becomes a listener."""

    label: str
    actor: str
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """A form of subscriptions as it is; `{name}` stands for the client id of a listener."""

    label: str
    actor: str
    body: Any


@dataclass(frozen=True, slots=True)
class SignIn:
    """The actor gets a new token."""

    label: str
    actor: str
    collection: str
    password: str = PASSWORD


Step = Write | Listen | Form | SignIn


@dataclass(frozen=True, slots=True, eq=False)
class Story:
    """Steps, and those before them that both servers must accept.

    Attributes:
        grace_s: how long a message may be missed that the other server has sent.
    """

    name: str
    world: list[Step]
    steps: list[Step]
    grace_s: float = 2.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What both servers answered to a step, and what was heard of it; PocketBase is the first."""

    step: Step
    answers: tuple[httpx.Response, httpx.Response]
    heard: tuple[dict[str, list[Heard]], dict[str, list[Heard]]]

    @property
    def differences(self) -> list[str]:
        """What differs in words; PocketBase sends the messages of one step in any order."""
        theirs, ours = (_shown(self.step, answer) for answer in self.answers)
        found = [] if theirs == ours else [f"{self.step}", f"- {theirs}", f"+ {ours}"]
        for name in self.heard[0]:
            left, right = (Counter(heard[name]) for heard in self.heard)
            found += [f"{name} - {count} {each}" for each, count in sorted((left - right).items())]
            found += [f"{name} + {count} {each}" for each, count in sorted((right - left).items())]
        return found

    @property
    def is_in_order(self) -> bool:
        """Whether the order of the messages is the same, too, as far as it is fixed.

        PocketBase sends the topics of one change in any order.
        """
        left, right = self.heard
        return all(
            [each for each in left[name] if each.topic == topic]
            == [each for each in right[name] if each.topic == topic]
            for name in left
            for topic in {each.topic for each in left[name]}
        )

    @property
    def count(self) -> int:
        """How many messages were compared."""
        return sum(map(len, self.heard[0].values()))


Told = dict[Story, list[Outcome]]
"""The outcomes of the steps of stories."""


def _shown(step: Step, answer: httpx.Response) -> tuple[int, str]:
    """Return what must be equal of an answer: all of it where it is about subscriptions."""
    return answer.status_code, answer.text if isinstance(step, Listen | Form) else ""


@dataclass(eq=False)
class Duet:
    """Both servers, PocketBase first."""

    stages: tuple[Stage, Stage]

    async def tell(self, story: Story) -> list[Outcome]:
        """Return the outcome of every step after those of the world."""
        try:
            for step in story.world:
                for answer in await self._take(step):
                    assert answer.is_success, f"{step} {answer.text}"
            await self._hear(story.grace_s)
            return [await self._outcome(step, story.grace_s) for step in story.steps]
        finally:
            for stage in self.stages:
                await stage.clear()

    async def _outcome(self, step: Step, grace_s: float) -> Outcome:
        answers = await self._take(step)
        if isinstance(step, Write) and not step.is_waited_for:
            nothing: dict[str, list[Heard]] = {name: [] for name in self.stages[0].listeners}
            return Outcome(step, answers, (nothing, nothing))
        return Outcome(step, answers, await self._hear(grace_s))

    async def _take(self, step: Step) -> tuple[httpx.Response, httpx.Response]:
        left, right = self.stages
        return await asyncio.gather(_apply(left, step), _apply(right, step))

    async def _hear(self, grace_s: float) -> tuple[dict[str, list[Heard]], dict[str, list[Heard]]]:
        left, right = self.stages
        await asyncio.gather(left.mark(), right.mark())
        await asyncio.gather(
            left.wait_for(right.counts, grace_s), right.wait_for(left.counts, grace_s)
        )
        return left.take(), right.take()


async def _apply(stage: Stage, step: Step) -> httpx.Response:
    match step:
        case Write():
            return await stage.send(step.actor, step.method, step.path, step.body, step.files)
        case Listen():
            return await stage.listen(step.actor, step.topics)
        case Form():
            return await stage.subscribe(step.actor, step.body)
        case SignIn():
            return await stage.sign_in(step.actor, step.collection, step.password)


@contextlib.asynccontextmanager
async def duet(folder: Path) -> AsyncIterator[Duet]:
    """Start both servers, with batches allowed."""
    for name in ("left", "right"):
        (folder / name).mkdir(parents=True)
    with start_pocketbase(folder / "left") as left, start_twin(folder / "right") as right:
        async with Stage(left) as theirs, Stage(right) as ours:
            for stage in (theirs, ours):
                body = {"batch": {"enabled": True, "maxRequests": 50, "timeout": 10}}
                await stage.send("su", "PATCH", "/api/settings", body)
            yield Duet((theirs, ours))


def tell(folder: Path, stories: Sequence[Story]) -> Told:
    """Return the outcomes of stories on one pair of servers."""

    async def main() -> Told:
        async with duet(folder) as both:
            return {story: await both.tell(story) for story in stories}

    return asyncio.run(main())


def every_step(stories: Sequence[Story]) -> pytest.MarkDecorator:
    """Make one test of every step, which gets its story and its place there."""
    found = [(story, place) for story in stories for place in range(len(story.steps))]
    names = [f"{story.name}/{place:02d} {story.steps[place].label}" for story, place in found]
    return pytest.mark.parametrize(("story", "place"), found, ids=names)


def check(outcome: Outcome) -> None:
    """Fail the running test if a step went otherwise on the two servers."""
    if outcome.differences:
        pytest.fail("\n".join(outcome.differences[:SHOWN]), pytrace=False)


def collection(name: str, /, *fields: dict[str, Any], **options: Any) -> Write:
    """Create a collection, whose id is its name with `_id`, open unless options say otherwise."""
    body = {"id": f"{name}_id", "name": name, "fields": list(fields), **OPEN, **options}
    return Write(f"collection {name}", "su", "POST", "/api/collections", body)


def view(name: str, query: str) -> Write:
    """Create a view collection which everyone may read."""
    body = {"name": name, "type": "view", "viewQuery": query, "listRule": "", "viewRule": ""}
    return Write(f"view {name}", "su", "POST", "/api/collections", {"id": f"{name}_id"} | body)


def change(label: str, name: str, /, **options: Any) -> Write:
    """Change a collection, as the superuser."""
    return Write(label, "su", "PATCH", f"/api/collections/{name}", options)


def people(name: str, *names: str, **options: Any) -> list[Step]:
    """Create an auth collection with verified users who sign in; ann's id is annannannannann."""
    fields = [CHEAP, field_of("text", "name"), *options.pop("fields", ())]
    steps: list[Step] = [collection(name, *fields, type="auth", **options)]
    for each in names:
        values = {"id": user_id(each), "email": f"{each}@example.com", "name": each}
        body = values | {"password": PASSWORD, "passwordConfirm": PASSWORD, "verified": True}
        steps += [create(f"user {each}", "su", name, body), SignIn(each, each, name)]
    return steps


def row_id(number: int) -> str:
    """Return the id of a record."""
    return f"row{number:012d}"


def user_id(name: str) -> str:
    """Return the id of a user of `people`."""
    return (name * 15)[:15]


def listens(*topics: str, actors: Sequence[str] = ACTORS) -> list[Step]:
    """Subscribe everybody to the same."""
    return [Listen("topics", actor, topics) for actor in actors]


def drop(name: str) -> Write:
    """Delete a collection."""
    return Write(f"{name} goes", "su", "DELETE", f"/api/collections/{name}")


def field_of(kind: str, name: str, **options: Any) -> dict[str, Any]:
    """Return a field as the collections API takes it."""
    return {"type": kind, "name": name, **options}


def relation(name: str, target: str, **options: Any) -> dict[str, Any]:
    """Return a relation to a collection that `collection` has made."""
    return field_of("relation", name, collectionId=f"{target}_id", **options)


def create(label: str, actor: str, name: str, body: Any, **more: Any) -> Write:
    """Create a record, whose id is made of the label unless it is given."""
    record_id = "".join(letter for letter in label if letter.isascii() and letter.isalnum())
    given = {"id": record_id.lower()[:15].ljust(15, "0")} | body
    return Write(label, actor, "POST", f"/api/collections/{name}/records", given, **more)


def update(label: str, actor: str, name: str, record_id: str, body: Any, **more: Any) -> Write:
    """Update a record."""
    path = f"/api/collections/{name}/records/{record_id}"
    return Write(label, actor, "PATCH", path, body, **more)


def delete(label: str, actor: str, name: str, record_id: str, **more: Any) -> Write:
    """Delete a record."""
    return Write(label, actor, "DELETE", f"/api/collections/{name}/records/{record_id}", **more)


def batch(label: str, actor: str, *writes: Write) -> Write:
    """Make several writes in one transaction."""
    requests = [
        {"method": write.method, "url": write.path, "body": write.body or {}} for write in writes
    ]
    return Write(label, actor, "POST", "/api/batch", {"requests": requests})
