"""Who may call what: a token, on an interface, from an address. In this order: the token, the address list, app type and permission, the rates."""

from typing import NamedTuple

from hongyan.access.gate import address_allowed, may_call
from hongyan.access.tokens import Grant
from hongyan.admission import rules
from hongyan.admission.gateway import Counted, Refused, windows_of
from hongyan.admission.rules import RuleBook
from hongyan.capture.records import Caller, Stage
from hongyan.engine.engine import Engine
from hongyan.model import errors
from hongyan.model.clock import DEFAULT_ZONE, iso
from hongyan.model.errors import ErrorRow, Family, Refusal
from hongyan.model.ids import EpochMs, SenderId
from hongyan.wire.endpoint import Endpoint
from hongyan.wire.http import HttpRequest

KEPT_MAX = 10_000


class Pass(NamedTuple):
    """What a token gives on an interface from an address, as of one state of access and rules."""

    grant: Grant
    caller: Caller
    access_version: int
    book: RuleBook
    windows: tuple[Counted, ...]

    def holds(self, access_version: int, book: RuleBook, now: EpochMs) -> bool:
        expires_at = self.grant.expires_at
        return self.access_version == access_version and self.book is book and (expires_at is None or expires_at > now)


class Passes:
    """The passes of an engine's callers, each kept for as long as it holds."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._kept: dict[tuple[str, str, str], Pass] = {}

    async def of(self, token: str, endpoint: Endpoint, request: HttpRequest, now: EpochMs) -> Pass | Refusal:
        """Who calls, when they may and there is room in the rates."""
        passed = self.known(token, endpoint, request, now) or await self._new(token, endpoint, request, now)
        return passed if isinstance(passed, Refusal) else self.within_rates(passed, endpoint, request, now)

    def known(self, token: str, endpoint: Endpoint, request: HttpRequest, now: EpochMs) -> Pass | None:
        """What does not change from call to call; rates are not looked at."""
        known = self._kept.get((token, endpoint.path, request.address))
        return known if known is not None and known.holds(self._engine.access.version, self._engine.rulekeeper.book, now) else None

    async def _new(self, token: str, endpoint: Endpoint, request: HttpRequest, now: EpochMs) -> Pass | Refusal:
        access, book = self._engine.access, self._engine.rulekeeper.book
        grant = await access.access_grant(token, now)
        if grant is None:
            return Refusal(errors.TOKEN_INVALID)
        request.trail.caller = _caller(grant)
        refusal = _may(endpoint, request, grant)
        if refusal:
            return refusal
        if len(self._kept) > KEPT_MAX:
            self._kept.clear()
        effective = book.of(grant.corp.no, grant.app.no, SenderId(0))
        windows = windows_of(grant.app.no, grant.corp.no, endpoint.path, effective)
        made = self._kept[token, endpoint.path, request.address] = Pass(grant, _caller(grant), access.version, book, windows)
        return made

    def within_rates(self, passed: Pass, endpoint: Endpoint, request: HttpRequest, now: EpochMs) -> Pass | Refusal:
        trail = request.trail
        trail.caller, trail.stage = passed.caller, Stage.RATES
        refused = self._engine.gateway_windows.admit_call(passed.windows, now)
        return _rate_refusal(refused, endpoint, v1=endpoint.family is Family.V1) if refused else passed


def _caller(grant: Grant) -> Caller:
    return Caller(grant.corp.corp_id, grant.app.app_key, grant.app.name)


def _may(endpoint: Endpoint, request: HttpRequest, grant: Grant) -> Refusal | None:
    v1 = endpoint.family is Family.V1
    app = grant.app
    request.trail.stage = Stage.ALLOW_LIST
    if not address_allowed(app.allow_ips, request.address):
        fields = {"ip": request.address, "app_key": app.app_key}
        return Refusal(errors.V1_IP_NOT_ALLOWED if v1 else errors.IP_NOT_ALLOWED, fields)
    request.trail.stage = Stage.PERMISSION
    if not may_call(app, endpoint.kinds, endpoint.scope):
        fields = {"scope": endpoint.scope, "app_key": app.app_key}
        return Refusal(errors.V1_NO_PERMISSION if v1 else errors.NO_PERMISSION, fields)
    return None


_RATE_ROWS: dict[str, tuple[ErrorRow, ErrorRow]] = {
    rules.APP_API_QPS.id: (errors.APP_API_QPS, errors.V1_APP_API_QPS),
    rules.API_QPS.id: (errors.API_QPS, errors.V1_API_QPS),
    rules.CORP_MONTH.id: (errors.CORP_MONTH, errors.V1_CORP_MONTH),
}


def _rate_refusal(refused: Refused, endpoint: Endpoint, *, v1: bool) -> Refusal:
    top_row, v1_row = _RATE_ROWS[refused.rule]
    window = {"begin": _clock_text(refused.begins_at), "end": _clock_text(refused.ends_at), "limit": str(refused.limit)}
    return Refusal(v1_row) if v1 else Refusal(top_row, {"api": api_name(endpoint.path), **window})


def _clock_text(at: EpochMs) -> str:
    return iso(at, DEFAULT_ZONE)[:19].replace("T", " ")


def api_name(path: str) -> str:
    return "dingtalk.oapi." + path.removeprefix("/topapi/").strip("/").replace("/", ".")
