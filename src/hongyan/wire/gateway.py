"""The gateway: from an HTTP request to an endpoint, with every refusal that comes before the endpoint's own checks.

Order on the classic surface: banned address, unknown path, method, token, address list, app type and permission, rates, what decoding
found; then the endpoint. Known from observation: unknown path before missing token before bad token. The rest of the order is ours.
"""

import asyncio
import logging
from collections.abc import Iterable
from typing import Any

from hongyan.access.guesses import TooManyGuesses
from hongyan.capture.records import Part, Stage, Trail
from hongyan.engine.calls import request_id_of
from hongyan.engine.engine import Engine
from hongyan.model import errors
from hongyan.model.errors import Family, Refusal
from hongyan.model.ids import EpochMs
from hongyan.observe.events import fields_of
from hongyan.store.interface import StoreError
from hongyan.wire import lax
from hongyan.wire.endpoint import Call, Endpoint, OpenCall, OpenEndpoint
from hongyan.wire.forms import BadBody, BadQuery, parse_json
from hongyan.wire.http import (
    BodyTooLarge,
    BodyTooSlow,
    HttpRequest,
    Receive,
    Scope,
    Send,
    is_endless,
    must_close,
    open_request,
    read_request,
    send_reply,
    unread_request,
)
from hongyan.wire.multipart import FILE_PART
from hongyan.wire.params import BadArgument, LazyParams, Params
from hongyan.wire.passes import Passes, api_name
from hongyan.wire.query import query_of, token_of
from hongyan.wire.replies import Reply, refuse, refuse_classic
from hongyan.wire.uploading import UPLOADS_AT_ONCE, NoRoom, Upload, taking_upload

log = logging.getLogger("hongyan.wire")

TOKEN_HEADER = b"x-acs-dingtalk-access-token"


