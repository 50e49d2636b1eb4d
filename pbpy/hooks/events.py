"""The events that hooks carry; one class per payload, named after PocketBase's.

Request events carry the `RequestEvent` of their request as `request`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pbpy.hooks.hook import Event

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pbpy.app import App
    from pbpy.errors import JsonValue
    from pbpy.records.record import Record
    from pbpy.records.request_info import RequestInfo
    from pbpy.schema.collection import Collection
    from pbpy.settings.model import Settings

ModelAction = Literal["validate", "create", "update", "delete"]


class BootstrapEvent(Event):
    """The application opens its resources; after `next()` it is ready."""

    __slots__ = ()


class ServeEvent(Event):
    """The server is about to accept requests."""

    __slots__ = ()


class TerminateEvent(Event):
    """The process is about to end; `is_restart` when it starts again in place."""

    __slots__ = ("is_restart",)

    def __init__(self, app: App, *, is_restart: bool = False) -> None:
        super().__init__(app)
        self.is_restart = is_restart


class ModelEvent(Event):
    """A record or a collection is validated, saved or deleted.

    Attributes:
        model: the Record or Collection.
        action: what is being done.
        error: why it failed, in the after-error hooks only.
    """

    __slots__ = ("action", "error", "model")

    def __init__(
        self,
        app: App,
        model: Record | Collection,
        action: ModelAction,
        error: BaseException | None = None,
    ) -> None:
        super().__init__(app)
        self.model = model
        self.action = action
        self.error = error


class RecordEvent(ModelEvent):
    """The same for a record, by its own name."""

    __slots__ = ()

    model: Record

    @property
    def record(self) -> Record:
        """The record."""
        return self.model

    @property
    def tags(self) -> tuple[str, ...]:
        """Name and id of the record's collection."""
        return (self.model.collection.name, self.model.collection.id)


class CollectionEvent(ModelEvent):
    """The same for a collection; handlers may replace `model` before the save."""

    __slots__ = ()

    model: Collection

    @property
    def collection(self) -> Collection:
        """The collection."""
        return self.model

    @property
    def tags(self) -> tuple[str, ...]:
        """Name and id of the collection."""
        return (self.model.name, self.model.id)


class RecordEnrichEvent(Event):
    """A record is about to be shown: hide or add values here."""

    __slots__ = ("info", "record")

    def __init__(self, app: App, record: Record, info: RequestInfo) -> None:
        super().__init__(app)
        self.record = record
        self.info = info

    @property
    def tags(self) -> tuple[str, ...]:
        """Name and id of the record's collection."""
        return (self.record.collection.name, self.record.collection.id)


class RequestEvent(Event):
    """Something a client asked for. Base of the events below.

    Attributes:
        info: method, query, headers, body and auth of the request.
        response: set by a handler that answers by itself, without calling `next()`: a value
            that orjson can encode.
    """

    __slots__ = ("info", "response")

    def __init__(self, app: App, info: RequestInfo) -> None:
        super().__init__(app)
        self.info = info
        self.response: JsonValue = None

    @property
    def auth(self) -> Record | None:
        """The signed-in record."""
        return self.info.auth


class _OfCollection(RequestEvent):
    """A request that concerns one collection."""

    __slots__ = ("collection",)

    def __init__(self, app: App, info: RequestInfo, collection: Collection) -> None:
        super().__init__(app, info)
        self.collection = collection

    @property
    def tags(self) -> tuple[str, ...]:
        """Name and id of the collection."""
        return (self.collection.name, self.collection.id)


class RecordsListRequestEvent(_OfCollection):
    """A page of records: `records` may be replaced, the counts are those of the page."""

    __slots__ = ("page", "per_page", "records", "total_items")

    def __init__(
        self,
        app: App,
        info: RequestInfo,
        collection: Collection,
        *,
        records: list[Record],
        page: int,
        per_page: int,
        total_items: int,
    ) -> None:
        super().__init__(app, info, collection)
        self.records = records
        self.page = page
        self.per_page = per_page
        self.total_items = total_items


class RecordRequestEvent(_OfCollection):
    """View, create, update or delete of one record."""

    __slots__ = ("record",)

    def __init__(self, app: App, info: RequestInfo, collection: Collection, record: Record) -> None:
        super().__init__(app, info, collection)
        self.record = record


class RecordAuthRequestEvent(RecordRequestEvent):
    """A sign-in of any kind has succeeded; `token` is what the client gets.

    Attributes:
        method: `password`, `oauth2`, `otp`; "" for refresh and impersonation.
        meta: extra data of the answer, or None.
    """

    __slots__ = ("meta", "method", "token")

    def __init__(
        self,
        app: App,
        info: RequestInfo,
        collection: Collection,
        record: Record,
        *,
        token: str,
        method: str,
        meta: JsonValue = None,
    ) -> None:
        super().__init__(app, info, collection, record)
        self.token = token
        self.method = method
        self.meta = meta


class FileTokenRequestEvent(RecordRequestEvent):
    """A token for protected files is asked for; `token` is what the client gets."""

    __slots__ = ("token",)

    def __init__(self, app: App, info: RequestInfo, record: Record, token: str) -> None:
        super().__init__(app, info, record.collection, record)
        self.token = token


class AuthWithPasswordRequestEvent(_OfCollection):
    """Sign-in by password; `record` is None when no identity matched."""

    __slots__ = ("identity", "identity_field", "password", "record")

    def __init__(
        self,
        app: App,
        info: RequestInfo,
        collection: Collection,
        *,
        record: Record | None,
        identity: str,
        identity_field: str,
        password: str,
    ) -> None:
        super().__init__(app, info, collection)
        self.record = record
        self.identity = identity
        self.identity_field = identity_field
        self.password = password


class CollectionsListRequestEvent(RequestEvent):
    """A page of collections."""

    __slots__ = ("collections", "page", "per_page", "total_items")

    def __init__(
        self,
        app: App,
        info: RequestInfo,
        *,
        collections: list[Collection],
        page: int,
        per_page: int,
        total_items: int,
    ) -> None:
        super().__init__(app, info)
        self.collections = collections
        self.page = page
        self.per_page = per_page
        self.total_items = total_items


class CollectionRequestEvent(_OfCollection):
    """View, create, update or delete of one collection; handlers may replace `collection`."""

    __slots__ = ()


class CollectionsImportRequestEvent(RequestEvent):
    """An import; `collections` is the submitted list."""

    __slots__ = ("collections", "delete_missing")

    def __init__(
        self,
        app: App,
        info: RequestInfo,
        *,
        collections: list[Mapping[str, Any]],
        delete_missing: bool,
    ) -> None:
        super().__init__(app, info)
        self.collections = collections
        self.delete_missing = delete_missing


class SettingsReloadEvent(Event):
    """The settings are read anew, because they were saved; after `next()` `app` has them."""

    __slots__ = ()


class SettingsListRequestEvent(RequestEvent):
    """The settings are shown; handlers may replace `settings`."""

    __slots__ = ("settings",)

    def __init__(self, app: App, info: RequestInfo, settings: Settings) -> None:
        super().__init__(app, info)
        self.settings = settings


class SettingsUpdateRequestEvent(RequestEvent):
    """The settings are changed; handlers may replace `new_settings` before the save."""

    __slots__ = ("new_settings", "old_settings")

    def __init__(
        self, app: App, info: RequestInfo, *, old_settings: Settings, new_settings: Settings
    ) -> None:
        super().__init__(app, info)
        self.old_settings = old_settings
        self.new_settings = new_settings
