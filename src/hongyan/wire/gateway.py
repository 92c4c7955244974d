"""The gateway: from an HTTP request to an endpoint, with every refusal that comes before the endpoint's own checks.

Order on the classic surface: banned address, unknown path, method, token, address list, app type and permission, rates, what decoding
found; then the endpoint. Known from observation: unknown path before missing token before bad token. The rest of the order is ours.
"""

import asyncio
import logging
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from hongyan.access.gate import address_allowed, may_call
from hongyan.access.tokens import Grant
from hongyan.admission import rules
from hongyan.admission.gateway import Refused
from hongyan.engine.engine import Engine
from hongyan.model import errors
from hongyan.model.clock import DEFAULT_ZONE, iso
from hongyan.model.errors import ErrorRow, Family, Refusal
from hongyan.model.ids import AppNo, CorpNo, EpochMs, SenderId
from hongyan.store.interface import StoreError
from hongyan.wire.endpoint import Call, Endpoint, OpenCall, OpenEndpoint
from hongyan.wire.forms import BadBody, parse_body, parse_form, parse_json
from hongyan.wire.http import BodyTooLarge, BodyTooSlow, HttpRequest, Receive, Scope, Send, read_request, send_reply
from hongyan.wire.params import BadArgument, Params
from hongyan.wire.replies import Reply, refuse

log = logging.getLogger("hongyan.wire")

SHORT_QUERY = 256  # bytes
TOKEN_HEADER = b"x-acs-dingtalk-access-token"


class Gateway:
    """The ASGI application for everything that DingTalk's clients call."""

    def __init__(self, engine: Engine, endpoints: Iterable[Endpoint], open_endpoints: Iterable[OpenEndpoint]) -> None:
        self._engine = engine
        self._endpoints = {endpoint.path: endpoint for endpoint in endpoints}
        self._open = {endpoint.path: endpoint for endpoint in open_endpoints}
        self._open_patterns = [endpoint for endpoint in self._open.values() if "{" in endpoint.path]

    def takes(self, path: str) -> bool:
        """True when the path belongs to one of DingTalk's surfaces, known or not."""
        return path.startswith(("/topapi/", "/v1.0/")) or path in self._open

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        try:
            request = await read_request(scope, receive)
        except (BodyTooLarge, BodyTooSlow):
            await send_reply(send, refuse(Refusal(errors.NOT_JSON)), close=True)
        else:
            await send_reply(send, await self._answer(path, request))

    async def _answer(self, path: str, request: HttpRequest) -> Reply:
        family = _family(path)
        try:
            return await self._route(path, family, request)
        except BadArgument as bad:
            return refuse(Refusal(errors.V1_ILLEGAL) if family is Family.V1 else Refusal(errors.INVALID_ARGUMENT, {"name": bad.name}))
        except StoreError as outage:
            log.error("%s: %s", path, outage)
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("%s failed", path)
        return refuse(
            Refusal(errors.V1_UNKNOWN if path.startswith("/v1.0/oauth2/") else errors.V1_SYSTEM if family is Family.V1 else errors.SYSTEM_BUSY)
        )

    async def _route(self, path: str, family: Family, request: HttpRequest) -> Reply:
        engine = self._engine
        now = engine.clock.now()
        server_rules = engine.rulekeeper.book.of(CorpNo(0), AppNo(0), SenderId(0))
        budget = server_rules[rules.IP_BUDGET.id]
        if budget.enforced and not engine.gateway_windows.admit_address(request.address, budget, now):
            return refuse(Refusal(errors.IP_BANNED))
        endpoint = self._endpoints.get(path)
        if endpoint is not None:
            engine.faults.hit(f"api:{path}")
            return await (self._call_v1 if family is Family.V1 else self._call_top)(endpoint, request, now)
        open_endpoint, fields = self._find_open(path)
        if open_endpoint is None:
            return refuse(_unknown(path, family))
        engine.faults.hit(f"api:{open_endpoint.path}")
        if family is Family.V1 and request.method != "POST":
            return refuse(Refusal(errors.V1_NOT_FOUND))
        return await open_endpoint.handler(OpenCall(engine, request.method, _query(request), request.body, request.content_type, fields, now))

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
        if request.method != "POST" and (request.method != "GET" or (self._engine.strict and not endpoint.reads)):
            return refuse(Refusal(errors.NEED_POST))
        query, values = _query(request), _values(request, strict=self._engine.strict)
        token = query.get("access_token") or str((values or {}).get("access_token") or "")
        if not token or token.isspace():
            return refuse(Refusal(errors.TOKEN_BLANK))
        grant = await self._engine.access.access_grant(token, now)
        if grant is None:
            return refuse(Refusal(errors.TOKEN_INVALID))
        refusal = self._gate(endpoint, request, grant, now)
        if refusal:
            return refuse(refusal)
        if values is None:
            return refuse(Refusal(errors.NOT_JSON))
        # A query that holds more than the token holds parameters; the body wins over it.
        params = Params(values if len(query) == 1 else {**query, **values}, strict=self._engine.strict)
        return await endpoint.handler(Call(self._engine, params, grant, now))

    # --- /v1.0

    async def _call_v1(self, endpoint: Endpoint, request: HttpRequest, now: EpochMs) -> Reply:
        if request.method != "POST":
            return refuse(Refusal(errors.V1_NOT_FOUND))
        token = request.header(TOKEN_HEADER)
        if not token:
            return refuse(Refusal(errors.V1_HEADER_MISSING))
        grant = await self._engine.access.access_grant(token, now)
        if grant is None:
            return refuse(Refusal(errors.V1_TOKEN_INVALID))
        refusal = self._gate(endpoint, request, grant, now)
        if refusal:
            return refuse(refusal)
        values = _v1_body(request)
        if values is None:
            return refuse(Refusal(errors.V1_MISSING, {"name": "body"}))
        return await endpoint.handler(Call(self._engine, Params(values, strict=self._engine.strict), grant, now))

    def _gate(self, endpoint: Endpoint, request: HttpRequest, grant: Grant, now: EpochMs) -> Refusal | None:
        v1 = endpoint.family is Family.V1
        app = grant.app
        if app.allow_ips and not address_allowed(app.allow_ips, request.address):
            fields = {"ip": request.address, "app_key": app.app_key}
            return Refusal(errors.V1_IP_NOT_ALLOWED if v1 else errors.IP_NOT_ALLOWED, fields)
        if not may_call(app, endpoint.kinds, endpoint.scope):
            fields = {"scope": endpoint.scope, "app_key": app.app_key}
            return Refusal(errors.V1_NO_PERMISSION if v1 else errors.NO_PERMISSION, fields)
        effective = self._engine.rulekeeper.book.of(grant.corp.no, app.no, SenderId(0))
        refused = self._engine.gateway_windows.admit_call(app.no, grant.corp.no, endpoint.path, effective, now)
        return _rate_refusal(refused, endpoint, v1=v1) if refused else None


