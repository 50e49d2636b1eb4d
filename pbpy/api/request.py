"""ApiRequest: one HTTP request as endpoints see it, cheap until it is asked for something."""

from __future__ import annotations

from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

from pbpy.api.client_ip import find_real_ip, find_remote_ip
from pbpy.api.form_values import parse_pairs, parse_query, record_values
from pbpy.api.incoming_body import IncomingBody
from pbpy.api.json_body import MalformedJson, decode_json
from pbpy.api.struct_body import Shape, WrongKind, bind_json, bind_pairs, bind_xml
from pbpy.errors import BadRequest
from pbpy.offload import offload
from pbpy.records.request_info import RequestInfo

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

    from starlette.types import Receive, Scope

    from pbpy.api.router import Handler
    from pbpy.api.uploads import Form
    from pbpy.app import App
    from pbpy.errors import JsonValue
    from pbpy.files.upload import Upload
    from pbpy.records.record import Record

P = ParamSpec("P")
T = TypeVar("T")

_MAX_URLENCODED_BYTES: Final = 10 << 20
_LARGE_BYTES: Final = 256 << 10
"""A body with more is parsed in a thread: a few milliseconds of work."""

LOAD_FAILURE: Final = "An error occurred while loading the submitted data."
"""PocketBase's sentence where a struct-bound body cannot be read."""

_BEARER: Final = "bearer "


