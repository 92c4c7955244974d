"""The error catalogue: one row for each refusal that some endpoint can give.

A row exists only for what can be returned. Texts are protocol data and stay verbatim.
Rules return a `Refusal`; only `wire` turns it into a reply.
"""

from enum import StrEnum

import msgspec


class Family(StrEnum):
    """How a refusal is dressed on the wire."""

    TOP = "top"  # /topapi: errcode, errmsg, request_id; gateway refusals wrapped in 88
    CLASSIC = "classic"  # /gettoken and its kind: errcode, errmsg
    V1 = "v1"  # /v1.0: HTTP status, code, message, requestid


class Retry(StrEnum):
    """When the same request may succeed."""

    NEVER = "never"
    LATER = "later"
    TOMORROW = "tomorrow"


class ErrorRow(msgspec.Struct, frozen=True):
    """One refusal as it appears on the wire.

    `errmsg` may hold `{name}` (the parameter) or other fields filled in by the place that refuses. `sub_code` is set for what the
    gateway wraps in 88. For v1 rows `code` and `status` count and `errcode` is 0.
    """

    key: str
    family: Family
    errcode: int
    errmsg: str
    retry: Retry
    advice: str  # what to do about it, for people
    source: str  # the page or observation it comes from
    sub_code: str = ""
    code: str = ""
    status: int = 200
    raw: bool = False  # the body is not an errcode body at all


class Refusal(msgspec.Struct, frozen=True):
    """A catalogue row together with the facts of this case."""

    row: ErrorRow
    fields: dict[str, str] = {}

    @property
    def message(self) -> str:
        return self.row.errmsg.format(**self.fields) if self.fields else self.row.errmsg


CATALOGUE: dict[str, ErrorRow] = {}


def _add(row: ErrorRow) -> ErrorRow:
    assert row.key not in CATALOGUE, row.key
    CATALOGUE[row.key] = row
    return row


def _top(errcode: int, errmsg: str, retry: Retry, advice: str, source: str, *, key: str = "", sub_code: str = "", raw: bool = False) -> ErrorRow:
    name = key or (f"top.{errcode}.{sub_code}" if sub_code else f"top.{errcode}")
    return _add(ErrorRow(name, Family.TOP, errcode, errmsg, retry, advice, source, sub_code=sub_code, raw=raw))


def _classic(errcode: int, errmsg: str, retry: Retry, advice: str, source: str) -> ErrorRow:
    return _add(ErrorRow(f"classic.{errcode}", Family.CLASSIC, errcode, errmsg, retry, advice, source))


def _v1(status: int, code: str, errmsg: str, retry: Retry, advice: str, source: str, *, key: str = "") -> ErrorRow:
    return _add(ErrorRow(key or f"v1.{code}", Family.V1, 0, errmsg, retry, advice, source, code=code, status=status))


N, L, T = Retry.NEVER, Retry.LATER, Retry.TOMORROW

# --- the gateway in front of /topapi (call-frequency-limit, how-to-process-api-throttling, server-api-error-codes-1; live observations)
IP_BANNED = _top(0, "", L, "Slow down; this address is refused for five minutes.", "call-frequency-limit", key="top.ip_banned", raw=True)
UNKNOWN_PATH = _top(22, "Invalid method[submsg={sub_msg}]", N, "Check the path: no such interface.", "observed")
NEED_POST = _top(43002, "需要POST请求", N, "Use POST, or GET where an interface only reads.", "server-api-error-codes-1")
TOKEN_BLANK = _top(
    88, "access_token is blank", N, "Pass access_token in the query or as a form field; a header does not count.", "observed", sub_code="40000"
)
TOKEN_INVALID = _top(
    88, "不合法的access_token", N, "Fetch a new token with /gettoken; it is unknown, revoked or expired.", "observed", sub_code="40014"
)
IP_NOT_ALLOWED = _top(
    88,
    "访问ip不在白名单之中,request ip={ip} appKey({app_key})",
    N,
    "Add the address to the app's allow list.",
    "server-api-error-codes-1",
    sub_code="60020",
)
NO_PERMISSION = _top(
    88,
    "应用尚未开通所需的权限：[{scope}]，点击链接申请并开通即可：https://open-dev.dingtalk.com/appscope/apply?content={app_key}%23{scope}, {{requiredScopes=[{scope}]}}",
    N,
    "Grant the app this permission point; or use an app type that may call this interface.",
    "observed",
    sub_code="60011",
)
APP_API_QPS = _top(
    88,
    "您的服务器调用钉钉开放平台当前接口的所有请求都被暂时禁用了",
    L,
    "At most this many calls a second per app and interface.",
    "how-to-process-api-throttling",
    sub_code="90018",
)
API_QPS = _top(
    88,
    "当前所有钉钉应用调用该接口次数过多，超出了该接口承受的最大qps，请求被暂时限制了，建议错开整点时刻调用该接口, apiPath({api}), 从 {begin} 到 {begin} 请求总次数超过 {limit} 次, 限制将在 {end} 结束.",
    L,
    "All apps together call this interface too often.",
    "call-frequency-limit, observed",
    sub_code="90002",
)
CORP_MONTH = _top(
    88,
    "企业当月调用开放平台接口次数超过限制",
    L,
    "The organisation's calls of this month are used up.",
    "how-to-process-api-throttling",
    sub_code="90020",
)
NOT_JSON = _top(43009, "post参数需要json类型", N, "The body must be one JSON object, or a form.", "server-api-error-codes-1")
MISSING_ARGUMENT = _top(40, "Missing required arguments:{name}", N, "Pass this parameter.", "observed")
INVALID_ARGUMENT = _top(41, "Invalid arguments:{name}", N, "Check the parameter's type and length.", "observed")
SYSTEM_BUSY = _top(
    -1, "系统繁忙", L, "The server could not do it now; nothing was accepted. Try again with the same uuid.", "server-api-error-codes-1"
)

