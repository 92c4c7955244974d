"""A server that strangers register callbacks at calls no address of a private network, however it is written and whatever its name becomes."""

import asyncio
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from hongyan.delivery.addresses import is_public
from hongyan.delivery.callback_client import CallbackClient, Unreachable, url_problem

PRIVATE = (
    *("127.0.0.1", "127.8.9.10", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "255.255.255.255"),
    *("100.64.0.1", "100.100.100.200", "192.0.0.170", "192.88.99.1", "198.18.0.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "192.0.2.1"),
    *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1", "ff02::1", "2001:db8::1", "100::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1"),
    *("2002:7f00:1::1", "2002:a00:1::1", "2001:0:7f00:1::1", "no address", ""),
)
PUBLIC = ("8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808")
# What the resolver of the system takes for 127.0.0.1.
SPELLINGS = ("127.1", "2130706433", "0x7f.1", "0x7f000001", "0177.0.0.1", "017700000001", "127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]")


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_anybodys(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_that_is_public(address: str) -> None:
    assert is_public(address)


class _Heard:
    def __init__(self, answer: int = 200, location: str = "") -> None:
        self.calls = 0

        class Handler(BaseHTTPRequestHandler):
            def do_POST(handler) -> None:
                self.calls += 1
                handler.send_response(answer)
                if location:
                    handler.send_header("location", location)
                handler.send_header("content-length", "0")
                handler.end_headers()

            def log_message(handler, *_: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


@pytest.fixture
def heard() -> Iterator[_Heard]:
    made = _Heard()
    yield made
    made.server.shutdown()
    made.server.server_close()


def _post(url: str, *, private: bool = False) -> str:
    """What became of a call."""

    async def run() -> str:
        client = CallbackClient(private=private)
        try:
            return str((await client.post(url, b"{}")).status)
        except Unreachable as failed:
            return failed.outcome
        finally:
            await client.close()

    return asyncio.run(run())


@pytest.mark.parametrize("host", SPELLINGS)
def test_no_spelling_of_this_machine_is_called(heard: _Heard, host: str) -> None:
    assert _post(f"http://{host}:{heard.port}/") in ("forbidden_address", "unreachable")
    assert heard.calls == 0


def test_where_it_is_allowed_this_machine_is_called(heard: _Heard) -> None:
    assert _post(f"http://127.0.0.1:{heard.port}/", private=True) == "200"
    assert heard.calls == 1


@pytest.mark.parametrize("host", ["①②⑦.⓪.⓪.①", "１２７.0.0.1"])
def test_letters_that_become_digits_are_no_address(host: str) -> None:
    assert url_problem(f"http://{host}/")


def test_a_name_that_changes_between_two_looks_is_looked_at_once(heard: _Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: the first answer is public, every later one is this machine."""
    looked: list[str] = []

    async def resolve(self: Any, host: str, port: int, **_: Any) -> list[Any]:
        looked.append(host)
        address = "192.0.2.1" if host == "192.0.2.1" else "198.51.100.7" if len(looked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    connected: list[str] = []

    async def connect(self: Any, host: str, *_: Any, **__: Any) -> Any:
        connected.append(host)
        raise OSError("not in a test")

    monkeypatch.setattr("asyncio.base_events.BaseEventLoop.getaddrinfo", resolve)
    monkeypatch.setattr("hongyan.delivery.callback_client.is_public", lambda address: address == "198.51.100.7")
    monkeypatch.setattr("httpcore.AnyIOBackend.connect_tcp", connect)

    assert _post(f"http://rebinding.example:{heard.port}/") == "unreachable"
    assert (looked, connected) == (["rebinding.example"], ["198.51.100.7"]), "the address that was checked is the one that is called"


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    async def resolve(self: Any, host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in ("8.8.8.8", "10.0.0.1")]

    monkeypatch.setattr("asyncio.base_events.BaseEventLoop.getaddrinfo", resolve)

    assert _post("http://two.example/") == "forbidden_address"


def test_no_redirect_is_followed(heard: _Heard) -> None:
    turning = _Heard(302, f"http://127.0.0.1:{heard.port}/")
    try:
        assert _post(f"http://127.0.0.1:{turning.port}/", private=True) == "302"
        assert (turning.calls, heard.calls) == (1, 0)
    finally:
        turning.server.shutdown()
        turning.server.server_close()


def test_no_proxy_of_the_environment_is_used(heard: _Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{heard.port}")

    assert _post("http://127.0.0.1:9/", private=True) == "unreachable"
    assert heard.calls == 0
