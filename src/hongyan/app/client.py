"""Speaks the control API for the command line: to a running server, or in process when none runs."""

import contextlib
import json
import os
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Mapping
from pathlib import Path
from typing import Any

import httpx
import msgspec

from hongyan.access.keys import KeyFileError, load_key
from hongyan.app.failures import CommandFailed
from hongyan.app.files import DEMO_FOLDER, KEY_FILE, SERVER_FILE, STORE_FILE
from hongyan.app.settings import BadSetting, Settings, load_settings
from hongyan.app.tls import BadCertificate, context_for
from hongyan.store.interface import StoreError

PREFIX = "/hongyan/v1"
GENERATION = 1  # of the admin token
CONNECT_S = 5.0
ANSWER_S = 120.0  # an import of a large organisation is quiet while it commits
Query = Mapping[str, str | int | bool | None]


class Target(msgspec.Struct, frozen=True):
    """Where a command goes: to `url` with `token`, or to the server of the folder `data`."""

    data: str | None = None
    url: str = ""
    token: str = ""


class Control:
    """The calls of the control API. Whatever goes wrong is a `CommandFailed` that says it in one line."""

    def __init__(self, http: httpx.AsyncClient, *, base_url: str = "") -> None:
        self._http = http
        self.base_url = base_url  # empty: no server runs, the folder was opened in process

    async def get(self, path: str, **query: str | int | bool | None) -> Any:
        return await self.call("GET", path, query=query)

    async def call(self, method: str, path: str, *, query: Query | None = None, body: object = None, content: bytes | None = None) -> Any:
        """Answers the decoded JSON. A body is sent as JSON, content as it is."""
        content = content if body is None else msgspec.json.encode(body)
        with _outages(self.base_url):
            answer = await self._http.request(method, PREFIX + path, params=_given(query), content=content)
        _check(answer)
        return json.loads(answer.content)

    async def lines(self, method: str, path: str, *, query: Query | None = None, content: bytes | None = None) -> AsyncIterator[Any]:
        """Each line of an NDJSON answer, decoded, as it arrives."""
        with _outages(self.base_url):
            async with self._http.stream(method, PREFIX + path, params=_given(query), content=content) as answer:
                await _check_stream(answer)
                async for line in answer.aiter_lines():
                    if line.strip():
                        yield json.loads(line)

    async def chunks(self, path: str, *, query: Query | None = None) -> AsyncIterator[bytes]:
        """The answer's bytes as they arrive."""
        with _outages(self.base_url):
            async with self._http.stream("GET", PREFIX + path, params=_given(query)) as answer:
                await _check_stream(answer)
                async for chunk in answer.aiter_bytes():
                    yield chunk

    async def events(self, path: str, last_id: str) -> AsyncIterator[tuple[str, str]]:
        """(id, data) of each server-sent event; data is empty for a beat. Ends when the connection does."""
        headers = {"last-event-id": last_id} if last_id else {}
        async with self._http.stream("GET", PREFIX + path, headers=headers) as answer:
            await _check_stream(answer)
            position, data = last_id, ""
            async for line in answer.aiter_lines():
                name, _, value = line.partition(": ")
                if name == "id":
                    position = value
                elif name == "data":
                    data += value
                elif not line:
                    yield position, data
                    data = ""


def _given(query: Query | None) -> dict[str, str | int]:
    """Without what was not given; booleans as the API spells them."""
    found = {} if query is None else {name: value for name, value in query.items() if value is not None and value != ""}
    return {name: str(value).lower() if isinstance(value, bool) else value for name, value in found.items()}


@contextlib.contextmanager
def _outages(base_url: str) -> Generator[None]:
    try:
        yield
    except httpx.HTTPError as error:
        raise CommandFailed(f"the server at {base_url} does not answer: {error or type(error).__name__}") from None


def _check(answer: httpx.Response) -> None:
    if answer.status_code < 400:
        return
    try:
        error = json.loads(answer.content)["error"]
    except (ValueError, KeyError, TypeError):
        raise CommandFailed(f"{answer.url} answered HTTP {answer.status_code}; is it a Hongyan server?") from None
    raise CommandFailed(error["message"] + _details(error.get("details")))


async def _check_stream(answer: httpx.Response) -> None:
    if answer.status_code >= 400:
        await answer.aread()
        _check(answer)


def _details(details: object) -> str:
    return "" if details is None else "\n" + json.dumps(details, ensure_ascii=False, indent=2)