class Gateway:
    """The ASGI application for everything that DingTalk's clients call."""

    def __init__(self, engine: Engine, endpoints: Iterable[Endpoint], open_endpoints: Iterable[OpenEndpoint]) -> None:
        self._engine = engine
        self.calls = engine.calls
        self._endpoints = {endpoint.path: endpoint for endpoint in endpoints}
        self._points = {path: f"api:{path}" for path in self._endpoints}  # of faults
        self._open = {endpoint.path: endpoint for endpoint in open_endpoints}
        self.calls.know((*self._endpoints, *self._open))
        self._passes = Passes(engine)
        self._uploads = asyncio.Semaphore(UPLOADS_AT_ONCE)
        self._open_patterns = [endpoint for endpoint in self._open.values() if "{" in endpoint.path]

    @property
    def whole_paths(self) -> list[str]:
        """Every path whose calls are answered once all of them is there."""
        taken = [*self._endpoints.values(), *(endpoint for endpoint in self._open.values() if "{" not in endpoint.path)]
        return [endpoint.path for endpoint in taken if not (isinstance(endpoint, Endpoint) and endpoint.upload)]

    async def serve(self, path: str, request: HttpRequest) -> Reply:
        """The reply to a request for a path, counted and captured."""
        reply = await self.answer(path, request)
        self.calls.note(path, request, reply)
        return reply

    def takes(self, path: str) -> bool:
        """True when the path belongs to one of DingTalk's surfaces, known or not."""
        return path.startswith(("/topapi/", "/v1.0/")) or path in self._open or path in self._endpoints

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        trail = Trail()
        endpoint = self._endpoints.get(path)
        if endpoint is not None and endpoint.upload:
            request = open_request(scope, receive, trail)
            reply = await self.serve(path, request)
            await send_reply(send, reply, close=must_close(scope, request))
            return
        try:
            request = await read_request(scope, receive, trail)
        except (BodyTooLarge, BodyTooSlow) as bad:
            trail.stage = Stage.BODY
            reply = refuse(_UNREADABLE[_family(path)])
            self.calls.note(path, unread_request(scope, trail), reply)
            await send_reply(send, reply, close=isinstance(bad, BodyTooSlow) or is_endless(scope))
        else:
            await send_reply(send, await self.serve(path, request), at_once=scope)

    def refuse_late(self, path: str) -> Reply | None:
        """What is answered to a body that did not come; None: the path is none of ours."""
        if not self.takes(path):
            return None
        endpoint = self._endpoints.get(path)
        return refuse(Refusal(errors.NOT_MULTIPART) if endpoint is not None and endpoint.upload else _UNREADABLE[_family(path)])

    def note_unknown(self, scope: Scope, reply: Reply) -> None:
        """Capture a call to a path that is nobody's, as far as a program made it: browsers ask for much that is not there."""
        wanted = next((value for name, value in scope["headers"] if name == b"accept"), b"")
        if scope["method"] != "GET" or not (b"text/html" in wanted or b"image/" in wanted):
            trail = Trail()
            trail.stage = Stage.PATH
            self.calls.note(scope["path"], unread_request(scope, trail), reply)

    async def answer(self, path: str, request: HttpRequest) -> Reply:
        """The reply to a request for a path, whatever happens."""
        family = _family(path)
        try:
            return await self._route(path, family, request)
        except BadArgument as bad:
            request.trail.stage = Stage.BODY
            return refuse(Refusal(errors.V1_ILLEGAL) if family is Family.V1 else Refusal(_INVALID[family], {"name": bad.name}))
        except TooManyGuesses:
            return refuse(Refusal(errors.V1_API_QPS if family is Family.V1 else errors.CLASSIC_GUESSES))
        except asyncio.CancelledError:
            raise
        except Exception as failure:  # noqa: BLE001 - a caller gets the documented answer, the log gets the rest
            reply = refuse(Refusal(errors.V1_UNKNOWN if path.startswith("/v1.0/oauth2/") else _BUSY[family]))
            _log_failure(path, request, reply, failure)
            return reply

    async def _route(self, path: str, family: Family, request: HttpRequest) -> Reply:
        engine, trail = self._engine, request.trail
        now = trail.at = engine.clock.now()
        budget = engine.rulekeeper.book.ip_budget
        if budget.enforced and not engine.gateway_windows.admit_address(request.address, budget, now):
            return refuse(Refusal(errors.IP_BANNED))
        trail.stage = Stage.PATH
        endpoint = self._endpoints.get(path)
        if endpoint is not None:
            engine.faults.hit(self._points[path])
            match family:
                case Family.TOP:
                    return await self._call_top(endpoint, request, now)
                case Family.CLASSIC:
                    return await (self._call_upload if endpoint.upload else self._call_classic)(endpoint, request, now)
                case Family.V1:
                    return await self._call_v1(endpoint, request, now)
        open_endpoint, fields = self._find_open(path)
        if open_endpoint is None:
            return refuse(_unknown(path, family))
        engine.faults.hit(f"api:{open_endpoint.path}")
        trail.open, trail.stage = True, Stage.METHOD
        if family is Family.V1 and request.method != open_endpoint.method:
            return refuse(Refusal(errors.V1_NOT_FOUND))
        token = request.header(TOKEN_HEADER)
        trail.stage = Stage.INTERFACE
        call = OpenCall(engine, request.method, query_of(request), request.body, request.content_type, fields, now, token, request.address)
        return await open_endpoint.handler(call)

    def _find_open(self, path: str) -> tuple[OpenEndpoint | None, dict[str, str]]:
        exact = self._open.get(path)
        if exact is not None:
            return exact, {}
        for endpoint in self._open_patterns:
            fields = _match(endpoint.path, path)
            if fields is not None:
                return endpoint, fields
        return None, {}

    # --- /topapi

    async def _call_top(self, endpoint: Endpoint, request: HttpRequest, now: EpochMs) -> Reply:
        request.trail.stage = Stage.METHOD
        if request.method != "POST" and (request.method != "GET" or (self._engine.strict and not endpoint.reads)):
            return refuse(Refusal(errors.NEED_POST))
        request.trail.stage = Stage.TOKEN
        query, strict = query_of(request), self._engine.strict
        token = token_of(query, request, strict=strict)
        if not token or token.isspace():
            return refuse(Refusal(errors.TOKEN_BLANK))
        known = self._passes.known(token, endpoint, request, now)
        passed = self._passes.within_rates(known, endpoint, request, now) if known else await self._passes.of(token, endpoint, request, now)
        if isinstance(passed, Refusal):
            return refuse(passed)
        # A query that holds more than the token holds parameters.
        lone_body = request.body if len(query) == 1 and not strict and not isinstance(query, BadQuery) else b""
        request.trail.stage = Stage.INTERFACE
        try:
            return await endpoint.handler(
                Call(self._engine, passed.grant, now, LazyParams(query, request.content_type, request.body, strict=strict), lone_body)
            )
        except BadBody:
            request.trail.stage = Stage.BODY
            return refuse(Refusal(errors.NOT_JSON))

    # --- the classic surface: what /topapi would wrap in 88 stands plain

    async def _call_classic(self, endpoint: Endpoint, request: HttpRequest, now: EpochMs) -> Reply:
        request.trail.stage = Stage.METHOD
        if request.method != "POST" and (request.method != "GET" or not endpoint.reads):
            return refuse(Refusal(errors.CLASSIC_NEED_POST))
        request.trail.stage = Stage.TOKEN
        query, strict = query_of(request), self._engine.strict
        token = token_of(query, request, strict=strict)
        if not token or token.isspace():
            return refuse(Refusal(errors.CLASSIC_TOKEN_MISSING))
        passed = await self._passes.of(token, endpoint, request, now)
        if isinstance(passed, Refusal):
            return refuse_classic(passed)
        params = LazyParams(query, request.content_type, request.body, strict=strict)
        request.trail.stage = Stage.INTERFACE
        try:
            return await endpoint.handler(Call(self._engine, passed.grant, now, params))
        except BadBody:
            request.trail.stage = Stage.BODY
            return refuse(Refusal(errors.CLASSIC_NOT_JSON))

    async def _call_upload(self, endpoint: Endpoint, request: HttpRequest, now: EpochMs) -> Reply:
        """A token in the query is looked at before the body is; one in the body afterwards."""
        trail = request.trail
        trail.stage = Stage.METHOD
        if request.method != "POST":
            return refuse(Refusal(errors.CLASSIC_NEED_POST))
        trail.stage = Stage.TOKEN
        query, strict = query_of(request), self._engine.strict
        token = query.get("access_token", "").strip()
        passed = await self._passes.of(token, endpoint, request, now) if token else None
        if isinstance(passed, Refusal):
            return refuse_classic(passed)
        trail.stage = Stage.BODY if passed else Stage.TOKEN
        try:
            async with taking_upload(request, self._engine.blobs, self._uploads, strict=strict) as upload:
                trail.parts = _parts(upload)
                token = lax.as_text(upload.fields.get("access_token")).strip()
                if passed is None and not token:
                    return refuse(Refusal(errors.CLASSIC_TOKEN_MISSING))
                passed = passed or await self._passes.of(token, endpoint, request, now)
                if isinstance(passed, Refusal):
                    return refuse_classic(passed)
                if isinstance(query, BadQuery):
                    return refuse(Refusal(errors.NOT_MULTIPART))
                params = Params({**query, **upload.fields}, strict=strict)
                trail.stage = Stage.INTERFACE
                return await endpoint.handler(Call(self._engine, passed.grant, now, params, form=upload.form))
        except BodyTooLarge:
            trail.stage = Stage.BODY
            return refuse(Refusal(errors.BAD_FILE_SIZE))
        except (BadBody, BodyTooSlow):
            trail.stage = Stage.BODY
            return refuse(Refusal(errors.NOT_MULTIPART))
        except NoRoom:
            return refuse(Refusal(errors.CLASSIC_BUSY))

    # --- /v1.0

    async def _call_v1(self, endpoint: Endpoint, request: HttpRequest, now: EpochMs) -> Reply:
        trail = request.trail
        trail.stage = Stage.METHOD
        if request.method != "POST":
            return refuse(Refusal(errors.V1_NOT_FOUND))
        trail.stage = Stage.TOKEN
        token = request.header(TOKEN_HEADER)
        if not token:
            return refuse(Refusal(errors.V1_HEADER_MISSING))
        passed = await self._passes.of(token, endpoint, request, now)
        if isinstance(passed, Refusal):
            return refuse(Refusal(errors.V1_TOKEN_INVALID) if passed.row is errors.TOKEN_INVALID else passed)
        trail.stage = Stage.BODY
        values = _v1_body(request)
        if values is None:
            return refuse(Refusal(errors.V1_MISSING, {"name": "body"}))
        trail.stage = Stage.INTERFACE
        return await endpoint.handler(Call(self._engine, passed.grant, now, Params(values, strict=self._engine.strict)))


