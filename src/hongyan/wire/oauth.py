"""Access tokens for internal apps: `/gettoken` and its two successors.

Pages: obtain-orgapp-token, api-getaccesstoken, obtain-the-access_token-of-the-app.
"""

from typing import Any

from hongyan.access.keys import same_secret
from hongyan.access.records import App, AppKind, list_apps_txn
from hongyan.access.tokens import TOKEN_LIFE_S, corp_for_app_txn, corp_of_app_txn
from hongyan.directory.records import Corp, load_corp_txn
from hongyan.model import errors
from hongyan.model.errors import Family, Refusal
from hongyan.model.ids import CorpNo
from hongyan.wire import lax
from hongyan.wire.endpoint import OpenCall, OpenEndpoint
from hongyan.wire.fields import Field
from hongyan.wire.forms import BadBody, parse_body, parse_json
from hongyan.wire.replies import Reply, ok_plain, refuse


async def get_token(call: OpenCall) -> Reply:
    """GET /gettoken with appkey and appsecret, or the older corpid and corpsecret; 7200 s, the same token while it is valid."""
    if call.method != "GET":
        return refuse(Refusal(errors.NEED_GET))
    given = {**_form(call), **call.query}
    if given.get("appkey") and given.get("appsecret"):
        app = await app_proved(call, given["appkey"], given["appsecret"])
        corp = await call.engine.store.read(corp_of_app_txn, app) if app else None
        if app is None or corp is None:
            return refuse(Refusal(errors.BAD_APP_SECRET))
    elif given.get("corpid") and given.get("corpsecret"):
        found = await _app_of_corp(call, given["corpid"], given["corpsecret"])
        if found is None:
            return refuse(Refusal(errors.BAD_CORP_SECRET))
        app, corp = found
    else:
        return refuse(Refusal(errors.KEY_MISSING))
    issued = await call.engine.access.issue(app, corp.no)
    # These four members and no more: one client takes whatever else is called a token.
    return ok_plain({"errcode": 0, "access_token": issued.token, "errmsg": "ok", "expires_in": TOKEN_LIFE_S})


async def app_proved(call: OpenCall, app_key: str, secret: str) -> App | None:
    """The live app, when the secret is its own. Raises `TooManyGuesses`."""
    with call.proving(app_key) as proof:
        app = await call.engine.access.app_with_secret(app_key, secret)
        proof.right = app is not None
    return app


def _form(call: OpenCall) -> dict[str, Any]:
    """The page's own curl sample puts the parameters of the GET into a body."""
    try:
        return {name: lax.as_text(value) for name, value in parse_body(call.content_type, call.body, strict=False).items()}
    except BadBody:
        return {}


async def _app_of_corp(call: OpenCall, corp_id: str, secret: str) -> tuple[App, Corp] | None:
    with call.proving(corp_id) as proof:
        corp = await call.engine.store.read(load_corp_txn, corp_id)
        apps = await call.engine.store.read(list_apps_txn, corp.no if corp else CorpNo(0))
        internal = [app for app in apps if app.kind is AppKind.INTERNAL and app.disabled_at is None]
        own = [app for app in internal if same_secret(secret, app.secret_hash)]
        proof.right = bool(own)
    return (own[0], corp) if own and corp else None


async def access_token(call: OpenCall) -> Reply:
    """POST /v1.0/oauth2/accessToken {appKey, appSecret}: the same token as /gettoken."""
    values = json_body(call)
    missing = missing_member(values, "appKey", "appSecret")
    if missing or values is None:
        return refuse(Refusal(errors.V1_MISSING, {"name": missing or "body"}))
    app = await app_proved(call, lax.as_text(values["appKey"]), lax.as_text(values["appSecret"]))
    corp = await call.engine.store.read(corp_of_app_txn, app) if app else None
    if app is None or corp is None:
        return refuse(Refusal(errors.V1_BAD_CLIENT))
    issued = await call.engine.access.issue(app, corp.no)
    return ok_plain({"accessToken": issued.token, "expireIn": TOKEN_LIFE_S})


async def corp_token(call: OpenCall) -> Reply:
    """POST /v1.0/oauth2/{corpId}/token {client_id, client_secret, grant_type}: for an app in an organisation it belongs to or is installed in."""
    values = json_body(call)
    missing = missing_member(values, "client_id", "client_secret", "grant_type")
    if missing or values is None:
        return refuse(Refusal(errors.V1_MISSING, {"name": missing or "body"}))
    if values["grant_type"] != "client_credentials":
        return refuse(Refusal(errors.V1_GRANT_TYPE))
    app = await app_proved(call, lax.as_text(values["client_id"]), lax.as_text(values["client_secret"]))
    if app is None:
        return refuse(Refusal(errors.V1_CORP_BAD_CLIENT))
    if await call.engine.store.read(load_corp_txn, call.path["corpId"]) is None:
        return refuse(Refusal(errors.V1_UNKNOWN))
    corp = await call.engine.store.read(corp_for_app_txn, app, call.path["corpId"])
    if corp is None:
        return refuse(Refusal(errors.V1_UNAUTHORIZED))
    issued = await call.engine.access.issue(app, corp.no)
    return ok_plain({"access_token": issued.token, "expires_in": TOKEN_LIFE_S})


def json_body(call: OpenCall) -> dict[str, Any] | None:
    """The body of a call on /v1.0; None when it is no JSON object."""
    if not call.body.lstrip().startswith(b"{"):
        return None
    try:
        return parse_json(call.body)
    except BadBody:
        return None


def missing_member(values: dict[str, Any] | None, *names: str) -> str | None:
    """The first name that is not there or empty; `body` when nothing is."""
    if values is None:
        return "body"
    return next((name for name in names if values.get(name) in (None, "")), None)


# One of the two pairs.
_KEYS = tuple(Field(name, in_query=True) for name in ("appkey", "appsecret", "corpid", "corpsecret"))
_APP = (Field("appKey", required=True), Field("appSecret", required=True))
_CLIENT = (
    Field("client_id", required=True),
    Field("client_secret", required=True),
    Field("grant_type", required=True, choices=("client_credentials",)),
)
_OF_CORP = "obtain-the-access_token-of-the-app"

OPEN_ENDPOINTS = (
    OpenEndpoint("/gettoken", Family.CLASSIC, get_token, "obtain-orgapp-token", "token of an internal app", method="GET", fields=_KEYS),
    OpenEndpoint("/v1.0/oauth2/accessToken", Family.V1, access_token, "api-getaccesstoken", "token of an internal app", fields=_APP),
    OpenEndpoint("/v1.0/oauth2/{corpId}/token", Family.V1, corp_token, _OF_CORP, "token of an app in an organisation", fields=_CLIENT),
)
