"""A write load of several clients which remembers what the server has acknowledged.

Every client works on ids of its own, so what must be in the database follows from the
answers it got: a record is `expected` after a 2xx answer, and `uncertain` between the request
and the answer.
"""

from __future__ import annotations

import http.client
import json
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.durability.clients import JSON_TYPE, Client, RefusedError, accepted

if TYPE_CHECKING:
    from tests.servers import Server

BOUNDARY = "durability-boundary"
ITEMS, PARENTS, CHILDREN = "items", "parents", "children"
CHILDREN_PER_PARENT = 3


@dataclass(frozen=True, slots=True)
class Item:
    """What one record of `items` holds: everything follows from its id and its version."""

    record_id: str
    version: int = 0
    file_name: str = ""

    @property
    def content(self) -> bytes:
        """The content of the record's file."""
        return f"file of {self.record_id} ".encode() * 50

    @property
    def values(self) -> dict[str, Any]:
        """The values that are sent and must come back."""
        return {"id": self.record_id, "title": f"title of {self.record_id}", "n": self.version}


@dataclass(eq=False)
class Ledger:
    """What the server has acknowledged, and what was under way."""

    items: dict[str, Item] = field(default_factory=dict)
    uncertain_items: dict[str, set[Item | None]] = field(default_factory=dict)
    families: dict[str, bool] = field(default_factory=dict)
    uncertain_families: set[str] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)
    acknowledged: int = 0
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def acknowledge(self) -> None:
        """Count one acknowledged request."""
        with self._changed:
            self.acknowledged += 1
            self._changed.notify_all()

    def refuse(self, reason: str) -> None:
        """Note an answer which is no success; it ends the load."""
        with self._changed:
            self.refused.append(reason)
            self._changed.notify_all()

    def wait_for(self, count: int, limit_s: float) -> bool:
        """Block until so many requests are acknowledged; tell whether all went well."""
        with self._changed:
            self._changed.wait_for(
                lambda: self.acknowledged >= count or bool(self.refused), limit_s
            )
            return self.acknowledged >= count


class Writer:
    """One client: creates, updates and deletes records until the connection breaks."""

    def __init__(self, server: Server, ledger: Ledger, name: str) -> None:
        self.name = name
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._client = Client(server)
        self._ledger = ledger

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def join(self, limit_s: float) -> None:
        """Wait until the writer has noticed the end of its server."""
        self._thread.join(limit_s)

    def _run(self) -> None:
        try:
            for number in range(10**6):
                self._write(number)
        except (OSError, http.client.HTTPException):
            pass
        except RefusedError as error:
            self._ledger.refuse(str(error))
        finally:
            self._client.close()

    def _write(self, number: int) -> None:
        record_id = f"{self.name}n{number:010d}"
        item = self._create(Item(record_id), with_file=number % 3 == 0)
        if number % 2 == 0:
            item = self._update(item)
        if number % 5 == 0:
            self._delete(item)
        if number % 4 == 0:
            self._raise_family(f"{self.name}p{number:010d}", leave=number % 8 == 0)

    def _create(self, item: Item, *, with_file: bool) -> Item:
        self._ledger.uncertain_items[item.record_id] = {None, item}
        if with_file:
            answer = self._send("POST", f"{ITEMS}/records", *_multipart(item))
        else:
            answer = self._send("POST", f"{ITEMS}/records", *_json(item.values))
        return self._settle(Item(item.record_id, item.version, answer["file"]))

    def _update(self, item: Item) -> Item:
        changed = Item(item.record_id, item.version + 1, item.file_name)
        self._ledger.uncertain_items[item.record_id] = {item, changed}
        self._send("PATCH", f"{ITEMS}/records/{item.record_id}", *_json({"n+": 1}))
        return self._settle(changed)

    def _delete(self, item: Item) -> None:
        self._ledger.uncertain_items[item.record_id] = {item, None}
        self._send("DELETE", f"{ITEMS}/records/{item.record_id}")
        del self._ledger.items[item.record_id]
        del self._ledger.uncertain_items[item.record_id]

    def _settle(self, item: Item) -> Item:
        self._ledger.items[item.record_id] = item
        del self._ledger.uncertain_items[item.record_id]
        return item

    def _raise_family(self, parent_id: str, *, leave: bool) -> None:
        """Create a parent with children, and delete the parent: one cascade."""
        self._send("POST", f"{PARENTS}/records", *_json({"id": parent_id}))
        for _ in range(CHILDREN_PER_PARENT):
            self._send("POST", f"{CHILDREN}/records", *_json({"parent": parent_id}))
        self._ledger.families[parent_id] = True
        if leave:
            return
        self._ledger.uncertain_families.add(parent_id)
        self._send("DELETE", f"{PARENTS}/records/{parent_id}")
        self._ledger.families[parent_id] = False
        self._ledger.uncertain_families.discard(parent_id)

    def _send(self, method: str, path: str, body: bytes = b"", kind: str = "") -> Any:
        reply = self._client.send(method, f"/api/collections/{path}", body, kind)
        answer = accepted(reply, f"{method} {path}").json
        self._ledger.acknowledge()
        return answer


def create_collections(server: Server) -> None:
    """Create the three collections that the writers use."""
    text, number = {"type": "text", "name": "title"}, {"type": "number", "name": "n"}
    upload = {"type": "file", "name": "file"}
    parent = {
        "type": "relation",
        "name": "parent",
        "collectionId": "parents_id",
        "cascadeDelete": True,
        "required": True,
    }
    with Client(server) as client:
        for body in (
            {"name": ITEMS, "fields": [text, number, upload]},
            {"name": PARENTS, "id": "parents_id"},
            {"name": CHILDREN, "fields": [parent]},
        ):
            client.do("POST", "/api/collections", body)


def _json(value: Any) -> tuple[bytes, str]:
    return json.dumps(value).encode(), JSON_TYPE


def _multipart(item: Item) -> tuple[bytes, str]:
    head = f"--{BOUNDARY}\r\nContent-Disposition: form-data; name="
    fields = b"".join(
        f'{head}"{name}"\r\n\r\n{value}\r\n'.encode() for name, value in item.values.items()
    )
    upload = f'{head}"file"; filename="upload.txt"\r\n\r\n'.encode() + item.content + b"\r\n"
    body = fields + upload + f"--{BOUNDARY}--\r\n".encode()
    return body, f"multipart/form-data; boundary={BOUNDARY}"
