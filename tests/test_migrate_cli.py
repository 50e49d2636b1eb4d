"""`pbpy migrate` and the migrations of `pbpy serve`, in real processes."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.migrate.files import create, delete, write
from tests.servers import find_command, start_pbpy, start_pocketbase

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers import Server

LIMIT_S = 60

needs_pocketbase = pytest.mark.skipif(
    find_command("pocketbase") is None, reason="the real PocketBase is not installed"
)


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pbpy", *arguments]


def pbpy(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )


def migrate(folder: Path, *arguments: str) -> str:
    """Run `pbpy migrate ...`, which must succeed; return what it says."""
    done = pbpy(folder, "migrate", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(folder: Path, *arguments: str) -> str:
    """Run a command that must fail as a command fails; return the reason."""
    done = pbpy(folder, *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr
    return done.stderr


def dump(folder: Path) -> list[str]:
    """Return the whole database as SQL, read by another process than the one that wrote it."""
    script = (
        "import apsw, apsw.shell, sys\n"
        "apsw.shell.Shell(args=['pb_data/data.db'], stdout=sys.stdout).process_command('.dump')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=True
    )
    return [line for line in done.stdout.splitlines() if not line.startswith("--")]


def call(server: Server, method: str, path: str, body: object = None) -> Any:
    """Send a request of a superuser; return the decoded answer."""
    request = urllib.request.Request(
        server.base_url + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": server.superuser_token, "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=LIMIT_S) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def collections(server: Server) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = call(server, "GET", "/api/collections?perPage=200")["items"]
    for item in items:
        del item["created"], item["updated"]
    return items


# the actions


def test_files_go_up_and_down(tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    for number in (1, 2, 3):
        write(folder, f"{number}_x.py", create(f"c{number}"), delete(f"c{number}"))
    assert migrate(tmp_path, "up", "1") == "Applied 1_x.py\n"
    assert migrate(tmp_path) == "Applied 2_x.py\nApplied 3_x.py\n"
    assert migrate(tmp_path, "up") == "No new migrations to apply.\n"
    assert migrate(tmp_path, "down", "--yes") == "Reverted 3_x.py\n"
    assert migrate(tmp_path, "status") == "applied  1_x.py\napplied  2_x.py\npending  3_x.py\n"
    assert migrate(tmp_path, "down", "-1", "--yes") == "Reverted 2_x.py\nReverted 1_x.py\n"
    assert migrate(tmp_path, "down", "2", "--yes") == "No migrations to revert.\n"
    assert migrate(tmp_path).count("Applied") == 3


def test_another_folder_may_be_named(tmp_path: Path) -> None:
    write(tmp_path / "other", "1_x.py", create("a"))
    assert migrate(tmp_path, "--migrationsDir", "other") == "Applied 1_x.py\n"
    assert migrate(tmp_path, "status", "--migrationsDir=other") == "applied  1_x.py\n"
    assert migrate(tmp_path, "status") == "missing  1_x.py\n"


def test_create_and_collections_write_files_that_apply(tmp_path: Path) -> None:
    created = migrate(tmp_path, "create", "Add raceTimes, please")
    assert created.startswith('Successfully created file "migrations/')
    assert created.endswith('_add_race_times_please.py"\n')
    write(tmp_path / "migrations", "1_x.py", create("a"))
    migrate(tmp_path)
    assert "_collections_snapshot.py" in migrate(tmp_path, "collections")
    assert migrate(tmp_path).count("Applied") == 1
    assert migrate(tmp_path, "status").count("applied") == 3


def test_history_sync_forgets_missing_files(tmp_path: Path) -> None:
    path = write(tmp_path / "migrations", "1_x.py", create("a"))
    write(tmp_path / "migrations", "2_y.py", create("b"))
    migrate(tmp_path)
    path.unlink()
    before = dump(tmp_path)
    synced = "The _migrations table was synced with the available migrations.\n"
    assert migrate(tmp_path, "history-sync") == f"Forgot 1_x.py\n{synced}"
    gone = set(before) - set(dump(tmp_path))
    assert [line.count("1_x.py") for line in gone] == [1]
    assert migrate(tmp_path, "history-sync") == synced


@pytest.mark.parametrize(
    ("answer", "reverts"), [("y", True), ("YES", True), ("n", False), ("", False)]
)
def test_down_asks_at_a_terminal(tmp_path: Path, answer: str, *, reverts: bool) -> None:
    write(tmp_path / "migrations", "1_x.py", create("a"), delete("a"))
    migrate(tmp_path)
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "wb") as terminal:
        process = subprocess.Popen(
            command("migrate", "down"), cwd=tmp_path, stdin=theirs, stdout=subprocess.PIPE
        )
        os.close(theirs)
        terminal.write(f"{answer}\n".encode())
        terminal.flush()
        said = process.communicate(timeout=LIMIT_S)[0].decode()
    assert process.returncode == 0
    assert "1_x.py\nDo you really want to revert the last 1 applied migration(s)?" in said
    assert said.endswith("Reverted 1_x.py\n" if reverts else "The command has been cancelled\n")


# failures: status 1, a reason, and an unchanged database


def test_down_without_a_terminal_wants_yes(tmp_path: Path) -> None:
    write(tmp_path / "migrations", "1_x.py", create("a"), delete("a"))
    migrate(tmp_path)
    before = dump(tmp_path)
    assert "--yes" in refused(tmp_path, "migrate", "down")
    assert dump(tmp_path) == before


BROKEN = {
    "exception in the middle of up": (
        {"2_bad.py": f"async def up(app):\n    {create('lost')}\n    raise ValueError('no')\n"},
        "migrations/2_bad.py, line 5: ValueError: no",
    ),
    "refused collection": (
        {"2_bad.py": "async def up(app):\n    await app.save(Collection.new_base('a b'))\n"},
        "migrations/2_bad.py, line 4: ValidationFailed: name: ",
    ),
    "syntax error": (
        {"2_bad.py": "async def up(app):\n    return )\n"},
        "migrations/2_bad.py, line 4: SyntaxError: unmatched ')'",
    ),
    "no up": ({"2_bad.py": "x = 1\n"}, "migrations/2_bad.py: there is no function up(app)"),
    "two files with one name": (
        {"2_bad.py": "def up(app): pass\n", "2_BAD.py": "def up(app): pass\n"},
        "migrations/2_bad.py: 2_BAD.py has the same name",
    ),
    "no migration by its name": ({"bad.py": "x = 1\n"}, "migrations/bad.py: a migration is called"),
}


@pytest.mark.parametrize(
    "action", [("migrate", "up"), ("serve", "--http", "127.0.0.1:0")], ids=" ".join
)
@pytest.mark.parametrize(("files", "reason"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_changes_nothing(
    tmp_path: Path, action: tuple[str, ...], files: dict[str, str], reason: str
) -> None:
    folder = tmp_path / "migrations"
    write(folder, "1_ok.py", create("kept"), delete("kept"))
    migrate(tmp_path)
    before = dump(tmp_path)
    for name, text in files.items():
        (folder / name).write_text("from pbpy.migrations import *\n\n" + text)
    if len(list(folder.glob("*.py"))) <= len(files):
        pytest.skip("this file system does not tell upper from lower case")
    assert reason in refused(tmp_path, *action)
    assert dump(tmp_path) == before


@pytest.mark.parametrize(
    ("down", "is_there", "reason"),
    [
        (None, True, "there is no function down(app), so it cannot be reverted"),
        ("pass", False, "1_x.py: the file was applied and is missing, so it cannot be reverted"),
        ("raise ValueError('no')", True, "1_x.py, line 7: ValueError: no"),
    ],
)
def test_what_cannot_be_reverted_changes_nothing(
    tmp_path: Path,
    down: str | None,
    is_there: bool,
    reason: str,
) -> None:
    path = write(tmp_path / "migrations", "1_x.py", create("a"), down)
    migrate(tmp_path)
    if not is_there:
        path.unlink()
    before = dump(tmp_path)
    assert reason in refused(tmp_path, "migrate", "down", "--yes")
    assert dump(tmp_path) == before


@pytest.mark.parametrize(
    "arguments", [["nope"], ["up", "x"], ["create"], ["create", "?!"]], ids=str
)
def test_a_wrong_command_says_why(tmp_path: Path, arguments: list[str]) -> None:
    assert "pbpy" in refused(tmp_path, "migrate", *arguments) or arguments == ["create", "?!"]


# several processes


def slow(name: str) -> str:
    """Return an `up` that leaves the others time to want the same, and counts its runs."""
    return (
        "import asyncio, pathlib\n"
        f'await app.save(Collection.new_base("{name}", fields=[Text("title")]))\n'
        "await asyncio.sleep(0.3)\n"
        f'await app.save(Record(app.get_collection("{name}"), {{"title": "once"}}))\n'
    )


def test_processes_that_start_at_once_apply_each_file_once(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        write(tmp_path / "migrations", f"{number}_x.py", slow(f"c{number}"))
    processes = [
        subprocess.Popen(
            command("migrate", "up"), cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(4)
    ]
    said = ""
    for process in processes:
        out, error = process.communicate(timeout=LIMIT_S)
        assert process.returncode == 0, error
        said += out.decode()
    assert [said.count(f"Applied {number}_x.py") for number in (1, 2, 3)] == [1, 1, 1]


def test_two_servers_start_at_once_on_one_directory(tmp_path: Path) -> None:
    """Both serve the new collections, each applied once."""
    with start_pbpy(tmp_path):
        """Only to make the directory."""
    for number in (1, 2, 3):
        write(tmp_path / "migrations", f"{number}_x.py", slow(f"c{number}"))
    with ThreadPoolExecutor() as pool:
        servers = list(pool.map(start_pbpy, (tmp_path, tmp_path)))
    said = ""
    for server in servers:
        with server:
            for number in (1, 2, 3):
                found = call(server, "GET", f"/api/collections/c{number}/records")
                assert [item["title"] for item in found["items"]] == ["once"]
            said += server.output
    assert [said.count(f"Applied {number}_x.py") for number in (1, 2, 3)] == [1, 1, 1]


# automigrate


def test_changes_through_the_api_become_files_that_do_the_same(tmp_path: Path) -> None:
    """The files, applied to an empty directory, give the same collections, and revert to none."""
    with start_pbpy(tmp_path, "--automigrate") as server:
        built_in = collections(server)
        posts = call(
            server,
            "POST",
            "/api/collections",
            {
                "name": "posts",
                "type": "base",
                "listRule": "",
                "fields": [
                    {"name": "title", "type": "text", "required": True},
                    {"name": "n", "type": "number"},
                ],
                "indexes": ["create index idx_t on posts (title)"],
            },
        )
        call(server, "POST", "/api/collections", {"name": "aaa", "type": "auth", "fields": []})
        fields = [item for item in posts["fields"] if item["name"] != "n"]
        relation = {"name": "p", "type": "relation", "collectionId": posts["id"], "maxSelect": 1}
        path = f"/api/collections/{posts['id']}"
        call(server, "PATCH", path, {"fields": [*reversed(fields), relation], "viewRule": ""})
        call(server, "PATCH", "/api/collections/users", {"otp": {"enabled": True}})
        call(server, "PATCH", "/api/collections/users", {"authToken": {"secret": "s" * 40}})
        call(
            server,
            "POST",
            "/api/collections",
            {"name": "ids", "type": "view", "viewQuery": "SELECT id FROM posts"},
        )
        call(server, "DELETE", "/api/collections/ids")
        made = collections(server)
    names = sorted(path.name for path in (tmp_path / "migrations").glob("*.py"))
    assert [name.partition("_")[2] for name in names] == [
        "created_posts.py",
        "created_aaa.py",
        "updated_posts.py",
        "updated_users.py",
        "created_ids.py",
        "deleted_ids.py",
    ]
    assert migrate(tmp_path, "status").count("applied") == len(names)
    elsewhere = ("--dir", str(tmp_path / "other" / "pb_data"))
    assert migrate(tmp_path, *elsewhere).count("Applied") == len(names)
    (tmp_path / "other").mkdir(exist_ok=True)
    assert _listed(tmp_path / "other") == _plain(made)
    migrate(tmp_path, "down", "-1", "--yes", *elsewhere)
    assert _listed(tmp_path / "other") == _plain(built_in)


def _listed(folder: Path) -> list[dict[str, Any]]:
    """Return the collections of a directory, without migrations of its own."""
    done = pbpy(folder, "superuser", "upsert", "root@example.com", "1234567890")
    assert done.returncode == 0, done.stderr
    with start_pbpy(folder) as server:
        return _plain(collections(server))


def _plain(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sort collections by name, which an import or a removal may reorder."""
    return sorted(items, key=lambda item: str(item["name"]))


