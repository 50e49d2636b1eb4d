"""The event of batch requests, and the items that it carries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pbpy.hooks.events import RequestEvent

if TYPE_CHECKING:
    from pbpy.app import App
    from pbpy.errors import JsonValue
    from pbpy.files.upload import Upload
    from pbpy.records.request_info import RequestInfo


@dataclass(slots=True)
class BatchItem:
    """One request inside a batch.

    Attributes:
        method: POST, PATCH, DELETE, or PUT for update or create.
        url: path and query, as `/api/collections/posts/records?expand=author`.
        headers: take the place of those of the batch; `authorization` counts for nothing.
        body: the values of the record.
        files: uploads by their key in the body, which may have a modifier (`docs+`).
    """

    method: str = ""
    url: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: dict[str, JsonValue] = field(default_factory=dict)
    files: dict[str, list[Upload]] = field(default_factory=dict)


class BatchRequestEvent(RequestEvent):
    """Several requests in one transaction; `batch` may be changed before `next()`."""

    __slots__ = ("batch",)

    def __init__(self, app: App, info: RequestInfo, batch: list[BatchItem]) -> None:
        super().__init__(app, info)
        self.batch = batch
