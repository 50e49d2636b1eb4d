"""What a provider sends the browser back with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pbpy.errors import JsonValue


@dataclass(frozen=True, slots=True)
class OAuth2Redirect:
    """The parameters of a redirect; `user` is Apple's, JSON with the name."""

    state: str = ""
    code: str = ""
    error: str = ""
    user: str = ""

    @property
    def is_success(self) -> bool:
        """Whether the user has agreed."""
        return bool(self.code) and not self.error

    def to_json(self) -> dict[str, JsonValue]:
        """Return the message for the client that waits on the `@oauth2` topic."""
        body: dict[str, JsonValue] = {"state": self.state, "code": self.code}
        return {**body, "error": self.error} if self.error else body