def test_nothing_is_written_without_automigrate(tmp_path: Path) -> None:
    with start_pbpy(tmp_path) as server:
        call(server, "POST", "/api/collections", {"name": "posts", "type": "base"})
    assert not (tmp_path / "migrations").exists()


def test_dev_switches_automigrate_on(tmp_path: Path) -> None:
    with start_pbpy(tmp_path, "--dev") as server:
        call(server, "POST", "/api/collections", {"name": "posts", "type": "base"})
    assert [path.name.partition("_")[2] for path in (tmp_path / "migrations").iterdir()] == [
        "created_posts.py"
    ]


# the real PocketBase


@needs_pocketbase
def test_pocketbase_opens_a_migrated_directory(tmp_path: Path) -> None:
    write(
        tmp_path / "migrations",
        "1_races.py",
        'events = await app.save(Collection.new_base("events", fields=[Text("name")]))\n'
        'event = Relation("event", events, cascade=True, max_select=1)\n'
        'races = Collection.new_base("races", list_rule="", fields=[event])\n'
        'await app.save(races.with_index("idx_races_event", "event", unique=True))\n'
        'await app.save(Collection.new_auth("pilots", options={"otp": {"enabled": True}}))\n'
        'await app.save(Collection.new_view("names", "SELECT id, name FROM events"))\n'
        'users = app.get_collection("users")\n'
        'await app.save(users.with_fields(Select("role", ["a", "b"], max_select=1)))\n',
    )
    with start_pbpy(tmp_path, password_hash="bcrypt") as ours:
        mine = collections(ours)
    with start_pocketbase(tmp_path) as theirs:
        assert collections(theirs) == mine
