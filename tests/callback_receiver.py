"""An application's side of a callback: a real HTTP server that decrypts, answers and remembers. Shares no code with the server under test."""

import base64
import contextlib
import hashlib
import json
import os
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

TOKEN, AES_KEY = "receiver-token", "abcdefghijABCDEFGHIJ0123456789abcdefghijABC"


def _aes() -> "Cipher[modes.CBC]":
    key = base64.b64decode(AES_KEY + "=")
    assert len(key) == 32
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))


def read_sealed(sealed: str) -> tuple[str, str]:
    """The message and the owner key of an `encrypt`."""
    decryptor = _aes().decryptor()
    plain = decryptor.update(base64.b64decode(sealed)) + decryptor.finalize()
    plain = plain[: -plain[-1]]
    (length,) = struct.unpack(">I", plain[16:20])
    return plain[20 : 20 + length].decode(), plain[20 + length :].decode()


def sealed_answer(message: str, owner: str, token: str = TOKEN) -> bytes:
    """The JSON that acknowledges."""
    plain = os.urandom(16) + struct.pack(">I", len(message.encode())) + message.encode() + owner.encode()
    pad = 32 - len(plain) % 32
    encryptor = _aes().encryptor()
    sealed = base64.b64encode(encryptor.update(plain + bytes([pad]) * pad) + encryptor.finalize()).decode()
    timestamp, nonce = str(int(time.time())), "nonce123"
    signature = hashlib.sha1("".join(sorted([token, timestamp, nonce, sealed])).encode()).hexdigest()
    return json.dumps({"msg_signature": signature, "timeStamp": timestamp, "nonce": nonce, "encrypt": sealed}).encode()


class Receiver:
    """What came, decrypted. `answering` may be replaced: it gets the event and answers bytes, an HTTP status, or None for `success`."""

    def __init__(self, port: int = 0) -> None:
        self.events: list[dict[str, Any]] = []
        self.owners: list[str] = []
        self.problems: list[str] = []
        self.answering: Callable[[dict[str, Any]], bytes | int | None] = lambda event: None
        self._server = _QuietServer(("127.0.0.1", port), _handler(self))
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/events"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def kinds(self) -> list[str]:
        """The names of what came, without the checks of the address."""
        return [kind for event in self.events for kind in _kinds(event) if not kind.startswith("check_")]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if kind in _kinds(event)]

    def wait(self, done: Callable[["Receiver"], bool], seconds: float = 8) -> None:
        """Until something is there; fails after a while."""
        limit = time.monotonic() + seconds
        while not done(self):
            assert time.monotonic() < limit, (self.events, self.problems)
            time.sleep(0.01)

    def take(self, path: str, body: bytes) -> tuple[int, bytes]:
        query = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
        sealed = json.loads(body)["encrypt"]
        expected = hashlib.sha1("".join(sorted([TOKEN, query["timestamp"], query["nonce"], sealed])).encode()).hexdigest()
        if not expected == query["msg_signature"] == query["signature"]:
            self.problems.append(f"signature of {path}")
        message, owner = read_sealed(sealed)
        event = json.loads(message)
        answering = self.answering  # before the event is seen: who waits for it may change the next answer
        self.owners.append(owner)
        self.events.append(event)
        answer = answering(event)
        if isinstance(answer, int):
            return answer, b"no"
        return 200, answer if answer is not None else sealed_answer(event.get("Random", "success"), owner)


class _QuietServer(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that are killed leave in the middle; anything else is told as usual."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _kinds(event: dict[str, Any]) -> list[str]:
    return [json.loads(row["biz_data"])["syncAction"] for row in event["bizData"]] if "bizData" in event else [event["EventType"]]


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status, answer = receiver.take(self.path, body)
            with contextlib.suppress(OSError):
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler


@contextlib.contextmanager
def receiving(port: int = 0) -> Iterator[Receiver]:
    receiver = Receiver(port)
    try:
        yield receiver
    finally:
        receiver.close()
