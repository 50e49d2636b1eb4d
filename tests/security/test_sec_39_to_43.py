"""SEC-39 to SEC-43: names, types and sizes of what is stored and served."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.servers import start_pbpy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.client import HTTPResponse

    from tests.servers import Server

OPEN = dict.fromkeys(("listRule", "viewRule", "createRule", "updateRule", "deleteRule"), "")
MIB = 1 << 20
BOUNDARY = b"--limit"
KIND = "multipart/form-data; boundary=limit"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with start_pbpy(tmp_path_factory.mktemp("server")) as started:
        identity = {"name": "id", "type": "text", "primaryKey": True, "required": True}
        create(started, "free", {**identity, "pattern": "(?s)^.+$", "min": 0, "max": 100})
        create(
            started,
            "docs",
            {"name": "file", "type": "file", "maxSelect": 1, "maxSize": 200 * MIB},
            {"name": "title", "type": "text", "max": 10},
            indexes=["CREATE UNIQUE INDEX docs_title ON docs (title) WHERE title != ''"],
        )
        yield started


def create(server: Server, name: str, *fields: dict[str, Any], **options: Any) -> None:
    body = {"name": name, "fields": list(fields), **OPEN, **options}
    headers = {"Authorization": server.superuser_token}
    status, answer, _ = send(server, "POST", "/api/collections", json.dumps(body).encode(), headers)
    assert status == 200, answer


def send(
    server: Server, method: str, path: str, body: bytes, headers: dict[str, str] | None = None
) -> tuple[int, bytes, HTTPResponse]:
    connection = server.connect(timeout_s=60)
    try:
        connection.request(
            method, path, body, {"Content-Type": "application/json", **(headers or {})}
        )
        response = connection.getresponse()
        return response.status, response.read(), response
    finally:
        connection.close()


def upload(server: Server, name: bytes, content: bytes, **values: str) -> tuple[int, Any]:
    head = b'%s\r\nContent-Disposition: form-data; name="%s"'
    parts = [head % (BOUNDARY, b"file") + b'; filename="' + name + b'"\r\n\r\n' + content]
    parts += [head % (BOUNDARY, k.encode()) + b"\r\n\r\n" + v.encode() for k, v in values.items()]
    body = b"\r\n".join([*parts, BOUNDARY + b"--\r\n"])
    path = "/api/collections/docs/records"
    status, answer, _ = send(server, "POST", path, body, {"Content-Type": KIND})
    return status, json.loads(answer)


def stored_files(server: Server) -> list[Path]:
    return [path for path in (server.data_dir / "storage").rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    "record_id",
    [
        *["a.b", "..", "../x", "a/b", "a\\b", "a|b", 'a"b', "a'b", "a`b", "a<b", "a>b", "a:b"],
        *["a?b", "a*b", "a%b", "a$b", "a\0b", "a\tb", "a\nb", "a\rb", "a b"],
        *["con", "CON", "aux", "nul", "prn", "com1", "LPT1", "lpt9"],
    ],
)
def test_sec_39_ids_are_names_of_directories(server: Server, record_id: str) -> None:
    path = "/api/collections/free/records"
    status, answer, _ = send(server, "POST", path, json.dumps({"id": record_id}).encode())
    assert status == 400
    code = json.loads(answer)["data"]["id"]["code"]
    assert code in ("validation_forbidden_pk_character", "validation_reserved_pk")


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        (b"../../../../etc/passwd", r"passwd_\w{10}\.txt"),
        (b"..\\\\..\\\\win.ini", r"\w+_\w{10}\.(win\.)?ini"),
        (b"...", r"\w{10}_\w{10}\.txt"),
        (b".htaccess", r"\w+\.\w+"),
        (b"a.php.jpg", r"\w+_\w{10}\.php\.jpg"),
        (b"a\\r\\nX-Injected: 1.txt", r"a_\w+_\w{10}\.txt"),
        (b"a\0b.txt", r"a_b_\w{10}\.txt"),
        (b'a\\"; x=\\"b.html', r"a_\w+_\w{10}\.html"),
        ("日本語😀.txt".encode(), r"\w{10}_\w{10}\.txt"),
        (b"a" * 300 + b".txt", r"a+_\w{10}\.txt"),
    ],
)
def test_sec_40_stored_names_are_plain(server: Server, sent: bytes, stored: str) -> None:
    status, record = upload(server, sent, b"text")
    assert status == 200, record
    assert re.fullmatch(stored, record["file"], re.ASCII), record["file"]
    assert not [path for path in stored_files(server) if ".." in path.parts]
    path = f"/api/files/docs/{record['id']}/{record['file']}"
    status, body, response = send(server, "GET", path, b"")
    assert (status, body) == (200, b"text")
    assert response.getheader("X-Injected") is None


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        (b"a.html", b"<html><script>x()</script></html>", "text/html; charset=utf-8"),
        (b"a.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', "image/svg+xml"),
        (b"a.js", b"alert(1)", "text/javascript"),
        (b"a.css", b"a{}", "text/css"),
    ],
)
def test_sec_41_served_files_run_nothing(
    server: Server, name: bytes, content: bytes, kind: str
) -> None:
    status, record = upload(server, name, content)
    assert status == 200
    path = f"/api/files/docs/{record['id']}/{record['file']}"
    _, _, response = send(server, "GET", path, b"")
    policy = response.getheader("Content-Security-Policy", "")
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert response.getheader("Content-Type") == kind
    assert response.getheader("X-Content-Type-Options") == "nosniff"
    is_shown = response.getheader("Content-Disposition", "").startswith("inline")
    assert not is_shown or kind == "image/svg+xml"


def memory_mib(server: Server) -> int:
    status = Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
    return int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) // 1024


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
def test_sec_42_a_large_upload_does_not_lie_in_memory(server: Server) -> None:
    before = memory_mib(server)
    status, record = upload(server, b"large.bin", bytes(120 * MIB))
    assert status == 200, record
    assert memory_mib(server) < before + 40
    status, _ = upload(server, b"too_large.bin", bytes(240 * MIB))
    assert status in (400, 413)
    assert memory_mib(server) < before + 40


def test_sec_43_a_refused_record_leaves_no_file(server: Server) -> None:
    assert upload(server, b"kept.txt", b"text", title="taken")[0] == 200
    before = sorted(stored_files(server))
    for title in ("taken", "x" * 11):
        assert upload(server, b"orphan.txt", b"text", title=title)[0] == 400
    assert sorted(stored_files(server)) == before
