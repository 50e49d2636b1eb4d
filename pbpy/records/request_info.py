"""RequestInfo: what rules may know of the request."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pbpy.errors import JsonValue
    from pbpy.records.record import Record

RuleContext = Literal[
    "default", "expand", "realtime", "protectedFile", "batch", "oauth2", "otp", "password"
]


@dataclass(kw_only=True)
class RequestInfo:
    """The request behind an operation; the source of `@request.*`.

    Attributes:
        context: what is being done, `@request.context`.
        method: the HTTP method.
        query: the first value of each URL query key.
        raw_headers: header pairs as the server got them (names in lower case, latin-1).
        body: the submitted body, after form values were inferred. On create and update the
            record use cases put resolved values here before rules are checked.
        submitted: on create and update, the body as it was before that.
        auth: the signed-in record, None for guests.
        real_ip: the client's address, trusted proxies considered; "" if unknown.
    """

    context: RuleContext = "default"
    method: str = "GET"
    query: Mapping[str, str] = field(default_factory=dict)
    raw_headers: Iterable[tuple[bytes, bytes]] = ()
    body: dict[str, JsonValue] = field(default_factory=dict)
    submitted: Mapping[str, JsonValue] = field(default_factory=dict)
    auth: Record | None = None
    real_ip: str = ""

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """First value of each header, names in snake_case lower: `user_agent`, `x_token`.

        PocketBase: the host is no header to rules.
        """
        found: dict[str, str] = {}
        for name, value in self.raw_headers:
            key = name.decode("latin-1").lower().replace("-", "_")
            if key != "host":
                found.setdefault(key, value.decode("latin-1"))
        return found

    @property
    def is_superuser(self) -> bool:
        """Whether a superuser is signed in; every rule is bypassed for them."""
        return self.auth is not None and self.auth.collection.is_superusers

    def with_context(self, context: RuleContext) -> RequestInfo:
        """Return a copy for another context, as expand does."""
        copy = replace(self, context=context)
        if "headers" in self.__dict__:  # read already, or given without raw headers
            copy.headers = self.headers
        return copy
