"""Ask the real PocketBase again for every answer in `answers/`, and write the files anew.

Run by hand when the reference version changes: `python -m tests.fields.record_answers`.
The answers in the files come from PocketBase 0.40.6.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from tests.servers import start_pocketbase

if TYPE_CHECKING:
    from collections.abc import Mapping

ANSWERS = Path(__file__).parent / "answers"
_JSON = {"Content-Type": "application/json"}
_NAME = "zz"  # sorts behind every other key of a record


def record_all() -> None:
    with tempfile.TemporaryDirectory() as folder, start_pocketbase(Path(folder)) as server:
        headers = {"Authorization": server.superuser_token}
        with httpx.Client(base_url=server.base_url, headers=headers) as client:
            record_values(client)
            record_settings(client)


def record_values(client: httpx.Client) -> None:
    path = ANSWERS / "values.json"
    groups = json.loads(path.read_text())
    for group in groups:
        client.delete("/api/collections/probe")
        body = {"name": "probe", "fields": [{"name": _NAME, **group["field"]}]}
        client.post("/api/collections", json=body).raise_for_status()
        group["answers"] = {raw: ask_value(client, raw) for raw in group["answers"]}
    lines = [
        f'{{"field": {json.dumps(g["field"])},\n "answers": {dump(g["answers"])}}}' for g in groups
    ]
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n")


def ask_value(client: httpx.Client, raw: str) -> Any:
    content = f'{{"{_NAME}":{raw}}}'.encode()
    answer = client.post("/api/collections/probe/records", content=content, headers=_JSON)
    if answer.status_code != 200:
        return {"error": answer.json()["data"].get(_NAME)}
    return answer.text.partition(f',"{_NAME}":')[2][:-1]


def record_settings(client: httpx.Client) -> None:
    path = ANSWERS / "settings.json"
    path.write_text(
        dump({raw: ask_settings(client, raw) for raw in json.loads(path.read_text())}) + "\n"
    )


def ask_settings(client: httpx.Client, raw: str) -> Any:
    client.delete("/api/collections/probe")
    content = f'{{"name":"probe","fields":[{raw}]}}'.encode()
    answer = client.post("/api/collections", content=content, headers=_JSON).json()
    if "fields" in answer:
        return {"settings": answer["fields"][1]}
    return {"errors": answer["data"].get("fields", {}).get("1")}


def dump(answers: Mapping[str, Any]) -> str:
    """Return one line for each answer."""
    lines = (f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in answers.items())
    return "{\n" + ",\n".join(lines) + "}"


if __name__ == "__main__":
    record_all()
