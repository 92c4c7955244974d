"""One connection: uvicorn's HTTP protocol with deadlines and caps of its own, and one answer for each thing that is no request.

uvicorn takes heads of any length, waits for ever for the rest of a head or body and for a reader of its answer, queues any number of
requests, and tells only the newest of them that the client is gone. The work here is counting; the one timer is that of `Doors`.
"""

import asyncio
from typing import Any, NamedTuple

import httptools
import msgspec
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from hongyan.app.direct import Direct, DirectCall
from hongyan.app.doors import Doors, LateForm
from hongyan.app.whole_answer import WholeAnswer
from hongyan.capture.records import Trail
from hongyan.engine.answers import WHOLE_ANSWER
from hongyan.model.faults import reach
from hongyan.wire.http import HttpRequest

HEADERS_MAX = 200
PIPELINE_MAX = 16  # requests that wait for the answer to an earlier one
LINGER_S = 2.0  # in which a refused client may finish sending, so that it reads why
_IDLE, _HEAD, _BODY, _DEAF = range(4)  # what is expected next; deaf: nothing more
_WATCHED = frozenset((b"host", b"expect", b"transfer-encoding"))
_METHODS = frozenset((b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS"))
_JSON = b"application/json"


class _Fault(NamedTuple):
    """Why a connection is ended, as our own interface says it."""

    status: int
    code: str
    message: str


_MALFORMED = _Fault(400, "malformed", "This is no HTTP request.")
_QUEUE = _Fault(400, "pipeline", f"Send at most {PIPELINE_MAX} requests ahead of their answers.")
_HOST = _Fault(400, "host", "Send one Host header.")
_METHOD = _Fault(405, "method", "This method is not served.")
_SLOW = _Fault(408, "too_slow", "The request did not come in time.")
_HEAD_TOO_LARGE = _Fault(431, "head_too_large", "The request line and headers are too long.")
_CODING = _Fault(501, "transfer_coding", "Of transfer codings only chunked is understood.")
_FULL = _Fault(503, "full", "There are too many connections.")
_VERSION = _Fault(505, "version", "Only HTTP/1.1 and HTTP/1.0 are understood.")


class Doorway(HttpToolsProtocol):
    """A connection under the rules of its `Doors`."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        doors: Doors,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._doors = doors
        self._head_bytes = doors.limits.head_bytes
        self._fresh = -doors.limits.sweep_seconds  # a stage that begins just before a sweep is not credited with all of it
        self._stage = _HEAD
        self._waited = self._fresh  # seconds in this stage in which it was the client's turn
        self._count = 0  # bytes since the stage began, or since the last byte of the body
        self._taken = 0  # bytes of the body
        self._hosts = 0
        self._coded = False
        self._fault: _Fault | None = None  # what the parser was stopped for
        self._owed: _Fault | None = None  # to be said behind the answers that are under way
        self._running: RequestResponseCycle | DirectCall | None = None  # the request that is being answered, not the newest one
        self._direct = doors.direct
        self._held = ""  # the path of a request that may go the short way, until it is whole
        self._held_body = b""

    # --- the connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if not self._doors.enter(self, self.client[0] if self.client else ""):
            self._say(_FULL, linger=False)

    def connection_lost(self, exc: Exception | None) -> None:
        self._doors.leave(self)
        running = self._running
        if running is not None and running is not self.cycle and not running.response_complete:
            running.disconnected = True
            running.message_event.set()
        self.pipeline.clear()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        stage = self._stage
        if stage == _IDLE:
            # A head that begins behind another request, in the same bytes, counts from its next byte on.
            self._stage, self._waited, self._count = _HEAD, self._fresh, len(data)
        elif stage == _DEAF:
            return
        else:
            self._count += len(data)
        try:
            self.parser.feed_data(data)  # pyright: ignore[reportOptionalMemberAccess]
        except httptools.HttpParserUpgrade:
            self._end_after_answer()
        except httptools.HttpParserError:
            self._let_go()
            self._fail(self._fault or _MALFORMED)
        else:
            if len(self._held_body) > HIGH_WATER_LIMIT:
                self._let_go()
            if self._count > self._head_bytes and self._stage != _IDLE:
                self._count_says_too_much()

    def _count_says_too_much(self) -> None:
        if self._stage == _HEAD:
            self._fail(_HEAD_TOO_LARGE)
        elif self._count > 2 * self._head_bytes:  # the head's own bytes may still count
            self._fail(_MALFORMED)  # chunk extensions or trailers without end

    def pause_writing(self) -> None:
        super().pause_writing()
        self._doors.unread(self, self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        self._doors.taken(self)
        super().resume_writing()

    # --- the parser's callbacks

    def on_message_begin(self) -> None:
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name in _WATCHED:
            self._watch(name, value.lower())
        self.headers.append((name, value))

    def _watch(self, name: bytes, value: bytes) -> None:
        if name == b"host":
            self._hosts += 1
        elif name == b"expect":
            self.expect_100_continue = value == b"100-continue"
        elif value == b"chunked":
            self._coded = True
        else:
            self._stop(_CODING)

    def on_headers_complete(self) -> None:
        if (self._count > self._head_bytes and self._head_size() > self._head_bytes) or len(self.headers) > HEADERS_MAX:
            self._stop(_HEAD_TOO_LARGE)
        parser = self.parser
        assert parser is not None
        version = parser.get_http_version()
        if version == "1.1":
            if self._hosts != 1:
                self._stop(_HOST)
        elif version != "1.0":
            self._stop(_VERSION)
        elif self._hosts > 1 or self._coded:
            self._stop(_MALFORMED)
        if parser.get_method() not in _METHODS:
            self._stop(_METHOD)
        if len(self.pipeline) >= PIPELINE_MAX:
            self._stop(_QUEUE)
        if self._direct is None or version != "1.1" or not self._may_be_direct(self._direct, parser):
            self._begin_ordinary()
        self._stage, self._waited, self._taken, self._hosts, self._coded = _BODY, self._fresh, 0, 0, False

    def _begin_ordinary(self) -> None:
        url, headers, expect = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()  # only now: the short way needs no scope
        self.url, self.expect_100_continue = url, expect
        self.headers += headers
        super().on_headers_complete()
        self.headers = []  # what comes behind a chunked body is no header of the request

    def _may_be_direct(self, direct: Direct, parser: Any) -> bool:
        path = direct.paths.get(self.url.partition(b"?")[0])
        if (
            path is None
            or parser.get_method() != b"POST"
            or self.expect_100_continue
            or self._coded
            or b"#" in self.url
            or not parser.should_keep_alive()
            or parser.should_upgrade()
            or self._answering
            or self.pipeline
        ):
            return False
        self._held, self._held_body = path, b""
        return True

    def _let_go(self) -> None:
        """What is long or late goes the ordinary way."""
        if self._held:
            body, self._held, self._held_body = self._held_body, "", b""
            self._begin_ordinary()
            if body:
                self.cycle.body += body
                self.cycle.message_event.set()

    def shutdown(self) -> None:
        self._let_go()
        super().shutdown()

    def on_body(self, body: bytes) -> None:
        """As uvicorn has it, which also thinks of upgrades."""
        self._count = 0
        self._taken += len(body)
        if self._held:
            self._held_body += body
            return
        cycle = self.cycle
        if not cycle.response_complete:
            cycle.body += body
            if len(cycle.body) > HIGH_WATER_LIMIT:
                self.flow.pause_reading()
            cycle.message_event.set()

    def on_message_complete(self) -> None:
        """As uvicorn has it, which also thinks of upgrades."""
        self._stage = _IDLE
        if self._held:
            self._answer_directly()
            return
        cycle = self.cycle
        if not cycle.response_complete:
            cycle.more_body = False
            cycle.message_event.set()

    def on_response_complete(self) -> None:
        """As uvicorn has it, without a timer for each answer."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self._waited = self._fresh
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif self._owed:
            self._say(self._owed)
        else:
            self.flow.resume_reading()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        cycle.scope["extensions"] = {WHOLE_ANSWER: WholeAnswer(cycle)}  # type: ignore[typeddict-item]
        task = self.loop.create_task(cycle.run_asgi(app))
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)

    def _answer_directly(self) -> None:
        call, body = DirectCall(self._held), self._held_body
        self._held, self._held_body = "", b""
        self.cycle = self._running = call  # pyright: ignore[reportAttributeAccessIssue]
        address = self.client[0] if self.client else ""
        request = HttpRequest("POST", self.url.partition(b"?")[2], self.headers, body, address, Trail())
        task = self.loop.create_task(self._answer_call(call, request))
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)

    async def _answer_call(self, call: DirectCall, request: HttpRequest) -> None:
        assert self._direct is not None
        try:
            answer = await self._direct.answer(call, request, self._server_headers)
            if self.flow.write_paused:
                await self.flow.drain()
            if call.disconnected:
                return
            call.response_started = call.response_complete = True
            self.transport.write(answer)
            reach("answer.after")
        finally:
            if not call.keep_alive or not (call.response_complete or call.disconnected):
                self.transport.close()
        self.on_response_complete()

    def _server_headers(self) -> list[tuple[bytes, bytes]]:
        return self.server_state.default_headers

    def _should_upgrade(self) -> bool:
        return False

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers) + 4 * len(self.headers)

    def _stop(self, fault: _Fault) -> None:
        """Out of the parser; `data_received` goes on."""
        self._fault = fault
        raise ValueError(fault.code)

    # --- the end of a connection

    @property
    def _answering(self) -> bool:
        return self._running is not None and not self._running.response_complete

    def _end_after_answer(self) -> None:
        """The request asked for another protocol and gets a plain answer; what follows it is not HTTP."""
        self._stage = _DEAF
        self.cycle.keep_alive = False

    def _fail(self, fault: _Fault, *, linger: bool = True) -> None:
        """Take no more requests. Those that came whole are answered, then the fault is said."""
        broken = self.cycle if self._stage == _BODY else None
        self._stage, self._waited = _DEAF, self._fresh
        if broken is not None and broken is not self._running:
            self.pipeline.popleft()
            broken = None
        if broken is None and self._answering:
            self._owed = fault
        elif broken is not None and broken.response_complete:
            self.drop(reason=fault.code)  # nobody waits for another answer
        else:
            self._say(fault, linger=linger)

    def _say(self, fault: _Fault, *, linger: bool = True) -> None:
        """The last words on this connection, unless an answer has begun."""
        self._doors.tally[fault.code] += 1
        self._stage, self._waited, self._owed = _DEAF, self._fresh, None
        running, form = self._running, None
        if running is not None and not running.response_complete:
            form = self._doors.late_form(running.scope["path"])
            running.disconnected = True
            running.message_event.set()
            self._running = None
            if running.response_started:
                self.transport.abort()
                return
        self.transport.write(_answer(form or _form_of(fault)))
        if linger and self.transport.can_write_eof():
            self.transport.write_eof()
            self.flow.resume_reading()
        else:
            self.transport.close()

    # --- what `Doors` asks

    def tick(self, seconds: float) -> None:
        self._let_go()
        running, stage = self._running, self._stage
        if running is not None and not running.response_complete and (stage != _BODY or running.waiting_for_100_continue):
            return
        if self.flow.read_paused:
            return
        self._waited += seconds
        limits = self._doors.limits
        if stage == _IDLE:
            if self._waited > limits.idle_seconds:
                self._close("idle")
        elif stage == _HEAD:
            if self._waited > limits.head_seconds:
                self._fail(_SLOW, linger=False) if self._count else self._close("silent")
        elif stage == _DEAF:
            if self._waited > LINGER_S:
                self.transport.abort()
        else:
            self._tick_body()

    def _tick_body(self) -> None:
        limits = self._doors.limits
        if self._waited <= limits.body_seconds:
            return
        if not self._answering:  # it was answered before it had come, and its rest is thrown away
            self.drop(reason="unwanted_body")
        elif self._waited > limits.whole_body_seconds or self._taken < self._waited * limits.body_rate:
            self._fail(_SLOW, linger=False)

    def idle_for(self) -> float:
        return -1.0 if self._answering or self._stage != _IDLE else self._waited - self._fresh

    def _close(self, reason: str) -> None:
        self._doors.tally[reason] += 1
        self._stage, self._waited = _DEAF, self._fresh  # what was written may still wait for its reader, but not for ever
        self.transport.close()

    def drop(self, *, reason: str) -> None:
        self._doors.tally[reason] += 1
        self.transport.abort()


def _form_of(fault: _Fault) -> LateForm:
    return LateForm(fault.status, _JSON, msgspec.json.encode({"error": {"code": fault.code, "message": fault.message}}))


def _answer(form: LateForm) -> bytes:
    head = b"content-type: %b\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % (form.content_type, len(form.body))
    return STATUS_LINE[form.status] + head + form.body
