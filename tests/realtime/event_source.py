"""An EventSource's reading of a stream, after the HTML standard."""

from __future__ import annotations

import re
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Event:
    """One dispatched event."""

    id: str
    name: str
    data: str


@dataclass(slots=True)
class EventReader:
    """Takes bytes as they come, gives the events that are complete."""

    _rest: str = ""
    _id: str = ""
    _name: str = ""
    _data: list[str] = field(default_factory=list)

    def feed(self, chunk: bytes) -> list[Event]:
        """Return the events that end in chunk, which ends between characters."""
        *lines, self._rest = re.split(r"\r\n|\n|\r", self._rest + chunk.decode())
        return [event for line in lines if (event := self._read(line)) is not None]

    def _read(self, line: str) -> Event | None:
        if line:
            name, _, value = line.partition(":")
            self._set(name, value.removeprefix(" "))
            return None
        event = Event(self._id, self._name or "message", "\n".join(self._data))
        has_data = bool(self._data)
        self._name, self._data = "", []
        return event if has_data else None

    def _set(self, name: str, value: str) -> None:
        match name:
            case "id":
                self._id = value
            case "event":
                self._name = value
            case "data":
                self._data.append(value)


def read_events(stream: bytes) -> list[Event]:
    """Return the events of a whole stream."""
    return EventReader().feed(stream)