# --- mass send and its family (interactive-service-window-group-message-sending-interface, service-number-message-withdrawal)
_MASS = "interactive-service-window-group-message-sending-interface"
BAD_UNIONID = _top(800003, "unionid不合法", N, "Pass the unionid of a live service account of this organisation.", _MASS)
TOO_FREQUENT = _top(800013, "群发消息太过频繁，请稍后再试", L, "Wait for the window to end before the next broad send.", _MASS)
SENDS_USED_UP = _top(800014, "群发消息次数超过今日限制", T, "Today's mass sends of this account are used up.", _MASS)
SINGLE_USED_UP = _top(800017, "向该用户发送单聊次数超过今日限制", T, "This person got the day's number of single-directed messages.", _MASS)
NO_RECEIVERS = _top(800019, "接收人列表为空", N, "Name users, departments or roles that have people.", _MASS)
BAD_MESSAGE = _top(800020, "消息参数错误", N, "Check msg_type, media_id, text_content and msg_body.", _MASS)
BAD_USERIDS = _top(800022, "userId列表不合法", N, "One of the userids is not in the organisation.", _MASS)
BAD_TASK_ID = _top(
    800025, "task_id不合法", N, "The task is unknown, of another account, failed, or older than 24 hours.", "service-number-message-withdrawal"
)
UUID_USED = _top(800035, "uuid重复", N, "This uuid was used; a new send needs a new one. The first send stands.", _MASS)
UUID_BLANK = _top(800038, "uuid不能为空", N, "Pass a uuid of 1 to 128 characters.", _MASS)
TOO_MANY_USERS = _top(800039, "用户列表长度超过限制", N, "At most 1000 userids in one call.", _MASS)
TOO_MANY_DEPTS = _top(800040, "部门列表长度超过限制", N, "At most 1000 departments in one call.", _MASS)
ACCOUNT_QPS = _top(800055, "服务号发消息qps超过限制", L, "Wait a second and use a new uuid; this one is used up.", _MASS)
ACCOUNT_QPM = _top(800056, "服务号发消息qpm超过限制", L, "Wait for the next minute and use a new uuid; this one is used up.", _MASS)
PERSON_TIMES_USED_UP = _top(
    800057, "服务号今日发消息总人次超过限制：组织人数 * 50", T, "Today's person-times (50 for each member of the organisation) are used up.", _MASS
)

# --- tokens (obtain-orgapp-token, api-getaccesstoken) and the classic surface
CLASSIC_UNKNOWN = _classic(404, "请求的URI地址不存在", N, "Check the path: no such interface.", "observed")
NEED_GET = _classic(43001, "需要GET请求", N, "Use GET.", "server-api-error-codes-1")
KEY_MISSING = _classic(40035, "缺少参数 corpid or appkey", N, "Pass appkey and appsecret in the query.", "observed")
BAD_APP_SECRET = _classic(40096, "不合法的appKey或appSecret", N, "Check appkey and appsecret; a disabled app is refused too.", "observed")
BAD_CORP_SECRET = _classic(40089, "不合法的corpId或corpSecret", N, "Check corpid and corpsecret.", "observed, server-api-error-codes-1")