_UNREADABLE = {
    Family.TOP: Refusal(errors.NOT_JSON),
    Family.CLASSIC: Refusal(errors.CLASSIC_NOT_JSON),
    Family.V1: Refusal(errors.V1_MISSING, {"name": "body"}),
}
_INVALID = {Family.TOP: errors.INVALID_ARGUMENT, Family.CLASSIC: errors.CLASSIC_INVALID}
_BUSY = {Family.TOP: errors.SYSTEM_BUSY, Family.CLASSIC: errors.CLASSIC_BUSY, Family.V1: errors.V1_SYSTEM}


def _log_failure(path: str, request: HttpRequest, reply: Reply, failure: Exception) -> None:
    """An outage in a line, a bug with its traceback; the request id is the one that the caller has."""
    caller = request.trail.caller
    fields = fields_of(request_id=request_id_of(reply.body), corp=caller.corp_id if caller else "", app=caller.app_key if caller else "")
    if isinstance(failure, StoreError):
        log.error("%s: %s", path, failure, extra=fields)
    else:
        log.error("%s failed", path, exc_info=failure, extra=fields)


def _parts(upload: Upload) -> tuple[Part, ...]:
    """What an upload brought, without the file itself."""
    texts = [(name, lax.as_text(value)) for name, value in upload.fields.items()]
    parts = tuple(Part(name, len(text.encode("utf-8", "replace")), None, text) for name, text in texts)
    file = upload.form.file if upload.form else None
    return (*parts, Part(FILE_PART, file.size, file.name)) if file else parts


def _family(path: str) -> Family:
    if path.startswith(("/topapi/", "/hongyan/")):
        return Family.TOP
    return Family.V1 if path.startswith("/v1.0/") else Family.CLASSIC


def _unknown(path: str, family: Family) -> Refusal:
    match family:
        case Family.TOP:
            return Refusal(errors.UNKNOWN_PATH, {"sub_msg": f"不合法ApiName，ApiName = {api_name(path)}"})
        case Family.V1:
            return Refusal(errors.V1_NOT_FOUND)
        case Family.CLASSIC:
            return Refusal(errors.CLASSIC_UNKNOWN)


def _match(pattern: str, path: str) -> dict[str, str] | None:
    wanted, found = pattern.split("/"), path.split("/")
    if len(wanted) != len(found):
        return None
    fields: dict[str, str] = {}
    for want, have in zip(wanted, found, strict=True):
        if want.startswith("{") and have:
            fields[want[1:-1]] = have
        elif want != have:
            return None
    return fields


def _v1_body(request: HttpRequest) -> dict[str, Any] | None:
    """JSON only; a form counts as no body."""
    if not request.body.lstrip().startswith(b"{"):
        return None
    try:
        return parse_json(request.body)
    except BadBody:
        return None
