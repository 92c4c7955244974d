"""`/router/rest`: the older door, where one path takes every call by its method's name.

What arrives is turned into the call of the same name below /topapi, which goes the gateway's ordinary way; the answer is put into the
older dress. Names and parameters: what `dingtalk-sdk` 1.3 sends. Errors: the parts that the newer texts are put together from.
"""

from collections.abc import Awaitable, Iterable
from typing import Any
from urllib.parse import urlencode

import msgspec

from hongyan.capture.records import Trail
from hongyan.model import errors
from hongyan.model.errors import Family, Refusal
from hongyan.wire import lax
from hongyan.wire.endpoint import Endpoint
from hongyan.wire.forms import BadBody, parse_body, parse_form, parse_json
from hongyan.wire.gateway import Gateway
from hongyan.wire.http import BodyTooLarge, BodyTooSlow, HttpRequest, Receive, Scope, Send, read_request, send_reply, unread_request
from hongyan.wire.lax import Unreadable
from hongyan.wire.replies import Reply, encode_reply, refuse

PATH = "/router/rest"
_OAPI, _CORP = "dingtalk.oapi.", "dingtalk.corp."
_NOTICE = "message.corpconversation.asyncsend"  # the first one: type and content apart
_OWN = frozenset(
    ("method", "session", "access_token", "format", "v", "timestamp", "simplify", "partner_id", "app_key", "target_app_key", "sign", "sign_method")
)
_OLDER_NAMES = {"rolelid_list": "roleIds", "userid_list": "userIds"}
# What the gateway says before the interface is asked; all else is the interface's own answer.
_OF_GATEWAY = frozenset((22, 40, 41, 88, 43002, 43009))
_REMOTE = 15  # the older gateway's code for "the service behind me failed"
_ENCODE = msgspec.json.Encoder().encode


class Router:
    """The ASGI application for DingTalk's clients: the older door, and the gateway for everything else."""

    def __init__(self, gateway: Gateway, endpoints: Iterable[Endpoint]) -> None:
        self._gateway = gateway
        self.whole_paths, self.serve = gateway.whole_paths, gateway.serve  # of the older door only the ordinary way is known
        self._calls = gateway.calls
        self._calls.know((PATH,))
        self._paths = _method_names(endpoints)

    def takes(self, path: str) -> bool:
        """True when the path belongs to one of DingTalk's surfaces, known or not."""
        return self._gateway.takes(path) or path == PATH

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        # Plain, so that the hot calls do not pay for one more coroutine.
        return (self._routed if scope["path"] == PATH else self._gateway)(scope, receive, send)

    async def _routed(self, scope: Scope, receive: Receive, send: Send) -> None:
        trail = Trail()
        try:
            request = await read_request(scope, receive, trail)
        except (BodyTooLarge, BodyTooSlow):
            reply, close = _dressed("", refuse(Refusal(errors.NOT_JSON)), simplify=False), True
            request = unread_request(scope, trail)
        else:
            reply, close = await self._answer(request), False
        self._calls.note(PATH, request, reply)
        await send_reply(send, reply, close=close)

    def refuse_late(self, path: str) -> Reply | None:
        """What is answered to a body that did not come; None: the path is none of ours."""
        return _dressed("", refuse(Refusal(errors.NOT_JSON)), simplify=False) if path == PATH else self._gateway.refuse_late(path)

    def note_unknown(self, scope: Scope, reply: Reply) -> None:
        """Capture a call to a path that is nobody's."""
        self._gateway.note_unknown(scope, reply)

    async def answer(self, path: str, request: HttpRequest) -> Reply:
        """The reply to a request for any path, whatever happens."""
        return await (self._answer(request) if path == PATH else self._gateway.answer(path, request))

    async def _answer(self, request: HttpRequest) -> Reply:
        try:
            given = _given(request)
        except BadBody:
            return _dressed("", refuse(Refusal(errors.NOT_JSON)), simplify=False)
        method = lax.as_text(given.get("method"))
        simplify = lax.as_text(given.get("simplify")).lower() == "true"
        return _dressed(method, await self._call(method, given, request), simplify=simplify)

    async def _call(self, method: str, given: dict[str, Any], request: HttpRequest) -> Reply:
        path = self._paths.get(method)
        if path is None:
            return refuse(Refusal(errors.UNKNOWN_PATH, {"sub_msg": f"不合法ApiName，ApiName = {method}"}))
        if lax.as_text(given.get("format") or "json").lower() != "json":
            return refuse(Refusal(errors.INVALID_ARGUMENT, {"name": "format"}))
        try:
            return await self._gateway.answer(path, _newer_request(method, given, request))
        except Unreadable:
            return refuse(Refusal(errors.INVALID_ARGUMENT, {"name": "msgcontent"}))


