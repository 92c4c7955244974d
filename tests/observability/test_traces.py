"""Traces: a request's way through the server arrives at a collector, a caller's trace goes on, and without an endpoint nothing of it is there."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from whole_server import Seeded, a_send, seed, started

from callback_receiver import AES_KEY, TOKEN, sealed_answer

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


class Collector:
    """An OTLP collector, and an application that is called back."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        self.services: set[str] = set()
        self.traceparents: list[str] = []
        self.app_key = ""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def take(self, body: bytes) -> None:
        request = ExportTraceServiceRequest.FromString(body)
        for of_resource in request.resource_spans:
            self.services |= {one.value.string_value for one in of_resource.resource.attributes if one.key == "service.name"}
            self.spans += [span for of_scope in of_resource.scope_spans for span in of_scope.spans]

    def named(self, name: str, trace: str = "") -> list[Any]:
        return [span for span in self.spans if span.name == name and trace in ("", span.trace_id.hex())]

    @contextmanager
    def running(self) -> Iterator["Collector"]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join(5)


def _handler(collector: Collector) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body, answer = self.rfile.read(int(self.headers["content-length"])), b""
            if self.path == "/v1/traces":
                collector.take(body)
            else:
                collector.traceparents.append(self.headers.get("traceparent", ""))
                answer = sealed_answer("success", collector.app_key)
            self.send_response(200)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:
            return None

    return Handler


def _attributes(span: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in span.attributes}


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Seeded:
    return seed(tmp_path_factory.mktemp("traces") / "data")


def test_a_request_can_be_followed_to_the_disk_and_to_an_application(seeded: Seeded) -> None:
    admin = {"authorization": f"Bearer {seeded.admin}"}
    traced = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
    with Collector().running() as collector:
        collector.app_key = seeded.app_key
        with started(seeded, otlp_endpoint=collector.url) as server, httpx.Client(base_url=server.base_url, timeout=20) as client:
            body = json.loads(a_send(seeded, "traced").partition(b"\r\n\r\n")[2])
            reply = client.post(f"/topapi/message/mass/send?access_token={seeded.token}", json=body, headers=traced).json()
            callback = {"token": TOKEN, "aes_key": AES_KEY, "url": f"{collector.url}/events?secret=canary", "kinds": ["user_add_org"]}
            # The address is called at once, within the request that registers it.
            assert client.put(f"/hongyan/v1/apps/{seeded.app_key}/callback", json=callback, headers=admin | traced).status_code == 200
            client.get("/inbox/canary-key/", headers=traced)
            server.process.send_signal(signal.SIGTERM)
            code, said = server.end()

    assert (code, said, reply["errcode"], collector.services) == (0, "", 0, {"hongyan"})
    (request,) = collector.named("POST /topapi/message/mass/send", TRACE)
    assert request.parent_span_id.hex() == PARENT
    wanted = {
        "http.route": "/topapi/message/mass/send",
        "http.response.status_code": 200,
        "hongyan.errcode": "0",
        "hongyan.request_id": reply["request_id"],
    }
    assert wanted.items() <= _attributes(request).items()

    inner = {span.name: span for span in collector.spans if span.parent_span_id == request.span_id}
    assert set(inner) == {"admission", "store.batch", "store.commit"}
    assert _attributes(inner["store.batch"])["hongyan.write"] == "accept"
    times = [(span.start_time_unix_nano, span.end_time_unix_nano) for span in (inner["admission"], inner["store.batch"], inner["store.commit"])]
    assert all(begin <= end for begin, end in times)
    assert times[1][1] == times[2][0]
    slack = 5_000_000  # two clocks are read one after the other
    assert request.start_time_unix_nano <= times[0][0] and times[2][1] <= request.end_time_unix_nano + slack

    (call,) = collector.named("callback", TRACE)
    assert collector.traceparents == [f"00-{TRACE}-{call.span_id.hex()}-01"]
    assert "canary" not in str(collector.spans) and seeded.token not in str(collector.spans)


def test_without_an_endpoint_nothing_of_it_is_imported_or_in_the_way(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from hongyan.app.application import Application\n"
        "from hongyan.app.settings import Settings\n"
        "from hongyan.store.sqlite import SqliteStore\n"
        "import asyncio\n"
        "async def main():\n"
        f"    application = Application(Settings(data={str(tmp_path / 'data')!r}))\n"
        "    async with application.running():\n"
        "        assert application.tracing is None and type(application.engine.store) is SqliteStore\n"
        "        assert application.engine.dispatcher.client.calling is None\n"
        "        assert 'prepare' not in vars(application.engine.mass_sending) and 'write' not in vars(application.engine.store)\n"
        "    assert not [name for name in sys.modules if name.startswith(('opentelemetry', 'prometheus_client', 'google.protobuf'))]\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stderr) == (0, "")
