"""The one error of everything that a provider answers."""

from __future__ import annotations

from pbpy.errors import PbpyError


class OAuth2Failure(PbpyError):
    """A provider refused, could not be reached, or said what cannot be used.

    The message is for the log: it never holds codes, tokens or secrets. Clients get the
    sentence of the step that failed.
    """
