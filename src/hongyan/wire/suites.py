"""What a third-party app asks for: tokens for itself and for organisations, and where it is installed.

Pages: the-signature-calculation-method-of-the-third-party-access-interface,
obtain-the-access-token-of-the-third-party-application-authorization-enterprise, obtains-the-basic-information-of-an-enterprise,
obtains-application-information-of-an-enterprise, obtains-the-suite-acess-token-of-third-party-enterprise-applications.
"""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from hongyan.access.keys import NO_HASH, same_secret
from hongyan.access.records import Installation
from hongyan.access.sealing import Seal
from hongyan.access.signature import Proof, decide_proof
from hongyan.access.suites import SUITE_CORP, Standing, SuiteToken, load_standing_by_no_txn, load_standing_txn, load_suite_token_txn
from hongyan.access.tokens import TOKEN_LIFE_S
from hongyan.directory.records import Corp
from hongyan.model import errors
from hongyan.model.errors import ErrorRow, Family, Refusal
from hongyan.wire import lax
from hongyan.wire.endpoint import OpenCall, OpenEndpoint
from hongyan.wire.fields import Field
from hongyan.wire.forms import BadBody, parse_body
from hongyan.wire.oauth import json_body, missing_member
from hongyan.wire.replies import Reply, ok_plain, refuse

CLOSED, NORMAL = 0, 1  # what `close` of an agent says


class _Asked(NamedTuple):
    """The parameters of a classic call. The proof stands in the query; lax reading takes each from either place."""

    proof: dict[str, Any]
    values: dict[str, Any]

    def proved(self, name: str) -> str:
        return lax.as_text(self.proof.get(name))

    def text(self, name: str) -> str:
        return lax.as_text(self.values.get(name))


_Handler = Callable[[OpenCall, _Asked], Awaitable[dict[str, Any] | Refusal]]


def _classic(handler: _Handler) -> Callable[[OpenCall], Awaitable[Reply]]:
    """A POST of JSON or a form, answered with errcode 0 and the handler's members, or with its refusal."""

    async def answer(call: OpenCall) -> Reply:
        asked = _ask(call)
        payload = asked if isinstance(asked, Refusal) else await handler(call, asked)
        return refuse(payload) if isinstance(payload, Refusal) else ok_plain({"errcode": 0, "errmsg": "ok", **payload})

    return answer


def _ask(call: OpenCall) -> _Asked | Refusal:
    if call.method != "POST":
        return Refusal(errors.CLASSIC_NEED_POST)
    strict = call.engine.strict
    try:
        body = parse_body(call.content_type, call.body, strict=strict)
    except BadBody:
        return Refusal(errors.CLASSIC_NOT_JSON)
    return _Asked(dict(call.query), body) if strict else _Asked({**body, **call.query}, {**call.query, **body})


# --- who calls


async def _signed(call: OpenCall, asked: _Asked) -> Standing | Refusal:
    """The suite that signs, with its place in the organisation that it names."""
    with call.proving(asked.proved("accessKey")) as proof:
        standing = await call.engine.store.read(
            load_standing_txn, Seal(call.engine.key), asked.proved("accessKey"), asked.proved("suiteTicket"), asked.text("auth_corpid")
        )
        if standing is None or not standing.suite.live:
            return Refusal(errors.BAD_ACCESS_KEY)
        refusal = _check_proof(call, asked, standing)
        proof.right = refusal is None
    return refusal or standing


def _check_proof(call: OpenCall, asked: _Asked, standing: Standing) -> Refusal | None:
    proof = Proof(asked.proved("timestamp"), asked.proved("suiteTicket"), asked.proved("signature"), asked.proved("accessSecret"))
    return decide_proof(proof, standing.suite.secret, call.now, ticket_holds=standing.ticket_holds, strict=call.engine.strict)