_RATE_ROWS: dict[str, tuple[ErrorRow, ErrorRow]] = {
    rules.APP_API_QPS.id: (errors.APP_API_QPS, errors.V1_APP_API_QPS),
    rules.API_QPS.id: (errors.API_QPS, errors.V1_API_QPS),
    rules.CORP_MONTH.id: (errors.CORP_MONTH, errors.V1_CORP_MONTH),
}


def _rate_refusal(refused: Refused, endpoint: Endpoint, *, v1: bool) -> Refusal:
    top_row, v1_row = _RATE_ROWS[refused.rule]
    window = {"begin": _clock_text(refused.begins_at), "end": _clock_text(refused.ends_at), "limit": str(refused.limit)}
    return Refusal(v1_row) if v1 else Refusal(top_row, {"api": _api_name(endpoint.path), **window})


def _clock_text(at: EpochMs) -> str:
    return iso(at, DEFAULT_ZONE)[:19].replace("T", " ")


def _api_name(path: str) -> str:
    return "dingtalk.oapi." + path.removeprefix("/topapi/").strip("/").replace("/", ".")


def _family(path: str) -> Family:
    if path.startswith("/topapi/"):
        return Family.TOP
    return Family.V1 if path.startswith("/v1.0/") else Family.CLASSIC


def _unknown(path: str, family: Family) -> Refusal:
    match family:
        case Family.TOP:
            return Refusal(errors.UNKNOWN_PATH, {"sub_msg": f"不合法ApiName，ApiName = {_api_name(path)}"})
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


def _query(request: HttpRequest) -> dict[str, str]:
    return _short_query(request.query) if len(request.query) < SHORT_QUERY else _parse_query(request.query)


def _parse_query(raw: bytes) -> dict[str, str]:
    try:
        return parse_form(raw)
    except BadBody:
        return {}


# Most queries hold the token alone, and the same one again and again. Nobody changes what is returned.
_short_query = lru_cache(maxsize=1024)(_parse_query)


def _values(request: HttpRequest, *, strict: bool) -> dict[str, Any] | None:
    """The parameters of the body; None when it cannot be read."""
    try:
        return parse_body(request.content_type, request.body, strict=strict)
    except BadBody:
        return None


def _v1_body(request: HttpRequest) -> dict[str, Any] | None:
    """JSON only; a form counts as no body."""
    if not request.body.lstrip().startswith(b"{"):
        return None
    try:
        return parse_json(request.body)
    except BadBody:
        return None
