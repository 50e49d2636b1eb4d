"""Applying and reverting migration files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pbpy.app import App
from pbpy.config import Config
from pbpy.errors import MigrationError
from pbpy.migrate import runner
from pbpy.store.sql import Sql
from tests.migrate.files import applied, create, delete, everything, write
from tests.schema.apps import run

if TYPE_CHECKING:
    from pathlib import Path

    from pbpy.hooks.events import CollectionEvent


def test_files_are_applied_in_order_once(tmp_path: Path) -> None:
    folder = tmp_path / "m"
    write(folder, "2_posts.py", create("posts").replace("Text", 'Relation("tag", "tags"), Text'))
    write(folder, "1_tags.py", create("tags"))

    async def scenario(app: App) -> None:
        assert await runner.apply_pending(app, folder) == ["1_tags.py", "2_posts.py"]
        assert await applied(app) == ["1_tags.py", "2_posts.py"]
        assert app.get_collection("posts").by_name["tag"].settings["collectionId"] == (
            app.get_collection("tags").id
        )
        assert await runner.apply_pending(app, folder) == []
        write(folder, "0_late.py", create("late"))
        assert await runner.apply_pending(app, folder) == ["0_late.py"]

    run(tmp_path / "d", scenario)


def test_a_limit_applies_the_first_ones(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        write(tmp_path / "m", f"{number}_x.py", create(f"c{number}"))

    async def scenario(app: App) -> None:
        assert await runner.apply_pending(app, tmp_path / "m", 2) == ["1_x.py", "2_x.py"]
        assert [item.state for item in await runner.list_states(app, tmp_path / "m")] == [
            "applied",
            "applied",
            "pending",
        ]

    run(tmp_path / "d", scenario)


def test_the_note_holds_microseconds(tmp_path: Path) -> None:
    write(tmp_path / "m", "1_x.py", "pass")

    async def scenario(app: App) -> None:
        await runner.apply_pending(app, tmp_path / "m")
        sql = "SELECT typeof(applied), length(applied) FROM _migrations WHERE file = '1_x.py'"
        assert await app.db.one(Sql(sql)) == ("integer", 16)

    run(tmp_path / "d", scenario)


def files(folder: Path) -> list[str]:
    """Return every stored file of a data directory, and every note of an unfinished one."""
    return sorted(
        str(path.relative_to(folder))
        for name, pattern in (("storage", "*"), (".file_intents", "*.json"))
        for path in (folder / name).rglob(pattern)
        if path.is_file()
    )


@pytest.mark.parametrize("kind", ["async def", "def"])
@pytest.mark.parametrize(
    ("last", "reason"),
    [
        ("raise ValueError('no')", "ValueError: no"),
        ("app.get_collection('nope')", "NotFound: Missing collection"),
        ("{}app.save(Collection.new_base('a b'))", "ValidationFailed: name: "),
        ("{}app.execute('SELECT nonsense')", "SqlRejected: "),
    ],
)
def test_a_failing_file_leaves_nothing_behind(
    tmp_path: Path, kind: str, last: str, reason: str
) -> None:
    """Neither table, index, row, note, catalog entry nor uploaded file; and it names the line."""
    folder, wait = tmp_path / "m", "await " if kind == "async def" else ""
    write(folder, "1_ok.py", create("kept"))
    body = (
        'posts = Collection.new_base("posts", fields=[Text("title"), File("doc", max_select=1)])\n'
        f'{wait}app.save(posts.with_index("idx_title", "title"))\n'
        'doc = Upload.from_bytes(b"hello", "hello.txt")\n'
        'record = Record(app.get_collection("posts"), {"title": "x", "doc": doc})\n'
        f"{wait}app.save(record)\n"
        f'{wait}app.save(app.get_collection("users").with_fields(Bool("extra")))\n'
        f'{wait}app.execute("CREATE TABLE raw (x)")\n'
        f"{last.format(wait)}\n"
    )
    path = write(folder, "2_bad.py", body, kind=kind)
    line = path.read_text().splitlines().index("    " + last.format(wait)) + 1

    async def scenario(app: App) -> None:
        await runner.apply_pending(app, folder, 1)
        before, catalog = await everything(app), app.catalog.collections
        assert files(tmp_path / "d") == []
        with pytest.raises(MigrationError, match=rf"2_bad.py, line {line}: {reason}"):
            await runner.apply_pending(app, folder)
        assert await everything(app) == before
        assert app.catalog.collections == catalog
        assert files(tmp_path / "d") == []
        await app.reload_catalog()
        assert app.catalog.collections == catalog
        assert await runner.apply_pending(app, folder, 0) == []

    run(tmp_path / "d", scenario)


def test_a_failing_file_leaves_stored_files_alone(tmp_path: Path) -> None:
    write(
        tmp_path / "m",
        "1_ok.py",
        'docs = await app.save(Collection.new_base("docs", fields=[File("doc", max_select=1)]))\n'
        'doc = Upload.from_bytes(b"hello", "hello.txt")\n'
        'await app.save(Record(docs, {"doc": doc}))\n',
    )
    write(tmp_path / "n", "2_bad.py", delete("docs") + "\nraise ValueError")
    write(tmp_path / "o", "2_good.py", delete("docs"))

    async def scenario(app: App) -> None:
        await runner.apply_pending(app, tmp_path / "m")
        before = files(tmp_path / "d")
        assert [name.count("hello") for name in before if not name.endswith(".attrs")] == [1]
        with pytest.raises(MigrationError):
            await runner.apply_pending(app, tmp_path / "n")
        assert files(tmp_path / "d") == before
        await runner.apply_pending(app, tmp_path / "o")
        assert files(tmp_path / "d") == []

    run(tmp_path / "d", scenario)


def test_nothing_is_applied_when_a_later_file_cannot_be_loaded(tmp_path: Path) -> None:
    write(tmp_path / "m", "1_ok.py", create("kept"))
    (tmp_path / "m" / "2_bad.py").write_text("def up(app)\n")

    async def scenario(app: App) -> None:
        before = await everything(app)
        with pytest.raises(MigrationError, match=r"2_bad.py, line 1: SyntaxError"):
            await runner.apply_pending(app, tmp_path / "m")
        assert await everything(app) == before

    run(tmp_path / "d", scenario)


def test_what_fails_at_the_commit_is_told(tmp_path: Path) -> None:
    """The file before it stays applied, and the catalog is that of the database."""
    write(tmp_path / "m", "1_ok.py", create("kept"))
    write(tmp_path / "m", "2_bad.py", create("lost") + "\nraise RuntimeError('late')")

    async def scenario(app: App) -> None:
        with pytest.raises(MigrationError, match="RuntimeError: late"):
            await runner.apply_pending(app, tmp_path / "m")
        assert await applied(app) == ["1_ok.py"]
        assert app.find_collection("kept")
        assert not app.find_collection("lost")

    run(tmp_path / "d", scenario)


def test_files_are_reverted_newest_first(tmp_path: Path) -> None:
    folder = tmp_path / "m"
    write(folder, "2_first.py", create("a"), delete("a"))

    async def scenario(app: App) -> None:
        before = await everything(app)
        await runner.apply_pending(app, folder)
        write(folder, "1_second.py", create("b"), delete("b"))
        await runner.apply_pending(app, folder)
        assert await runner.last_applied(app, 1) == ["1_second.py"]
        newest_first = await runner.last_applied(app, -1)
        assert newest_first == ["1_second.py", "2_first.py"]
        assert await runner.revert(app, folder, newest_first) == newest_first
        assert await everything(app) == before
        assert await runner.apply_pending(app, folder) == ["1_second.py", "2_first.py"]

    run(tmp_path / "d", scenario)


def test_any_applied_file_can_be_reverted_alone(tmp_path: Path) -> None:
    folder = tmp_path / "m"
    for number in (1, 2):
        write(folder, f"{number}_x.py", create(f"c{number}"), delete(f"c{number}"))

    async def scenario(app: App) -> None:
        await runner.apply_pending(app, folder)
        assert await runner.revert(app, folder, ["1_x.py"]) == ["1_x.py"]
        assert await runner.revert(app, folder, ["1_x.py"]) == []
        assert await applied(app) == ["2_x.py"]

    run(tmp_path / "d", scenario)


def test_nothing_is_reverted_when_one_of_them_cannot_be(tmp_path: Path) -> None:
    folder = tmp_path / "m"
    write(folder, "1_oneway.py", create("a"), None)
    write(folder, "2_gone.py", create("b"), delete("b"))
    write(folder, "3_fine.py", create("c"), delete("c"))

    async def scenario(app: App) -> None:
        await runner.apply_pending(app, folder)
        (folder / "2_gone.py").unlink()
        before = await everything(app)
        with pytest.raises(MigrationError, match=r"2_gone.py: the file was applied and is missing"):
            await runner.revert(app, folder, ["3_fine.py", "2_gone.py"])
        with pytest.raises(MigrationError, match=r"1_oneway.py: there is no function down\(app\)"):
            await runner.revert(app, folder, ["3_fine.py", "1_oneway.py"])
        assert await everything(app) == before

    run(tmp_path / "d", scenario)


def test_a_failing_down_leaves_nothing_behind(tmp_path: Path) -> None:
    write(tmp_path / "m", "1_x.py", create("a"), delete("a") + "\nraise OSError(5, 'disk')")

    async def scenario(app: App) -> None:
        await runner.apply_pending(app, tmp_path / "m")
        before = await everything(app)
        with pytest.raises(MigrationError, match=r"1_x.py, line 8: OSError: \[Errno 5\] disk"):
            await runner.revert(app, tmp_path / "m", ["1_x.py"])
        assert await everything(app) == before
        assert app.find_collection("a")

    run(tmp_path / "d", scenario)


def test_forgetting_drops_the_notes_of_missing_files_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "m"
    write(folder, "1_gone.py", create("a"))
    write(folder, "2_kept.py", create("b"))

    async def scenario(app: App) -> None:
        await runner.apply_pending(app, folder)
        async with app.transaction() as tx_app:
            await tx_app.execute("INSERT INTO _migrations VALUES ('1_theirs.js', 1)")
        (folder / "1_gone.py").unlink()
        assert [(s.file, s.state) for s in await runner.list_states(app, folder)] == [
            ("1_gone.py", "missing"),
            ("2_kept.py", "applied"),
        ]
        assert await runner.forget_missing(app, folder) == ["1_gone.py"]
        assert await applied(app) == ["1_theirs.js", "2_kept.py"]
        assert app.find_collection("a")
        assert len(await app.query("SELECT 1 FROM _migrations WHERE file LIKE '%.go'")) == 8

    run(tmp_path / "d", scenario)


def test_the_catalog_is_that_of_the_database_whoever_changed_it(tmp_path: Path) -> None:
    """Another process applies the first file; this one finds its collection for the second."""
    folder = tmp_path / "m"
    write(folder, "1_a.py", create("a"))

    async def scenario(app: App) -> None:
        async with App(Config(data_dir=tmp_path / "d")) as other:
            await runner.apply_pending(other, folder)
            write(
                folder,
                "2_b.py",
                'await app.save(app.get_collection("a").with_fields(Bool("done")))',
            )
            assert await runner.apply_pending(app, folder) == ["2_b.py"]
            assert await runner.apply_pending(other, folder) == []

    run(tmp_path / "d", scenario)


def test_hooks_run_and_after_success_only_after_the_commit(tmp_path: Path) -> None:
    write(tmp_path / "m", "1_bad.py", create("a") + "\nraise ValueError")
    write(tmp_path / "n", "1_ok.py", create("a"))
    heard: list[str] = []

    async def scenario(app: App) -> None:
        @app.on_collection_after_create_success
        async def heard_success(e: CollectionEvent) -> None:
            assert not e.app.in_transaction
            heard.append(f"created {e.collection.name}")
            await e.next()

        @app.on_collection_after_create_error
        async def heard_error(e: CollectionEvent) -> None:
            heard.append(f"undone {e.collection.name}")
            await e.next()

        with pytest.raises(MigrationError):
            await runner.apply_pending(app, tmp_path / "m")
        await runner.apply_pending(app, tmp_path / "n")

    run(tmp_path / "d", scenario)
    assert heard == ["undone a", "created a"]