async def _tokened(call: OpenCall, asked: _Asked) -> Standing | Refusal:
    """The suite whose own token is sent; a signature beside it is checked, and must be there in strict reading."""
    token = asked.proved("suite_access_token")
    found = await call.engine.store.read(load_suite_token_txn, token) if token else None
    row = _bad_token(token, found, call)
    if row or found is None:
        return Refusal(row or errors.BAD_SUITE_TOKEN)
    seal, ticket, corp_id = Seal(call.engine.key), asked.proved("suiteTicket"), asked.text("auth_corpid")
    standing = await call.engine.store.read(load_standing_by_no_txn, seal, found.app, ticket, corp_id)
    if standing is None:
        return Refusal(errors.BAD_SUITE_TOKEN)
    named = {asked.proved("accessKey"), asked.text("suite_key")} - {""}
    if named - {standing.suite.app.app_key}:
        return Refusal(errors.SUITE_TOKEN_OF_ANOTHER)
    proving = call.engine.strict or bool(asked.proved("signature"))
    return (_check_proof(call, asked, standing) if proving else None) or standing


def _bad_token(token: str, found: SuiteToken | None, call: OpenCall) -> ErrorRow | None:
    if not token:
        return errors.SUITE_TOKEN_MISSING
    if found is None:
        return errors.BAD_SUITE_TOKEN
    return errors.SUITE_TOKEN_ENDED if found.expires_at <= call.now else None


# --- the classic surface


async def get_corp_token(call: OpenCall, asked: _Asked) -> dict[str, Any] | Refusal:
    """POST /service/get_corp_token, signed: a new token for an organisation each time; those before stay valid to their own end."""
    standing = await _signed(call, asked)
    if isinstance(standing, Refusal):
        return standing
    if not asked.text("auth_corpid"):
        return Refusal(errors.AUTH_CORP_MISSING)
    if standing.corp is None or not standing.live:
        return Refusal(errors.NOT_AUTHORISED)
    issued = await call.engine.access.issue(standing.suite.app, standing.corp.no)
    return {"access_token": issued.token, "expires_in": TOKEN_LIFE_S}


async def get_suite_token(call: OpenCall, asked: _Asked) -> dict[str, Any] | Refusal:
    """POST /service/get_suite_token {suite_key, suite_secret, suite_ticket}: a token of the suite itself."""
    for name, row in _SUITE_MEMBERS:
        if not asked.text(name):
            return Refusal(row)
    key, ticket = asked.text("suite_key"), asked.text("suite_ticket")
    with call.proving(key) as proof:
        standing = await call.engine.store.read(load_standing_txn, Seal(call.engine.key), key, ticket, "")
        # An unknown key costs the same comparison as a wrong secret.
        proof.right = same_secret(asked.text("suite_secret"), standing.suite.app.secret_hash if standing else NO_HASH)
    if standing is None:
        return Refusal(errors.BAD_SUITE)
    if not proof.right:
        return Refusal(errors.BAD_SUITE_SECRET)
    if not standing.ticket_holds:
        return Refusal(errors.BAD_SUITE_TICKET)
    if not standing.suite.live:
        return Refusal(errors.SUITE_GONE)
    issued = await call.engine.access.issue(standing.suite.app, SUITE_CORP)
    return {"suite_access_token": issued.token, "expires_in": TOKEN_LIFE_S}


_SUITE_MEMBERS = (
    ("suite_key", errors.SUITE_KEY_MISSING),
    ("suite_secret", errors.SUITE_SECRET_MISSING),
    ("suite_ticket", errors.SUITE_TICKET_MISSING),
)


async def get_auth_info(call: OpenCall, asked: _Asked) -> dict[str, Any] | Refusal:
    """POST /service/get_auth_info, signed: the organisation and the suite's agents in it, disabled ones too."""
    # Older clients send a suite token in place of the signature.
    tokened = not call.engine.strict and bool(asked.proved("suite_access_token")) and not asked.proved("signature")
    standing = await (_tokened if tokened else _signed)(call, asked)
    if isinstance(standing, Refusal):
        return standing
    if asked.text("suite_key") not in ("", standing.suite.app.app_key):
        return Refusal(errors.BAD_SUITE)
    if not asked.text("auth_corpid"):
        return Refusal(errors.AUTH_CORP_MISSING)
    if standing.corp is None or not standing.authorised:
        return Refusal(errors.NOT_AUTHORISED)
    return {
        "auth_info": {"agent": [_agent(one, standing.suite.suite_id) for one in standing.installations]},
        "auth_user_info": {"userId": _first_admin(standing)},
        "auth_corp_info": _corp_info(standing.corp),
        "channel_auth_info": {"channelAgent": []},
        "auth_market_info": {},
    }


