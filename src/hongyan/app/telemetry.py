"""OpenTelemetry traces of requests, admission, the store and calls to applications. Imported only when somebody wants traces."""

import re
import time
from collections.abc import Awaitable, Callable, Generator, MutableMapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from hongyan import __version__
from hongyan.engine.calls import Calls, request_id_of
from hongyan.engine.engine import Engine
from hongyan.store.interface import Batch, Store

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

EXPORT_S = 5.0
_ERRCODE = re.compile(rb'^\{"(?:errcode|code)":"?([\w.-]+)')
_W3C = TraceContextTextMapPropagator()


class Tracing:
    """The traces of one server, sent to an OTLP endpoint over HTTP. Sampling is set by the OTEL_TRACES_SAMPLER variables of OpenTelemetry."""

    def __init__(self, endpoint: str) -> None:
        resource = Resource.create({"service.name": "hongyan", "service.version": __version__})
        self._provider = TracerProvider(resource=resource)
        exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=EXPORT_S)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self.tracer = self._provider.get_tracer("hongyan", __version__)
        began, counter = self.tracer.start_span("clock"), time.perf_counter()
        # OpenTelemetry's clock as a function of the one by which the store measures; this span is never ended and never sent.
        self._offset_ns = getattr(began, "start_time", 0) - round(counter * 1e9)

    def close(self) -> None:
        """Send what waits; may take `EXPORT_S`."""
        self._provider.shutdown()

    def at(self, counter: float) -> int:
        """A moment of `time.perf_counter` in nanoseconds of Unix time."""
        return self._offset_ns + round(counter * 1e9)

    def watch(self, engine: Engine) -> None:
        """Trace what an engine decides and whom it calls."""
        for sending in (engine.mass_sending, engine.work_sending):
            setattr(sending, "checked", self._spanned("admission", sending.checked))  # noqa: B010 - the type checker minds an assignment
        write, write_batched, store = engine.store.write, engine.store.write_batched, engine.store

        async def traced_write(body: Callable[..., Any], /, *args: Any) -> Any:
            return await self._noted(store, getattr(body, "__name__", "write"), write(body, *args))

        async def traced_batched(batch: Batch[Any, Any], item: Any, /) -> Any:
            return await self._noted(store, batch.name, write_batched(batch, item))

        setattr(store, "write", traced_write)  # noqa: B010
        setattr(store, "write_batched", traced_batched)  # noqa: B010
        engine.dispatcher.client.calling = self._calling

    async def _noted(self, store: Store, name: str, writing: Awaitable[Any]) -> Any:
        """A write with the spans of its transaction, where somebody traces the request."""
        if not trace.get_current_span().is_recording():
            return await writing
        waited_from = time.perf_counter()
        result = await writing
        # Nothing else was committed since: whoever waited for a commit goes on before the next one begins.
        begun, commit_begun, ended = store.meter.newest
        attributes = {"hongyan.write": name, "hongyan.queued_ms": round((begun - waited_from) * 1000, 3)}
        self.tracer.start_span("store.batch", attributes=attributes, start_time=self.at(waited_from)).end(self.at(commit_begun))
        self.tracer.start_span("store.commit", start_time=self.at(commit_begun)).end(self.at(ended))
        return result

    def _spanned(self, name: str, work: Callable[[Any], Awaitable[Any]]) -> Callable[[Any], Awaitable[Any]]:
        async def spanned(request: Any) -> Any:
            with self.tracer.start_as_current_span(name):
                return await work(request)

        return spanned

    @contextmanager
    def _calling(self, url: str) -> Generator[list[tuple[bytes, bytes]]]:
        """A call to an application: the headers that carry the trace on. Of the address only the host is told: the rest may be secret."""
        with self.tracer.start_as_current_span("callback", kind=SpanKind.CLIENT, attributes={"server.address": urlsplit(url).hostname or ""}):
            carrier: dict[str, str] = {}
            _W3C.inject(carrier)
            yield [(name.encode(), value.encode()) for name, value in carrier.items()]

    def around(self, app: App, calls: Calls) -> App:
        """The application, with a span for each request."""

        async def traced(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            given = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"] if name in (b"traceparent", b"tracestate")}
            context: Context = _W3C.extract(given)
            scope["extensions"] = {}  # answers in one piece would pass by
            with self.tracer.start_as_current_span(scope["method"], context, SpanKind.SERVER) as span:
                await app(scope, receive, _Answer(span, send).send)
                _name(span, scope, calls)

        return traced


def _name(span: Span, scope: Scope, calls: Calls) -> None:
    """The path template, never what was asked for: keys stand in some paths."""
    route = scope.get("hongyan.route") or scope.get("route")
    template = getattr(route, "path", "") or calls.template_of(scope["path"])
    span.update_name(f"{scope['method']} {template}")
    span.set_attributes({"http.request.method": scope["method"], "http.route": template})


class _Answer:
    """Notes on its way out what a request was answered."""

    def __init__(self, span: Span, send: Send) -> None:
        self._span = span
        self._send = send

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            status: int = message["status"]
            self._span.set_attribute("http.response.status_code", status)
            if status >= 500:
                self._span.set_status(Status(StatusCode.ERROR))
        else:
            self._note_body(message.get("body", b""))
        await self._send(message)

    def _note_body(self, body: bytes) -> None:
        errcode, request_id = _ERRCODE.match(body), request_id_of(body)
        if errcode:
            self._span.set_attribute("hongyan.errcode", errcode[1].decode())
        if request_id:
            self._span.set_attribute("hongyan.request_id", request_id)
