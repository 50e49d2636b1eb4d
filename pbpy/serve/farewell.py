"""The last moments of a server."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pbpy.serve.limits import FAREWELL_S

if TYPE_CHECKING:
    from pbpy.api.asgi import Edge


async def say_farewell(edge: Edge) -> None:
    """Refuse what still arrives for a moment: it was sent before its client could know."""
    edge.stop()
    await asyncio.sleep(FAREWELL_S)
