"""Ask the real PocketBase again for every answer in `answers/`, and write the files anew.

Run by hand when the reference version changes: `python -m tests.files.record_answers`.
The answers in the files come from PocketBase 0.40.6.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from tests.files.samples import SAMPLES
from tests.servers import start_pocketbase

if TYPE_CHECKING:
    from tests.servers import Server

ANSWERS = Path(__file__).parent / "answers"
_RANDOM_STEM = len("file_") + 10


def record_all() -> None:
    with tempfile.TemporaryDirectory() as folder, start_pocketbase(Path(folder)) as server:
        headers = {"Authorization": server.superuser_token}
        with httpx.Client(base_url=server.base_url, headers=headers) as client:
            field = {"name": "file", "type": "file"}
            client.post("/api/collections", json={"name": "probe", "fields": [field]})
            write(
                "types.json",
                {name: ask_type(client, server, data) for name, data in SAMPLES.items()},
            )
            names = json.loads((ANSWERS / "names.json").read_text())
            write("names.json", {name: upload(client, name, b"hello")["file"] for name in names})


def ask_type(client: httpx.Client, server: Server, data: bytes) -> list[str]:
    """Return the content type, and the extension that a file without one gets."""
    record = upload(client, "file", data)
    name = record["file"]
    folder = server.data_dir / "storage" / record["collectionId"] / record["id"]
    attrs = json.loads((folder / f"{name}.attrs").read_text())
    return [attrs["user.content_type"], name[_RANDOM_STEM:]]


def upload(client: httpx.Client, name: str, data: bytes) -> dict[str, str]:
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    head = f'--B\r\nContent-Disposition: form-data; name="file"; filename="{quoted}"\r\n\r\n'
    answer = client.post(
        "/api/collections/probe/records",
        content=head.encode() + data + b"\r\n--B--\r\n",
        headers={"Content-Type": "multipart/form-data; boundary=B"},
    )
    answer.raise_for_status()
    record: dict[str, str] = answer.json()
    return record


def write(name: str, answers: dict[str, object]) -> None:
    lines = (f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in answers.items())
    (ANSWERS / name).write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    record_all()