# --- the new surface
V1_NOT_FOUND = _v1(
    404, "InvalidAction.NotFound", "Specified api is not found, please check your url and method.", N, "Check path and method.", "observed"
)
V1_MISSING = _v1(400, "Missing{name}", "{name} is mandatory for this action.", N, "Pass this member of the JSON body.", "observed", key="v1.Missing")
V1_HEADER_MISSING = _v1(
    400,
    "AuthenticationFailed.MissingParameter",
    "缺少参数：x-acs-dingtalk-access-token",
    N,
    "Pass the token in this header; query and Bearer do not count.",
    "observed",
)
V1_TOKEN_INVALID = _v1(400, "InvalidAuthentication", "不合法的access_token", N, "Fetch a new token.", "observed, server-api-error-codes-1")
V1_NO_PERMISSION = _v1(
    403,
    "Forbidden.AccessDenied.AccessTokenPermissionDenied",
    "应用尚未开通所需的权限：[{scope}]",
    N,
    "Grant the app this permission point.",
    "server-api-error-codes-1",
)
V1_IP_NOT_ALLOWED = _v1(
    403, "Forbidden.AccessDenied.IpNotInWhiteList", "访问ip不在白名单之中", N, "Add the address to the app's allow list.", "server-api-error-codes-1"
)
V1_APP_API_QPS = _v1(
    403,
    "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi",
    "您的企业应用调用钉钉开放平台当前接口的所有请求都被暂时禁用了",
    L,
    "At most this many calls a second per app and interface.",
    "server-api-error-codes-1",
)
V1_API_QPS = _v1(
    403,
    "Forbidden.AccessDenied.QpsLimitForApi",
    "您的服务器调用钉钉开放平台当前接口的所有请求都被暂时禁用了",
    L,
    "All apps together call too often.",
    "server-api-error-codes-1",
)
V1_CORP_MONTH = _v1(
    403,
    "Forbidden.AccessDenied.ApiCountLimitForOrg",
    "企业当月调用开放平台接口次数超过限制",
    L,
    "The organisation's calls of this month are used up.",
    "how-to-process-api-throttling",
)
V1_BAD_CLIENT = _v1(400, "invalidClientIdOrSecret", "无效的clientId或者clientSecret", N, "Check appKey and appSecret.", "observed")
V1_CORP_BAD_CLIENT = _v1(
    400, "invalid.client", "无效的client_id或client_secret", N, "Check client_id and client_secret.", "obtain-the-access_token-of-the-app"
)
V1_GRANT_TYPE = _v1(
    400, "unsupported.grant.type", "不支持的grant_type", N, "grant_type must be client_credentials.", "obtain-the-access_token-of-the-app"
)
V1_UNAUTHORIZED = _v1(
    401, "unauthorized.client", "应用未获得该企业授权", N, "The app is not installed in this organisation.", "obtain-the-access_token-of-the-app"
)
V1_UNKNOWN = _v1(500, "unknownError", "未知错误", L, "The corpId is unknown, or the server failed.", "observed")

# --- the new surface's mass send (api-sendmessage)
_MASS_V1 = "api-sendmessage"
V1_BAD_UNIONID = _v1(400, "invalid.unionid", "unionid非法", N, "Pass the unionid of a live service account.", _MASS_V1)
V1_BAD_USERIDS = _v1(400, "invalid.userid.list", "userId列表非法", N, "A userid is unknown, or there are more than 1000.", _MASS_V1)
V1_NO_RECEIVERS = _v1(400, "receivers.list.empty", "接收人列表为空", N, "Name users, departments or roles that have people.", _MASS_V1)
V1_NO_CONTENT = _v1(400, "message.not.empty", "指定消息内容不能为空", N, "The body of this msg_type is missing or not valid.", _MASS_V1)
V1_BAD_MEDIA = _v1(400, "invalid.media.id", "media_id非法", N, "The media or card id is missing, unknown or of the wrong kind.", _MASS_V1)
V1_LINK_PARAMS = _v1(400, "link.params.missing", "链接消息参数缺失", N, "link needs title and link_url.", _MASS_V1)
V1_UUID_USED = _v1(400, "uuid.repeat", "uuid重复", N, "This uuid was used; a new send needs a new one.", _MASS_V1)
V1_SYSTEM = _v1(500, "system.error", "系统异常", L, "The server could not do it now; nothing was accepted.", _MASS_V1)
V1_QPS = _v1(400, "qps.exceed.limit", "请求过于频繁", L, "Slow down, and use a new uuid.", _MASS_V1)
V1_OVER_QUOTA = _v1(400, "illegalRequest.overQuota", "request over quota.", T, "Today's quota is used up.", _MASS_V1)
V1_ILLEGAL = _v1(400, "illegalParameter", "Illegal parameter", N, "Check types and list lengths.", _MASS_V1)