class ApiRequest(IncomingBody):
    """One request.

    Attributes:
        app: the application.
        method: the HTTP method, as sent.
        params: the values of the path's wildcards, percent-decoded.
        handler: what the route does.
        auth: the record that the token proves, None for guests.
        files: files of a multipart body by their key, once it was read.
        state: what middlewares and endpoints tell each other.
        scope, headers, content_length, body_limit, body: as of `IncomingBody`.
    """

    __slots__ = (
        "_form",
        "_id",
        "_info",
        "_query",
        "app",
        "auth",
        "files",
        "handler",
        "method",
        "params",
        "state",
    )

    def __init__(
        self, app: App, scope: Scope, receive: Receive, params: dict[str, str], handler: Handler
    ) -> None:
        super().__init__(scope, receive)
        self.app = app
        self.handler = handler
        self.method: str = scope["method"]
        self.params = params
        self.auth: Record | None = None
        self.files: dict[str, list[Upload]] = {}
        self.state: MutableMapping[str, Any] = {}
        self._query: dict[str, str] | None = None
        self._info: RequestInfo | None = None
        self._form: Form | None = None
        self._id = ""

    # head

    @property
    def id(self) -> str:
        """A word that finds all log lines of this request."""
        if not self._id:
            self._id = token_hex(4)
        return self._id

    def header(self, name: bytes) -> str:
        """Return the first value of a header (name in lower case), or ""."""
        return self.headers.get(name, b"").decode("latin-1")

    @property
    def query(self) -> dict[str, str]:
        """First value of each query key; malformed pieces are left out."""
        if self._query is None:
            text = self.scope["query_string"].decode(errors="replace")
            self._query = parse_query(text) if text else {}
        return self._query

    @property
    def path(self) -> str:
        """The decoded URL path below the mount point."""
        path: str = self.scope["path"]
        return path.removeprefix(self.scope.get("root_path", ""))

    @property
    def remote_ip(self) -> str:
        """Address of the connection's other end, IPv6 written out; "" if unknown."""
        return find_remote_ip(self.scope)

    @property
    def real_ip(self) -> str:
        """Address of the client as the trusted proxy headers tell, else `remote_ip`."""
        return find_real_ip(self.scope, self.app.settings.trusted_proxy)

    @property
    def token(self) -> str:
        """The token of the Authorization header, without the word Bearer."""
        value = self.header(b"authorization")
        if not value:
            return ""
        is_bearer = len(value) > len(_BEARER) and value[: len(_BEARER)].lower() == _BEARER
        return value[len(_BEARER) :] if is_bearer else value

    @property
    def is_superuser(self) -> bool:
        """Whether a superuser is signed in."""
        return self.auth is not None and self.auth.collection.is_superusers

    @property
    def info(self) -> RequestInfo:
        """What rules may know of this request; its body is there after `record_body()`."""
        if self._info is None:
            self._info = RequestInfo(
                method=self.method,
                query=self.query,
                raw_headers=self.scope["headers"],
                auth=self.auth,
                real_ip=self.real_ip,
            )
        return self._info

    # body

    async def json(self) -> JsonValue:
        """Return the body as JSON, None for an empty one, whatever its content type says.

        Raises:
            BadRequest: it is not strict JSON.
        """
        body = await self.read()
        return _load_json(body, "") if body else None

    async def record_body(self) -> dict[str, JsonValue]:
        """Return the body as record values; form values are inferred, files go to `files`.

        The values are `info.body` too. Keys are case-sensitive.

        Raises:
            BadRequest: it cannot be read, or its content type is unknown.
            ContentTooLarge, ClientGone: as `chunks`.
        """
        info = self.info
        content_type = self.header(b"content-type")
        if not self.has_body:
            return info.body
        if content_type.startswith("application/json"):
            value = await self._parse(lambda body: _load_json(body, ""))
            if value is not None and not isinstance(value, dict):
                raise BadRequest
            info.body = value or {}
        elif (form := await self._read_form(content_type, "")) is not None:
            info.body = await self._load(_load_values, form, "")
        elif content_type.startswith(("text/xml", "application/xml")):
            raise BadRequest  # PocketBase: XML cannot fill a map
        else:
            raise BadRequest("Unsupported Content-Type")
        return info.body

    async def struct_body(self, shape: Shape, message: str = LOAD_FAILURE) -> dict[str, JsonValue]:
        """Return those members of the body that the shape knows (see `struct_body.py`).

        The whole body is `info.body` too, for rules that look at it.

        Raises:
            BadRequest: with `message` if it cannot be read or a value has the wrong kind.
            ContentTooLarge, ClientGone: as `chunks`.
        """
        if not self.has_body:
            return {}
        content_type = self.header(b"content-type")
        try:
            if content_type.startswith("application/json"):
                value = await self._parse(lambda body: _load_json(body, message))
                if isinstance(value, dict):
                    self.info.body = value
                return bind_json(value, shape)
            form = await self._read_form(content_type, message)
            if form is not None:
                self.info.body = await self._load(_load_values, form, message)
                return await self._load(bind_pairs, form.values, shape)
            if content_type.startswith(("text/xml", "application/xml")):
                return bind_xml(await self.read(), shape)
        except (WrongKind, MalformedJson) as error:
            raise BadRequest(message) from error
        raise BadRequest("Unsupported Content-Type")

    async def read_form(self, message: str = LOAD_FAILURE) -> Form:
        """Return a multipart or urlencoded body as it was sent.

        Raises:
            BadRequest: it is neither, or malformed.
        """
        form = await self._read_form(self.header(b"content-type"), message)
        if form is None:
            raise BadRequest(message)
        return form

    async def _read_form(self, content_type: str, message: str) -> Form | None:
        """Return the form with the URL's values among its own, as Go merges them."""
        is_multipart = content_type.startswith("multipart/form-data")
        if not is_multipart and not content_type.startswith("application/x-www-form-urlencoded"):
            return None
        # python-multipart and tempfile load with the first form only
        from pbpy.api.uploads import Form, MalformedForm, parse_multipart

        query, query_is_fine = parse_pairs(self.scope["query_string"].decode(errors="replace"))
        try:
            if is_multipart:
                form = await parse_multipart(content_type, self.chunks())
                form.values[:0] = query
                body_is_fine = True
            else:
                pairs, body_is_fine = await self._parse(_parse_form)
                body_is_fine = body_is_fine and len(self.body) <= _MAX_URLENCODED_BYTES
                form = Form([*pairs, *query])
        except MalformedForm as error:
            raise BadRequest(message) from error
        self._form = form
        for key, upload in form.files:
            self.files.setdefault(key, []).append(upload)
        if not (query_is_fine and body_is_fine):
            raise BadRequest(message)
        return form

    async def _parse(self, parse: Callable[[bytes], T]) -> T:
        """Return what parse makes of the body, in a thread when others would wait for it."""
        body = await self.read()
        return parse(body) if len(body) <= _LARGE_BYTES else await offload(parse, body)

    async def _load(self, load: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what load makes of a form, in a thread when others would wait for it."""
        if (self.content_length or 0) <= _LARGE_BYTES:
            return load(*args, **kwargs)
        return await offload(load, *args, **kwargs)

    def close(self) -> None:
        """Remove the temporary files of the body; uploads that were moved stay."""
        if self._form is not None:
            self._form.close()


def _parse_form(body: bytes) -> tuple[list[tuple[str, str]], bool]:
    return parse_pairs(body.decode(errors="replace"))


def _load_json(body: bytes, message: str) -> JsonValue:
    try:
        return decode_json(body)
    except MalformedJson as error:
        raise BadRequest(message) from error


def _load_values(form: Form, message: str) -> dict[str, JsonValue]:
    try:
        return record_values(form.values)
    except MalformedJson as error:
        raise BadRequest(message) from error
