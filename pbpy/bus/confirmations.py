"""Confirmations: a few bytes by which a member tells another that it has acted on a message.

They may get lost: whoever waits for one waits for a moment only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from pbpy.bus.bus import Message

_GAP: Final = b" "


def pack_confirmation(message: Message) -> bytes:
    """Return what the sender of a message gets."""
    return message.kind.encode() + _GAP + message.data.partition(_GAP)[0]


class Confirmations:
    """Who is called back when others confirm messages of this member."""

    __slots__ = ("_callbacks",)

    def __init__(self) -> None:
        self._callbacks: dict[str, Callable[[bytes], None]] = {}

    def add(self, kind: str, callback: Callable[[bytes], None]) -> None:
        """Call back for the messages of a kind, with the begin of their data."""
        self._callbacks[kind] = callback

    def deliver(self, packed: bytes) -> None:
        """Call back for what `pack_confirmation` made."""
        kind, _, begin = packed.partition(_GAP)
        callback = self._callbacks.get(kind.decode(errors="replace"))
        if callback is not None:
            callback(begin)