def _agent(one: Installation, suite_id: int) -> dict[str, Any]:
    return {"agentid": one.agent_id, "agent_name": one.name, "logo_url": one.logo_url, "appid": suite_id, "admin_list": one.admins}


def _first_admin(standing: Standing) -> str:
    """Who authorised the suite is not kept: the first administrator stands for them."""
    return next((userid for one in standing.installations for userid in one.admins), "")


def _corp_info(corp: Corp) -> dict[str, Any]:
    blank = dict.fromkeys(("industry", "invite_url", "invite_code", "license_code", "corp_logo_url", "auth_channel", "auth_channel_type"), "")
    names = {"corpid": corp.corp_id, "corp_name": corp.name, "full_corp_name": corp.name}
    return {**names, "corp_type": 0, "auth_level": 0, "is_authenticated": False, **blank}


async def get_agent(call: OpenCall, asked: _Asked) -> dict[str, Any] | Refusal:
    """POST /service/get_agent with a suite token: one installation; `close` is 0 for a disabled one, 1 for a live one."""
    # A Go client signs this call like the others and sends no suite token.
    signed = not call.engine.strict and bool(asked.proved("signature")) and not asked.proved("suite_access_token")
    standing = await (_signed if signed else _tokened)(call, asked)
    if isinstance(standing, Refusal):
        return standing
    if not asked.text("auth_corpid"):
        return Refusal(errors.AUTH_CORP_MISSING)
    if not standing.authorised:
        return Refusal(errors.AUTH_GONE)
    agent = next((one for one in standing.installations if str(one.agent_id) == asked.text("agentid").strip()), None)
    if agent is None:
        return Refusal(errors.CLASSIC_BAD_AGENT)
    texts = {"name": agent.name, "logo_url": agent.logo_url, "description": agent.description}
    return {"agentid": agent.agent_id, **texts, "close": NORMAL if agent.live else CLOSED}


# --- the new surface


async def suite_access_token(call: OpenCall) -> Reply:
    """POST /v1.0/oauth2/suiteAccessToken {suiteKey, suiteSecret, suiteTicket}: a token of the suite itself."""
    standing = await _with_secret(call, "suiteKey", "suiteSecret", "suiteTicket")
    if isinstance(standing, Refusal):
        return refuse(standing)
    issued = await call.engine.access.issue(standing.suite.app, SUITE_CORP)
    return ok_plain({"accessToken": issued.token, "expireIn": TOKEN_LIFE_S})


async def corp_access_token(call: OpenCall) -> Reply:
    """POST /v1.0/oauth2/corpAccessToken {suiteKey, suiteSecret, authCorpId, suiteTicket}: a new token for an organisation each time."""
    standing = await _with_secret(call, "suiteKey", "suiteSecret", "authCorpId", "suiteTicket")
    if isinstance(standing, Refusal):
        return refuse(standing)
    if standing.corp is None or not standing.live:
        return refuse(Refusal(errors.V1_NOT_AUTHORISED))
    issued = await call.engine.access.issue(standing.suite.app, standing.corp.no)
    return ok_plain({"accessToken": issued.token, "expireIn": TOKEN_LIFE_S})


async def _with_secret(call: OpenCall, *names: str) -> Standing | Refusal:
    """The suite whose secret and ticket stand in the body; all the names must be there."""
    values = json_body(call)
    missing = missing_member(values, *names)
    if missing or values is None:
        return Refusal(errors.V1_MISSING, {"name": missing or "body"})
    key, secret, ticket, corp_id = (lax.as_text(values.get(name)) for name in ("suiteKey", "suiteSecret", "suiteTicket", "authCorpId"))
    with call.proving(key) as proof:
        standing = await call.engine.store.read(load_standing_txn, Seal(call.engine.key), key, ticket, corp_id)
        right = same_secret(secret, standing.suite.app.secret_hash if standing else NO_HASH)
        proof.right = right and standing is not None and standing.suite.live
    if standing is None or not proof.right:
        return Refusal(errors.V1_BAD_SUITE)
    return standing if standing.ticket_holds else Refusal(errors.V1_BAD_TICKET)