def _method_names(endpoints: Iterable[Endpoint]) -> dict[str, str]:
    """Method name → path. Uploads have no name here: a file does not fit into a parameter."""
    names: dict[str, str] = {}
    for endpoint in endpoints:
        tail = endpoint.path.removeprefix("/topapi/").strip("/").replace("/", ".")
        if endpoint.path.startswith("/topapi/"):
            names |= {_OAPI + tail: endpoint.path, _CORP + tail: endpoint.path}
        elif endpoint.family is Family.CLASSIC and not endpoint.upload:
            names[_OAPI + tail] = endpoint.path
    newer = names.get(f"{_OAPI}{_NOTICE}_v2")
    return names | ({_OAPI + _NOTICE: newer, _CORP + _NOTICE: newer} if newer else {})


def _given(request: HttpRequest) -> dict[str, Any]:
    """Query and body together, the body winning. Raises `BadBody`."""
    # Strict here only means that nested form names stay as they are: the gateway reads them.
    return {**parse_form(request.query), **parse_body(request.content_type, request.body, strict=True)}


def _newer_request(method: str, given: dict[str, Any], request: HttpRequest) -> HttpRequest:
    """The same call as the path below /topapi takes it. Raises `Unreadable`."""
    values = {name: value for name, value in given.items() if name not in _OWN}
    if method.endswith(_NOTICE):
        values = _with_message(values)
    if method.startswith(f"{_CORP}role."):
        values = {_OLDER_NAMES.get(name, name): value for name, value in values.items()}
    if all(isinstance(value, str) for value in values.values()):
        kind, body = b"application/x-www-form-urlencoded", urlencode(values).encode()
    else:
        kind, body = b"application/json", _ENCODE(values)
    token = lax.as_text(given.get("session") or given.get("access_token"))
    headers = [(name, value) for name, value in request.headers if name not in (b"content-type", b"content-length", b"transfer-encoding")]
    return HttpRequest("POST", urlencode({"access_token": token}).encode(), [*headers, (b"content-type", kind)], body, request.address, request.trail)


def _with_message(values: dict[str, Any]) -> dict[str, Any]:
    """`msgtype` and `msgcontent` as the one `msg` of today."""
    kind, content = lax.as_text(values.get("msgtype")), values.get("msgcontent")
    if not kind or content in (None, ""):
        return values
    rest = {name: value for name, value in values.items() if name not in ("msgtype", "msgcontent")}
    return rest | {"msg": _ENCODE({"msgtype": kind, kind: _object(content)}).decode()}


def _object(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return parse_json(value.encode())
    except BadBody:
        raise Unreadable from None


def _dressed(method: str, reply: Reply, *, simplify: bool) -> Reply:
    """The answer in the older form."""
    body: dict[str, Any] = msgspec.json.decode(reply.body)
    errcode = body.get("errcode")
    if errcode is None:  # a banned address is not told in any form
        return reply
    if errcode in _OF_GATEWAY or errcode == errors.SYSTEM_BUSY.errcode:
        return reply._replace(body=encode_reply({"error_response": _error(body)}))
    found = _corp_result(body) if method.startswith(_CORP) else body
    return reply._replace(body=encode_reply(found if simplify else {f"{method.replace('.', '_')}_response": found}))


def _error(body: dict[str, Any]) -> dict[str, Any]:
    text = str(body["errmsg"]).partition("[sub")[0]
    busy = body["errcode"] == errors.SYSTEM_BUSY.errcode
    known = {"code": _REMOTE, "msg": "Remote service error", "sub_code": "-1", "sub_msg": text} if busy else {"code": body["errcode"], "msg": text}
    return known | {name: body[name] for name in ("sub_code", "sub_msg", "request_id") if name in body}


def _corp_result(body: dict[str, Any]) -> dict[str, Any]:
    """`dingtalk.corp.*` say how it went inside `result`, next to what they found."""
    found = {name: value for name, value in body.items() if name not in ("errcode", "errmsg", "request_id")}
    inner = found.get("result")
    if isinstance(inner, dict):
        found = inner
    failed = body["errcode"] != 0
    verdict = {"ding_open_errcode": body["errcode"], "error_msg": body["errmsg"] if failed else "", "success": not failed}
    return {"result": verdict | found} | {name: body[name] for name in ("request_id",) if name in body}
