"""EventStream: writes the messages of one realtime client until its time is over."""

from __future__ import annotations

import asyncio
import math
import time
from typing import TYPE_CHECKING, Any, cast

import orjson

from pbpy.api.errors import answer_error
from pbpy.api.responses import Response
from pbpy.api.started import start
from pbpy.hooks.realtime_events import RealtimeMessageEvent
from pbpy.realtime.sse import CONNECT, HEARTBEAT, Message, frame_prefix

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from starlette.types import Receive, Scope, Send

    from pbpy.api.request import ApiRequest
    from pbpy.api.started import Started
    from pbpy.hooks.realtime_events import RealtimeConnectRequestEvent

_HEADERS = (
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
)
_END = b""
_CHUNK_BYTES = 64 * 1024
"""Queued messages are shared by all clients, a chunk is a copy for one: a slow reader gets his
messages in pieces of this size, or one by one where they are longer."""


class EventStream(Response):
    """The answer to a connect request; it registers the client and forgets it at its end.

    It ends when the client leaves or is closed, when there was no message for the idle time,
    when its longest life is over, or when the token behind its subscriptions expires: the SDK
    then connects again, with the token that it has by now.
    """

    __slots__ = (
        "_client",
        "_event",
        "_has_begun",
        "_is_due",
        "_is_writing",
        "_last_message",
        "_last_write",
        "_prefix",
        "_request",
        "_send_message",
        "_started",
        "_task",
        "_timer",
        "_unfinished",
        "_waiter",
        "_write_at_once",
    )

    is_stream = True

    def __init__(self, request: ApiRequest, event: RealtimeConnectRequestEvent) -> None:
        super().__init__(headers=_HEADERS)
        self._request = request
        self._event = event
        self._client = event.client
        self._prefix = frame_prefix(event.client.id)
        self._has_begun = False
        self._started = self._last_message = self._last_write = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._task: asyncio.Task[Any] | None = None
        self._is_due = False
        self._is_writing = False
        self._unfinished: Started | None = None
        self._write_at_once: Callable[[bytes], bool] | None = None

    async def send(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the connect hook around the stream; answer by an error what it refuses."""
        hook = self._request.app.on_realtime_connect_request
        if not hook:
            await self._stream(scope, send)
            return

        async def stream(_: RealtimeConnectRequestEvent) -> None:
            await self._stream(scope, send)

        try:
            await hook.trigger(self._event, stream)
        except Exception as error:
            if self._has_begun:
                self._request.app.log.exception("a realtime connect handler failed")
                return
            await self._refuse(error).send(scope, receive, send)
            return
        if not self._has_begun:
            await super().send(scope, receive, send)

    def _refuse(self, error: Exception) -> Response:
        answer = answer_error(self._request, error)
        answer.prepare({})
        answer.headers += self.headers[len(_HEADERS) :]
        return answer

    async def _stream(self, scope: Scope, send: Send) -> None:
        self._has_begun = True
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        if scope["method"] != "HEAD":
            await self._write_messages(send)
        await send({"type": "http.response.body", "body": b""})

    async def _write_messages(self, send: Send) -> None:
        client, broker = self._client, self._request.app.realtime.broker
        self._task = asyncio.current_task()
        self._send_message = send
        self._write_at_once = _find_write(send)
        client.wake = self._wake
        broker.register(client)
        client.queue.appendleft(Message(CONNECT, orjson.dumps({"clientId": client.id})))
        self._started = self._last_message = self._last_write = self._now()
        try:
            while (chunk := await self._next_chunk()) != _END:
                self._is_writing = True
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
                self._is_writing = False
                self._last_write = self._now()
        finally:
            self._task = None
            broker.unregister(client)
            if self._timer is not None:
                self._timer.cancel()
            if self._unfinished is not None:
                self._unfinished.close()

    def _wake(self) -> None:
        """Look again: there is a message, or an end."""
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            if self._client.queue and not self._request.app.on_realtime_message_send:
                if not self._is_due:
                    self._is_due = True
                    self._request.app.realtime.rounds.add(self._write_queue)
            else:
                waiter.set_result(None)
        elif self._client.is_closed and self._is_writing and self._task is not None:
            self._task.cancel()  # nobody reads what is being written

    def _write_queue(self, now: float) -> None:
        """Write what is queued, outside of our task; wake it only if that takes time."""
        self._is_due = False
        waiter = self._waiter
        if waiter is None or waiter.done() or not self._client.queue:
            return
        self._last_message = self._last_write = now
        chunk = self._take_frames()
        if self._write_at_once is None or not self._write_at_once(chunk):
            self._start_write(chunk, waiter)
        if self._client.queue and not waiter.done():
            waiter.set_result(None)

    def _start_write(self, chunk: bytes, waiter: asyncio.Future[None]) -> None:
        message = {"type": "http.response.body", "body": chunk, "more_body": True}
        try:
            self._unfinished = start(cast("Coroutine[Any, Any, None]", self._send_message(message)))
        except Exception as error:  # is that of our task
            waiter.set_exception(error)
            return
        if self._unfinished is not None:
            self._is_writing = True
            waiter.set_result(None)

    async def _next_chunk(self) -> bytes:
        """Wait for something to write; _END when the stream is over."""
        client = self._client
        while True:
            if self._unfinished is not None:
                await self._finish_write(self._unfinished)
            if client.queue:
                if chunk := await self._take_queue():
                    return chunk
                continue
            now, end = self._now(), self._end()
            if client.is_closed or now >= end:
                return _END
            beat = self._beat()
            if now >= beat:
                return HEARTBEAT
            self._set_timer(min(beat, end))
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None

    async def _finish_write(self, unfinished: Started) -> None:
        self._unfinished = None
        await unfinished
        self._is_writing = False
        self._last_write = self._now()

    async def _take_queue(self) -> bytes:
        """Return the frames of all queued messages, as the handlers leave them.

        A handler that fails ends the stream.
        """
        self._last_message = self._now()
        hook = self._request.app.on_realtime_message_send
        if not hook:
            return self._take_frames()
        frames: list[bytes] = []

        async def write(final: RealtimeMessageEvent) -> None:
            frames.append(self._prefix + final.message.tail)

        client = self._client
        while client.queue and sum(map(len, frames)) < _CHUNK_BYTES:
            shared = client.queue.popleft()
            own = Message(shared.name, shared.data)
            event = RealtimeMessageEvent(self._request.app, self._request.info, client, own)
            try:
                await hook.trigger(event, write)
            except Exception:  # of app code
                self._request.app.log.exception("a realtime message handler failed")
                client.close()
        return b"".join(frames)

    def _take_frames(self) -> bytes:
        queue, prefix = self._client.queue, self._prefix
        if len(queue) == 1:
            return prefix + queue.popleft().tail
        frames, size = [], 0
        while queue and size < _CHUNK_BYTES:
            frames.append(prefix + queue.popleft().tail)
            size += len(frames[-1])
        return b"".join(frames)

    def _end(self) -> float:
        """Return when the stream has to end if there is no further message."""
        event, expires_at = self._event, self._client.auth_expires_at
        end = min(self._last_message + event.idle_timeout_s, self._started + event.max_timeout_s)
        if expires_at is not None:
            end = min(end, self._now() + expires_at - time.time())
        return end

    def _beat(self) -> float:
        heartbeat_s = self._request.app.config.heartbeat_s
        return self._last_write + heartbeat_s if heartbeat_s else math.inf

    def _set_timer(self, when: float) -> None:
        """Wake at a moment; an earlier timer stays, and the moment is looked at again then."""
        if self._timer is not None:
            if self._timer.when() <= when:
                return
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(when, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self._wake()

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def _find_write(send: Send) -> Callable[[bytes], bool] | None:
    """Return how the server writes a chunk without a coroutine; None where it cannot.

    Our uvicorn's `send` is a method of an object that can (`serve/uvicorn_cycle.py`).
    """
    return getattr(getattr(send, "__self__", None), "write_chunk", None)