class ServerFile(msgspec.Struct, frozen=True):
    """What a running server leaves in its folder."""

    base_url: str
    pid: int
    tls_cert: str = ""  # of an https address: known by this file, whatever name stands in it


def running_server(folder: Path) -> ServerFile | None:
    """The server that the folder names, when its process lives."""
    try:
        found = msgspec.json.decode((folder / SERVER_FILE).read_bytes(), type=ServerFile)
        os.kill(found.pid, 0)
    except PermissionError:
        return None
    except (OSError, msgspec.MsgspecError):
        return None
    return found


def choose_settings(data: str | None) -> Settings:
    """The settings of the folder that is meant. None given or set: the default one, or the demo's when only that one is there or runs."""
    try:
        settings = load_settings({"data": data})
    except BadSetting as error:
        raise CommandFailed(str(error)) from None
    if settings.data != Settings().data or data is not None:
        return settings
    candidates = [settings, msgspec.structs.replace(settings, data=DEMO_FOLDER)]
    known = [one for one in candidates if running_server(one.folder)] or [one for one in candidates if (one.folder / STORE_FILE).exists()]
    return (known or candidates)[0]


def admin_token(folder: Path) -> str:
    """The token of the folder's server."""
    path = folder / KEY_FILE
    if not path.exists():
        raise CommandFailed(no_data(folder))
    try:
        return load_key(path).admin_token(GENERATION)
    except (OSError, KeyFileError) as error:
        raise CommandFailed(str(error)) from None


def no_data(folder: Path) -> str:
    return f"{folder} holds no Hongyan data; name another folder with --data, or start a server: hongyan serve --data {folder}"


@contextlib.asynccontextmanager
async def connect(target: Target, *, create: bool = False) -> AsyncGenerator[Control]:
    """Open the way to the control API. `create`: make the folder when it holds nothing yet."""
    if target.url:
        async with _client(target.url.rstrip("/"), target.token, trust_env=True) as http:
            yield Control(http, base_url=target.url.rstrip("/"))
        return
    settings = choose_settings(target.data)
    server = running_server(settings.folder)
    if server is not None and await _answers(server):
        async with _client(server.base_url, target.token or admin_token(settings.folder), trust_env=False, certificate=server.tls_cert) as http:
            yield Control(http, base_url=server.base_url)
        return
    if not create and not (settings.folder / STORE_FILE).exists():
        raise CommandFailed(no_data(settings.folder))
    async with _in_process(settings) as control:
        yield control


def _client(base_url: str, token: str, *, trust_env: bool, certificate: str = "") -> httpx.AsyncClient:
    token = token.strip()
    if not base_url.startswith(("http://", "https://")):
        raise CommandFailed(f"--url must begin with http:// or https://, not {base_url}")
    if not token:
        raise CommandFailed("--url needs that server's admin token as --token or HONGYAN_TOKEN; there, hongyan token prints it")
    if not (token.isascii() and token.isprintable()):
        raise CommandFailed("--token holds characters that no admin token has; hongyan token, called where the server runs, prints it")
    timeout = httpx.Timeout(ANSWER_S, connect=CONNECT_S)
    headers = {"authorization": f"Bearer {token}"}
    return httpx.AsyncClient(base_url=base_url, headers=headers, timeout=timeout, trust_env=trust_env, verify=_trust(base_url, certificate))


def _trust(base_url: str, certificate: str) -> ssl.SSLContext | bool:
    """The usual roots, or the one certificate that a server's folder names. Without TLS none: to load the roots takes 50 ms."""
    if base_url.startswith("http://"):
        return False
    try:
        return context_for(certificate) if certificate else True
    except BadCertificate as error:
        raise CommandFailed(str(error)) from None


async def _answers(server: ServerFile) -> bool:
    async with httpx.AsyncClient(
        base_url=server.base_url, timeout=CONNECT_S, trust_env=False, verify=_trust(server.base_url, server.tls_cert)
    ) as http:
        try:
            return (await http.get(f"{PREFIX}/openapi.json")).status_code == 200
        except httpx.HTTPError:
            return False


@contextlib.asynccontextmanager
async def _in_process(settings: Settings) -> AsyncGenerator[Control]:
    from hongyan.app.application import Application

    try:
        application = Application(settings)
        async with application.running():
            transport = httpx.ASGITransport(application)
            headers = {"authorization": f"Bearer {admin_token(settings.folder)}"}
            async with httpx.AsyncClient(transport=transport, base_url="http://in-process", headers=headers, timeout=None) as http:
                yield Control(http)
    except (StoreError, KeyFileError, OSError) as error:
        raise CommandFailed(str(error)) from None
