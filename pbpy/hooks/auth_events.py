"""The events of the sign-in flows and of the mails that they send."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pbpy.hooks.events import RecordRequestEvent, RequestEvent
from pbpy.hooks.hook import Event

if TYPE_CHECKING:
    from pbpy.app import App
    from pbpy.auth.oauth2.provider import Provider
    from pbpy.auth.oauth2.user import OAuth2User
    from pbpy.errors import JsonValue
    from pbpy.mail.mailer import Mailer, Message
    from pbpy.records.record import Record
    from pbpy.records.request_info import RequestInfo
    from pbpy.schema.collection import Collection


class RequestOtpRequestEvent(RequestEvent):
    """A one-time password is asked for.

    Attributes:
        record: who gets it; None when nobody has the submitted email. A handler may set it.
        password: the code that will be sent.
    """

    __slots__ = ("collection", "password", "record")

    def __init__(
        self,
        app: App,
        info: RequestInfo,
        collection: Collection,
        *,
        record: Record | None,
        password: str,
    ) -> None:
        super().__init__(app, info)
        self.collection = collection
        self.record = record
        self.password = password

    @property
    def tags(self) -> tuple[str, ...]:
        """Name and id of the collection."""
        return (self.collection.name, self.collection.id)


class AuthWithOtpRequestEvent(RecordRequestEvent):
    """Sign-in by a one-time password, which was right; `otp` is its record."""

    __slots__ = ("otp",)

    def __init__(
        self, app: App, info: RequestInfo, collection: Collection, record: Record, *, otp: Record
    ) -> None:
        super().__init__(app, info, collection, record)
        self.otp = otp


class AuthWithOAuth2RequestEvent(RequestEvent):
    """A provider has described the user who signs in; nothing is written yet.

    Attributes:
        provider_name: PocketBase's name of the provider.
        provider_client: the configured provider.
        oauth2_user: what it says of the user.
        create_data: values of the record, in case it is created.
        record: who signs in; None when a record will be created. A handler may set it.
        is_new_record: whether there was none; told to the client.
    """

    __slots__ = (
        "collection",
        "create_data",
        "is_new_record",
        "oauth2_user",
        "provider_client",
        "provider_name",
        "record",
    )

    def __init__(
        self,
        app: App,
        info: RequestInfo,
        collection: Collection,
        *,
        provider_client: Provider,
        oauth2_user: OAuth2User,
        create_data: dict[str, JsonValue],
        record: Record | None,
    ) -> None:
        super().__init__(app, info)
        self.collection = collection
        self.provider_name = provider_client.name
        self.provider_client = provider_client
        self.oauth2_user = oauth2_user
        self.create_data = create_data
        self.record = record
        self.is_new_record = record is None

    @property
    def tags(self) -> tuple[str, ...]:
        """Name and id of the collection."""
        return (self.collection.name, self.collection.id)


class EmailChangeRequestEvent(RecordRequestEvent):
    """The change of an email is asked for, or confirmed."""

    __slots__ = ("new_email",)

    def __init__(
        self,
        app: App,
        info: RequestInfo,
        collection: Collection,
        record: Record,
        *,
        new_email: str,
    ) -> None:
        super().__init__(app, info, collection, record)
        self.new_email = new_email


class MailerEvent(Event):
    """A mail is about to be sent; handlers may change `message` or replace `mailer`."""

    __slots__ = ("mailer", "message")

    def __init__(self, app: App, mailer: Mailer, message: Message) -> None:
        super().__init__(app)
        self.mailer = mailer
        self.message = message


class MailerRecordEvent(MailerEvent):
    """The same for a mail to an auth record.

    Attributes:
        record: who it is about.
        meta: what the mail is made of: `token`, `newEmail`, `otpId` and `password`, or `info`.
    """

    __slots__ = ("meta", "record")

    def __init__(
        self, app: App, mailer: Mailer, message: Message, *, record: Record, meta: dict[str, Any]
    ) -> None:
        super().__init__(app, mailer, message)
        self.record = record
        self.meta = meta

    @property
    def tags(self) -> tuple[str, ...]:
        """Name and id of the record's collection."""
        return (self.record.collection.name, self.record.collection.id)