async def auth_info(call: OpenCall) -> Reply:
    """GET /v1.0/oauth2/apps/authInfo?authCorpId= with the suite's token in the header."""
    if not call.header_token:
        return refuse(Refusal(errors.V1_HEADER_MISSING))
    found = await call.engine.store.read(load_suite_token_txn, call.header_token)
    if found is None or found.expires_at <= call.now:
        return refuse(Refusal(errors.V1_TOKEN_INVALID))
    corp_id = call.query.get("authCorpId", "")
    if not corp_id:
        return refuse(Refusal(errors.V1_MISSING, {"name": "authCorpId"}))
    standing = await call.engine.store.read(load_standing_by_no_txn, Seal(call.engine.key), found.app, "", corp_id)
    if standing is None or standing.corp is None or not standing.authorised:
        return refuse(Refusal(errors.V1_NOT_AUTHORISED))
    agents = [_v1_agent(one, standing.suite.suite_id) for one in standing.installations]
    app_info, user_info = {"agentList": agents}, {"userId": _first_admin(standing)}
    return ok_plain({"authAppInfo": app_info, "authCorpInfo": _v1_corp_info(standing.corp), "authUserInfo": user_info})


def _v1_agent(one: Installation, suite_id: int) -> dict[str, Any]:
    return {"agentId": one.agent_id, "agentName": one.name, "appId": suite_id, "adminList": one.admins}


def _v1_corp_info(corp: Corp) -> dict[str, Any]:
    # The members that the generated SDKs know.
    blank = dict.fromkeys(("authChannel", "authChannelType", "corpLogoUrl", "industry", "inviteCode", "inviteUrl", "licenseCode"), "")
    return {"corpName": corp.name, "authLevel": 0, **blank}


_CORP = "obtain-the-access-token-of-the-third-party-application-authorization-enterprise"
_SUITE = "obtains-the-suite-acess-token-of-third-party-enterprise-applications"
_INFO = "obtains-the-basic-information-of-an-enterprise"
_AGENT = "obtains-application-information-of-an-enterprise"


def _needed(*names: str) -> tuple[Field, ...]:
    return tuple(Field(name, required=True) for name in names)


def _proof(*, required: bool) -> tuple[Field, ...]:
    return tuple(Field(name, required=required, in_query=True) for name in ("accessKey", "timestamp", "suiteTicket", "signature"))


_SUITE_TOKEN = Field("suite_access_token", required=True, in_query=True)
_CORP_FIELDS = (*_proof(required=True), *_needed("auth_corpid"))
_AGENT_FIELDS = (_SUITE_TOKEN, *_proof(required=False), Field("suite_key"), *_needed("auth_corpid", "agentid"))
_SUITE_FIELDS = _needed("suite_key", "suite_secret", "suite_ticket")
_V1_SUITE = _needed("suiteKey", "suiteSecret", "suiteTicket")
_TOKEN_OF_CORP, _TOKEN, _PLACES, _PLACE = (
    "token of a suite in an organisation",
    "token of a suite",
    "where a suite is installed",
    "one installation of a suite",
)

OPEN_ENDPOINTS = (
    OpenEndpoint("/service/get_corp_token", Family.CLASSIC, _classic(get_corp_token), _CORP, _TOKEN_OF_CORP, fields=_CORP_FIELDS),
    OpenEndpoint("/service/get_suite_token", Family.CLASSIC, _classic(get_suite_token), _SUITE, _TOKEN, fields=_SUITE_FIELDS),
    OpenEndpoint("/service/get_auth_info", Family.CLASSIC, _classic(get_auth_info), _INFO, _PLACES, fields=(*_CORP_FIELDS, Field("suite_key"))),
    OpenEndpoint("/service/get_agent", Family.CLASSIC, _classic(get_agent), _AGENT, _PLACE, fields=_AGENT_FIELDS),
    OpenEndpoint("/v1.0/oauth2/suiteAccessToken", Family.V1, suite_access_token, _SUITE, _TOKEN, fields=_V1_SUITE),
    OpenEndpoint(
        "/v1.0/oauth2/corpAccessToken", Family.V1, corp_access_token, _CORP, _TOKEN_OF_CORP, fields=(*_V1_SUITE, Field("authCorpId", required=True))
    ),
    OpenEndpoint(
        "/v1.0/oauth2/apps/authInfo",
        Family.V1,
        auth_info,
        _INFO,
        _PLACES,
        method="GET",
        fields=(Field("authCorpId", required=True, in_query=True),),
    ),
)
