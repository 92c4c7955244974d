"""An interface described as data: one row says how a call is routed, decoded, answered and documented."""

import asyncio
import hmac
import logging
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

from hongyan.access.guesses import TooManyGuesses
from hongyan.control.problems import ControlError, invalid, malformed, too_large, too_often, unauthorized, unavailable
from hongyan.engine.answers import answer_whole
from hongyan.engine.engine import Engine
from hongyan.model.nul import has_nul
from hongyan.store.interface import StoreError

PREFIX = "/hongyan/v1"
BODY_MAX = 1 << 20
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
Query = TypeVar("Query")
Body = TypeVar("Body")
_log = logging.getLogger(__name__)


class ControlSettings(msgspec.Struct, frozen=True):
    """What the composition root says: which generation of the admin token holds, and whether the sandbox interface is there.

    Streams end when `stopping` is set.
    """

    generation: int = 1
    sandbox: bool = False
    stopping: asyncio.Event | None = None


class Call(NamedTuple, Generic[Query, Body]):
    """One request, decoded."""

    engine: Engine
    settings: ControlSettings
    request: Request
    path: Mapping[str, str]
    query: Query
    body: Body


class Endpoint(msgspec.Struct, frozen=True):
    """One call of the interface.

    `path` stands below `PREFIX`. `request`, `query` and `response` are types; without them there is nothing to decode or to describe.
    `body_types` names the media types of a body that the handler reads itself, `streams` those of an answer that it builds itself.
    """

    method: str
    path: str
    summary: str
    handler: Callable[[Call[Any, Any]], Awaitable[object]]
    response: Any = None
    request: Any = None
    query: Any = None
    status: int = 200
    body_types: tuple[str, ...] = ()
    streams: tuple[str, ...] = ()
    public: bool = False


def build_routes(endpoints: Iterable[Endpoint], engine: Engine, settings: ControlSettings) -> list[BaseRoute]:
    """One route for each path, so that a wrong method is told from a wrong path; and one for all paths that are none."""
    by_path: dict[str, dict[str, Endpoint]] = {}
    for endpoint in endpoints:
        by_path.setdefault(endpoint.path, {})[endpoint.method] = endpoint
    found = [_route(path, methods, engine, settings) for path, methods in by_path.items()]
    rest = _route("/{rest:path}", {}, engine, settings)
    rest.path_regex = re.compile(rest.path_regex.pattern, re.DOTALL)  # a line feed may be escaped in a path
    return [_ByTopic(found), rest]


class _ByTopic(BaseRoute):
    """Looks only at the routes of one topic: trying all of them in turn takes longer than most answers."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._topics: dict[str, list[Route]] = {}
        for route in routes:
            self._topics.setdefault(_topic(route.path), []).append(route)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        for route in self._topics.get(_topic(scope["path"]), ()):
            match, inner = route.matches(scope)
            if match is not Match.NONE:
                return match, {**inner, "hongyan.route": route}
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await scope["hongyan.route"].handle(scope, receive, send)


def _topic(path: str) -> str:
    """The first fixed part below the prefix and, where there is one, below the organisation."""
    parts = path.split("/", 6)[len(PREFIX.split("/")) :]
    return parts[2] if len(parts) > 2 and parts[0] == "corps" else ":" + parts[0] if parts else ""


def _route(path: str, methods: dict[str, Endpoint], engine: Engine, settings: ControlSettings) -> Route:
    async def serve(request: Request) -> Response:
        try:
            return await _serve(methods, engine, settings, request)
        except ControlError as error:
            return error_response(error)
        except StoreError as error:
            return error_response(unavailable(str(error)))
        except ClientDisconnect:
            return error_response(ControlError(408, "too_slow", "The body did not come whole."))
        except Exception:  # noqa: BLE001
            # The one place that turns a bug into an answer; the traceback goes to the log, never to the caller.
            _log.exception("%s %s failed", request.method, path)
            return error_response(ControlError(500, "internal", "The server failed; its log says why. It is not known whether something changed."))

    return Route(PREFIX + path, serve, methods=METHODS)


async def _serve(methods: dict[str, Endpoint], engine: Engine, settings: ControlSettings, request: Request) -> Response:
    endpoint = methods.get("GET" if request.method == "HEAD" else request.method)
    if endpoint is None or not endpoint.public:
        _check_token(request, engine, settings)
    if not methods:
        raise ControlError(404, "unknown_path", f"There is no such path; see {PREFIX}/openapi.json.")
    if endpoint is None:
        raise ControlError(405, "wrong_method", f"This path takes {', '.join(methods)}.")
    query = _decode_query(endpoint.query, request)
    body = decode_body(endpoint.request, await read_body(request, BODY_MAX)) if endpoint.request is not None else None
    answer = await endpoint.handler(Call(engine, settings, request, request.path_params, query, body))
    return answer if isinstance(answer, Response) else json_response(answer, endpoint.status)


def _check_token(request: Request, engine: Engine, settings: ControlSettings) -> None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    expected = engine.key.admin_token(settings.generation)
    right = hmac.compare_digest(token.strip().encode(), expected.encode())
    if scheme.lower() != "bearer" or not right:
        if token:
            _count_wrong(request, engine)
        raise unauthorized()


def _count_wrong(request: Request, engine: Engine) -> None:
    """The right token is never kept waiting: it has 256 bits, so that the limit keeps noise down and need not keep guesses out."""
    now = engine.clock.now()
    try:
        with engine.guesses.proving(request.client.host if request.client else "", "admin token", now):
            return
    except TooManyGuesses as refused:
        raise too_often(refused.wait_s(now)) from None


class JsonResponse(Response):
    """Goes out in one piece where the server can do that: two writes wake the client twice."""

    media_type = "application/json"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        whole = answer_whole(scope)
        if whole is None or not whole(self.status_code, b"application/json", bytes(self.body)):
            await super().__call__(scope, receive, send)


def json_response(answer: object, status: int = 200) -> JsonResponse:
    return JsonResponse(msgspec.json.encode(answer), status)


def error_response(error: ControlError) -> Response:
    headers = {"www-authenticate": "Bearer"} if error.status == 401 else {"retry-after": str(error.wait_s)} if error.wait_s else None
    return Response(msgspec.json.encode(error.answer), error.status, headers, media_type="application/json")


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body; refuses, without reading on, one of more than `limit` bytes."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise too_large(limit)
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > limit:
            raise too_large(limit)
    return bytes(content)


def decode_body(wanted: Any, raw: bytes) -> Any:
    """The body as the wanted type; an empty one counts as an empty object."""
    raw = raw or b"{}"
    try:
        body = msgspec.json.decode(raw, type=wanted)
    except msgspec.ValidationError as error:
        raise invalid(f"Correct the body: {error}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise malformed(f"The body must be JSON in UTF-8: {error}.") from None
    if has_nul(raw):
        raise invalid("Take the character U+0000 out of the body.")
    return body


def _decode_query(wanted: Any, request: Request) -> Any:
    if wanted is None:
        return None
    try:
        return msgspec.convert(dict(request.query_params), wanted, strict=False)
    except msgspec.ValidationError as error:
        raise invalid(f"Correct the query: {error}.") from None
